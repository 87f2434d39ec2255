"""What is heard again and again: the same refusal from everybody, pleas to slow down.

Pure; leans on `verdict`.
"""

import re
from dataclasses import dataclass

from letters.verdict import Outcome, Verdict

EQUAL_REJECTIONS = 10
"""So many recipients in a row, refused in the same words, mean the sender and not themselves."""

_HOLD = 1.0  # seconds
_LONGEST_HOLD = 300.0

# What differs from one refusal to the next though the words are the same: addresses, ids, numbers.
_OWN = re.compile(r"<[^>]*>|\S+@\S+|\b(?=\w*\d)[\w.:/-]+\b")


class Breaker:
    """Counts equal rejections of different recipients; opens at `limit` of them in a row."""

    def __init__(self, limit: int = EQUAL_REJECTIONS) -> None:
        self._limit = limit
        self._words: tuple[int, str, str] | None = None
        self._addresses: set[str] = set()

    def opens(self, address: str, verdict: Verdict) -> bool:
        """Hear of a letter that was not taken; True when it is time to stop asking."""
        if verdict.outcome is not Outcome.REJECTED:
            return False
        words = (verdict.code, verdict.enhanced, _OWN.sub("…", verdict.said))
        if words != self._words:
            self._words, self._addresses = words, set()
        self._addresses.add(address)
        return len(self._addresses) >= self._limit

    def close(self) -> None:
        """A letter was taken: nobody is refused for the sender's sake."""
        self._words = None


@dataclass(slots=True)
class Pleas:
    """Pleas to slow down since a letter was last taken; no lane is opened before `hold` is over.

    What is said until then to letters already on their way is one plea with the first.
    """

    in_a_row: int = 0
    hold: float = 0.0

    def hear(self, at: float) -> None:
        """Count a plea, and hold longer after each; `at` in seconds on a clock that goes forward."""
        if at >= self.hold:
            self.in_a_row += 1
            self.hold = at + min(_HOLD * 2**self.in_a_row, _LONGEST_HOLD)
