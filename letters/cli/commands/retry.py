"""`letters retry`: rejected letters wait again."""

import click

from letters.cli import options
from letters.cli.opening import OpenJournal, open_journal
from letters.cli.output import say
from letters.cli.session import Session, now
from letters.cli.standing import named
from letters.errors import Exit, LetterNotFound


@click.command(
    epilog="\b\nExamples:\n  letters retry jane@example.org\n  letters retry --rejected\n"
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--rejected", is_flag=True, help="Every rejected letter, instead of addresses.")
@options.session("campaign", "journal", "channel")
def retry(session: Session, addresses: tuple[str, ...], rejected: bool) -> Exit:
    """Let rejected letters wait again, after the reason for their rejection was mended."""
    from letters.journal.types import State

    if bool(addresses) == rejected:
        raise click.UsageError("name addresses, or --rejected")
    with open_journal(session) as opened:
        ids = addresses or opened.ids(State.REJECTED)
        for letter_id in ids:
            _retry(opened, letter_id)
        if not ids:
            say("no letter is rejected")
    return Exit.OK


def _retry(opened: OpenJournal, letter_id: str) -> None:
    letter = opened.run(opened.journal.retry(opened.channel, letter_id, at=now()))
    if letter is None:
        raise LetterNotFound(
            f"no rejected letter goes to {letter_id}", "see who was rejected", next=["status"]
        )
    say(f"{named(letter)} waits; send again as before, and it leaves")
