"""`letters status`: who has the letter."""

from typing import TYPE_CHECKING

import click

from letters.cli import options
from letters.cli.opening import OpenJournal, open_journal
from letters.cli.output import hint
from letters.cli.session import Session
from letters.cli.status_formats import print_csv, print_json, print_text

if TYPE_CHECKING:
    from letters.journal.types import State


@click.command(
    epilog="\b\nExamples:\n  letters status\n  letters status --format csv > receipts.csv\n"
)
@options.session("campaign", "journal", "channel")
@options.output_format("text", "json", "csv")
def status(session: Session, format_: str) -> None:
    """Say who has the letter, who waits, and why; counts add up to the list.

    As CSV it is a receipt for each recipient, with the relay's queue id where its reply names one.
    """
    with open_journal(session, looking=True) as opened:
        channel = _channel(opened)
        tally = opened.run(opened.journal.tally(channel))
        letters = opened.journal.letters(channel)
        if format_ == "json":
            opened.run(print_json(_about(opened, channel, tally), letters))
        elif format_ == "csv":
            opened.run(print_csv(letters))
        else:
            hint(f"journal {opened.journal.location}, channel {channel}")
            opened.run(print_text(session, channel, tally, letters))


def _channel(opened: OpenJournal) -> str:
    """The channel that is meant; `mail` for a journal that has no letter yet."""
    if not opened.session.channel_flag and not opened.run(opened.journal.channels()):
        return "mail"
    return opened.channel


def _about(opened: OpenJournal, channel: str, tally: "dict[State, int]") -> dict[str, object]:
    counts = {state.value: count for state, count in tally.items()}
    return {
        "campaign": opened.session.campaign.id,
        "channel": channel,
        "journal": opened.journal.location,
        "counts": {"total": sum(tally.values()), **counts},
    }
