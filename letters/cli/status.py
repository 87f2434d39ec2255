"""`letters status`: who has the letter."""

import asyncio
import csv
import io
from typing import TYPE_CHECKING

import click

from letters.cli import common
from letters.cli.common import Desk
from letters.cli.say import hint, say, say_json, table
from letters.cli.sending import counts_line
from letters.errors import JournalError

if TYPE_CHECKING:
    from letters.journal import Journal, Standing, State

_COLUMNS = (
    "id", "address", "name", "state", "attempts", "message_id", "sha256", "relay", "reply",
    "sent_at", "due_at",
)  # fmt: skip


@click.command(
    epilog="\b\nExamples:\n  letters status\n  letters status --format csv > receipts.csv\n"
)
@common.campaign_option
@common.journal_option
@common.channel_option
@common.format_option("text", "json", "csv")
def status(campaign: str | None, journal: str | None, channel: str | None, format_: str) -> None:
    """Say who has the letter, who waits, and why; counts add up to the list."""
    desk = Desk(campaign)
    opened = desk.open_journal(journal, create=False)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            tally = runner.run(opened.tally(name))
            letters = runner.run(_letters(opened, name))
        finally:
            runner.run(opened.aclose())
    if format_ == "json":
        say_json(_as_json(desk, opened, name, tally, letters))
    elif format_ == "csv":
        say(_as_csv(letters))
    else:
        hint(f"journal {opened.location}, channel {name}")
        table(("state", "name", "id", "sent or due", "reply"), map(_row, letters))
        say(counts_line(tally))


async def chosen_channel(journal: "Journal", name: str | None, desk: Desk) -> str:
    """The channel a person means: `mail` if it was used, else the latest. Raises JournalError."""
    channels = await journal.channels()
    if name:
        return name if name in channels else common.channel_of(name, desk.here)
    if not channels:
        raise JournalError(
            f"the journal {journal.location} is empty: nobody has been written to by it",
            "`letters send` rehearses, or sends with --relay",
        )
    return "mail" if "mail" in channels else channels[0]


async def _letters(journal: "Journal", channel: str) -> "list[Standing]":
    return [letter async for letter in journal.letters(channel)]


def _row(letter: "Standing") -> tuple[str, ...]:
    when = letter.sent_at or letter.due_at
    return (
        letter.state.value.replace("_", " "),
        letter.name,
        letter.id if letter.address else "—",
        f"{when.astimezone():%Y-%m-%d %H:%M}" if when else "",
        letter.reply or "",
    )


def _fields(letter: "Standing") -> dict[str, object]:
    values = {column: getattr(letter, column) for column in _COLUMNS}
    for column in ("sent_at", "due_at"):
        values[column] = values[column].isoformat() if values[column] else None
    values["state"] = letter.state.value
    return values


def _as_json(
    desk: Desk,
    journal: "Journal",
    channel: str,
    tally: "dict[State, int]",
    letters: "list[Standing]",
) -> dict[str, object]:
    counts = {state.value: count for state, count in tally.items()}
    return {
        "campaign": desk.campaign.id,
        "channel": channel,
        "journal": journal.location,
        "counts": {"total": sum(tally.values()), **counts},
        "letters": [_fields(letter) for letter in letters],
    }


def _as_csv(letters: "list[Standing]") -> str:
    """A receipt a row; what a spreadsheet would run as a formula is quoted (P12)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for letter in letters:
        writer.writerow([_inert(value) for value in _fields(letter).values()])
    return out.getvalue().rstrip("\n")


def _inert(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
