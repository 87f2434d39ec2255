"""The pages of a batch: an index, and for each letter a page and an `.eml`, from the sealed bytes.

A page needs no server, script or network. Text from outside is escaped, and its control characters
are made visible.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from letters.message.message import Message
from letters.preview.overview import CampaignSummary, Wordings, headline
from letters.preview.problems import conclusion, grouped, unlisted
from letters.preview.reading import ParsedMessage, parse_message
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
class PreviewFile:
    """One file of a preview. `path` is relative, with `/`; `kind` is the media type."""

    path: str
    content: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One row of the index. `path` is that of the letter's page, "" without a message."""

    row: int
    name: str
    address: str
    problems: int
    path: str = ""
    wording: int = 0
    size: int = 0

    @property
    def file(self) -> str:
        """The page's file name, for links from other letters."""
        return self.path.rpartition("/")[2]

    @property
    def note(self) -> str:
        """What a person should know about the row, in words; "" if there is nothing."""
        if self.problems:
            return "has a problem" if self.problems == 1 else f"has {self.problems} problems"
        return "" if self.path else "no address, not mailable" if not self.address else "not sealed"


def pages(
    batch: Iterable[Proofed], summary: CampaignSummary, report: Report, *, at: datetime
) -> Iterator[PreviewFile]:
    """Yield every letter's page and message while the batch is iterated, and the index last.

    `at` is the messages' Date, with a time zone. `report` is read at the end of the batch.
    """
    rows: list[IndexRow] = []
    wordings = Wordings()
    for before, proofed, after in _with_neighbours(wordings.watch(batch), rows):
        yield from _letter_pages(proofed, before, after, at)
    values = {**_overview(summary, wordings, report, at), "rows": rows}
    yield PreviewFile(INDEX, _page("index.html.j2", values), HTML)


def single_page(
    letters: Iterable[str],
    summary: CampaignSummary,
    wordings: Wordings,
    report: Report,
    *,
    at: datetime,
) -> Iterator[str]:
    """Yield the text of one page with the overview and all `letters`, made by `collapsed_letter`."""
    values = _overview(summary, wordings, report, at)
    template = _environment().get_template("single.html.j2")
    yield from template.generate(**values, letters=map(Markup, letters))


def collapsed_letter(proofed: Proofed, number: int, *, at: datetime) -> str:
    """A letter for a page of many, closed until a person opens it; `number` is unique on it."""
    values = _letter(proofed, at)
    views = ("html", "text") if values["reading"].html else ("text",)
    values |= {"views": views, "key": number, "eml": ""}
    return _environment().get_template("collapsed.html.j2").render(values)


def _index_row(proofed: Proofed) -> IndexRow:
    recipient, message = proofed.recipient, proofed.message
    address = recipient.mailbox.address if recipient.mailbox else ""
    row = IndexRow(recipient.row, recipient.name or address, address, len(proofed.problems))
    if message is None or proofed.letter is None:
        return row
    return replace(
        row,
        path=f"{FOLDER}/{row.row:04d}-{slug(row.name, 'letter')}.html",
        wording=proofed.letter.wording.number,
        size=message.size,
    )


def _with_neighbours(
    batch: Iterable[Proofed], rows: list[IndexRow]
) -> Iterator[tuple[IndexRow | None, Proofed, IndexRow | None]]:
    """Each sealed letter with the index rows of the ones before and after it; fills `rows`."""
    before: IndexRow | None = None
    current: tuple[IndexRow, Proofed] | None = None
    for proofed in batch:
        row = _index_row(proofed)
        rows.append(row)
        if row.path:
            if current:
                yield before, current[1], row
                before = current[0]
            current = row, proofed
    if current:
        yield before, current[1], None


def _letter_pages(
    proofed: Proofed, before: IndexRow | None, after: IndexRow | None, at: datetime
) -> Iterator[PreviewFile]:
    row = _index_row(proofed)
    eml = row.path.removesuffix(".html") + ".eml"
    values = _letter(proofed, at)
    message: Message = values["message"]
    values |= {
        "views": [view for view in _VIEWS if view != "html" or values["reading"].html],
        "key": row.row,
        "eml": eml.rpartition("/")[2],
        "before": before,
        "after": after,
    }
    yield PreviewFile(row.path, _page("letter.html.j2", values), HTML)
    yield PreviewFile(eml, message.content, MESSAGE)


def _letter(proofed: Proofed, at: datetime) -> dict[str, Any]:
    if proofed.message is None or proofed.letter is None:
        raise ValueError("a row without a message has no page")
    message = proofed.message.dated(at)
    parsed = parse_message(message.content)
    return {
        "row": proofed.recipient.row,
        "wording": proofed.letter.wording.number,
        "problems": proofed.problems,
        "message": message,
        "reading": parsed,
        "document": _document(parsed),
        "language": parsed.header("Content-Language").partition(",")[0],
        "names": _VIEWS,
    }


def _document(message: ParsedMessage) -> Markup:
    """The HTML part as the value of an attribute, with its inline images as data URLs."""
    document = message.html
    for content_id, (kind, octets) in message.images.items():
        data = f"data:{kind};base64,{b64encode(octets).decode('ascii')}"
        document = document.replace(f"cid:{content_id}", data)
    return Markup(escape(document))  # noqa: S704 - escaped here


def _overview(
    summary: CampaignSummary, wordings: Wordings, report: Report, at: datetime
) -> dict[str, Any]:
    return {
        "summary": summary,
        "list_name": Path(summary.file).name,
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
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["size"] = _size
    return environment


def _visible(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _size(octets: int) -> str:
    if octets < _KILO:
        return f"{octets} octets"
    kilo = octets / _KILO
    return f"{kilo:.1f} kB" if kilo < _KILO else f"{kilo / _KILO:.1f} MB"
