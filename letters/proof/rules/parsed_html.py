"""A letter's HTML as a mail program reads it: its elements, addresses, styles, comments and text. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

_CONDITION = re.compile(r"^\[if\b[^\]]*\]>(.*?)(?:<!\[endif\]\s*)?$", re.DOTALL | re.IGNORECASE)
_CODE: Final = frozenset({"code", "pre", "kbd", "samp", "tt"})
_NOT_SHOWN: Final = frozenset({"style", "script", "title"})
_INLINE: Final = frozenset(
    {"a", "b", "strong", "i", "em", "span", "u", "code", "small", "sub", "sup"}
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_URL = re.compile(r"\burl\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\"')\s]*))\s*\)", re.IGNORECASE)


class ParsedHtml(HTMLParser):
    """What an HTML document holds.

    `elements` are the names and attributes of its elements, and `conditional` those inside comments
    such as `<!--[if mso]>`, which Outlook reads. `text` is all text that is shown, `shown` the same
    without code, and `code` that code.
    """

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.conditional: list[tuple[str, dict[str, str]]] = []
        self.comments: list[str] = []
        self._styles: list[str] = []
        self._texts: list[tuple[str, bool]] = []  # each with whether it is code
        self._open: list[str] = []
        self.feed(document)
        self.close()
        self.text = "".join(text for text, _ in self._texts)
        self.shown = "".join(text for text, is_code in self._texts if not is_code)
        self.code = "\n".join(text for text, is_code in self._texts if is_code)

    def css_urls(self) -> Iterator[str]:
        """The addresses of each `url(…)`, in style elements and in attributes."""
        every = (*self.elements, *self.conditional)
        for css in (*self._styles, *(attributes.get("style", "") for _, attributes in every)):
            for found in _CSS_URL.findall(_CSS_COMMENT.sub("", css)):
                yield "".join(found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser for an element that begins."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in _CODE | _NOT_SHOWN:
            self._open.append(tag)
        if tag not in _INLINE:
            self._texts.append(("\n" if tag == "br" else " ", False))

    def handle_endtag(self, tag: str) -> None:
        """Called by HTMLParser for an element that ends."""
        if tag in self._open:
            self._open.remove(tag)
        if tag not in _INLINE:
            self._texts.append((" ", False))

    def handle_data(self, data: str) -> None:
        """Called by HTMLParser for text."""
        if "style" in self._open:
            self._styles.append(data)
        elif not _NOT_SHOWN.isdisjoint(self._open):
            return
        else:
            self._texts.append((data, not _CODE.isdisjoint(self._open)))

    def handle_comment(self, data: str) -> None:
        """Called by HTMLParser for a comment; Outlook reads what stands in a conditional one."""
        condition = _CONDITION.match(data)
        if not condition:
            self.comments.append(data)
            return
        inner = ParsedHtml(condition[1])
        self.conditional += inner.elements
        self._styles += inner._styles
        self.comments += inner.comments


@lru_cache(maxsize=16)
def parsed_html(document: str) -> ParsedHtml:
    """The document, parsed once for all rules."""
    return ParsedHtml(document)
