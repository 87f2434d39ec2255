"""What `send` says before, during and after, and its exit code."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from letters.cli.relay import ChosenRelay
from letters.cli.say import hint, say, say_json
from letters.errors import Exit, LettersError
from letters.inert import one_line

if TYPE_CHECKING:
    from letters.campaign import Campaign
    from letters.cli.common import Desk
    from letters.cli.send import Batch
    from letters.journal import Claimed, Journal, Settlement, Staged, Standing
    from letters.mailer import Mailer
    from letters.transport import Transport

_NAMED = 10


def retry(campaign: "Campaign") -> Sequence[timedelta]:
    """The campaign's pauses before each next try. Raises CampaignError."""
    from letters.schedule import pauses

    return pauses(campaign.settings.delivery.retry)


def some(names: Sequence[str], count: int) -> str:
    """The first few of many names."""
    shown = ", ".join(map(one_line, names[:_NAMED]))
    return f"{shown} and {count - _NAMED} more" if count > _NAMED else shown


def summary(
    desk: "Desk",
    chosen: ChosenRelay,
    transport: "Transport",
    journal: "Journal",
    staged: "Staged",
    batch: "Batch",
) -> Iterator[str]:
    """The lines a person reads before saying yes: exact numbers, relay, sender, subject."""
    settings, report = desk.campaign.settings, batch.proof.report
    subjects = [one_line(subject) for subject in batch.subjects]
    new = " (new: nobody has been written to by this record)" if journal.is_new else ""
    rehearsal = "  — a rehearsal: nothing is mailed" if chosen.is_rehearsal else ""
    yield f"campaign  {settings.id}"
    yield f"list      {desk.list_path}: {report.letters} letters, {report.wordings} wordings"
    for sentence in desk.list.detected:
        yield f"          {one_line(sentence)}"
    yield f"relay     {transport.relay}{rehearsal}"
    yield f"sender    {one_line(settings.sender.name)} <{settings.sender.email}>"
    more = f"  (and {len(subjects) - 1} more)" if len(subjects) > 1 else ""
    yield f"subject   {subjects[0] if subjects else '—'}{more}"
    yield f"journal   {journal.location}{new}"
    counts = {
        "to send": staged.to_send, "already sent": staged.sent, "not mailable": staged.not_mailable,
        "suppressed": 0,
    }  # fmt: skip
    extra = {
        "rejected": staged.rejected,
        "in doubt": staged.in_doubt,
        "withdrawn": staged.withdrawn_count,
    }
    counts |= {name: count for name, count in extra.items() if count}
    yield "          " + " · ".join(f"{count} {name}" for name, count in counts.items())
    if staged.withdrawn_count:
        yield f"          withdrawn, no longer on the list: {some(staged.withdrawn, staged.withdrawn_count)}"


