"""What is heard again and again: the same refusal from everybody, pleas to slow down, nothing.

Pure; leans on `verdict`.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from letters.verdict import Outcome, Verdict

EQUAL_REJECTIONS = 10
"""So many recipients in a row, refused in the same words, mean the sender and not themselves."""

_FORGETS = 10  # letters taken make one lost answer forgotten
_BEYOND = 10  # lost answers not forgotten, more than there are connections, stop the run

_HOLD = 1.0  # seconds
_LONGEST_HOLD = 300.0

# What differs from one refusal to the next though the words are the same: addresses, ids, numbers.
_OWN = re.compile(r"<[^>]*>|\S+@\S+|\b(?=\w*\d)[\w.:/-]+\b")

_DOMAINS = 256  # those heard of longest ago are forgotten
_NOBODY_THERE = "5.1."  # RFC 3463 3.2: the address, which is its recipient's own matter


@dataclass(slots=True)
class _Run:
    """Different recipients, one after the other, refused in equal words."""

    words: frozenset[str] = frozenset()
    addresses: set[str] = field(default_factory=set)

    def hear(self, address: str, words: frozenset[str]) -> int:
        """Count a refusal; how many there are now."""
        if self.words.isdisjoint(words):
            self.words, self.addresses = words, set()
        self.addresses.add(address)
        return len(self.addresses)


class Breaker:
    """Counts equal rejections of different recipients; opens at `limit` of them in a row.

    In a row of the whole run, or of the letters to one domain: a gateway that refuses us is heard
    although other domains take what they get.
    """

    def __init__(self, limit: int = EQUAL_REJECTIONS) -> None:
        self._limit = limit
        self._all = _Run()
        self._domains: OrderedDict[str, _Run] = OrderedDict()

    def opens(self, recipient: str, verdict: Verdict) -> bool:
        """Hear of a letter that was not taken; True when it is time to stop asking."""
        if verdict.outcome is not Outcome.REJECTED or verdict.code == 0:
            return False  # code 0: our own word, which the relay never heard
        words = _words(recipient, verdict)
        counts = [self._all.hear(recipient, words)]
        if not verdict.enhanced.startswith(_NOBODY_THERE):
            counts.append(self._at(_domain(recipient)).hear(recipient, words))
        return max(counts) >= self._limit

    def _at(self, domain: str) -> _Run:
        run = self._domains.setdefault(domain, _Run())
        self._domains.move_to_end(domain)
        if len(self._domains) > _DOMAINS:
            self._domains.popitem(last=False)
        return run

    def close(self, recipient: str) -> None:
        """A letter was taken: its domain refuses nobody for the sender's sake."""
        if self._all.addresses:
            self._all = _Run()
        self._domains.pop(_domain(recipient), None)


def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].casefold()


def _words(recipient: str, verdict: Verdict) -> frozenset[str]:
    """The refusal without what is each one's own; equal words have one of these in common."""
    local, _, domain = recipient.rpartition("@")
    parts = "|".join(re.escape(part) for part in (domain, local) if part)
    own = re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])", re.IGNORECASE)
    # Both ways, since "user" in "User unknown" is no name unless all are called so.
    ways = (verdict.said, own.sub("…", verdict.said))
    code = f"{verdict.code} {verdict.enhanced}"
    return frozenset(f"{code} {_OWN.sub('…', said)}" for said in ways)


@dataclass(slots=True)
class Pleas:
    """Pleas to slow down since a letter was last taken; no connection is opened before `hold` is over.

    What is said until then to letters already on their way is one plea with the first.
    """

    in_a_row: int = 0
    hold: float = 0.0

    def hear(self, at: float) -> None:
        """Count a plea, and hold longer after each; `at` in seconds on a clock that goes forward."""
        if at >= self.hold:
            self.in_a_row += 1
            self.hold = at + min(_HOLD * 2**self.in_a_row, _LONGEST_HOLD)

    def taken(self) -> None:
        """A letter was taken: the relay has what it asked for."""
        self.in_a_row, self.hold = 0, 0.0


@dataclass(slots=True)
class Doubts:
    """Letters handed over whose answer was lost, in a run of so many `connections`.

    Too many are more in a row than connections, of which one cut costs each a letter; or ten more than
    connections, where ten letters taken make one forgotten: to lose one answer in fifty stops no run.
    """

    connections: int
    letters: int = 0
    in_a_row: int = 0
    _owed: int = 0  # letters to be taken until none is remembered

    def hear(self) -> None:
        """A letter is in doubt."""
        self.letters += 1
        self.in_a_row += 1
        self._owed += _FORGETS

    def taken(self) -> None:
        """A letter was taken, and the relay said so."""
        self.in_a_row = 0
        if self._owed:
            self._owed -= 1

    @property
    def too_many(self) -> bool:
        """Whether it is time to find out what became of them."""
        return self.in_a_row > self.connections or self._owed > _FORGETS * (
            self.connections + _BEYOND
        )
