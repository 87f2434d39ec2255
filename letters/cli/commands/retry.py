"""`letters retry`: rejected letters wait again."""

import asyncio
from typing import TYPE_CHECKING

import click

from letters.cli import session
from letters.cli.commands.resolve import NotFound
from letters.cli.commands.status import chosen_channel
from letters.cli.output import say
from letters.cli.session import Desk
from letters.errors import Exit
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.interface import Journal
    from letters.journal.types import Standing


@click.command(
    epilog="\b\nExamples:\n  letters retry jane@example.org\n  letters retry --rejected\n"
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--rejected", is_flag=True, help="Every rejected letter, instead of addresses.")
@session.campaign_option
@session.journal_option
@session.channel_option
def retry(
    addresses: tuple[str, ...],
    rejected: bool,
    campaign: str | None,
    journal: str | None,
    channel: str | None,
) -> int:
    """Let rejected letters wait again, after what stood in their way was mended."""
    if bool(addresses) == rejected:
        raise click.UsageError("name addresses, or --rejected")
    desk = Desk(campaign)
    opened = desk.open_journal(journal, create=False)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            ids = addresses or tuple(runner.run(_rejected(opened, name)))
            for id_ in ids:
                letter = runner.run(_waiting(opened, name, id_))
                named = f"{one_line(letter.name)} <{one_line(letter.id)}>"
                say(f"{named} waits; send again as before, and it leaves")
        finally:
            runner.run(opened.aclose())
    if not ids:
        say("no letter is rejected")
    return Exit.OK


async def _rejected(journal: "Journal", channel: str) -> list[str]:
    from letters.journal.types import State

    return [x.id async for x in journal.letters(channel) if x.state is State.REJECTED]


async def _waiting(journal: "Journal", channel: str, id_: str) -> "Standing":
    found = await journal.retry(channel, id_, at=session.now())
    if found is None:
        raise NotFound(
            f"no rejected letter goes to {id_}", "`letters status` shows who was rejected"
        )
    return found