@dataclass(frozen=True)
class Outcome:
    """How a run ended: what is left of the letters it chose, and what stopped it."""

    sent: int
    rejected: int
    in_doubt: int
    left: int
    interrupted: bool
    error: LettersError | None

    @property
    def code(self) -> int:
        """The exit code, the first that applies (DESIGN 10)."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.error is not None:
            return self.error.exit_code
        if self.left:
            return Exit.TEMPORARY
        return Exit.ATTENTION if self.rejected or self.in_doubt else Exit.OK


def deliver(
    runner: asyncio.Runner,
    journal: "Journal",
    transport: "Transport",
    staged: "Staged",
    *,
    retry: Sequence[timedelta],
    wait: timedelta | None,
    only: set[str] | None,
    as_json: bool,
) -> Outcome:
    """Run the mailer to its end, with progress; Ctrl-C finishes the letter in hand."""
    from letters.cli.common import now
    from letters.journal import State
    from letters.mailer import Mailer, Settings

    settings = Settings(transport.channel, retry=retry, wait=wait, only=only)
    interrupted: list[bool] = []
    error: LettersError | None = None
    with _progress(staged.to_send, as_json=as_json) as (settled, waiting):
        mailer = Mailer(
            journal, transport, settings, on_settled=settled, on_waiting=waiting, now=now
        )
        try:
            runner.run(_until_stopped(mailer, interrupted))
        except LettersError as stopped:
            error = stopped
    if error is None or error.exit_code != Exit.IO:
        runner.run(journal.finish(at=now()))
    counts = mailer.run_record.counts
    gone = counts[State.SENT] + counts[State.REJECTED] + counts[State.IN_DOUBT]
    return Outcome(
        sent=counts[State.SENT],
        rejected=staged.rejected + counts[State.REJECTED],
        in_doubt=staged.in_doubt + counts[State.IN_DOUBT],
        left=max(0, staged.to_send - gone),
        interrupted=bool(interrupted),
        error=error,
    )


async def _until_stopped(mailer: "Mailer", interrupted: list[bool]) -> None:
    """Run with Ctrl-C meaning: finish the letter in hand. A second one is a kill."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        interrupted.append(True)
        mailer.stop()
        _listen_no_more(loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        hint("\nfinishing the letter in hand; press Ctrl-C again to be killed at once")

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    except NotImplementedError:  # Windows: Ctrl-C is a kill there, and the journal bears it
        pass
    try:
        await mailer.run()
    finally:
        if not interrupted:
            _listen_no_more(loop)


def _listen_no_more(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


Settled = Callable[["Claimed", "Settlement"], None]
Waiting = Callable[[datetime], None]


@contextlib.contextmanager
def _progress(total: int, *, as_json: bool) -> Iterator[tuple[Settled, Waiting]]:
    """What hears of every settlement: JSON events, a bar on a terminal, or nobody."""
    import sys

    if as_json:
        yield _event, lambda due: say_json({"event": "waiting", "until": due.isoformat()})
        return
    if not sys.stderr.isatty() or not total:
        yield lambda _claimed, _settlement: None, lambda due: hint(_until(due))
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("handing over", total=total)
        yield (
            lambda _claimed, _settlement: bar.advance(task),
            lambda due: bar.console.print(_until(due), markup=False, highlight=False),
        )


def _until(due: datetime) -> str:
    return f"waiting until {due.astimezone():%H:%M:%S} for deferred letters; Ctrl-C leaves them waiting"


def _event(claimed: "Claimed", settlement: "Settlement") -> None:
    verdict = settlement.verdict
    say_json(
        {
            "event": "settled",
            "address": claimed.message.envelope.recipient,
            "name": claimed.message.name,
            "state": settlement.state.value,
            "message_id": claimed.message.message_id,
            "code": verdict.code,
            "reply": verdict.said,
            "due_at": settlement.due_at.isoformat() if settlement.due_at else None,
        }
    )


def report(
    runner: asyncio.Runner,
    journal: "Journal",
    channel: str,
    outcome: Outcome,
    chosen: ChosenRelay,
    as_json: bool,
) -> int:
    """Say where things stand: who was not written to and why, and the command for each doubt."""
    from letters.cli.say import say_error
    from letters.journal import State

    tally = runner.run(journal.tally(channel))
    if as_json:
        say_json({"event": "end", "counts": {state.value: count for state, count in tally.items()}})
    else:
        verb = "rehearsed" if chosen.is_rehearsal else "sent"
        say(f"{verb} {outcome.sent} now; " + counts_line(tally))
        if any(tally[state] for state in (State.DEFERRED, State.REJECTED, State.IN_DOUBT)):
            runner.run(_name_the_rest(journal, channel))
        if chosen.is_rehearsal and outcome.sent:
            say(f"the letters are in {chosen.base / chosen.parsed.folder}/new; nothing was mailed")
    if outcome.error is not None:
        say_error(outcome.error)
    return outcome.code


def counts_line(tally: dict[Any, int]) -> str:
    """The counts that are not zero, in words, and their total."""
    words = [f"{count} {state.value.replace('_', ' ')}" for state, count in tally.items() if count]
    return f"{sum(tally.values())} in all: " + (", ".join(words) or "none")


async def _name_the_rest(journal: "Journal", channel: str) -> None:
    from letters.journal import State

    shown = 0
    async for letter in journal.letters(channel):
        if letter.state in {State.DEFERRED, State.REJECTED, State.IN_DOUBT}:
            shown += 1
            if shown > _NAMED * 5:
                say("  … the rest: `letters status`")
                return
            say(_rest_line(letter))


def _rest_line(letter: "Standing") -> str:
    from letters.journal import State

    line = f"  {letter.state.value.replace('_', ' '):9} {one_line(letter.name)} <{one_line(letter.id)}>"
    if letter.reply:
        line += f": {one_line(letter.reply)}"
    if letter.state is State.DEFERRED and letter.due_at:
        line += f"; due {letter.due_at.astimezone():%Y-%m-%d %H:%M}"
    if letter.state is State.IN_DOUBT:
        line += (
            f"\n            Message-ID {letter.message_id}: look whether it arrived, then\n"
            f"            letters resolve {letter.id} --sent    (or --resend)"
        )
    return line
