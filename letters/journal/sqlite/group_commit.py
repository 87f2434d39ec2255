"""Group commit: calls that come at about the same time are made durable by one commit.

A commit costs one fsync, however many calls it contains.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST_WAIT = 0.02  # seconds
_TIMER_ERROR = 0.001  # seconds by which uvloop's timers may end too early
MOST = 64  # calls that one commit takes


class GroupCommit(Generic[T]):
    """Collects calls; `commit` is run on `thread` for many of them at once.

    A connection whose call was in the last commit, or came during it, will come again once its next
    letter has been handed over. So the next commit waits until as many calls are there, but at most
    about twice as long as the last commit took, and 20 ms: a slow relay delays nobody else.
    """

    def __init__(self, thread: Executor, commit: Callable[[Sequence[T]], None]) -> None:
        self._thread = thread
        self._commit = commit
        # The loop adds, the thread takes.
        self._calls: deque[tuple[T, asyncio.Future[None]]] = deque()
        self._expected_calls = 1
        self._longest_wait = 0.0  # seconds
        self._timer: asyncio.TimerHandle | None = None
        self._committing = False

    async def join(self, call: T) -> None:
        """Wait until the call is durable; raises what its commit raises."""
        done = asyncio.get_running_loop().create_future()
        self._calls.append((call, done))
        self._start_if_due()
        await done

    async def drain(self) -> None:
        """Wait until every call is durable, or has failed."""
        while self._committing or self._calls:
            if not self._committing:
                self._start()
            await asyncio.wrap_future(self._thread.submit(int))  # does nothing, after the commit

    def _start_if_due(self) -> None:
        if self._committing or not self._calls:
            return
        if len(self._calls) >= self._expected_calls:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._longest_wait, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._committing = True
        self._thread.submit(self._on_thread, asyncio.get_running_loop())

    def _on_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        start, group = time.perf_counter(), self._take_group()
        error: Exception | None = None
        try:
            self._commit([call for call, _ in group])
        except Exception as raised:  # noqa: BLE001 -- raised by every call of the group
            error = raised
        took = time.perf_counter() - start
        loop.call_soon_threadsafe(self._ended, [done for _, done in group], error, took)

    def _take_group(self) -> list[tuple[T, asyncio.Future[None]]]:
        # Taken on the thread, not when it is called: calls that came in between are included.
        group: list[tuple[T, asyncio.Future[None]]] = []
        with suppress(IndexError):
            while len(group) < MOST:
                group.append(self._calls.popleft())
        return group

    def _ended(
        self, group: Sequence[asyncio.Future[None]], error: Exception | None, took: float
    ) -> None:
        self._committing = False
        self._expected_calls = len(group) + len(self._calls)
        self._longest_wait = min(2 * took + _TIMER_ERROR, LONGEST_WAIT)
        for done in group:
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)
        self._start_if_due()
