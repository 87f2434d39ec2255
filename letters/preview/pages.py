"""The pages of a batch, pure: an index, one page a letter and its `.eml`, from the sealed bytes.

They need no server, no script and no network; outside text is escaped and its controls shown.
Leans on `reading`, `overview`, `inert`; `export` writes them.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from letters.message.message import Message
from letters.preview.overview import About, Wordings, conclusion, grouped, headline, unlisted
from letters.preview.reading import Reading, read
from letters.proof.proof import Proofed, Report
from letters.text import slug, visible

HTML = "text/html; charset=utf-8"
MESSAGE = "message/rfc822"
INDEX = "index.html"
FOLDER = "letters"

_VIEWS = {
    "html": "Letter",
    "text": "Text",
    "headers": "Headers",
    "source": "Source",
    "parts": "Parts",
}
_KILO = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """One file of a preview: `path` is relative, with `/`; `kind` is its media type."""

    path: str
    content: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the index says of one row; `path` is "" when the row has no message."""

    row: int
    name: str
    address: str
    problems: int
    path: str = ""
    wording: int = 0
    size: int = 0

    @property
    def file(self) -> str:
        """The page's name beside the pages of other letters."""
        return self.path.rpartition("/")[2]

    @property
    def note(self) -> str:
        """What a person must know beforehand."""
        if self.problems:
            return "has a problem" if self.problems == 1 else f"has {self.problems} problems"
        return "" if self.path else "no address, not mailable" if not self.address else "not sealed"


def pages(
    batch: Iterable[Proofed], about: About, report: Report, *, at: datetime
) -> Iterator[Page]:
    """Yield every letter's page and message as the batch streams by, and the index last.

    `at` is the Date of the messages (aware); `report` is read when the batch has ended.
    """
    lines: list[Line] = []
    wordings = Wordings()
    for before, proofed, after in _beside(wordings.watch(batch), lines):
        yield from _letter_pages(proofed, before, after, at)
    values = {**_overview(about, wordings, report, at), "lines": lines}
    yield Page(INDEX, _page("index.html.j2", values), HTML)


def single(
    letters: Iterable[str], about: About, wordings: Wordings, report: Report, *, at: datetime
) -> Iterator[str]:
    """Yield the text of one page that holds the overview and all `letters`, as `folded` made them."""
    values = _overview(about, wordings, report, at)
    folded_letters = map(Markup, letters)
    yield from (
        _environment().get_template("single.html.j2").generate(**values, letters=folded_letters)
    )


def folded(proofed: Proofed, number: int, *, at: datetime) -> str:
    """The letter to be folded out in a page of many; `number` tells it from the others."""
    values = _letter(proofed, at)
    views = ("html", "text") if values["reading"].html else ("text",)
    values |= {"views": views, "key": number, "eml": ""}
    return _environment().get_template("folded.html.j2").render(values)


def line_of(proofed: Proofed) -> Line:
    """What the index says of a row, and where its page is."""
    recipient, message = proofed.recipient, proofed.message
    address = recipient.mailbox.address if recipient.mailbox else ""
    line = Line(recipient.row, recipient.name or address, address, len(proofed.problems))
    if message is None or proofed.letter is None:
        return line
    return Line(
        row=line.row,
        name=line.name,
        address=line.address,
        problems=line.problems,
        path=f"{FOLDER}/{line.row:04d}-{slug(line.name, 'letter')}.html",
        wording=proofed.letter.wording.number,
        size=message.size,
    )


def _beside(
    batch: Iterable[Proofed], lines: list[Line]
) -> Iterator[tuple[Line | None, Proofed, Line | None]]:
    """Each sealed letter with the lines of the one before and the one after; fills `lines`."""
    before: Line | None = None
    held: tuple[Line, Proofed] | None = None
    for proofed in batch:
        line = line_of(proofed)
        lines.append(line)
        if line.path:
            if held:
                yield before, held[1], line
                before = held[0]
            held = line, proofed
    if held:
        yield before, held[1], None


def _letter_pages(
    proofed: Proofed, before: Line | None, after: Line | None, at: datetime
) -> Iterator[Page]:
    line = line_of(proofed)
    eml = line.path.removesuffix(".html") + ".eml"
    values = _letter(proofed, at)
    message: Message = values["message"]
    values |= {
        "views": [view for view in _VIEWS if view != "html" or values["reading"].html],
        "key": line.row,
        "eml": eml.rpartition("/")[2],
        "before": before,
        "after": after,
    }
    yield Page(line.path, _page("letter.html.j2", values), HTML)
    yield Page(eml, message.content, MESSAGE)


def _letter(proofed: Proofed, at: datetime) -> dict[str, Any]:
    if proofed.message is None or proofed.letter is None:
        raise ValueError("a row without a message has no page")
    message = proofed.message.dated(at)
    reading = read(message.content)
    return {
        "row": proofed.recipient.row,
        "wording": proofed.letter.wording.number,
        "problems": proofed.problems,
        "message": message,
        "reading": reading,
        "document": _document(reading),
        "language": reading.header("Content-Language").partition(",")[0],
        "names": _VIEWS,
    }


def _document(reading: Reading) -> Markup:
    """The HTML part as an attribute's value; its own images stand inside it."""
    document = reading.html
    for content_id, (kind, octets) in reading.images.items():
        data = f"data:{kind};base64,{b64encode(octets).decode('ascii')}"
        document = document.replace(f"cid:{content_id}", data)
    return Markup(escape(document))  # noqa: S704 - escaped here, shown as the office will see it


def _overview(about: About, wordings: Wordings, report: Report, at: datetime) -> dict[str, Any]:
    return {
        "about": about,
        "list_name": Path(about.file).name,
        "headline": headline(report, wordings.letters),
        "conclusion": conclusion(report),
        "failed": report.failed,
        "groups": grouped(report.problems),
        "unlisted": unlisted(report),
        "wordings": wordings,
        "at": f"{at:%Y-%m-%d %H:%M} {at:%Z}".strip(),
    }


def _page(template: str, values: dict[str, Any]) -> bytes:
    text = _environment().get_template(template).render(values)
    return text.encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["size"] = _size
    return environment


def _inert(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _size(octets: int) -> str:
    if octets < _KILO:
        return f"{octets} octets"
    kilo = octets / _KILO
    return f"{kilo:.1f} kB" if kilo < _KILO else f"{kilo / _KILO:.1f} MB"
