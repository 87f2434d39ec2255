"""How a run slows down when the relay asks for it, and wins its speed back. Pure; leans on nothing.

Additive increase, multiplicative decrease: halved at once, won back a little with every letter.
"""

from dataclasses import dataclass, replace
from typing import Self

FIRST_HOLD = 2.0
LONGEST_HOLD = 300.0
SLOWEST = 2 / 60
_STEPS = 50  # letters taken until the rate last objected to is won back twice over
_FORGIVEN = 25  # letters taken that make one objection forgotten


@dataclass(frozen=True, slots=True)
class Throttle:
    """How fast a run goes of itself; `rate` None: as fast as its limits let it.

    Instants are seconds on any clock that only goes forward, rates letters a second. `top` is the
    rate at which the relay first objected, `step` what one letter taken gives back, `strikes` the
    objections not yet forgotten, `taken` the letters taken since the last one.
    """

    rate: float | None = None
    top: float = 0.0
    step: float = 0.0
    held_until: float = 0.0
    strikes: int = 0
    taken: int = 0

    def slowed(self, now: float, measured: float) -> Self:
        """Half the rate, and nothing leaves for a while: two seconds, doubled each time.

        `measured` is the rate of the last letters, from which an unthrottled run starts. What the
        relay says while nothing leaves is about letters already on their way: it changes nothing.
        """
        if now < self.held_until:
            return self
        going = max(measured if self.rate is None else self.rate, SLOWEST)
        return replace(
            self,
            rate=max(going / 2, SLOWEST),
            top=going if self.rate is None else self.top,
            step=going / _STEPS,
            held_until=now + min(FIRST_HOLD * 2**self.strikes, LONGEST_HOLD),
            strikes=self.strikes + 1,
            taken=0,
        )

    def eased(self) -> Self:
        """A letter was taken: a little of the rate is won back; at the top the run is free again."""
        if self.rate is None:
            return self
        rate, taken = self.rate + self.step, self.taken + 1
        if rate >= self.top:
            return type(self)()
        forgiven = taken % _FORGIVEN == 0 and self.strikes > 0
        return replace(self, rate=rate, taken=taken, strikes=self.strikes - forgiven)

    def due(self, last: float) -> float:
        """When the next letter may leave, `last` being when the last one did."""
        return max(self.held_until, last + 1 / self.rate if self.rate else 0.0)


class Logins:
    """Spreads logins, which relays count: ten at once, or two for every connection, then one a second.

    Instants are seconds on any clock that only goes forward.
    """

    def __init__(self, connections: int) -> None:
        self._at_once = max(10, 2 * connections)
        self._spent = 0.0

    def due(self, now: float) -> float:
        """When the next login may be made."""
        return max(now, self._spent + 1 - self._at_once)

    def count(self, now: float) -> None:
        """Count a login that was made."""
        self._spent = max(self._spent, now) + 1
