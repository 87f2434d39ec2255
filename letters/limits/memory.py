"""The limiter that counts only in memory: for tests, and, without limits, for rehearsals."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import random

from letters.limits.counters import AccountCounters
from letters.limits.limiter import Wait
from letters.limits.pace import SECOND, Limits
from letters.limits.throttle import ThrottledLimiter, micros


class MemoryLimiter(ThrottledLimiter):
    """Decides as the ledger does, for one run; a clock that is set back stands still meanwhile."""

    warnings: tuple[str, ...] = ()

    def __init__(
        self, limits: Limits | None = None, *, chance: Callable[[], float] = random
    ) -> None:
        limits = limits or Limits()
        super().__init__(limits, lambda now: self._clock(now) / SECOND)
        self._counters = AccountCounters(limits)
        self._chance = chance
        self._drawn = chance()
        self._latest = 0

    def _clock(self, now: datetime) -> int:
        self._latest = max(self._latest, micros(now))
        return self._latest

    async def leave(self, domain: str, *, now: datetime) -> Wait | None:
        """Count a letter as leaving now, or say what it waits for."""
        at = self._clock(now)
        if held := self._wait_of_run(now, at / SECOND):
            return held
        if self._limits.counts:
            due, reason = self._counters.due(domain, self._drawn)
            if due > at:
                return self._wait(now, due - at, reason)
            self._drawn = self._chance()
            self._counters.add(at, domain)
        self._recent.append(at / SECOND)
        return None

    async def forecast(
        self, letters: int, *, now: datetime, domains: Mapping[str, int] | None = None
    ) -> datetime | None:
        """When the last of so many letters would leave; None when nothing limits them."""
        if not self._limits:
            return None
        at = self._clock(now)
        last = self._counters.forecast(letters, domains or {}, at, self._opens_from(now, at))
        return now + timedelta(microseconds=last - at)

    async def quota_frees(self, *, now: datetime) -> datetime:
        """A day from now: what left before this run is not known."""
        return now + timedelta(days=1)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""
