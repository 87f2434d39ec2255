"""`letters status`: who has the letter."""

import asyncio
import csv
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from letters.cli import session
from letters.cli.output import hint, say, styled
from letters.cli.sending import counts_line
from letters.cli.session import Desk
from letters.errors import JournalError
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.interface import Journal
    from letters.journal.types import Standing, State

_KEYS = (
    "id", "address", "name", "state", "attempts", "message_id", "sha256", "relay", "reply",
    "sent_at", "due_at",
)  # fmt: skip
_RECEIPT = (
    "id", "address", "name", "state", "sent_at", "relay", "queue_id", "message_id", "sha256",
    "attempts", "reply", "due_at",
)  # fmt: skip
_HEADINGS = ("state", "name", "id", "sent or due", "reply")
_MEASURED = 200  # rows that decide how wide the columns are


@click.command(
    epilog="\b\nExamples:\n  letters status\n  letters status --format csv > receipts.csv\n"
)
@session.campaign_option
@session.journal_option
@session.channel_option
@session.format_option("text", "json", "csv")
def status(campaign: str | None, journal: str | None, channel: str | None, format_: str) -> None:
    """Say who has the letter, who waits, and why; counts add up to the list.

    As CSV it is a receipt for each recipient, with the relay's queue id where it told one.
    """
    desk = Desk(campaign)
    opened = desk.open_journal(journal, looking=True)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(_channel(opened, channel, desk))
            tally = runner.run(opened.tally(name))
            letters = opened.letters(name)
            if format_ == "json":
                runner.run(_say_json(_about(desk, opened, name, tally), letters))
            elif format_ == "csv":
                runner.run(_say_csv(letters))
            else:
                hint(f"journal {opened.location}, channel {name}")
                runner.run(_say_text(letters, tally, name))
        finally:
            runner.run(opened.aclose())


async def _channel(journal: "Journal", name: str | None, desk: Desk) -> str:
    """The channel a person means; `mail` for a journal that has no letter yet."""
    if not name and not await journal.channels():
        return "mail"
    return await chosen_channel(journal, name, desk)


async def chosen_channel(journal: "Journal", name: str | None, desk: Desk) -> str:
    """The channel a person means: `mail` if it was used, else the latest. Raises JournalError."""
    channels = await journal.channels()
    if name:
        return name if name in channels else session.channel_of(name, desk.here, desk.campaign.home)
    if not channels:
        raise JournalError(
            f"the journal {journal.location} is empty: nobody has been written to by it",
            "`letters send` rehearses, or sends with --relay",
        )
    return "mail" if "mail" in channels else channels[0]


def _about(
    desk: Desk, journal: "Journal", channel: str, tally: "dict[State, int]"
) -> dict[str, object]:
    counts = {state.value: count for state, count in tally.items()}
    return {
        "campaign": desk.campaign.id,
        "channel": channel,
        "journal": journal.location,
        "counts": {"total": sum(tally.values()), **counts},
    }


async def _say_json(about: dict[str, object], letters: "AsyncIterator[Standing]") -> None:
    """One JSON value on one line, written letter by letter: a million take no memory."""
    write = sys.stdout.write
    write(json.dumps(about, ensure_ascii=False)[:-1] + ', "letters": [')
    comma = ""
    async for letter in letters:
        write(comma + json.dumps(_fields(letter), ensure_ascii=False))
        comma = ", "
    write("]}\n")


def _fields(letter: "Standing") -> dict[str, object]:
    values = {key: getattr(letter, key) for key in _KEYS}
    for key in ("sent_at", "due_at"):
        values[key] = values[key].isoformat() if values[key] else None
    values["state"] = letter.state.value
    return values


async def _say_csv(letters: "AsyncIterator[Standing]") -> None:
    """A receipt a row; what a spreadsheet would run as a formula is quoted (P12)."""
    from letters.verdict import queue_id

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_RECEIPT)
    async for letter in letters:
        values = _fields(letter)
        words = (letter.reply or "").removeprefix("250 ")
        values["queue_id"] = queue_id(words) if letter.sent_at else ""
        writer.writerow([_inert(values[column]) for column in _RECEIPT])


def _inert(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


async def _say_text(
    letters: "AsyncIterator[Standing]", tally: "dict[State, int]", channel: str
) -> None:
    if not any(tally.values()):
        say("this journal has no letter yet: nobody has been written to by it")
        return
    noted = _Noted()
    await _say_table(noted.among(letters))
    say(counts_line(tally))
    _say_doubts(noted.doubtful, channel)
    if channel != "mail":
        say(f"a rehearsal in {one_line(noted.relay or channel)}: nothing was mailed")


@dataclass
class _Noted:
    """What is said below the table: letters in doubt, and where a rehearsal went."""

    doubtful: "list[Standing]" = field(default_factory=list)
    relay: str | None = None

    async def among(self, letters: "AsyncIterator[Standing]") -> "AsyncIterator[Standing]":
        """Note them while they pass."""
        from letters.journal.types import State

        async for letter in letters:
            self.relay = letter.relay or self.relay
            if letter.state is State.IN_DOUBT:
                self.doubtful.append(letter)
            yield letter


async def _say_table(letters: "AsyncIterator[Standing]") -> None:
    """Plain columns as wide as the first rows need; a later row that is wider goes on."""
    first: list[tuple[str, ...]] = []
    async for letter in letters:
        first.append(_row(letter))
        if len(first) == _MEASURED:
            break
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *first, strict=True)]
    say(styled(_line(_HEADINGS, widths), bold=True))
    for row in first:
        say(_line(row, widths))
    async for letter in letters:
        say(_line(_row(letter), widths))


def _say_doubts(doubtful: "list[Standing]", channel: str) -> None:
    from letters.cli.doubt import doubt

    for letter in doubtful:
        say()
        for line in doubt(letter, channel):
            say(line)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(map(str.ljust, row, widths)).rstrip()


def _row(letter: "Standing") -> tuple[str, ...]:
    when = letter.sent_at or letter.due_at
    return (
        letter.state.value.replace("_", " "),
        one_line(letter.name),
        one_line(letter.id) if letter.address else "—",
        f"{when.astimezone():%Y-%m-%d %H:%M}" if when else "",
        one_line(letter.reply or ""),
    )
