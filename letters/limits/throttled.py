"""What every limiter does in memory: the run's throttle and the window. Leans on `throttle`, `pace`.

The throttle is this run's own: another campaign on the account hears the relay for itself.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil

from letters.limits.book import Opens
from letters.limits.limiter import Reason, Wait
from letters.limits.pace import SECOND, Limits
from letters.limits.throttle import Throttle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MEASURED = 32  # letters whose rate is measured
_UNKNOWN = 1.0  # letters a second, when a relay objects before there is anything to measure
_LONG_AGO = float("-inf")


def micros(at: datetime) -> int:
    """An instant as whole microseconds since the epoch."""
    return (at - EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """An instant from microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=at)


class Throttled:
    """Holds letters back for the window and for a relay that asked to slow down."""

    def __init__(self, limits: Limits, seconds: Callable[[datetime], float]) -> None:
        self._limits = limits
        self._seconds = seconds
        self._throttle = Throttle()
        self._recent: deque[float] = deque(maxlen=_MEASURED)
        self._opening = (EPOCH, EPOCH)

    def slow_down(self, *, now: datetime) -> None:
        """Halve the rate of the whole run and hold it for a moment."""
        self._throttle = self._throttle.slowed(self._seconds(now), self._measured())

    def went_well(self, *, now: datetime) -> None:
        """A letter was taken: win back a little of the rate."""
        del now
        if self._throttle.rate is not None:
            self._throttle = self._throttle.eased()

    def _held(self, now: datetime, seconds: float) -> Wait | None:
        """What holds any letter back, before it is counted."""
        if self._throttle.rate is not None:
            last = self._recent[-1] if self._recent else _LONG_AGO
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
        """The window on the account's own clock, which shows `clock` at this `now`."""
        if self._limits.window is None:
            return lambda at: at
        ahead = micros(now) - clock
        return lambda at: micros(self._opens(instant(at + ahead))) - ahead

    def _measured(self) -> float:
        if len(self._recent) < 2 or self._recent[-1] <= self._recent[0]:  # noqa: PLR2004 - a span
            return _UNKNOWN
        return (len(self._recent) - 1) / (self._recent[-1] - self._recent[0])
