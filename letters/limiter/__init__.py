"""When a letter may leave: the port that the mailer asks before each letter, and its forms.

Pace and quota belong to the account (relay host and login), not to a campaign; a ledger on disk
counts what left, so that restarts and a second campaign cannot exceed them (P10).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Reason(StrEnum):
    """Why a letter has to wait."""

    PACE = "pace"
    QUOTA = "quota"
    WINDOW = "window"
    THROTTLE = "throttle"


@dataclass(frozen=True, slots=True)
class Wait:
    """A letter may not leave before `until`; ask again then."""

    until: datetime
    reason: Reason


class Limiter(Protocol):
    """Decides when letters leave, and counts those that do."""

    async def leave(self, domain: str, *, now: datetime) -> Wait | None:
        """Count a letter to this receiving domain as leaving now; or say what it waits for.

        With a `Wait` nothing was counted. A letter counted that did not leave after all stays
        counted: the limits hold on the safe side.
        """
        ...

    def slow_down(self, *, now: datetime) -> None:
        """Halve the rate of the whole run and hold it for a moment: the relay asked for it."""
        ...

    def went_well(self, *, now: datetime) -> None:
        """A letter was taken: after `slow_down`, win back a little of the rate."""
        ...

    async def forecast(self, letters: int, *, now: datetime) -> datetime | None:
        """When the last of so many letters would leave; None when nothing limits them."""
        ...

    async def aclose(self) -> None:
        """Write what is counted and let go of the ledger."""
        ...
