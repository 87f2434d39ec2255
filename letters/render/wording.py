"""Wordings: a letter's texts with gaps, and how each gap is filled. Pure.

The place of a gap (HTML text, attribute, URL, plain text, header) decides how its value is encoded.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from urllib.parse import quote, urlsplit

from letters.render.continuation import continuation
from letters.render.gaps import ORDINAL, SERIAL, Datum
from letters.render.plain_text import ROW, URL_END, URL_START

_SCHEMES = ("http://", "https://", "mailto:")
_URL_ATTRIBUTES = {
    "href",
    "src",
    "action",
    "cite",
    "background",
    "poster",
    "formaction",
    "data",
    "longdesc",
    "xlink:href",
    "ping",
    "manifest",
    "codebase",
    "lowsrc",
    "dynsrc",
}
_CLOSED_ATTRIBUTES = {"style", "srcset", "srcdoc"}
_TOKEN = re.compile(
    r"<!--.*?-->|<(?P<raw>script|style|xmp|iframe|noembed|noframes|noscript|plaintext)\b.*?</(?P=raw)\s*>"
    r"|<(?P<text>title|textarea)\b[^>]*>.*?</(?P=text)\s*>"
    r"|<[a-zA-Z/!](?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s=>\"'/<]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_URL = re.compile(f"{URL_START}([^{URL_END}]*){URL_END}")
# Characters that stay in a whole URL; the rest is percent-encoded (RFC 3986 2).
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


class Place(StrEnum):
    """Where a gap is, which decides how it is filled."""

    PLAIN = "plain text"
    CELL = "cell of a table in plain text"
    HEADER = "header"
    HTML = "HTML text"
    ATTRIBUTE = "attribute"
    PLAIN_URL = "URL in plain text"
    PLAIN_URL_PART = "part of a URL in plain text"
    URL = "URL"
    URL_PART = "part of a URL"


class FillingError(ValueError):
    """A value is not allowed in the place where the template prints it; `source` is its field."""

    def __init__(self, message: str, source: str = "") -> None:
        super().__init__(message)
        self.source = source


class PlaceError(ValueError):
    """A template prints a value in a place where none is allowed."""


def _lines(value: Datum) -> str:
    text = str(value)  # plain text: a Datum's own methods would make Datums again
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _url(value: Datum) -> str:
    text = str(value).strip()
    try:
        split = urlsplit(text) if text.lower().startswith(_SCHEMES) else None
    except ValueError:  # not a host name or address
        split = None
    if split is None or not (split.netloc or (split.scheme == "mailto" and split.path)):
        raise FillingError(f"{text!r} is not a whole http, https or mailto address", value.source)
    if not text.isprintable() or " " in text:
        raise FillingError(
            f"{text!r} holds a blank or a line break, which no URL may", value.source
        )
    return quote(text, safe=_URL_SAFE)


def _url_part(value: Datum) -> str:
    if "\n" in value or "\r" in value:
        raise FillingError(f"{str(value)!r} holds a line break, which no URL may", value.source)
    return str(value) if value.quoted else quote(value, safe="")


_LINE_BREAKS = re.compile(r"\s*[\r\n]\s*")

FILLERS: dict[Place, Callable[[Datum], str]] = {
    Place.PLAIN: _lines,
    Place.CELL: lambda value: _LINE_BREAKS.sub(" / ", value.strip()),
    Place.HEADER: lambda value: _LINE_BREAKS.sub(" ", value),
    Place.HTML: lambda value: escape(_lines(value), quote=False).replace("\n", "<br>\n"),
    Place.ATTRIBUTE: lambda value: escape(_LINE_BREAKS.sub(" ", value)),
    Place.PLAIN_URL: _url,
    Place.PLAIN_URL_PART: _url_part,
    Place.URL: lambda value: escape(_url(value)),
    Place.URL_PART: lambda value: escape(_url_part(value)),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a form: the index of the letter's value that fills it, and its place.

    `prefix` begins the further lines of a value of several lines: that of a quotation or a list item.
    """

    index: int
    place: Place
    prefix: str = ""

    def fill(self, value: Datum) -> str:
        """The value as it is written in this gap. Raises FillingError."""
        text = FILLERS[self.place](value)
        return text.replace("\n", f"\n{self.prefix}") if self.prefix and "\n" in text else text


