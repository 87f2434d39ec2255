"""What left under each rate, and when the next letter may leave: decided without clock or chance. Pure.

Instants are whole microseconds on the account's own clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from copy import deepcopy
from math import ceil
from typing import TypeAlias

from letters.limits.limiter import Reason
from letters.limits.pace import SECOND, Limits, Rate

APART = 0.8
"""Letters under a pace are at least this part of the even gap apart."""

STEP = SECOND // 64
"""Letters within one step are not spread further: no relay measures finer, and no sleep is finer."""

_MOST_ENTRIES = 8192  # instants kept for one stretch, whatever the rate: memory is bounded
_REMOVE_AT = 1024  # outdated entries that are removed at once


class RateCounter:
    """How many letters left under a rate, and when, as far back as it reaches.

    With `smooth` letters leave evenly; without, as they come, until the rate is used up.
    """

    def __init__(self, rate: Rate, *, smooth: bool = True) -> None:
        self._rate = rate
        self._smooth = smooth
        self._per_step = max(1, int(STEP / rate.gap))
        # How far the jitter moves one letter: two neighbours, each moved by half of it, differ by a
        # fifth of the gap. Less where the rate has few letters, since it needs room in the stretch.
        self._jitter = min(0.1, rate.letters / 100) * self._per_step * rate.gap
        # With room for the jitter of the first and the last letter of a stretch.
        self._even_gap = (rate.stretch + 2 * self._jitter) / rate.letters
        self._resolution = rate.stretch // _MOST_ENTRIES
        self._at: list[int] = []
        self._counts: list[int] = [0]  # letters up to each entry, from before the first
        self._sums: list[int] = [0]  # and the sum of their instants
        self._entry_began = 0

    @property
    def last(self) -> int:
        """When the last letter left; 0 when none did."""
        return self._at[-1] if self._at else 0

    def add(self, at: int, letters: int = 1) -> None:
        """Count letters that left at this instant, which is not before the last one."""
        if self._at and at - self._entry_began < self._resolution:
            # The later instant counts for letters this close: the limits hold on the safe side.
            letters += self._counts.pop() - self._counts[-1]
            self._sums.pop()
            self._at.pop()
        else:
            self._entry_began = at
        self._at.append(at)
        self._counts.append(self._counts[-1] + letters)
        self._sums.append(self._sums[-1] + at * letters)
        old = bisect_left(self._at, at - self._rate.stretch)
        if old > _REMOVE_AT:
            del self._at[:old], self._counts[:old], self._sums[:old]

    def due(self, chance: float) -> int:
        """From when on one more letter may leave; `chance` (0 to 1) moves it by the jitter."""
        full = self._nth_last(self._rate.letters)
        hard = 0 if full is None else full + self._rate.stretch
        if not self._smooth or not self._at:
            return hard
        return max(hard, ceil(self._even() + self._jitter * (2 * chance - 1)), self._after_last())

    def _even(self) -> float:
        """When the next letter would leave if those of the last stretch had left evenly."""
        first = bisect_right(self._at, self.last - self._rate.stretch)
        letters = min(self._counts[-1] - self._counts[first], self._rate.letters)
        skipped = self._counts[-1] - letters
        entry = self._entry(skipped + 1)
        partly = self._at[entry] * (self._counts[entry + 1] - skipped)
        mean = (self._sums[-1] - self._sums[entry + 1] + partly) / letters
        return mean + (letters + 1) / 2 * self._even_gap

    def _after_last(self) -> int:
        """When the next letter is far enough from the last ones, however much of the rate is unused."""
        before = self._nth_last(self._per_step)
        gap = APART * self._per_step * self._rate.gap
        return 0 if before is None else before + ceil(gap)

    def _nth_last(self, letters: int) -> int | None:
        number = self._counts[-1] - letters + 1
        return self._at[self._entry(number)] if number > self._counts[0] else None

    def _entry(self, number: int) -> int:
        """Which entry holds the letter of this number."""
        return bisect_left(self._counts, number) - 1


Opens: TypeAlias = Callable[[int], int]
"""Maps an instant to the first one, from it on, inside the window."""

_DOMAINS = 1024  # receiving domains with a counter before outdated ones are removed
_NO_JITTER = 0.5  # the chance that moves nothing


class AccountCounters:
    """What left an account, counted under each of its limits: pace, quota, receiving domains."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pace = RateCounter(limits.pace) if limits.pace else None
        self._quota = RateCounter(limits.quota, smooth=False) if limits.quota else None
        self._domains: dict[str, RateCounter] = {}

    def add(self, at: int, domain: str, letters: int = 1) -> None:
        """Count letters to a receiving domain that left at this instant."""
        for counter in (self._pace, self._quota, self._of(domain, at)):
            if counter is not None:
                counter.add(at, letters)

    def due(self, domain: str, chance: float) -> tuple[int, Reason]:
        """From when on a letter to this domain may leave, and by which limit."""
        due, reason = self._pace.due(chance) if self._pace else 0, Reason.PACE
        own = self._domains.get(domain.lower())
        if own is not None and (free := own.due(chance)) > due:
            due, reason = free, Reason.DOMAIN
        if self._quota is not None and (frees := self._quota.due(chance)) > due:
            due, reason = frees, Reason.QUOTA
        return due, reason

    def forecast(self, letters: int, domains: Mapping[str, int], start: int, opens: Opens) -> int:
        """When the last of so many letters leaves, as far as `domains` tells where they go.

        Each domain is computed alone, since its letters may be anywhere in the list.
        """
        last = deepcopy(self)._run(letters, "", start, opens)  # noqa: SLF001 - of the same class
        for domain, count in domains.items():
            if self._limits.of(domain):
                alone = deepcopy(self)._run(count, domain, start, opens)  # noqa: SLF001 - as above
                last = max(last, alone)
        return last

    def _run(self, letters: int, domain: str, start: int, opens: Opens) -> int:
        at = start
        for _ in range(letters):
            at = opens(max(at, self.due(domain, _NO_JITTER)[0]))
            self.add(at, domain)
        return at

    def _of(self, domain: str, at: int) -> RateCounter | None:
        name = domain.lower()
        rate = self._limits.of(name) if name else None
        if rate is None:
            return None
        if name not in self._domains:
            self._remove_outdated(at)
            self._domains[name] = RateCounter(rate)
        return self._domains[name]

    def _remove_outdated(self, at: int) -> None:
        if len(self._domains) >= _DOMAINS and len(self._domains) % _DOMAINS == 0:
            self._domains = {
                name: counter
                for name, counter in self._domains.items()
                if (rate := self._limits.of(name)) and counter.last > at - rate.stretch
            }
