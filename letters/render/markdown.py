"""The author's Markdown, turned once a wording into HTML and into real plain text. Pure.

CommonMark and tables; no typographer, no linkify, so that quotes stay as typed. In plain
text each URL is enclosed in `URL_START` and `URL_END`, since a gap inside a URL is encoded differently.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

URL_START, URL_END = "\x02", "\x03"
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_RAW = re.compile(r"<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
# Characters with a meaning in Markdown or HTML; those inside a mailbox or a URL are left alone.
_SPECIAL = re.compile(
    r"[\\`*\[\]<>|]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)|^[-+=~#]|(?<=^\d)[.)]|(?<=^\d\d)[.)]",
    re.MULTILINE,
)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def html(text: str) -> str:
    """Markdown as an HTML fragment."""
    return str(_parser().render(text))


def escape(text: str) -> str:
    """Escape text so that it appears as typed in Markdown and in HTML within it; line breaks become `<br>`."""
    return _SPECIAL.sub(lambda sign: f"&#{ord(sign[0])};", text).replace("\n", "<br>")


def plain(text: str) -> str:
    """Markdown as plain text: no `*` of emphasis, a link as `text <url>`, a paragraph one line."""
    walker = _Plain()
    walker.blocks(_parser().parse(text))
    return "\n".join(line.rstrip(" ") for line in walker.lines).strip("\n") + "\n"


@dataclass
class _List:
    number: int | None
    items: int = 0


@dataclass
class _Plain:
    """Walks markdown-it's flat token stream, keeping the indent of lists and quotations."""

    lines: list[str] = field(default_factory=list)
    indents: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    bullet: str = ""
    depth: int = 0
    cells: list[str] = field(default_factory=list)
    hidden: bool = False

    def blocks(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            handler: Callable[[Token], None] | None = getattr(self, f"on_{token.type}", None)
            if handler:
                handler(token)

    def write(self, text: str) -> None:
        for line in text.split("\n"):
            if self.bullet:
                indents = [*self.indents]
                indents[self.depth] = self.bullet
                self.bullet = ""
            else:
                indents = self.indents
            self.lines.append("".join(indents) + line)

    def blank_line(self, *, tight: bool = False) -> None:
        """Write one blank line before the next block, unless it continues the list item above (`tight`)."""
        if self.lines and self.lines[-1].strip() and not tight:
            indents = self.indents[: self.depth] if self.bullet else self.indents
            self.lines.append("".join(indents).rstrip())

    def on_inline(self, token: Token) -> None:
        text = inline(token.children or [])
        if self.in_table:
            self.cells.append(text.replace("\n", " "))
            return
        self.write(text)

    @property
    def in_table(self) -> bool:
        return bool(self.cells) and self.cells[0] == "|"

    def on_paragraph_open(self, token: Token) -> None:
        self.hidden = token.hidden
        self.blank_line(tight=token.hidden or bool(self.bullet and self.lists[-1].items == 1))

    def on_heading_open(self, _token: Token) -> None:
        self.blank_line()

    def on_bullet_list_open(self, _token: Token) -> None:
        self._list(None)

    def on_ordered_list_open(self, token: Token) -> None:
        start = token.attrGet("start")
        self._list(1 if start is None else int(start))

    def _list(self, number: int | None) -> None:
        self.blank_line(tight=bool(self.lists) and (self.hidden or bool(self.bullet)))
        self.lists.append(_List(number))

    def on_bullet_list_close(self, _token: Token) -> None:
        self.lists.pop()

    on_ordered_list_close = on_bullet_list_close

    def on_list_item_open(self, _token: Token) -> None:
        current = self.lists[-1]
        current.items += 1
        self.bullet = "- " if current.number is None else f"{current.number}. "
        self.depth = len(self.indents)
        self.indents.append(" " * len(self.bullet))
        if current.number is not None:
            current.number += 1

    def on_list_item_close(self, _token: Token) -> None:
        if self.bullet:
            self.write("")
        self.indents.pop()

    def on_blockquote_open(self, _token: Token) -> None:
        self.blank_line()
        self.indents.append("> ")

    def on_blockquote_close(self, _token: Token) -> None:
        self.indents.pop()

    def on_hr(self, _token: Token) -> None:
        self.blank_line()
        self.write("-" * 40)

    def on_fence(self, token: Token) -> None:
        self.blank_line()
        self.indents.append("    ")
        self.write(token.content.rstrip("\n"))
        self.indents.pop()

    on_code_block = on_fence

    def on_html_block(self, token: Token) -> None:
        text = _stripped(token.content).strip()
        if text:
            self.blank_line()
            self.write("\n".join(line.strip() for line in text.splitlines()))

    def on_table_open(self, _token: Token) -> None:
        self.blank_line()

    def on_tr_open(self, _token: Token) -> None:
        self.cells = ["|"]

    def on_tr_close(self, _token: Token) -> None:
        cells, self.cells = self.cells[1:], []
        self.write(" | ".join(cells))


def _stripped(content: str) -> str:
    return unescape(_TAG.sub("", _BREAK.sub("\n", _RAW.sub("", content))))


def inline(tokens: Iterable[Token]) -> str:
    """The plain text of a run of inline tokens."""
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(parts)))
        elif token.type == "link_close":
            href, start = links.pop()
            text = "".join(parts[start:])
            parts[start:] = [_link(text, href)]
        elif token.type == "image":
            parts.append(inline(token.children or []))
        elif token.type == "hardbreak":
            parts.append("\n")
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "html_inline":
            parts.append("\n" if _BREAK.fullmatch(token.content) else "")
        elif token.type in {"text", "code_inline", "text_special"}:
            parts.append(token.content)
    return "".join(parts)


def _link(text: str, href: str) -> str:
    bare = href.removeprefix("mailto:")
    url = f"<{URL_START}{bare if href != bare and bare == text else href}{URL_END}>"
    return url if text in {href, bare, ""} else f"{text} {url}"
