"""All tallies of one account under its limits, and the forecast made from them.

Leans on `pace` and `tally`. Instants are whole microseconds on the account's own clock.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TypeAlias

from letters.limits.limiter import Reason
from letters.limits.pace import Limits
from letters.limits.tally import Tally

Opens: TypeAlias = Callable[[int], int]
"""From an instant to the first, from it on, that lies in the window."""

_DOMAINS = 1024  # receiving domains with a tally before those out of date are looked for
_EVEN = 0.5  # the chance that moves nothing


class Book:
    """What left an account, counted under each of its limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pace = Tally(limits.pace) if limits.pace else None
        self._quota = Tally(limits.quota, smooth=False) if limits.quota else None
        self._domains: dict[str, Tally] = {}

    def add(self, at: int, domain: str, letters: int = 1) -> None:
        """Count letters to a receiving domain that left at this instant."""
        for tally in (self._pace, self._quota, self._of(domain, at)):
            if tally is not None:
                tally.add(at, letters)

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

        Each domain is taken for itself: its letters may stand anywhere in the list.
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
            at = opens(max(at, self.due(domain, _EVEN)[0]))
            self.add(at, domain)
        return at

    def _of(self, domain: str, at: int) -> Tally | None:
        name = domain.lower()
        rate = self._limits.of(name) if name else None
        if rate is None:
            return None
        if name not in self._domains:
            self._forget(at)
            self._domains[name] = Tally(rate)
        return self._domains[name]

    def _forget(self, at: int) -> None:
        if len(self._domains) >= _DOMAINS and len(self._domains) % _DOMAINS == 0:
            self._domains = {
                name: tally
                for name, tally in self._domains.items()
                if (rate := self._limits.of(name)) and tally.last > at - rate.stretch
            }
