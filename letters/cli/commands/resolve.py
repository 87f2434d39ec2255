"""`letters resolve`: a person ends a letter's doubt."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from letters.cli import session
from letters.cli.commands.status import chosen_channel
from letters.cli.output import say
from letters.cli.session import Desk
from letters.errors import ConfigurationError, Exit, LettersError
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.interface import Journal
    from letters.journal.types import Standing


class NotFound(LettersError):
    """No letter answers to the address a person named."""

    exit_code = Exit.DATA


@click.command(
    epilog="\b\nExamples:\n  letters resolve jane@example.org --sent\n"
    "  letters resolve --all-in-doubt --resend\n"
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--sent", is_flag=True, help="It arrived: count it as sent.")
@click.option("--resend", is_flag=True, help="It did not: send it again.")
@click.option("--all-in-doubt", is_flag=True, help="Every letter in doubt, instead of addresses.")
@session.campaign_option
@session.journal_option
@session.channel_option
def resolve(
    addresses: tuple[str, ...],
    sent: bool,
    resend: bool,
    all_in_doubt: bool,
    campaign: str | None,
    journal: str | None,
    channel: str | None,
) -> int:
    """End a letter's doubt: say that it was sent, or have it sent again.

    Find its Message-ID in `letters status` and ask the receiving side, or look in your own sent
    mail. It is sent again only by your word, with the same Message-ID.
    """
    if sent == resend:
        raise click.UsageError("say what became of it: --sent or --resend")
    if bool(addresses) == all_in_doubt:
        raise click.UsageError("name addresses, or --all-in-doubt")
    desk = Desk(campaign)
    opened = desk.open_journal(journal, create=False)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            ids = addresses or tuple(runner.run(_in_doubt(opened, name)))
            if not ids:
                say("no letter is in doubt")
                return Exit.OK
            for id_ in ids:
                if all_in_doubt and not sent and not _asked(id_):
                    continue
                _say(runner.run(_resolved(opened, name, id_, sent=sent)), sent=sent)
        finally:
            runner.run(opened.aclose())
    return Exit.OK


async def _in_doubt(journal: "Journal", channel: str) -> list[str]:
    from letters.journal.types import State

    return [x.id async for x in journal.letters(channel) if x.state is State.IN_DOUBT]


async def _resolved(journal: "Journal", channel: str, id_: str, *, sent: bool) -> "Standing":
    found = await journal.resolve(channel, id_, sent=sent, at=session.now())
    if found is None:
        raise NotFound(
            f"no letter in doubt goes to {id_}",
            "`letters status` shows who is in doubt, and as what",
        )
    return found


def _asked(id_: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "--all-in-doubt --resend asks letter by letter, and nobody is here to answer",
            "name the addresses instead, each of them by your own word",
        )
    return click.confirm(f"Send again to {one_line(id_)}, who may have it already?", err=True)


def _say(letter: "Standing", *, sent: bool) -> None:
    after = "counts as sent" if sent else "waits; send again as before, and it leaves"
    say(f"{one_line(letter.name)} <{one_line(letter.id)}> {after}")
