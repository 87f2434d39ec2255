"""Markdown and HTML as plain text: no `*` of emphasis, a link as `text <url>`, a paragraph one line. Pure.

Each URL is enclosed in `URL_START` and `URL_END`, since a gap inside a URL is filled differently, and
each row of a table begins with `ROW`, since a cell stays on its line.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from markdown_it.token import Token

from letters.render.html_text import fragment_text

URL_START, URL_END, ROW = "\x02", "\x03", "\x04"
RULE = "-" * 40
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CELLS = frozenset({"td", "th"})
_LINES = frozenset(
    {"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd"}
)  # fmt: skip
_SPACES = re.compile(r" *\n[ \n]*")


def plain_text(tokens: Iterable[Token]) -> str:
    """The plain text of a Markdown document, given as its tokens; it ends with a line feed."""
    walker = _PlainText()
    walker.blocks(tokens)
    return "\n".join(line.rstrip(" ") for line in walker.lines).strip("\n") + "\n"


@dataclass
class _List:
    number: int | None
    items: int = 0


@dataclass
class _PlainText:
    """Walks markdown-it's flat token stream, keeping the indent of lists and quotations."""

    lines: list[str] = field(default_factory=list)
    indents: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    bullet: str = ""
    depth: int = 0
    cells: list[str] | None = None
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
        if self.cells is not None:
            self.cells.append(text.replace("\n", " "))
            return
        self.write(text)

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
        self.write(RULE)

    def on_fence(self, token: Token) -> None:
        self.blank_line()
        self.indents.append("    ")
        self.write(token.content.rstrip("\n"))
        self.indents.pop()

    def on_html_block(self, token: Token) -> None:
        text = fragment_text(token.content, link)
        if text:
            self.blank_line()
            self.write(text)

    def on_table_open(self, _token: Token) -> None:
        self.blank_line()

    def on_tr_open(self, _token: Token) -> None:
        self.cells = []

    def on_tr_close(self, _token: Token) -> None:
        cells, self.cells = self.cells or [], None
        self.write(ROW + " | ".join(cells))


def inline(tokens: Iterable[Token]) -> str:
    """The plain text of a run of inline tokens."""
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    blocks = False
    for token in tokens:
        if token.type == "link_open":
            href = "" if token.info == "bare" else str(token.attrGet("href") or "")
            links.append((href, len(parts)))
        elif token.type == "link_close":
            _close_link(parts, links, bare=token.info == "bare")
        elif token.type == "image":
            parts.append(inline(token.children or []))
        elif token.type == "hardbreak":
            parts.append("\n")
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "html_inline":
            blocks |= _on_tag(token.content, parts, links)
        elif token.type in {"text", "code_inline", "text_special"}:
            parts.append(token.content)
    text = "".join(parts)
    return _SPACES.sub("\n", text).strip(" \n") if blocks else text


def _close_link(parts: list[str], links: list[tuple[str, int]], *, bare: bool = False) -> None:
    href, start = links.pop()
    text = "".join(parts[start:])
    if bare:  # it is in the text as it was typed
        parts[start:] = [text if "@" in text else f"{URL_START}{text}{URL_END}"]
    else:
        parts[start:] = [link(text, href)]


def _on_tag(content: str, parts: list[str], links: list[tuple[str, int]]) -> bool:
    """What a tag among words leaves in the text; whether it begins or ends a line."""
    tag = _TAG.match(content)
    if tag is None:
        return False
    closes, name = bool(tag[1]), tag[2].lower()
    if name == "a" and not closes:
        href = _HREF.search(content)
        links.append(((href[1] or href[2] or "") if href else "", len(parts)))
    elif name == "a" and links:
        _close_link(parts, links)
    elif name == "img" and (alt := _ALT.search(content)):
        parts.append(alt[1] or alt[2] or "")
    elif name in _CELLS and not closes and parts and not parts[-1].endswith("\n"):
        parts.append(" | ")
    elif name in _LINES:
        parts.append("\n- " if name == "li" and not closes else "\n")
    return name in _LINES


def link(text: str, href: str) -> str:
    """A link as `text <url>`; one that shows its own address is that alone."""
    if not href:
        return text
    bare = href.removeprefix("mailto:")
    url = f"<{URL_START}{bare if href != bare and bare == text else href}{URL_END}>"
    return url if text in {href, bare, ""} else f"{text} {url}"
