"""What left under one rate, and when the next letter may: the decision, without clock or chance.

Pure but for the memory of what left; leans on `pace`. Instants are whole microseconds.
"""

from bisect import bisect_left, bisect_right
from math import ceil

from letters.pace import SECOND, Rate

JITTER = 0.2
"""By how much of the even gap a letter may leave sooner or later."""

STEP = SECOND // 64
"""What leaves within one step is not spread any further: no relay looks closer, no sleep is finer."""

_GRAINS = 8192  # instants remembered a stretch, whatever the rate: memory is bounded
_FORGOTTEN = 1024  # entries out of date that are worth one removal


class Tally:
    """How many letters left under a rate, and when, as far back as it reaches.

    With `smooth` letters leave evenly; without, as they come, until the rate is used up.
    """

    def __init__(self, rate: Rate, *, smooth: bool = True) -> None:
        self._rate = rate
        self._smooth = smooth
        self._together = max(1, int(STEP / rate.gap))
        self._grain = rate.stretch // _GRAINS
        self._at: list[int] = []
        self._sums: list[int] = []
        self._forgotten = 0
        self._sum = 0
        self._began = 0

    @property
    def last(self) -> int:
        """When the last letter left; 0 when none did."""
        return self._at[-1] if self._at else 0

    def add(self, at: int, letters: int = 1) -> None:
        """Count letters that left at this instant, which is not before the last one."""
        self._sum += letters
        if self._at and at - self._began < self._grain:
            # Of letters so close the later instant counts for all: on the safe side.
            self._at[-1], self._sums[-1] = at, self._sum
            return
        self._began = at
        self._at.append(at)
        self._sums.append(self._sum)
        old = bisect_left(self._at, at - self._rate.stretch)
        if old > _FORGOTTEN:
            self._forgotten = self._sums[old - 1]
            del self._at[:old], self._sums[:old]

    def due(self, chance: float) -> int:
        """From when on one more letter may leave; `chance` (0 to 1) moves it by the jitter."""
        rate = self._rate
        full = self._nth_last(rate.letters)
        hard = 0 if full is None else full + rate.stretch
        if not self._smooth or not self._at:
            return hard
        # As if the letters of this stretch had left evenly: who fell behind may catch up a little.
        behind = min(self._since(self.last - rate.stretch), rate.letters)
        lean = JITTER * self._together * (2 * chance - 1)
        even = (self._nth_last(behind) or 0) + (behind + lean) * rate.gap
        return max(hard, ceil(even), self._apart())

    def _apart(self) -> int:
        """Never much closer together than evenly, whatever was missed."""
        before = self._nth_last(self._together)
        gap = (1 - JITTER) * self._together * self._rate.gap
        return 0 if before is None else before + ceil(gap)

    def _nth_last(self, letters: int) -> int | None:
        number = self._sum - letters + 1
        if number <= self._forgotten:
            return None
        return self._at[bisect_left(self._sums, number)]

    def _since(self, at: int) -> int:
        """How many letters left after this instant."""
        entry = bisect_right(self._at, at)
        return self._sum - (self._sums[entry - 1] if entry else self._forgotten)
