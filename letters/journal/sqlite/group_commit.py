"""Group commit: what connections ask for at about the same time is made durable together.

A commit costs one wait for the disk, however many letters it is for. Leans on the thread that it is
given; what a commit does is its caller's.
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
_TICK = 0.001  # seconds: uvloop's timers, which may ring so much too early
MOST = 64  # calls that one commit takes


class Groups(Generic[T]):
    """Gathers calls and has `commit` run on `thread` for many of them at once.

    Whoever was in the last group, or came while it was committed, comes again once a letter has been
    handed over. The next commit waits for as many, but no longer than about twice the time that the
    last one took, and 20 ms: a connection whose relay is slow holds nobody up.
    """

    def __init__(self, thread: Executor, commit: Callable[[Sequence[T]], None]) -> None:
        self._thread = thread
        self._commit = commit
        # The loop adds, the thread takes.
        self._calls: deque[tuple[T, asyncio.Future[None]]] = deque()
        self._company = 1
        self._patience = 0.0  # seconds
        self._timer: asyncio.TimerHandle | None = None
        self._committing = False

    async def join(self, call: T) -> None:
        """Wait until the call is durable; raises what its commit raises."""
        done = asyncio.get_running_loop().create_future()
        self._calls.append((call, done))
        self._look()
        await done

    async def drain(self) -> None:
        """Wait until every call is durable, or has been told why not."""
        while self._committing or self._calls:
            if not self._committing:
                self._start()
            await asyncio.wrap_future(self._thread.submit(int))  # nothing: behind the commit

    def _look(self) -> None:
        if self._committing or not self._calls:
            return
        if len(self._calls) >= self._company:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._patience, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._committing = True
        self._thread.submit(self._on_thread, asyncio.get_running_loop())

    def _on_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        start, group = time.perf_counter(), self._taken()
        error: Exception | None = None
        try:
            self._commit([call for call, _ in group])
        except Exception as raised:  # noqa: BLE001 -- every call of the group is told
            error = raised
        took = time.perf_counter() - start
        loop.call_soon_threadsafe(self._ended, [done for _, done in group], error, took)

    def _taken(self) -> list[tuple[T, asyncio.Future[None]]]:
        # Taken here, not when the thread is called: calls that came in between are in time.
        group: list[tuple[T, asyncio.Future[None]]] = []
        with suppress(IndexError):
            while len(group) < MOST:
                group.append(self._calls.popleft())
        return group

    def _ended(
        self, group: Sequence[asyncio.Future[None]], error: Exception | None, took: float
    ) -> None:
        self._committing = False
        self._company = len(group) + len(self._calls)
        self._patience = min(2 * took + _TICK, LONGEST_WAIT)
        for done in group:
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)
        self._look()
