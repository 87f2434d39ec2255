"""How letters leave: lanes, pace, quota, window, and the account's limiter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from letters.cli.common import Desk
from letters.cli.relay import ChosenRelay
from letters.errors import ConfigurationError
from letters.settings import MOST_LANES

if TYPE_CHECKING:
    from letters.limiter import Limiter
    from letters.pace import Limits

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--lanes", type=click.IntRange(1, MOST_LANES), metavar="N", envvar="LETTERS_LANES", show_envvar=True,
        help="At most N connections at once; by default 4.",
    ),
    click.option(
        "--pace", metavar="N/min", envvar="LETTERS_PACE", show_envvar=True,
        help='Letters a minute; "30/min, parl.gc.ca 10/min" also by receiving domain.',
    ),
    click.option(
        "--quota", metavar="N/day", envvar="LETTERS_QUOTA", show_envvar=True,
        help="Letters of this account in any 24 hours.",
    ),
    click.option(
        "--window", metavar="HOURS", envvar="LETTERS_WINDOW", show_envvar=True,
        help='When letters leave: "Mon–Fri 09:00–17:00 America/Toronto".',
    ),
    click.option(
        "--no-pipelining", is_flag=True, help="For relays that offer pipelining and do not bear it."
    ),
)  # fmt: skip


def delivery_options(command: F) -> F:
    """`--lanes`, `--pace`, `--quota`, `--window`, `--no-pipelining`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Delivery:
    """How one command's letters leave. `lanes` None: as the campaign or the provider says."""

    lanes: int | None
    pace: str | None
    quota: str | None
    window: str | None
    pipelining: bool

    def limits(self, desk: Desk, chosen: ChosenRelay) -> "Limits":
        """Flag > environment > `.env` > campaign.toml > the provider's own. A rehearsal has none.

        Raises ConfigurationError.
        """
        from letters.pace import Limits, read_limits

        settings, environment = desk.campaign.settings.delivery, desk.environment
        try:
            limits = read_limits(
                name=settings.provider,
                paces=[settings.pace, self.pace or environment.get("LETTERS_PACE") or ""],
                quota=self.quota or environment.get("LETTERS_QUOTA") or settings.quota,
                window=self.window or environment.get("LETTERS_WINDOW") or settings.window,
            )
        except ValueError as error:
            raise ConfigurationError(str(error), "see --help, or docs/pace.md") from None
        return Limits() if chosen.is_rehearsal else limits

    def lane_count(self, desk: Desk, limits: "Limits") -> int:
        """How many lanes at most; in a Maildir too, several share the waits for the disk."""
        named = self.lanes or _number(desk.environment.get("LETTERS_LANES"))
        lanes = named or desk.campaign.settings.delivery.lanes
        return min(lanes, limits.lanes or lanes)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= MOST_LANES:
        raise ConfigurationError(
            f"LETTERS_LANES={text} is not a number of lanes",
            f"write a number from 1 to {MOST_LANES}",
        )
    return int(text)


def retry_pauses(desk: Desk) -> Sequence[timedelta]:
    """The campaign's pauses before each next try."""
    from letters.schedule import pauses

    return pauses(desk.campaign.settings.delivery.retry)


def limiter_of(desk: Desk, chosen: ChosenRelay, limits: "Limits") -> "Limiter":
    """The limiter of the account that the relay and its login make; a rehearsal has no account."""
    from letters.limiter import account_name, open_limiter, state_folder
    from letters.limiter.memory import MemoryLimiter

    if chosen.is_rehearsal:
        return MemoryLimiter()
    account = account_name(chosen.parsed.host, chosen.parsed.login)
    return open_limiter(account, limits, state=state_folder(desk.environment.get("LETTERS_STATE")))
