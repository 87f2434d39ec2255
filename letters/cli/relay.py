"""The relay a command was given, by whom, and the password that may go with it (P12)."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli.environment import Named
from letters.cli.session import Desk
from letters.errors import ConfigurationError
from letters.transport.url import RelayURL, parse_relay

if TYPE_CHECKING:
    from letters.transport.interface import Transport

OUTBOX = "maildir:outbox"

relay_option = click.option(
    "--relay", metavar="URL", envvar="LETTERS_RELAY", show_envvar=True,
    help="smtp://login@host:587, smtps://login@host:465, or maildir:DIR. Without one, a rehearsal "
    "into the Maildir `outbox`.",
)  # fmt: skip


@dataclass(frozen=True)
class ChosenRelay:
    """A relay's URL, the source that named it (None: a flag), and where a Maildir's path starts."""

    url: str
    parsed: RelayURL
    source: str | None
    base: Path

    @property
    def is_rehearsal(self) -> bool:
        """Whether letters go into a folder, and nothing is mailed."""
        return self.parsed.scheme == "maildir"


def choose(desk: Desk, flag: str | None, *, outbox: str = OUTBOX) -> ChosenRelay:
    """Flag > environment > `.env` > a rehearsal into `outbox`. Raises ConfigurationError."""
    source = click.get_current_context().get_parameter_source("relay")
    by_flag = flag is not None and source is click.core.ParameterSource.COMMANDLINE
    named = None if by_flag else desk.environment.find("LETTERS_RELAY")
    if by_flag and flag is not None:
        chosen = ChosenRelay(flag, parse_relay(flag), None, desk.here)
    elif named:
        chosen = ChosenRelay(named.value, _parsed(named), named.source, named.folder)
    else:
        home = desk.campaign.home
        chosen = ChosenRelay(outbox, parse_relay(outbox), "default", home)
    if chosen.parsed.password is not None and chosen.source in {None, "environment"}:
        raise ConfigurationError(
            "a password may not stand in the relay's URL here, where others on this machine see it",
            "set LETTERS_RELAY_PASSWORD in a .env file, or leave it out: it is asked for",
        )
    return chosen


def _parsed(named: Named) -> RelayURL:
    try:
        return parse_relay(named.value)
    except ConfigurationError as error:
        raise named.wrong(error.message, error.hint) from None


def connectable(desk: Desk, relay: ChosenRelay, *, pipelining: bool = True) -> "Transport":
    """The transport of a chosen relay; a missing password is asked for on a terminal."""
    from letters.transport.open import open_transport

    password = None
    if relay.parsed.needs_password:
        password = desk.environment.password(relay.source) or _asked(relay)
    return open_transport(
        relay.url,
        password=password,
        base=relay.base,
        pipelining=pipelining,
        dsn=desk.campaign.settings.delivery.dsn,
    )


def _asked(relay: ChosenRelay) -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"{relay.parsed} wants a password for {relay.parsed.login}",
            "set LETTERS_RELAY_PASSWORD where the relay is set, or run this on a terminal",
        )
    prompt = f"Password of {relay.parsed.login} at {relay.parsed.host}"
    password: str = click.prompt(prompt, hide_input=True, err=True)
    return password
