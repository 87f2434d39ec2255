"""A batch as text for a terminal: overview, letters, wordings, salutations. Pure: yields text.

Outside text is never markup and its controls are shown. Leans on `overview`, `reading`, `inert`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from textwrap import wrap

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from letters.preview.overview import (
    About,
    Group,
    Shared,
    Wordings,
    conclusion,
    count,
    grouped,
    headline,
    marked,
    unlisted,
)
from letters.preview.reading import Reading, read
from letters.proof.proof import Proofed, Report
from letters.text import one_line, visible

_TEXT_WIDTH = 78
_SHOWN_HEADERS = ("From", "To", "Reply-To", "Subject", "Date")


class Part(StrEnum):
    """What of a letter is shown."""

    TEXT = "text"
    HTML = "html"
    HEADERS = "headers"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text goes: `width` in cells, in colour or not; `folds` wraps a letter's long lines."""

    width: int
    colour: bool = False
    folds: bool = False

    def render(self, *shown: RenderableType) -> str:
        """Text of rich's tables and styled lines; neither markup nor emoji codes are read."""
        console = Console(
            file=StringIO(),
            width=self.width,
            force_terminal=self.colour,
            color_system="standard" if self.colour else None,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
        )
        with console.capture() as captured:
            for one in shown:
                console.print(one)
        # A table pads its last column, which nobody needs.
        return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())

    def rule(self, *said: str) -> str:
        """A line across the screen that says what follows."""
        words = " · ".join(one_line(word) for word in said if word)
        line = set_cell_size(f"── {words} {'─' * self.width}", max(self.width, cell_len(words) + 4))
        return self.render(Text(line.rstrip(), "bold", no_wrap=True, overflow="ignore"))

    def body(self, text: str) -> str:
        """A letter's text, inert; long lines are folded between words on a person's screen."""
        lines = visible(text).rstrip("\n").split("\n")
        return "".join(f"{line}\n" for line in (self._folded(lines) if self.folds else lines))

    def _folded(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            # A URL stays in one piece, so that it can be followed.
            yield from wrap(
                line,
                min(self.width, _TEXT_WIDTH),
                break_on_hyphens=False,
                break_long_words=False,
            ) or [""]


def overview(about: About, wordings: Wordings, report: Report, screen: Screen) -> Iterator[str]:
    """Who, what, problems, wordings."""
    yield screen.render(Text(one_line(about.title), "bold"), _facts(about))
    failed = "red bold" if report.failed else "bold"
    yield screen.render(
        "", Text(headline(report, wordings.letters), "bold"), Text(conclusion(report), failed)
    )
    groups = grouped(report.problems)
    if groups:
        yield screen.render("", _problems(groups))
    if more := unlisted(report):
        yield f"and {count(more, 'more problem')}\n"
    if any(True for _ in wordings):
        yield screen.render("", _wordings(wordings))


def letters(
    batch: Iterable[Proofed], part: Part, screen: Screen, *, at: datetime, titled: bool = True
) -> Iterator[str]:
    """One part of each sealed letter; untitled, only a line between two letters tells them apart."""
    first = True
    for proofed in batch:
        if proofed.message is None or proofed.letter is None:
            continue
        row = f"row {proofed.recipient.row}" if proofed.recipient.row else ""
        if titled or not first:
            name = proofed.recipient.name or proofed.message.name
            yield "\n" + screen.rule(row, name, f"wording {proofed.letter.wording.number}")
        first = False
        reading = read(proofed.message.dated(at).content)
        if titled:
            yield from _problem_lines(proofed, screen)
        yield _part(reading, part, screen, headed=titled)


def wordings(found: Wordings, screen: Screen) -> Iterator[str]:
    """One letter of each wording, what differs between letters between marks."""
    for shared in found:
        wording = shared.first.wording
        said = (f"wording {wording.number}", count(shared.letters, "letter"))
        yield "\n" + screen.rule(*said, ", ".join(wording.templates))
        yield screen.body(f"{_shared_by(shared)}\n")
        yield screen.body(f"Subject: {marked(wording.subject, shared.first)}\n")
        yield "\n" + screen.body(marked(wording.text, shared.first))


def salutations(batch: Iterable[Proofed], screen: Screen) -> Iterator[str]:
    """A line for each letter: row, name, salutation, and the envelope's lines."""
    yield screen.render(Text(_columns("row", "name", "salutation", "envelope"), "bold"))
    for proofed in batch:
        if proofed.letter is None:
            continue
        values = proofed.letter.values
        said = [str(v) for v in values if v.source == "salutation"]
        envelope = [str(v) for v in values if v.source == "envelope_lines"]
        row = str(proofed.recipient.row or "")
        shown = _columns(row, proofed.recipient.name, " / ".join(said), ", ".join(envelope))
        yield f"{shown}\n"


def _columns(row: str, name: str, salutation: str, envelope: str) -> str:
    cells = (f"{row:>5}", *(one_line(cell) for cell in (name, salutation, envelope)))
    widths = (5, 26, 40, 0)
    padded = (
        set_cell_size(cell, max(width, cell_len(cell)))
        for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def _facts(about: About) -> Table:
    facts: tuple[tuple[str, Sequence[str]], ...] = (
        ("From", [about.sender]),
        ("Replies to", [about.reply_to]),
        ("Asks", list(_asks(about))),
        ("Attached", about.attachments),
        ("Languages", [", ".join(about.languages)]),
        ("Recipients", [about.file, *about.detected]),
    )
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, values in facts:
        if any(values):
            grid.add_row(Text(name, "dim"), Text("\n".join(map(one_line, values))))
    return grid


def _asks(about: About) -> Iterator[str]:
    for number, ask in enumerate(about.asks, 1):
        yield f"{number}. {ask.text}"
        yield from (f"   - {point}" for point in ask.points)


def _problems(groups: list[Group]) -> Table:
    table = Table(box=box.HORIZONTALS, show_lines=True, header_style="bold")
    for heading in ("Where", "What", "How to mend it"):
        table.add_column(heading, overflow="fold")
    for group in groups:
        problem = group.problem
        style = "red" if problem.severity == "error" else "yellow"
        table.add_row(
            Text(one_line(group.where)),
            Text.assemble((problem.rule, style), " ", one_line(problem.message)),
            Text(one_line(problem.remedy)),
        )
    return table


def _wordings(found: Wordings) -> Table:
    table = Table(box=box.HORIZONTALS, show_lines=True, header_style="bold")
    table.add_column("Wording", justify="right")
    table.add_column("Letters", justify="right")
    table.add_column("Subject and recipients", overflow="fold")
    table.add_column("Template", overflow="fold")
    for shared in found:
        wording = shared.first.wording
        table.add_row(
            str(wording.number),
            f"{shared.letters:,}",
            Text.assemble(one_line(shared.subject), "\n", (one_line(_shared_by(shared)), "dim")),
            Text(one_line(", ".join(wording.templates))),
        )
    return table


def _shared_by(shared: Shared) -> str:
    more = f" and {shared.others:,} more" if shared.others else ""
    return ", ".join(shared.names) + more


def _problem_lines(proofed: Proofed, screen: Screen) -> Iterator[str]:
    for problem in proofed.problems:
        words = f"{problem.severity}: {one_line(problem.message)}"
        yield screen.render(Text(words, "red" if problem.severity == "error" else "yellow"))


def _part(reading: Reading, part: Part, screen: Screen, *, headed: bool) -> str:
    if part is Part.HEADERS:
        return screen.body("\n".join(f"{n}: {one_line(v)}" for n, v in reading.headers))
    if part is Part.SOURCE:
        return "".join(f"{line}\n" for line in visible(reading.source).splitlines())
    if part is Part.HTML:
        return f"{visible(reading.html).rstrip()}\n"
    return (_head(reading) if headed else "") + screen.body(reading.text)


def _head(reading: Reading) -> str:
    head = [(n, reading.header(n)) for n in _SHOWN_HEADERS if reading.header(n)]
    head += [("Attached", f"{p.name} ({p.size:,} octets)") for p in reading.attachments]
    return "".join(f"{name}: {one_line(value)}\n" for name, value in head) + "\n"
