"""When a letter may leave: the port that the mailer asks before each letter, and its forms.

Pace and quota belong to the account (relay host and login), not to a campaign; a ledger on disk
counts what left, so that restarts and a second campaign cannot exceed them (P10). `memory` keeps
it for one run, for tests and rehearsals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Protocol

from letters.errors import JournalError
from letters.pace import Limits

if TYPE_CHECKING:
    from letters.limiter.uptime import Uptime


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
        """Halve the rate of the whole run and hold it for a moment: the relay asked for it."""
        ...

    def went_well(self, *, now: datetime) -> None:
        """A letter was taken: after `slow_down`, win back a little of the rate."""
        ...

    async def forecast(
        self, letters: int, *, now: datetime, domains: Mapping[str, int] | None = None
    ) -> datetime | None:
        """When the last of so many letters would leave; None when nothing limits them.

        `domains` tells how many of them go to each receiving domain, where that is known.
        """
        ...

    async def quota_frees(self, *, now: datetime) -> datetime:
        """When to come back after the relay said that the day's quota is used up.

        That is when the oldest letter known of the last 24 hours no longer counts; a day from now
        when none is known.
        """
        ...

    async def aclose(self) -> None:
        """Write what is counted and let go of the ledger."""
        ...


def account_name(host: str, login: str | None) -> str:
    """How the ledger calls an account, readable and without a password; in whichever case."""
    name = host.casefold().rstrip(".")
    return f"{login.casefold()} at {name}" if login else name


def state_folder(named: str | None = None) -> Path:
    """Where the ledger lies: the folder that `LETTERS_STATE` names, else the person's own."""
    from platformdirs import user_state_path

    return Path(named).expanduser().absolute() if named else user_state_path("letters")


def open_limiter(
    account: str,
    limits: Limits,
    *,
    state: Path,
    chance: Callable[[], float] = random,
    uptime: "Uptime | None" = None,
) -> Limiter:
    """The limiter of an account, over the ledger in the folder `state`.

    `uptime` is a clock that nobody sets, by default this machine's. Raises JournalError when the
    ledger cannot be used and limits need counting; without such limits, that is a warning.
    """
    from letters.limiter.ledger import LedgerLimiter
    from letters.limiter.memory import MemoryLimiter

    try:
        return LedgerLimiter(account, limits, state=state, chance=chance, uptime=uptime)
    except JournalError as error:
        if limits.counts:
            raise
        free = MemoryLimiter(limits, chance=chance)
        free.warnings = (f"{error.message}; letters without a limit go on, not counted",)
        return free
