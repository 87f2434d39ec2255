"""How a run slows down when the relay asks for it, and becomes faster again; and the window.

Additive increase, multiplicative decrease: the rate is halved at once and raised a little with every
accepted letter. It is this run's own: another campaign on the account finds out for itself.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Self

from letters.limits.counters import Opens
from letters.limits.limiter import Reason, Wait
from letters.limits.pace import SECOND, Limits

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
SLOWEST = 2 / 60
_STEPS = 50  # accepted letters that would raise the rate by what it was at the last request
_CANCELS = 25  # accepted letters that cancel one request


@dataclass(frozen=True, slots=True)
class Throttle:
    """How far a run is slowed down; `rate` None: only its limits bound it.

    Instants are seconds on a monotonic clock, rates letters a second. `top` is the rate at which the
    relay first asked to slow down, `step` by how much one accepted letter raises the rate, `requests`
    those not yet cancelled, `accepted` the letters accepted since the last one.
    """

    rate: float | None = None
    top: float = 0.0
    step: float = 0.0
    paused_until: float = 0.0
    requests: int = 0
    accepted: int = 0

    def slowed(self, now: float, measured: float) -> Self:
        """Half the rate, after a pause of two seconds that is doubled each time.

        `measured` is the rate of the last letters, at which a run without a rate starts. A request
        during the pause is about letters already on their way, and changes nothing.
        """
        if now < self.paused_until:
            return self
        current = max(measured if self.rate is None else self.rate, SLOWEST)
        return replace(
            self,
            rate=max(current / 2, SLOWEST),
            top=current if self.rate is None else self.top,
            step=current / _STEPS,
            paused_until=now + min(FIRST_PAUSE * 2**self.requests, LONGEST_PAUSE),
            requests=self.requests + 1,
            accepted=0,
        )

    def eased(self) -> Self:
        """A letter was accepted: the rate is raised; at `top` the throttle ends."""
        if self.rate is None:
            return self
        rate, accepted = self.rate + self.step, self.accepted + 1
        if rate >= self.top:
            return type(self)()
        cancelled = accepted % _CANCELS == 0 and self.requests > 0
        return replace(self, rate=rate, accepted=accepted, requests=self.requests - cancelled)

    def due(self, last: float) -> float:
        """When the next letter may leave, `last` being when the last one did."""
        return max(self.paused_until, last + 1 / self.rate if self.rate else 0.0)


class LoginSpacing:
    """Spreads logins, which relays limit: ten at once, or two a connection, then one a second.

    Instants are seconds on a monotonic clock.
    """

    def __init__(self, connections: int) -> None:
        self._burst = max(10, 2 * connections)
        self._counted_until = 0.0

    def due(self, now: float) -> float:
        """When the next login may be made."""
        return max(now, self._counted_until + 1 - self._burst)

    def count(self, now: float) -> None:
        """Count a login that was made."""
        self._counted_until = max(self._counted_until, now) + 1


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MEASURED = 32  # last letters, from which the rate is measured
_UNKNOWN = 1.0  # letters a second, before there is anything to measure
_NEVER = float("-inf")


def micros(at: datetime) -> int:
    """An instant as whole microseconds since the epoch."""
    return (at - EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """An instant from microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=at)


class ThrottledLimiter:
    """Base of the limiters: the window, and the throttle. `seconds` gives a monotonic clock."""

    def __init__(self, limits: Limits, seconds: Callable[[datetime], float]) -> None:
        self._limits = limits
        self._seconds = seconds
        self._throttle = Throttle()
        self._recent: deque[float] = deque(maxlen=_MEASURED)
        self._opening = (EPOCH, EPOCH)

    def slow_down(self, *, now: datetime) -> None:
        """Halve the rate of the whole run, after a pause."""
        self._throttle = self._throttle.slowed(self._seconds(now), self._measured())

    def went_well(self, *, now: datetime) -> None:
        """A letter was accepted: raise the rate a little."""
        del now
        if self._throttle.rate is not None:
            self._throttle = self._throttle.eased()

    def _wait_of_run(self, now: datetime, seconds: float) -> Wait | None:
        """What every letter waits for, before it is counted."""
        if self._throttle.rate is not None:
            last = self._recent[-1] if self._recent else _NEVER
            pause = self._throttle.due(last) - seconds
            if pause > 0:
                return self._wait(now, ceil(pause * SECOND), Reason.THROTTLE)
        if self._limits.window is not None and self._opens(now) > now:
            return Wait(self._opens(now), Reason.WINDOW)
        return None

    def _wait(self, now: datetime, pause: int, reason: Reason) -> Wait:
        """Wait so many microseconds, and then for the window if it is shut by then."""
        until = now + pause * _MICROSECOND
        opens = self._opens(until)
        domain = reason is Reason.DOMAIN
        if opens > until:
            return Wait(opens, Reason.WINDOW, domain)
        return Wait(until, reason, domain)

    def _opens(self, at: datetime) -> datetime:
        window, opening = self._limits.window, self._opening
        if window is None:
            return at
        if not opening[0] <= at < opening[1]:
            opening = self._opening = window.opening(at)
        return max(at, opening[0])

    def _opens_from(self, now: datetime, clock: int) -> Opens:
        """The window on the account's own clock, which shows `clock` at `now`."""
        if self._limits.window is None:
            return lambda at: at
        ahead = micros(now) - clock
        return lambda at: micros(self._opens(instant(at + ahead))) - ahead

    def _measured(self) -> float:
        if len(self._recent) < 2 or self._recent[-1] <= self._recent[0]:  # noqa: PLR2004 - a span
            return _UNKNOWN
        return (len(self._recent) - 1) / (self._recent[-1] - self._recent[0])
