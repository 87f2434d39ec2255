"""`letters journal`: look into the record of every letter, take letters out of it, keep it small.

Leans on the port `journal`; what is written to files is written by `mbox`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli import next_command, session
from letters.cli.commands.resolve import NotFound
from letters.cli.commands.status import chosen_channel
from letters.cli.output import counted, hint, say, say_error, say_json
from letters.cli.session import Desk
from letters.errors import ConfigurationError, Exit, JournalError
from letters.text import one_line

if TYPE_CHECKING:
    from letters.cli.takeout import Takeout
    from letters.journal.history import Attempt, Damage, History
    from letters.journal.interface import Journal

_NAMED = 10


@click.group(
    epilog="\b\nExamples:\n  letters journal show jane@example.org\n"
    "  letters journal export --out sent.mbox\n  letters journal check\n"
)
def journal() -> None:
    """Look into the record of every letter: what was tried, what was sent, whether it is sound."""


@journal.command(
    epilog="\b\nExamples:\n  letters journal show jane@example.org\n"
    "  letters journal show 'clerk@example.org#2' --format json\n"
)
@click.argument("address")
@session.campaign_option
@session.journal_option
@session.channel_option
@session.format_option("text", "json")
def show(
    address: str, campaign: str | None, journal: str | None, channel: str | None, format_: str
) -> None:
    """Tell the history of a letter: every attempt, with the relay's own words.

    Of several letters to one ADDRESS, all are shown; ADDRESS#2 is the second.
    """
    desk = Desk(campaign)
    opened = desk.open_journal(journal, looking=True)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            found = runner.run(_histories(opened, name, address))
        finally:
            runner.run(opened.aclose())
    if not found:
        raise NotFound(f"no letter goes to {address}", "`letters status` shows who there is")
    for number, history in enumerate(found):
        if format_ == "json":
            say_json(_as_json(history))
            continue
        if number:
            say()
        for line in _told(history):
            say(line)


async def _histories(journal: "Journal", channel: str, address: str) -> "list[History]":
    """The letter that answers to `address`, and those that share it."""
    found: list[History] = []
    id_ = address
    while history := await journal.history(channel, id_):
        found.append(history)
        id_ = f"{address}#{len(found) + 1}"
    return found


def _told(history: "History") -> Iterator[str]:
    letter = history.standing
    yield f"{one_line(letter.name)} <{one_line(letter.id)}>: {letter.state.value.replace('_', ' ')}"
    yield f"  Message-ID  {letter.message_id}"
    yield f"  SHA-256     {letter.sha256}"
    yield f"  Date        {_time(history.date) or 'none yet'}"
    if letter.due_at:
        yield f"  due         {_time(letter.due_at)}"
    if history.pruned_at:
        yield f"  bytes       pruned {_time(history.pruned_at)}"
    for number, attempt in enumerate(history.attempts, start=1):
        yield from _attempt(number, attempt)
    if not history.attempts:
        yield "  never tried"


def _attempt(number: int, attempt: "Attempt") -> Iterator[str]:
    from letters.verdict import queue_id

    verdict = attempt.verdict
    begun = _time(attempt.begun_at) or "refused before its data"
    ended = _time(attempt.ended_at) or "no answer"
    yield f"  attempt {number}   {begun} → {ended}, {attempt.relay}, run {attempt.run}"
    if verdict:
        codes = " ".join(filter(None, (str(verdict.code or ""), verdict.enhanced)))
        free = "" if attempt.counted else "; counts as no try"
        yield f"      {verdict.outcome.value} {codes} (about the {verdict.concern.value}){free}"
        if verdict.said:
            yield f"      {one_line(verdict.said)}"
        if attempt.begun_at and (queue := queue_id(verdict.said)):
            yield f"      queue id {one_line(queue)}"
    if attempt.resolved:
        when = _time(attempt.resolved_at)
        yield f"      resolved by a person, {when}: {attempt.resolved}"


def _time(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}" if at else ""


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _as_json(history: "History") -> dict[str, object]:
    letter = history.standing
    return {
        "id": letter.id,
        "address": letter.address,
        "name": letter.name,
        "state": letter.state.value,
        "message_id": letter.message_id,
        "sha256": letter.sha256,
        "date": _iso(history.date),
        "due_at": _iso(letter.due_at),
        "pruned_at": _iso(history.pruned_at),
        "attempts": [_attempt_as_json(attempt) for attempt in history.attempts],
    }


def _attempt_as_json(attempt: "Attempt") -> dict[str, object]:
    from letters.verdict import queue_id

    verdict = attempt.verdict
    return {
        "run": attempt.run,
        "relay": attempt.relay,
        "begun_at": _iso(attempt.begun_at),
        "ended_at": _iso(attempt.ended_at),
        "counted": attempt.counted,
        "outcome": verdict.outcome.value if verdict else None,
        "concern": verdict.concern.value if verdict else None,
        "code": verdict.code if verdict else None,
        "enhanced": verdict.enhanced if verdict else None,
        "reply": verdict.said if verdict else None,
        "queue_id": (queue_id(verdict.said) if verdict and attempt.begun_at else "") or None,
        "resolved": attempt.resolved or None,
        "resolved_at": _iso(attempt.resolved_at),
    }


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
@session.campaign_option
@session.journal_option
@session.channel_option
def export(
    format_: str,
    out: str | None,
    state: str,
    campaign: str | None,
    journal: str | None,
    channel: str | None,
) -> None:
    """Write the letters as they were sent to files; nothing is overwritten."""
    from letters.cli.takeout import EmlFolder, MboxFile

    desk = Desk(campaign)
    opened = desk.open_journal(journal, looking=True)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            path = Path(out or ("letters.mbox" if format_ == "mbox" else "letters-eml"))
            takeout = (MboxFile if format_ == "mbox" else EmlFolder)(path)
            with takeout:
                gone = runner.run(_export(opened, name, takeout, whole=state == "all"))
        finally:
            runner.run(opened.aclose())
    say(f"{counted(takeout.count, 'letter')} in {path}")
    if gone:
        more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
        tells = next_command.completed("`letters journal show ADDRESS` tells the rest", name)
        hint(
            f"{counted(len(gone), 'letter')} not here, their bytes were pruned: "
            f"{', '.join(map(one_line, gone[:_NAMED]))}{more}; {tells}"
        )


async def _export(
    journal: "Journal", channel: str, takeout: "Takeout", *, whole: bool
) -> list[str]:
    """Write every letter that has its bytes; the names of those that have not."""
    from letters.journal.types import State

    gone = []
    async for sealed in journal.sealed(channel):
        if not (whole or sealed.standing.state is State.SENT):
            continue
        if sealed.message is None:
            gone.append(sealed.standing.id)
        else:
            takeout.write(sealed.message)
    return gone


@journal.command(
    epilog="\b\nExamples:\n  letters journal prune\n"
    "  letters journal prune --channel maildir:outbox --yes\n"
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@session.campaign_option
@session.journal_option
@session.channel_option
def prune(yes: bool, campaign: str | None, journal: str | None, channel: str | None) -> None:
    """Let go of the bytes of letters that are sent, rejected or withdrawn.

    Verdicts, replies, times, Message-ID and SHA-256 stay for good, and nobody is written to twice.
    A letter that comes back is sealed anew by `letters send`.
    """
    desk = Desk(campaign)
    opened = desk.open_journal(journal, create=False)
    with asyncio.Runner() as runner:
        try:
            name = runner.run(chosen_channel(opened, channel, desk))
            count = runner.run(opened.prunable(name))
            if not count:
                say("nothing to prune")
            elif yes or _agreed(opened, count):
                pruned = runner.run(opened.prune(name, at=session.now()))
                say(f"pruned {counted(pruned.letters, 'letter')}; freed {_size(pruned.octets)}")
        finally:
            runner.run(opened.aclose())


def _agreed(journal: "Journal", count: int) -> bool:
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody is here to confirm", "add --yes when a script prunes")
    what = f"the bytes of {counted(count, 'letter')} in {journal.location}"
    if click.confirm(f"Let go of {what}? They cannot be exported afterwards.", err=True):
        return True
    hint("nothing was pruned")
    return False


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 1_000_000 else f"{octets / 1e3:.0f} KB"  # noqa: PLR2004


@journal.command(
    epilog="\b\nExamples:\n  letters journal check\n"
    "  letters journal check --journal sqlite:copy.db\n"
)
@session.campaign_option
@session.journal_option
def check(campaign: str | None, journal: str | None) -> int:
    """Say whether the record is sound: the file, every letter's bytes, every state.

    Ends with 74 when something cannot be so, and says how to mend it.
    """
    opened = Desk(campaign).open_journal(journal, looking=True)
    with asyncio.Runner() as runner:
        try:
            count, remedies = runner.run(_said(opened.verify()))
        finally:
            runner.run(opened.aclose())
    if not count:
        say(f"{opened.location} is sound")
        return Exit.OK
    what = f"{opened.location} is damaged: {counted(count, 'finding')}"
    say_error(JournalError(what, "; ".join(remedies)))
    return Exit.IO


async def _said(damages: "AsyncIterator[Damage]") -> tuple[int, list[str]]:
    """Say each finding; how many there are, and how to mend them."""
    count = 0
    remedies: dict[str, None] = {}
    async for damage in damages:
        count += 1
        remedies[damage.remedy] = None
        say(one_line(damage.what))
    return count, [remedy for remedy in remedies if remedy]
