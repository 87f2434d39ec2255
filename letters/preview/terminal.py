"""Overview, letters, wordings and salutations as text for a terminal.

Text from outside is never read as markup, and its control characters are made visible.
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
    CampaignSummary,
    Wordings,
    WordingSummary,
    headline,
    with_marked_values,
)
from letters.preview.problems import ProblemGroup, conclusion, count, grouped, unlisted
from letters.preview.reading import ParsedMessage, parse_message
from letters.proof.proof import Proofed, Report
from letters.text import one_line, visible

_TEXT_WIDTH = 78
_SHOWN_HEADERS = ("From", "To", "Reply-To", "Subject", "Date")


class LetterView(StrEnum):
    """What is shown of a letter."""

    TEXT = "text"
    HTML = "html"
    HEADERS = "headers"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Screen:
    """The terminal or pipe that text is written to.

    `width` is in columns. `folds`: long lines of a letter are wrapped.
    """

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
        # A table pads its last column with spaces.
        return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())

    def heading(self, *parts: str) -> str:
        """A heading: a line across the screen with these words in it."""
        words = " · ".join(one_line(part) for part in parts if part)
        line = set_cell_size(f"── {words} {'─' * self.width}", max(self.width, cell_len(words) + 4))
        return self.render(Text(line.rstrip(), "bold", no_wrap=True, overflow="ignore"))

    def body(self, text: str) -> str:
        """A letter's text with control characters made visible, and wrapped if the screen folds."""
        lines = visible(text).rstrip("\n").split("\n")
        return "".join(f"{line}\n" for line in (self._folded(lines) if self.folds else lines))

    def _folded(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            # A URL is not broken, so that a terminal can open it.
            yield from wrap(
                line,
                min(self.width, _TEXT_WIDTH),
                break_on_hyphens=False,
                break_long_words=False,
            ) or [""]


def overview(
    summary: CampaignSummary, wordings: Wordings, report: Report, screen: Screen
) -> Iterator[str]:
    """Who writes what, problems, wordings."""
    yield screen.render(Text(one_line(summary.title), "bold"), _facts(summary))
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
    batch: Iterable[Proofed], view: LetterView, screen: Screen, *, at: datetime, titled: bool = True
) -> Iterator[str]:
    """One view of each sealed letter, under a heading.

    `at` is the messages' Date. Without `titled` only the letters after the first have a heading.
    """
    first = True
    for proofed in batch:
        if proofed.message is None or proofed.letter is None:
            continue
        row = f"row {proofed.recipient.row}" if proofed.recipient.row else ""
        if titled or not first:
            name = proofed.recipient.name or proofed.message.name
            yield "\n" + screen.heading(row, name, f"wording {proofed.letter.wording.number}")
        first = False
        message = parse_message(proofed.message.dated(at).content)
        if titled:
            yield from _problem_lines(proofed, screen)
        yield _view(message, view, screen, headed=titled)


def wordings(found: Wordings, screen: Screen) -> Iterator[str]:
    """The first letter of each wording; values that differ between letters are marked."""
    for summary in found:
        letter, wording = summary.first, summary.first.wording
        heading = (f"wording {wording.number}", count(summary.letters, "letter"))
        yield "\n" + screen.heading(*heading, ", ".join(wording.templates))
        yield screen.body(f"{_recipients(summary)}\n")
        yield screen.body(f"Subject: {with_marked_values(wording.subject, letter)}\n")
        yield "\n" + screen.body(with_marked_values(wording.text, letter))


def salutations(batch: Iterable[Proofed], screen: Screen) -> Iterator[str]:
    """One line for each letter: row, name, salutation, envelope lines."""
    yield screen.render(Text(_columns("row", "name", "salutation", "envelope"), "bold"))
    for proofed in batch:
        if proofed.letter is None:
            continue
        values = proofed.letter.values
        salutation = [str(v) for v in values if v.source == "salutation"]
        envelope = [str(v) for v in values if v.source == "envelope_lines"]
        row = str(proofed.recipient.row or "")
        shown = _columns(row, proofed.recipient.name, " / ".join(salutation), ", ".join(envelope))
        yield f"{shown}\n"


def _columns(row: str, name: str, salutation: str, envelope: str) -> str:
    cells = (f"{row:>5}", *(one_line(cell) for cell in (name, salutation, envelope)))
    widths = (5, 26, 40, 0)
    padded = (
        set_cell_size(cell, max(width, cell_len(cell)))
        for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def _facts(summary: CampaignSummary) -> Table:
    facts: tuple[tuple[str, Sequence[str]], ...] = (
        ("From", [summary.sender]),
        ("Replies to", [summary.reply_to]),
        ("Asks", list(_demands(summary))),
        ("Attached", summary.attachments),
        ("Languages", [", ".join(summary.languages)]),
        ("Recipients", [summary.file, *summary.detected]),
    )
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, values in facts:
        if any(values):
            grid.add_row(Text(name, "dim"), Text("\n".join(map(one_line, values))))
    return grid


def _demands(summary: CampaignSummary) -> Iterator[str]:
    for number, demand in enumerate(summary.demands, 1):
        yield f"{number}. {demand.text}"
        yield from (f"   - {point}" for point in demand.points)


def _problems(groups: list[ProblemGroup]) -> Table:
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
    for summary in found:
        wording = summary.first.wording
        table.add_row(
            str(wording.number),
            f"{summary.letters:,}",
            Text.assemble(one_line(summary.subject), "\n", (one_line(_recipients(summary)), "dim")),
            Text(one_line(", ".join(wording.templates))),
        )
    return table


def _recipients(summary: WordingSummary) -> str:
    more = f" and {summary.others:,} more" if summary.others else ""
    return ", ".join(summary.names) + more


def _problem_lines(proofed: Proofed, screen: Screen) -> Iterator[str]:
    for problem in proofed.problems:
        words = f"{problem.severity}: {one_line(problem.message)}"
        yield screen.render(Text(words, "red" if problem.severity == "error" else "yellow"))


def _view(message: ParsedMessage, view: LetterView, screen: Screen, *, headed: bool) -> str:
    if view is LetterView.HEADERS:
        return screen.body("\n".join(f"{n}: {one_line(v)}" for n, v in message.headers))
    if view is LetterView.SOURCE:
        return "".join(f"{line}\n" for line in visible(message.source).splitlines())
    if view is LetterView.HTML:
        return f"{visible(message.html).rstrip()}\n"
    return (_head(message) if headed else "") + screen.body(message.text)


def _head(message: ParsedMessage) -> str:
    head = [(n, message.header(n)) for n in _SHOWN_HEADERS if message.header(n)]
    head += [("Attached", f"{p.name} ({p.size:,} octets)") for p in message.attachments]
    return "".join(f"{name}: {one_line(value)}\n" for name, value in head) + "\n"
