"""The text of an HTML fragment that an author wrote by hand: blocks and cells keep apart. Pure."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

_HIDDEN = frozenset({"style", "script", "title", "template", "head"})
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure"}
)  # fmt: skip
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "caption", "center", "dd", "details", "div", "dt", "fieldset",
        "figcaption", "footer", "form", "header", "hr", "li", "main", "nav", "section", "summary",
        "tbody", "tfoot", "thead", "tr",
    }
)  # fmt: skip
_BLANKS = re.compile(r"[ \t\r\n\f]+")  # and no other: no-break spaces stay


def fragment_text(html: str, link: Callable[[str, str], str]) -> str:
    """The text of a fragment, whatever it opens or closes; `link` writes a link's text and address."""
    reader = _FragmentReader(link)
    reader.feed(html)
    reader.close()
    return reader.text()


class _FragmentReader(HTMLParser):
    def __init__(self, link: Callable[[str, str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self._link = link
        self._lines: list[str] = [""]
        self._lists: list[int | None] = []  # the number of the last item; None for bullets
        self._links: list[tuple[str, int, int]] = []  # address, line, place in it
        self._hidden = 0
        self._cells = 0

    def text(self) -> str:
        lines = [line.rstrip() for line in self._lines]
        kept = [
            line for n, line in enumerate(lines) if line.strip() or (n and lines[n - 1].strip())
        ]
        return "\n".join(kept).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in {"br", "hr"}:
            self._rule_or_break(tag)
        elif tag in {"ul", "ol"}:
            self._end_line(blank=not self._lists)
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag in {"td", "th"}:
            self._lines[-1] = f"{self._lines[-1].rstrip()} | " if self._cells else self._lines[-1]
            self._cells += 1
        elif tag == "a":
            href = dict(attrs).get("href") or ""
            self._links.append((href, len(self._lines), len(self._lines[-1])))
        elif tag in _PARAGRAPHS or tag in _BLOCKS:
            self._end_line(blank=tag in _PARAGRAPHS)
        else:
            self._write((dict(attrs).get("alt") or "") if tag == "img" else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in {"ul", "ol"}:
            if self._lists:
                self._lists.pop()
            self._end_line(blank=not self._lists)
        elif tag in _PARAGRAPHS or tag in _BLOCKS:
            self._end_line(blank=tag in _PARAGRAPHS)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._write(data)

    def _write(self, data: str) -> None:
        text, line = _BLANKS.sub(" ", data), self._lines[-1]
        self._lines[-1] += text.lstrip(" ") if not line or line.endswith(" ") else text

    def _end_link(self, href: str, line: int, start: int) -> None:
        text = self._lines[-1]
        if line == len(self._lines) and len(text) >= start:
            self._lines[-1] = text[:start] + self._link(text[start:], href)
        elif href:  # it goes over several lines
            last = max(n for n, one in enumerate(self._lines) if n == 0 or one.strip())
            self._lines[last] = f"{self._lines[last].rstrip()} {self._link('', href)}".lstrip()

    def _rule_or_break(self, tag: str) -> None:
        if tag == "hr":
            self._end_line()
            self._lines[-1] = "-" * 40
        self._lines.append("")

    def _item(self) -> None:
        self._end_line()
        bullet = "- "
        if self._lists and (last := self._lists[-1]) is not None:
            self._lists[-1] = last + 1
            bullet = f"{last + 1}. "
        self._lines[-1] = "  " * (len(self._lists) - 1) + bullet

    def _end_line(self, *, blank: bool = False) -> None:
        self._cells = 0
        if self._lines[-1].strip():
            self._lines.append("")
        if blank and len(self._lines) > 1 and self._lines[-2].strip():
            self._lines.append("")
