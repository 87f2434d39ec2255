"""The limiter over the account's ledger: the event loop's side of `account`, which has a thread.

Under pace or quota each letter is counted in a transaction of its own before it leaves; without
either, letters are counted in memory and written a handful at a time.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import random
from typing import ParamSpec, TypeVar

from letters.errors import JournalError
from letters.limits.account import Account
from letters.limits.limiter import Reason, Wait
from letters.limits.pace import SECOND, Limits
from letters.limits.throttle import EPOCH, ThrottledLimiter, instant, micros
from letters.limits.uptime import Uptime, machine_uptime

P = ParamSpec("P")
T = TypeVar("T")

FILE = "ledger.db"
"""The ledger's name in the person's state folder."""

WRITTEN_WITHIN = 1.0
"""Seconds after which a letter that left without asking is in the ledger."""

WRITTEN_AT = 512
"""So many letters are written before that."""


class LedgerLimiter(ThrottledLimiter):
    """Asks and keeps one account's ledger. Raises JournalError where limits cannot be held."""

    def __init__(
        self,
        account: str,
        limits: Limits,
        *,
        state: Path,
        chance: Callable[[], float] = random,
        uptime: Uptime | None = None,
    ) -> None:
        uptime = uptime or machine_uptime()
        super().__init__(limits, lambda _now: uptime.seconds())
        self._counts = limits.counts
        self._uptime = uptime.seconds
        self._chance = chance
        self._drawn = chance()
        self._account = Account(state / FILE, account, limits, uptime)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._turn = asyncio.Lock()
        self._shut: dict[str, tuple[int, Reason]] = {}
        self._unwritten: dict[str, int] = {}
        self._count = 0
        self._now = EPOCH
        self._timer: asyncio.TimerHandle | None = None
        self._writing: Future[None] | None = None
        self.warnings: tuple[str, ...] = ()

    async def leave(self, domain: str, *, now: datetime) -> Wait | None:
        """Count a letter as leaving now, or say what it waits for."""
        if self._counts:
            async with self._turn:
                return await self._leave_by_ledger(domain, now)
        seconds = self._uptime()
        if held := self._wait_of_run(now, seconds):
            return held
        self._recent.append(seconds)
        self._noted(domain, now)
        return None

    async def _leave_by_ledger(self, domain: str, now: datetime) -> Wait | None:
        seconds = self._uptime()
        if held := self._wait_of_run(now, seconds) or self._refused(domain, now, seconds):
            return held
        pause, reason = await self._later(self._account.leave, domain, micros(now), self._drawn)
        if pause:
            self._shut[domain] = (round(seconds * SECOND) + pause, reason)
            return self._wait(now, pause, reason)
        self._shut.clear()
        self._recent.append(self._uptime())
        self._drawn = self._chance()
        return None

    def _refused(self, domain: str, now: datetime, seconds: float) -> Wait | None:
        """What the ledger last said of this domain: until then it can only say the same, or worse."""
        until, reason = self._shut.get(domain, (0, Reason.PACE))
        pause = until - round(seconds * SECOND)
        return self._wait(now, pause, reason) if pause > 0 else None

    async def forecast(
        self, letters: int, *, now: datetime, domains: Mapping[str, int] | None = None
    ) -> datetime | None:
        """When the last of so many letters would leave; None when nothing limits them."""
        if not self._limits:
            return None
        wall = micros(now)
        opens = self._opens_from(now, wall)
        return instant(
            await self._later(self._account.forecast, letters, domains or {}, wall, opens)
        )

    async def quota_frees(self, *, now: datetime) -> datetime:
        """When the oldest letter of the last 24 hours no longer counts."""
        return instant(await self._later(self._account.quota_frees, micros(now)))

    async def aclose(self) -> None:
        """Write what is counted and close the ledger."""
        self._write()
        if self._writing:
            await asyncio.wrap_future(self._writing)
        await self._later(self._account.close)
        self._thread.shutdown()

    def _later(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        return asyncio.wrap_future(self._thread.submit(do, *args, **kwargs))

    def _noted(self, domain: str, now: datetime) -> None:
        """Count a letter that nothing limits, to be written with others."""
        self._unwritten[domain] = self._unwritten.get(domain, 0) + 1
        self._count += 1
        self._now = now
        if self._count == 1:
            self._timer = asyncio.get_running_loop().call_later(WRITTEN_WITHIN, self._write)
        elif self._count >= WRITTEN_AT and (self._writing is None or self._writing.done()):
            self._write()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._count:
            departed, self._unwritten, self._count = self._unwritten, {}, 0
            self._writing = self._thread.submit(self._note, departed, micros(self._now))

    def _note(self, departed: Mapping[str, int], wall: int) -> None:
        try:
            self._account.note(departed, wall)
        except JournalError as error:
            self.warnings = (f"{error.message}; letters without a limit go on, not counted",)
