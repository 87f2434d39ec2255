"""The Protocol `Limiter`, which the mailer asks before each letter, and its answers.

Pace and quota belong to the account (relay host and login), not to a campaign; a ledger on disk
counts what left, so that restarts and a second campaign cannot exceed them (P10). `memory` counts
one run only, for tests and rehearsals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    pass


class Reason(StrEnum):
    """Why a letter has to wait."""

    PACE = "pace"
    DOMAIN = "pace of the receiving domain"
    QUOTA = "quota"
    WINDOW = "window"
    THROTTLE = "throttle"


@dataclass(frozen=True, slots=True)
class Wait:
    """A letter may not leave before `until`; ask again then.

    `domain` says that letters to other receiving domains may leave earlier.
    """

    until: datetime
    reason: Reason
    domain: bool = False


class Limiter(Protocol):
    """Decides when letters leave, and counts those that do.

    `now` is the clock on the wall: it opens windows and dates what is answered. Raises JournalError
    where the ledger cannot be read or written and something limits the letters.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell a person about the ledger: that this run is not counted."""
        ...

    async def leave(self, domain: str, *, now: datetime) -> Wait | None:
        """Count a letter to this receiving domain as leaving now; or say what it waits for.

        With a `Wait` nothing was counted. A letter counted that did not leave after all stays
        counted: the limits hold on the safe side.
        """
        ...

    def slow_down(self, *, now: datetime) -> None:
        """Halve the rate of the whole run, after a pause: the relay asked for it."""
        ...

    def went_well(self, *, now: datetime) -> None:
        """A letter was accepted: after `slow_down`, raise the rate a little."""
        ...

    async def forecast(
        self, letters: int, *, now: datetime, domains: Mapping[str, int] | None = None
    ) -> datetime | None:
        """When the last of so many letters would leave; None when nothing limits them.

        `domains` says how many of them go to each receiving domain, where that is known.
        """
        ...

    async def quota_frees(self, *, now: datetime) -> datetime:
        """When to come back after the relay said that the day's quota is used up.

        That is when the oldest letter known of the last 24 hours no longer counts; a day from now
        when none is known.
        """
        ...

    async def aclose(self) -> None:
        """Write what is counted and close the ledger."""
        ...
