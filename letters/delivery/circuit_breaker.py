"""Counters that stop a run: equal rejections, repeated rate-limit replies, lost answers. Pure."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from letters.verdict import Outcome, Verdict

EQUAL_REJECTIONS = 10
"""Different recipients in a row rejected in the same words: the relay refuses the sender, not them."""

_ACCEPTED_PER_LOST = 10  # accepted letters that cancel one lost answer
_MORE_THAN_CONNECTIONS = 10  # lost answers, not cancelled, beyond the number of connections

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 300.0

# What differs between two replies with the same meaning: addresses, ids, numbers.
_VARIABLE = re.compile(r"<[^>]*>|\S+@\S+|\b(?=\w*\d)[\w.:/-]+\b")

_DOMAINS = 256  # receiving domains counted at once; the one unused for longest is dropped
_BAD_ADDRESS = "5.1."  # RFC 3463 3.2: about the recipient's address, not about the sender


@dataclass(slots=True)
class _Series:
    """Different recipients, one after the other, rejected in equal words."""

    words: frozenset[str] = frozenset()
    addresses: set[str] = field(default_factory=set)

    def add(self, address: str, words: frozenset[str]) -> int:
        """Count a rejection; returns how many recipients the series has now."""
        if self.words.isdisjoint(words):
            self.words, self.addresses = words, set()
        self.addresses.add(address)
        return len(self.addresses)


class CircuitBreaker:
    """Counts equal rejections of different recipients; opens at `limit` of them in a row.

    Counted over the whole run and for each receiving domain: one gateway that rejects everything is
    noticed although other domains accept their letters.
    """

    def __init__(self, limit: int = EQUAL_REJECTIONS) -> None:
        self._limit = limit
        self._all = _Series()
        self._domains: OrderedDict[str, _Series] = OrderedDict()

    def record_failure(self, recipient: str, verdict: Verdict) -> bool:
        """Count a letter that was not accepted; True when the run should stop."""
        if verdict.outcome is not Outcome.REJECTED or verdict.code == 0:
            return False  # code 0: rejected by this program, before the relay was asked
        words = _words(recipient, verdict)
        counts = [self._all.add(recipient, words)]
        if not verdict.enhanced.startswith(_BAD_ADDRESS):
            counts.append(self._series(_domain(recipient)).add(recipient, words))
        return max(counts) >= self._limit

    def _series(self, domain: str) -> _Series:
        series = self._domains.setdefault(domain, _Series())
        self._domains.move_to_end(domain)
        if len(self._domains) > _DOMAINS:
            self._domains.popitem(last=False)
        return series

    def record_success(self, recipient: str) -> None:
        """A letter was accepted: the series of its domain, and of the run, start anew."""
        if self._all.addresses:
            self._all = _Series()
        self._domains.pop(_domain(recipient), None)


def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].casefold()


def _words(recipient: str, verdict: Verdict) -> frozenset[str]:
    """A reply without what varies, in two forms; equal replies have one form in common."""
    local, _, domain = recipient.rpartition("@")
    parts = "|".join(re.escape(part) for part in (domain, local) if part)
    names = re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])", re.IGNORECASE)
    # Both forms, since "user" in "User unknown" is a word although a mailbox may be called `user`.
    forms = (verdict.said, names.sub("…", verdict.said))
    code = f"{verdict.code} {verdict.enhanced}"
    return frozenset(f"{code} {_VARIABLE.sub('…', said)}" for said in forms)


@dataclass(slots=True)
class SlowDownRequests:
    """Rate-limit replies since a letter was last accepted.

    No connection is opened before `pause_until` (seconds on the event loop's clock). What is
    answered before that to letters already on their way counts as the same request.
    """

    in_a_row: int = 0
    pause_until: float = 0.0

    def add(self, at: float) -> None:
        """Count a reply received at `at`, and double the pause."""
        if at >= self.pause_until:
            self.in_a_row += 1
            self.pause_until = at + min(_FIRST_PAUSE * 2**self.in_a_row, _LONGEST_PAUSE)

    def reset(self) -> None:
        """A letter was accepted."""
        self.in_a_row, self.pause_until = 0, 0.0


@dataclass(slots=True)
class LostAnswers:
    """Letters handed over whose answer was lost, in a run of so many `connections`.

    Too many are: more in a row than connections (one network cut costs each connection one letter);
    or ten more than connections, where ten accepted letters cancel one, so that losing one answer in
    fifty stops no run.
    """

    connections: int
    letters: int = 0
    in_a_row: int = 0
    _weight: int = 0  # accepted letters needed until none counts any more

    def add(self) -> None:
        """A letter is in doubt."""
        self.letters += 1
        self.in_a_row += 1
        self._weight += _ACCEPTED_PER_LOST

    def accepted(self) -> None:
        """A letter was accepted, and the answer arrived."""
        self.in_a_row = 0
        if self._weight:
            self._weight -= 1

    @property
    def too_many(self) -> bool:
        """Whether the run should stop, so that a person finds out what became of them."""
        most = _ACCEPTED_PER_LOST * (self.connections + _MORE_THAN_CONNECTIONS)
        return self.in_a_row > self.connections or self._weight > most
