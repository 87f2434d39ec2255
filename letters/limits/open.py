"""Opening the limiter of an account."""

from collections.abc import Callable
from pathlib import Path
from random import random
from typing import TYPE_CHECKING

from letters.errors import JournalError
from letters.limits.limiter import Limiter
from letters.limits.pace import Limits

if TYPE_CHECKING:
    from letters.limits.uptime import Uptime


def account_name(host: str, login: str | None) -> str:
    """The ledger's name of an account: readable, without a password, case ignored."""
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

    `uptime` is a clock that nobody can set, by default this machine's. Raises JournalError when the
    ledger cannot be used and limits need counting; without such limits, that is a warning.
    """
    from letters.limits.ledger import LedgerLimiter
    from letters.limits.memory import MemoryLimiter

    try:
        return LedgerLimiter(account, limits, state=state, chance=chance, uptime=uptime)
    except JournalError as error:
        if limits.counts:
            raise
        free = MemoryLimiter(limits, chance=chance)
        free.warnings = (f"{error.message}; letters without a limit go on, not counted",)
        return free
