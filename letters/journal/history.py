"""What a journal tells of letters beside where they stand: attempts, sealed bytes, damage.

Types of the port in `letters.journal`. Leans on `message` and `verdict`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from letters.message.message import Message
from letters.verdict import Verdict

if TYPE_CHECKING:
    from letters.journal.types import Standing


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at handing a letter over.

    `begun_at` None: refused before its data. `ended_at` None: under way, or no answer ever came;
    a verdict beside it says how the answer was lost. `counted` False: the sender's or the relay's
    fault, no try of this letter (P11). `resolved` is a person's word on it. A verdict's advice is
    not kept.
    """

    run: str
    relay: str
    begun_at: datetime | None
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    counted: bool = True
    resolved: str = ""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One letter with all its attempts, the first first.

    `date` is the `Date:` line it first left with; None: it never left, or was resealed since.
    """

    standing: "Standing"
    date: datetime | None
    pruned_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One letter and its bytes; `message` None: they were pruned. Never left: without a date."""

    standing: "Standing"
    message: Message | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many letters gave up their bytes, and how many octets of the record that freed."""

    letters: int
    octets: int


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing in the record that cannot be so, and how to mend it."""

    what: str
    remedy: str
