"""One run of the mailer: Ctrl-C, and how it ended."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from letters.cli.opening import OpenRun
from letters.cli.output import hint, some
from letters.cli.session import now
from letters.errors import Exit, LettersError
from letters.text import one_line

if TYPE_CHECKING:
    from letters.cli.sending.progress import Progress
    from letters.delivery.mailer import Mailer
    from letters.journal.types import Claimed

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class RunResult:
    """How a run ended. `rejected`, `in_doubt` and `left` (waiting or deferred) are its letters'."""

    sent: int
    rejected: int
    in_doubt: int
    left: int
    interrupted: bool
    error: LettersError | None

    @property
    def exit_code(self) -> Exit:
        """The exit code, the first that applies."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.error is not None:
            return self.error.exit_code
        if self.left:
            return Exit.TEMPORARY
        return Exit.ATTENTION if self.rejected or self.in_doubt else Exit.OK


def run_mailer(
    run: OpenRun,
    progress: "Progress",
    *,
    wait: timedelta | None,
    only: set[str] | None = None,
) -> RunResult:
    """Hand over what waits until nothing may leave within `wait`; None: until all have left.

    `only` restricts the run to these identities.
    """
    from letters.delivery.mailer import Mailer
    from letters.delivery.policy import RunOptions
    from letters.journal.types import State

    plan = run.plan
    mailer = Mailer(
        run.journal,
        run.transport,
        run.limiter,
        RunOptions(
            run.channel, connections=plan.connections, retry=plan.retry, wait=wait, only=only
        ),
        on_settled=progress.settled,
        on_waiting=progress.waiting,
        now=now,
    )
    interrupted, error = run.run(_until_interrupted(mailer))
    counts = dict.fromkeys(State, 0)
    if error is None or error.exit_code != Exit.IO:
        run.run(run.journal.finish(at=now()))
        # As the letters stand now: meanwhile a person may have resolved or retried some.
        counts = run.run(run.journal.tally(run.channel, batch=True))
    return RunResult(
        sent=mailer.sent,
        rejected=counts[State.REJECTED],
        in_doubt=counts[State.IN_DOUBT],
        left=counts[State.WAITING] + counts[State.DEFERRED],
        interrupted=interrupted,
        error=error,
    )


async def _until_interrupted(mailer: "Mailer") -> tuple[bool, LettersError | None]:
    """Run the mailer; whether Ctrl-C came, and the error that stopped it.

    At the first Ctrl-C the letters in hand are finished, the second one kills the process.
    """
    loop = asyncio.get_running_loop()
    interrupted, error = False, None

    def stop() -> None:
        nonlocal interrupted
        interrupted = True
        mailer.stop()
        remove_handlers()
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        for line in _interruption_hints(mailer.in_data):
            hint(line)

    def remove_handlers() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    # Windows has no such handlers: Ctrl-C is a kill there, which the journal survives.
    with contextlib.suppress(NotImplementedError):
        for number in _SIGNALS:
            loop.add_signal_handler(number, stop)
    try:
        await mailer.run()
    except LettersError as stopped:
        error = stopped
    finally:
        if not interrupted:
            with contextlib.suppress(NotImplementedError):
                remove_handlers()
    return interrupted, error


def _interruption_hints(in_data: "Sequence[Claimed]") -> Iterator[str]:
    """What a first Ctrl-C waits for, and what a second one means for the letters in data."""
    from letters.journal.ids import called
    from letters.transport.smtp.protocol import Timeouts

    if not in_data:
        yield "\nfinishing the letters in hand; press Ctrl-C again to stop at once"
        return
    messages = (claimed.message for claimed in in_data)
    names = [one_line(called(m.name, m.envelope.recipient)) for m in messages]
    minutes = f"{Timeouts().dot / 60:.0f} minutes"
    yield f"\nfinishing the letters in hand: the relay has {minutes} to answer for {some(names)}"
    what = "that letter is" if len(names) == 1 else f"these {len(names)} letters are"
    yield f"press Ctrl-C again to stop at once: {what} then in doubt, and status names what to do"
