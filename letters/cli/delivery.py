"""How letters leave: connections, pace, quota, window, and the account's limiter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from letters.campaign.settings import MOST_CONNECTIONS
from letters.cli.relay import ChosenRelay
from letters.cli.session import Desk
from letters.errors import ConfigurationError

if TYPE_CHECKING:
    from letters.limits.limiter import Limiter
    from letters.limits.pace import Limits

F = TypeVar("F", bound=Callable[..., Any])

_HINT = "see --help, or docs/pace.md"


class _Setting(click.Option):
    """An option whose variable is read by `environment`, which can say where it was set."""

    def resolve_envvar_value(self, ctx: click.Context) -> None:
        """Nothing: an option's own value is the flag's."""


_OPTIONS = (
    click.option(
        "--connections", cls=_Setting, type=click.IntRange(1, MOST_CONNECTIONS), metavar="N", envvar="LETTERS_CONNECTIONS", show_envvar=True,
        help="At most N connections at once; by default 4.",
    ),
    click.option(
        "--pace", cls=_Setting, metavar="N/min", envvar="LETTERS_PACE", show_envvar=True,
        help='Letters a minute; "30/min, parl.gc.ca 10/min" also by receiving domain.',
    ),
    click.option(
        "--quota", cls=_Setting, metavar="N/day", envvar="LETTERS_QUOTA", show_envvar=True,
        help="Letters of this account in any 24 hours.",
    ),
    click.option(
        "--window", cls=_Setting, metavar="HOURS", envvar="LETTERS_WINDOW", show_envvar=True,
        help='When letters leave: "Mon–Fri 09:00–17:00 America/Toronto".',
    ),
    click.option(
        "--no-pipelining", is_flag=True, help="For relays that offer pipelining and do not bear it."
    ),
)  # fmt: skip


def delivery_options(command: F) -> F:
    """`--connections`, `--pace`, `--quota`, `--window`, `--no-pipelining`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Delivery:
    """How one command's letters leave. `connections` None: as the campaign or the provider says."""

    connections: int | None
    pace: str | None
    quota: str | None
    window: str | None
    pipelining: bool

    def limits(self, desk: Desk, chosen: ChosenRelay) -> "Limits":
        """Flag > environment > `.env` > campaign.toml > the provider's own. A rehearsal has none.

        Raises ConfigurationError.
        """
        from letters.limits.pace import Limits, parse_pace, parse_quota, read_limits
        from letters.limits.window import parse_window

        settings = desk.campaign.settings.delivery
        pace = _set(desk, "LETTERS_PACE", parse_pace)
        quota = self.quota or _set(desk, "LETTERS_QUOTA", parse_quota)
        window = self.window or _set(desk, "LETTERS_WINDOW", parse_window)
        try:
            limits = read_limits(
                name=settings.provider,
                paces=[settings.pace, pace, self.pace or ""],
                quota=quota or settings.quota,
                window=window or settings.window,
            )
        except ValueError as error:
            raise ConfigurationError(str(error), _HINT) from None
        return Limits() if chosen.is_rehearsal else limits

    def connection_count(self, desk: Desk, limits: "Limits") -> int:
        """How many connections at most; in a Maildir too, several share the waits for the disk."""
        named = self.connections or int(_set(desk, "LETTERS_CONNECTIONS", _number) or 0)
        connections = named or desk.campaign.settings.delivery.connections
        return min(connections, limits.connections or connections)


def _set(desk: Desk, name: str, read: Callable[[str], object]) -> str:
    """What a variable is set to, once it can be read; "" when it is not set."""
    found = desk.environment.find(name)
    if found is None:
        return ""
    try:
        read(found.value)
    except ValueError as error:
        raise found.wrong(error, _HINT) from None
    return found.value


def _number(text: str) -> None:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CONNECTIONS:
        raise ValueError(
            f"{text!r} is not a number of connections: write a number from 1 to {MOST_CONNECTIONS}"
        )


def retry_pauses(desk: Desk) -> Sequence[timedelta]:
    """The campaign's pauses before each next try."""
    from letters.retry import pauses

    return pauses(desk.campaign.settings.delivery.retry)


def limiter_of(desk: Desk, chosen: ChosenRelay, limits: "Limits") -> "Limiter":
    """The limiter of the account that the relay and its login make; a rehearsal has no account."""
    from letters.limits.memory import MemoryLimiter
    from letters.limits.open import account_name, open_limiter, state_folder

    if chosen.is_rehearsal:
        return MemoryLimiter()
    account = account_name(chosen.parsed.host, chosen.parsed.login)
    return open_limiter(account, limits, state=state_folder(desk.environment.get("LETTERS_STATE")))
