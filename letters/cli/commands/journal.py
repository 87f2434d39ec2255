"""`letters journal`: show, export, prune and check the record of every letter."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli import options
from letters.cli.history_formats import history_as_json, history_lines
from letters.cli.message_files import Write, eml_folder, mbox_file
from letters.cli.next_command import command
from letters.cli.opening import OpenJournal, open_journal
from letters.cli.output import confirm, counted, hint, say, say_json, some
from letters.cli.session import Session, now
from letters.errors import JournalError, LetterNotFound
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Damage, History


@click.group(
    epilog="\b\nExamples:\n  letters journal show jane@example.org\n"
    "  letters journal export --out sent.mbox\n  letters journal check\n"
)
def journal() -> None:
    """Look into the record of every letter: what was tried, what was sent, whether it is sound."""


@journal.command(
    epilog="\b\nExamples:\n  letters journal show jane@example.org\n"
    "  letters journal show 'office@example.org#2' --format json\n"
)
@click.argument("address")
@options.session("campaign", "journal", "channel")
@options.output_format("text", "json")
def show(session: Session, address: str, format_: str) -> None:
    """Show the history of a letter: every attempt, with the relay's own words.

    Of several letters to one ADDRESS, all are shown; ADDRESS#2 is the second.
    """
    with open_journal(session, looking=True) as opened:
        found = opened.run(_histories(opened, opened.channel, address))
    if not found:
        raise LetterNotFound(f"no letter goes to {address}", "see who there is", next=["status"])
    for number, history in enumerate(found):
        if format_ == "json":
            say_json(history_as_json(history))
            continue
        if number:
            say()
        for line in history_lines(history):
            say(line)


async def _histories(opened: OpenJournal, channel: str, address: str) -> "list[History]":
    """The letter with the id `address`, and those that share the address."""
    found: list[History] = []
    letter_id = address
    while history := await opened.journal.history(channel, letter_id):
        found.append(history)
        letter_id = f"{address}#{len(found) + 1}"
    return found


@journal.command(
    epilog="\b\nExamples:\n  letters journal export --out sent.mbox\n"
    "  letters journal export --format eml --out sent --state all\n"
)
@click.option(
    "--format", "format_", type=click.Choice(["mbox", "eml"]), default="mbox", show_default=True,
    help="One mbox file (mboxrd, lines ending in LF), or a folder of .eml files, byte for byte.",
)  # fmt: skip
@click.option("--out", metavar="PATH", help="By default letters.mbox, or the folder letters-eml.")
@click.option(
    "--state", type=click.Choice(["sent", "all"]), default="sent", show_default=True,
    help="Letters that were sent, or all; one that never left has no Date.",
)  # fmt: skip
@options.session("campaign", "journal", "channel")
def export(session: Session, format_: str, out: str | None, state: str) -> None:
    """Write the letters as they were sent to files; nothing is overwritten."""
    path = Path(out or ("letters.mbox" if format_ == "mbox" else "letters-eml"))
    new_files = mbox_file if format_ == "mbox" else eml_folder
    with open_journal(session, looking=True) as opened:
        channel = opened.channel
        with new_files(path) as write:
            count, pruned = opened.run(_export(opened, channel, write, every_state=state == "all"))
    say(f"{counted(count, 'letter')} in {path}")
    if pruned:
        more = command(session, "journal show ADDRESS", channel)
        without = f"{counted(len(pruned), 'letter')} not here, their bytes were pruned"
        hint(f"{without}: {some(pruned)}; what is known of each: {more}")


async def _export(
    opened: OpenJournal, channel: str, write: Write, *, every_state: bool
) -> tuple[int, list[str]]:
    """Write every letter that has its bytes; how many, and the ids of those that were pruned."""
    from letters.journal.types import State

    count, pruned = 0, []
    async for sealed in opened.journal.sealed(channel):
        if every_state or sealed.standing.state is State.SENT:
            if sealed.message is None:
                pruned.append(one_line(sealed.standing.id))
            else:
                write(sealed.message)
                count += 1
    return count, pruned


@journal.command(
    epilog="\b\nExamples:\n  letters journal prune\n"
    "  letters journal prune --channel maildir:outbox --yes\n"
)
@options.yes
@options.session("campaign", "journal", "channel")
def prune(session: Session, yes: bool) -> None:
    """Delete the bytes of letters that are sent, rejected or withdrawn.

    Verdicts, replies, times, Message-ID and SHA-256 stay for good, and nobody is written to twice.
    A letter that comes back is sealed anew by `letters send`.
    """
    with open_journal(session) as opened:
        count = opened.run(opened.journal.prunable(opened.channel))
        if not count:
            say("nothing to prune")
        elif yes or _confirmed(opened, count):
            pruned = opened.run(opened.journal.prune(opened.channel, at=now()))
            say(f"pruned {counted(pruned.letters, 'letter')}; freed {_size(pruned.octets)}")
        else:
            hint("nothing was pruned")


def _confirmed(opened: OpenJournal, count: int) -> bool:
    what = f"the bytes of {counted(count, 'letter')} in {opened.journal.location}"
    return confirm(
        f"Delete {what}? They cannot be exported afterwards.",
        without_terminal="add --yes when a script prunes",
    )


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 1_000_000 else f"{octets / 1e3:.0f} KB"  # noqa: PLR2004


@journal.command(
    epilog="\b\nExamples:\n  letters journal check\n"
    "  letters journal check --journal sqlite:copy.db\n"
)
@options.session("campaign", "journal")
def check(session: Session) -> None:
    """Say whether the record is sound: the file, every letter's bytes, every state.

    Ends with 74 when something is wrong, and says how to mend it.
    """
    with open_journal(session, looking=True) as opened:
        location = opened.journal.location
        count, remedies = opened.run(_print_damage(opened.journal.verify()))
    if count:
        what = f"{location} is damaged: {counted(count, 'finding')}"
        raise JournalError(what, "; ".join(remedies))
    say(f"{location} is sound")


async def _print_damage(damages: "AsyncIterator[Damage]") -> tuple[int, list[str]]:
    """Print each finding; return how many there are, and how to mend them."""
    count = 0
    remedies: dict[str, None] = {}
    async for damage in damages:
        count += 1
        remedies[damage.remedy] = None
        say(one_line(damage.what))
    return count, [remedy for remedy in remedies if remedy]
