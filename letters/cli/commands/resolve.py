"""`letters resolve`: a person ends a letter's doubt."""

import click

from letters.cli import options
from letters.cli.opening import OpenJournal, open_journal
from letters.cli.output import confirm, say
from letters.cli.session import Session, now
from letters.cli.standing import named
from letters.errors import Exit, LetterNotFound
from letters.text import one_line


@click.command(
    epilog="\b\nExamples:\n  letters resolve jane@example.org --sent\n"
    "  letters resolve --all-in-doubt --resend\n"
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--sent", is_flag=True, help="It arrived: count it as sent.")
@click.option("--resend", is_flag=True, help="It did not: send it again.")
@click.option("--all-in-doubt", is_flag=True, help="Every letter in doubt, instead of addresses.")
@options.session("campaign", "journal", "channel")
def resolve(
    session: Session, addresses: tuple[str, ...], sent: bool, resend: bool, all_in_doubt: bool
) -> Exit:
    """End a letter's doubt: say that it was sent, or have it sent again.

    Find its Message-ID in `letters status` and ask the receiving side, or look in your own sent
    mail. It is sent again only when you say so, with the same Message-ID.
    """
    from letters.journal.types import State

    if sent == resend:
        raise click.UsageError("say which: --sent or --resend")
    if bool(addresses) == all_in_doubt:
        raise click.UsageError("name addresses, or --all-in-doubt")
    with open_journal(session) as opened:
        ids = addresses or opened.ids(State.IN_DOUBT)
        for letter_id in ids:
            if addresses or sent or _confirmed(letter_id):
                _resolve(opened, letter_id, sent=sent)
        if not ids:
            say("no letter is in doubt")
    return Exit.OK


def _confirmed(letter_id: str) -> bool:
    return confirm(
        f"Send again to {one_line(letter_id)}, who may have it already?",
        without_terminal="--all-in-doubt --resend asks letter by letter; name the addresses instead",
    )


def _resolve(opened: OpenJournal, letter_id: str, *, sent: bool) -> None:
    letter = opened.run(opened.journal.resolve(opened.channel, letter_id, sent=sent, at=now()))
    if letter is None:
        raise LetterNotFound(
            f"no letter in doubt goes to {letter_id}", "see who is in doubt", next=["status"]
        )
    after = "counts as sent" if sent else "waits; send again as before, and it leaves"
    say(f"{named(letter)} {after}")
