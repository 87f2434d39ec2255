"""The signal to stop a run: every wait of the run ends when it is set."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


class StopSignal:
    """Whether the run is to stop; `now` is the run's clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._event = asyncio.Event()
        self.set = self._event.set
        self.is_set = self._event.is_set

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep until an instant, or until the signal is set."""
        seconds = max(0.0, (instant - self._now()).total_seconds())
        await self.unless_set(asyncio.sleep(seconds + 0.001))

    async def sleep(self, seconds: float, end: asyncio.Event) -> None:
        """Sleep, until the signal is set, or until `end` is set from now on."""
        if seconds > 0:
            end.clear()
            await self.unless_set(asyncio.sleep(seconds), end.wait())

    async def unless_set(self, work: Awaitable[T], *others: Awaitable[object]) -> T | None:
        """The result of `work`; None, and `work` is cancelled, if the signal or another came first."""
        task = asyncio.ensure_future(work)
        ends = [asyncio.ensure_future(end) for end in (self._event.wait(), *others)]
        try:
            await asyncio.wait((task, *ends), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancelled(task, *ends)


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    # Before Python 3.12, `asyncio.wait_for` may lose a cancellation: it is repeated until it works.
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)
    await asyncio.gather(*tasks, return_exceptions=True)