@dataclass(frozen=True, slots=True)
class Form:
    """Text with gaps: `pieces` is one longer than `gaps`."""

    pieces: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def filled(self, values: Sequence[Datum]) -> str:
        """The text with its gaps filled. Raises FillingError."""
        parts = [self.pieces[0]]
        for gap, piece in zip(self.gaps, self.pieces[1:], strict=True):
            parts += (gap.fill(values[gap.index]), piece)
        return "".join(parts)

    @property
    def outline(self) -> str:
        """The text with `…` for each gap, for a person who reviews wordings."""
        return "…".join(self.pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A letter's text with gaps, shared by many letters. `number` counts from 1 as they appear.

    `images` are the inline images of its HTML: name in the campaign folder, and Content-ID. `files`
    are all files that it was made from, by the names that the templates use. `comments` are the HTML
    comments that the author wrote, which are not sent. `joined_lines` are the paragraphs of short lines
    that Markdown joined. `headers` are those of the campaign's header lines that are templates, by name.
    """

    number: int
    languages: tuple[str, ...]
    templates: tuple[str, ...]
    subject: Form
    text: Form
    html: Form
    images: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    joined_lines: tuple[str, ...] = ()
    headers: tuple[tuple[str, Form], ...] = ()


@dataclass(frozen=True, slots=True)
class GapMarks:
    """Finds a run's gap marks in rendered texts and makes forms of them.

    In a wording the serial number is 0 and the ordinals are renumbered: equal for every letter.
    """

    nonce: str

    def of(self, index: int) -> str:
        """The mark of the value at this index, the same for every letter."""
        return f"{self.nonce}{0:0{SERIAL}x}{index:0{ORDINAL}x}"

    def split(self, text: str) -> tuple[list[str], list[int]]:
        """Split a text at its marks: the pieces, and the index of the value between each two."""
        first, *rest = text.split(f"{self.nonce}{0:0{SERIAL}x}")
        return [first, *(part[ORDINAL:] for part in rest)], [int(p[:ORDINAL], 16) for p in rest]

    def inside(self, text: str) -> bool:
        """Whether the text holds a mark, whole or not, in any case."""
        return self.nonce in text.lower()

    def form(self, text: str, place: Place) -> Form:
        """A form whose gaps all have the same place."""
        pieces, indices = self.split(text)
        return Form(tuple(pieces), tuple(Gap(index, place) for index in indices))

    def plain(self, text: str) -> Form:
        """The form of plain text as `markdown.marked_plain` returns it; gaps in its URLs have their own place."""
        spans = [
            (part, bool(odd))
            for number, part in enumerate(_URL.split(text))
            for odd in [number % 2]
        ]
        url = (Place.PLAIN_URL, Place.PLAIN_URL_PART)
        form = self._joined(
            (part, url if in_url else (Place.PLAIN, Place.PLAIN)) for part, in_url in spans
        )
        return _with_prefixes(form)

    def html(self, text: str) -> Form:
        """The form of a whole HTML document. Raises PlaceError."""
        return self._joined(self._html_spans(text))

    def check_html(self, text: str) -> None:
        """Raise PlaceError if the author's HTML prints a value where none is allowed."""
        for _ in self._html_spans(text):
            pass

    def _html_spans(self, text: str) -> Iterator[tuple[str, tuple[Place, Place]]]:
        position = 0
        for token in _TOKEN.finditer(text):
            yield text[position : token.start()], (Place.HTML, Place.HTML)
            position = token.end()
            if token["text"]:  # these hold text and character references, and no elements
                yield token[0], (Place.ATTRIBUTE, Place.ATTRIBUTE)
            elif self.inside(token[0]):
                if token["raw"] or token[0].startswith("<!--"):
                    raise PlaceError(f"inside <{token['raw'] or '!-- a comment'}>")
                yield from self._tag_spans(token[0])
            else:
                yield token[0], (Place.HTML, Place.HTML)
        yield text[position:], (Place.HTML, Place.HTML)

    def _tag_spans(self, tag: str) -> Iterator[tuple[str, tuple[Place, Place]]]:
        position = 0
        for attribute in _ATTRIBUTE.finditer(tag):
            name = attribute[1].lower()
            group = 2 if attribute[2] is not None else 3
            if not self.inside(attribute[group]):
                continue
            if name.startswith("on") or name in _CLOSED_ATTRIBUTES:
                raise PlaceError(f"inside the attribute {name}")
            yield self._outside(tag[position : attribute.start(group)]), (Place.HTML, Place.HTML)
            yield attribute[group], self._attribute(name, attribute[group])
            position = attribute.end(group)
        yield self._outside(tag[position:]), (Place.HTML, Place.HTML)

    def _outside(self, text: str) -> str:
        if self.inside(text):
            raise PlaceError("in a tag's or an attribute's name, or in an attribute without quotes")
        return text

    def _attribute(self, name: str, value: str) -> tuple[Place, Place]:
        if name not in _URL_ATTRIBUTES:
            return Place.ATTRIBUTE, Place.ATTRIBUTE
        if not value.startswith(self.nonce) and not value.lower().startswith(_SCHEMES):
            raise PlaceError("inside a URL that does not begin with https://, http:// or mailto:")
        return Place.URL, Place.URL_PART

    def _joined(self, spans: Iterator[tuple[str, tuple[Place, Place]]]) -> Form:
        """One form of many spans: text, the place of a gap at its very start, the place of later gaps."""
        pieces, gaps = [""], list[Gap]()
        for text, (first, later) in spans:
            parts, indices = self.split(text)
            pieces[-1] += parts[0]
            pieces += parts[1:]
            gaps += [
                Gap(index, first if number == 0 and not parts[0] else later)
                for number, index in enumerate(indices)
            ]
        return Form(tuple(pieces), tuple(gaps))


def _with_prefixes(form: Form) -> Form:
    """The form of a plain text whose gaps know how their lines go on; without the marks of rows."""
    gaps, line = list[Gap](), ""
    for gap, piece in zip(form.gaps, form.pieces, strict=False):
        above, break_, last = piece.rpartition("\n")
        line = last if break_ else line + above + last
        if gap.place is not Place.PLAIN:
            gaps.append(gap)
        elif line.startswith(ROW):
            gaps.append(Gap(gap.index, Place.CELL))
        else:
            gaps.append(Gap(gap.index, Place.PLAIN, continuation(line)))
        line += "…"
    return Form(tuple(piece.replace(ROW, "") for piece in form.pieces), tuple(gaps))
