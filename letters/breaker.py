"""When the same refusal comes again and again: a gateway that blocks us is not asked 338 times.

Pure; leans on `verdict`.
"""

import re

from letters.verdict import Outcome, Verdict

EQUAL_REJECTIONS = 10
"""So many recipients in a row, refused in the same words, mean the sender and not themselves."""

# What differs from one refusal to the next though the words are the same: addresses, ids, numbers.
_OWN = re.compile(r"<[^>]*>|\S+@\S+|\b(?=\w*\d)[\w.:/-]+\b")


class Breaker:
    """Counts equal rejections of different recipients; opens at `limit` of them in a row."""

    def __init__(self, limit: int = EQUAL_REJECTIONS) -> None:
        self._limit = limit
        self._words: tuple[int, str, str] | None = None
        self._addresses: set[str] = set()

    def opens(self, address: str, verdict: Verdict) -> bool:
        """Hear how one letter ended; True when it is time to stop asking."""
        if verdict.outcome is Outcome.SENT:
            self._words = None
        if verdict.outcome is not Outcome.REJECTED:
            return False
        words = (verdict.code, verdict.enhanced, _OWN.sub("…", verdict.said))
        if words != self._words:
            self._words, self._addresses = words, set()
        self._addresses.add(address)
        return len(self._addresses) >= self._limit
