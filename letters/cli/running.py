"""One run of the mailer: connections, progress, Ctrl-C, and how it ended."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from letters.cli import delivery
from letters.cli.output import hint, say_json
from letters.cli.relay import ChosenRelay
from letters.cli.session import Desk, now
from letters.errors import Exit, LettersError

if TYPE_CHECKING:
    from letters.cli.commands.send import Options
    from letters.delivery.mailer import Mailer
    from letters.journal.interface import Journal
    from letters.journal.types import Claimed, Settlement, Staged
    from letters.limits.limiter import Limiter
    from letters.limits.pace import Limits
    from letters.transport.interface import Transport


@dataclass(frozen=True)
class How:
    """How a command's letters leave."""

    connections: int
    limits: "Limits"
    retry: Sequence[timedelta]
    wait: timedelta | None

    @classmethod
    def of(cls, desk: Desk, chosen: ChosenRelay, options: "Options") -> "How":
        """What flags, environment and campaign say. Raises ConfigurationError, CampaignError."""
        limits = options.delivery.limits(desk, chosen)
        connections = options.delivery.connection_count(desk, limits)
        return cls(connections, limits, delivery.retry_pauses(desk), options.wait)


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


def event_loop() -> asyncio.Runner:
    """A runner of the loop that hands over: uvloop's where it is installed (`letters[fast]`)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def deliver(
    runner: asyncio.Runner,
    journal: "Journal",
    transport: "Transport",
    limiter: "Limiter",
    staged: "Staged",
    how: How,
    *,
    only: set[str] | None,
    as_json: bool,
) -> Outcome:
    """Run the mailer to its end, with progress; Ctrl-C finishes the letters in hand."""
    from letters.delivery.mailer import Mailer
    from letters.delivery.policy import RunOptions
    from letters.journal.types import State

    settings = RunOptions(
        transport.channel, connections=how.connections, retry=how.retry, wait=how.wait, only=only
    )
    interrupted: list[bool] = []
    error: LettersError | None = None
    with _progress(staged.to_send, transport.relay, as_json=as_json) as (settled, waiting):
        mailer = Mailer(
            journal, transport, limiter, settings, on_settled=settled, on_waiting=waiting, now=now
        )
        try:
            runner.run(_until_stopped(mailer, interrupted))
        except LettersError as stopped:
            error = stopped
    stand = dict.fromkeys(State, 0)
    if error is None or error.exit_code != Exit.IO:
        runner.run(journal.finish(at=now()))
        # As they stand: meanwhile a person may have resolved a doubt, or let one be tried again.
        stand = runner.run(journal.tally(transport.channel, batch=True))
    return Outcome(
        sent=mailer.sent,
        rejected=stand[State.REJECTED],
        in_doubt=stand[State.IN_DOUBT],
        left=stand[State.WAITING] + stand[State.DEFERRED],
        interrupted=bool(interrupted),
        error=error,
    )


async def let_go(*opened: Any) -> None:
    """Close what was opened, one after the other, whatever fails."""
    async with contextlib.AsyncExitStack() as stack:
        for one in reversed(opened):
            stack.push_async_callback(one.aclose)


async def _until_stopped(mailer: "Mailer", interrupted: list[bool]) -> None:
    """Run with Ctrl-C meaning: finish the letters in hand. A second one is a kill."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        interrupted.append(True)
        mailer.stop()
        _listen_no_more(loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        hint("\nfinishing the letters in hand; press Ctrl-C again to be killed at once")

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
Waiting = Callable[[datetime, str], None]


@contextlib.contextmanager
def _progress(total: int, relay: str, *, as_json: bool) -> Iterator[tuple[Settled, Waiting]]:
    """What hears of every settlement: JSON events, a bar on a terminal, or nobody."""
    if as_json:
        yield partial(_event, relay), _waiting_event
        return
    if not sys.stderr.isatty() or not total:
        yield lambda _claimed, _settlement: None, lambda due, why: hint(_until(due, why))
        return
    from letters.cli.progress import Bar

    with Bar(total) as bar:
        yield bar.settled, lambda due, why: bar.say(_until(due, why))


def _until(due: datetime, why: str) -> str:
    return (
        f"waiting until {due.astimezone():%Y-%m-%d %H:%M:%S} ({why}); Ctrl-C leaves letters waiting"
    )


def _waiting_event(due: datetime, why: str) -> None:
    say_json({"event": "waiting", "until": due.isoformat(), "why": why})


def _event(relay: str, claimed: "Claimed", settlement: "Settlement") -> None:
    from letters.journal.types import State
    from letters.verdict import queue_id

    verdict = settlement.verdict
    took = settlement.state is State.SENT
    say_json(
        {
            "event": "settled",
            "address": claimed.message.envelope.recipient,
            "name": claimed.message.name,
            "state": settlement.state.value,
            "at": settlement.at.isoformat(),
            "message_id": claimed.message.message_id,
            "relay": relay,
            "queue_id": (queue_id(verdict.said) if took else "") or None,
            "code": verdict.code,
            "enhanced": verdict.enhanced,
            "reply": verdict.said,
            "due_at": settlement.due_at.isoformat() if settlement.due_at else None,
        }
    )
