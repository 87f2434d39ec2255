"""How fast letters leave: connections, pace, quota and window, and the limiter of the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from letters.campaign.settings import MOST_CONNECTIONS
from letters.cli.relay import ChosenRelay
from letters.cli.session import Session
from letters.errors import ConfigurationError

if TYPE_CHECKING:
    from letters.limits.limiter import Limiter
    from letters.limits.pace import Limits
    from letters.transport.interface import Transport

_HINT = "see --help, or docs/pace.md and docs/relays.md"


@dataclass(frozen=True)
class DeliveryFlags:
    """What flags say of how letters leave; None: not typed."""

    connections: int | None = None
    pace: str | None = None
    quota: str | None = None
    window: str | None = None
    no_pipelining: bool = False
    ehlo_name: str | None = None


@dataclass(frozen=True)
class DeliveryPlan:
    """How letters leave, as flags, environment, campaign and provider say together.

    `connections` is the most at once; `retry` the pauses before each next try. `ehlo_name` "": the
    transport finds it out.
    """

    connections: int
    limits: "Limits"
    retry: Sequence[timedelta]
    ehlo_name: str


def plan_delivery(session: Session, relay: ChosenRelay, flags: DeliveryFlags) -> DeliveryPlan:
    """Flag > environment > `.env` > campaign.toml > the provider's own values.

    Raises ConfigurationError for a value that cannot be read, also of a rehearsal, whose letters
    nothing limits.
    """
    from letters.retry import pauses

    limits = _limits(session, flags, without=relay.is_rehearsal)
    settings = session.campaign.settings.delivery
    named = flags.connections or int(_variable(session, "LETTERS_CONNECTIONS", _number) or 0)
    connections = named or settings.connections
    connections = min(connections, limits.connections or connections)
    return DeliveryPlan(connections, limits, pauses(settings.retry), _ehlo_name(session, flags))


def _ehlo_name(session: Session, flags: DeliveryFlags) -> str:
    from letters.transport.smtp.ehlo import check_ehlo_name

    name = _variable(session, "LETTERS_EHLO_NAME", check_ehlo_name)
    if flags.ehlo_name is None:
        return name
    try:
        check_ehlo_name(flags.ehlo_name)
    except ValueError as error:
        raise ConfigurationError(f"--ehlo-name: {error}", "see docs/relays.md") from None
    return flags.ehlo_name


def _limits(session: Session, flags: DeliveryFlags, *, without: bool) -> "Limits":
    from letters.limits.pace import Limits, parse_pace, parse_quota, read_limits
    from letters.limits.window import parse_window

    settings = session.campaign.settings.delivery
    pace = _variable(session, "LETTERS_PACE", parse_pace)
    quota = flags.quota or _variable(session, "LETTERS_QUOTA", parse_quota)
    window = flags.window or _variable(session, "LETTERS_WINDOW", parse_window)
    try:
        limits = read_limits(
            name=settings.provider,
            paces=[settings.pace, pace, flags.pace or ""],
            quota=quota or settings.quota,
            window=window or settings.window,
        )
    except ValueError as error:
        raise ConfigurationError(str(error), _HINT) from None
    return Limits() if without else limits


def _variable(session: Session, name: str, read: Callable[[str], object]) -> str:
    """The value of a variable, "" when it is not set; `read` raises ValueError for a wrong one."""
    variable = session.environment.find(name)
    if variable is None:
        return ""
    try:
        read(variable.value)
    except ValueError as error:
        raise variable.wrong(error, _HINT) from None
    return variable.value


def _number(text: str) -> None:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CONNECTIONS:
        raise ValueError(
            f"{text!r} is not a number of connections: write a number from 1 to {MOST_CONNECTIONS}"
        )


def open_limiter_of(session: Session, transport: "Transport", limits: "Limits") -> "Limiter":
    """The limiter of the transport's account; a rehearsal has none, nor limits.

    Raises JournalError when the account's ledger cannot be used and something limits the letters.
    """
    from letters.limits.memory import MemoryLimiter
    from letters.limits.open import open_limiter, state_folder

    if transport.account is None:
        return MemoryLimiter()
    state = state_folder(session.environment.get("LETTERS_STATE"))
    return open_limiter(transport.account, limits, state=state)
