"""What left under one rate, and when the next letter may: the decision, without clock or chance.

Pure but for the memory of what left; leans on `pace`. Instants are whole microseconds.
"""

from bisect import bisect_left, bisect_right
from math import ceil

from letters.limits.pace import SECOND, Rate

APART = 0.8
"""Letters under a pace leave no closer together than this part of the even gap."""

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
        # Two neighbours, each moved by half of it, are a fifth of the gap out. Where few letters
        # make up the rate, the room for it would cost too much of it.
        self._lean = min(0.1, rate.letters / 100) * self._together * rate.gap
        # Room for the jitter between the letters that begin and end a stretch.
        self._even = (rate.stretch + 2 * self._lean) / rate.letters
        self._grain = rate.stretch // _GRAINS
        self._at: list[int] = []
        self._counts: list[int] = [0]  # letters up to each entry, from before the first
        self._sums: list[int] = [0]  # and the sum of their instants
        self._began = 0

    @property
    def last(self) -> int:
        """When the last letter left; 0 when none did."""
        return self._at[-1] if self._at else 0

    def add(self, at: int, letters: int = 1) -> None:
        """Count letters that left at this instant, which is not before the last one."""
        if self._at and at - self._began < self._grain:
            # Of letters so close the later instant counts for all: on the safe side.
            letters += self._counts.pop() - self._counts[-1]
            self._sums.pop()
            self._at.pop()
        else:
            self._began = at
        self._at.append(at)
        self._counts.append(self._counts[-1] + letters)
        self._sums.append(self._sums[-1] + at * letters)
        old = bisect_left(self._at, at - self._rate.stretch)
        if old > _FORGOTTEN:
            del self._at[:old], self._counts[:old], self._sums[:old]

    def due(self, chance: float) -> int:
        """From when on one more letter may leave; `chance` (0 to 1) moves it by the jitter."""
        full = self._nth_last(self._rate.letters)
        hard = 0 if full is None else full + self._rate.stretch
        if not self._smooth or not self._at:
            return hard
        return max(hard, ceil(self._evenly() + self._lean * (2 * chance - 1)), self._apart())

    def _evenly(self) -> float:
        """Where the next letter falls if the last stretch's had left evenly, all told."""
        first = bisect_right(self._at, self.last - self._rate.stretch)
        letters = min(self._counts[-1] - self._counts[first], self._rate.letters)
        skipped = self._counts[-1] - letters
        entry = self._entry(skipped + 1)
        partly = self._at[entry] * (self._counts[entry + 1] - skipped)
        mean = (self._sums[-1] - self._sums[entry + 1] + partly) / letters
        return mean + (letters + 1) / 2 * self._even

    def _apart(self) -> int:
        """Never much closer together than evenly, whatever was missed."""
        before = self._nth_last(self._together)
        gap = APART * self._together * self._rate.gap
        return 0 if before is None else before + ceil(gap)

    def _nth_last(self, letters: int) -> int | None:
        number = self._counts[-1] - letters + 1
        return self._at[self._entry(number)] if number > self._counts[0] else None

    def _entry(self, number: int) -> int:
        """Which entry holds the letter of this number."""
        return bisect_left(self._counts, number) - 1
