"""Which relay a command hands over to, who named it, and the password that may go with it (P12)."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli.environment import ENVIRONMENT, Variable
from letters.cli.session import Session
from letters.errors import ConfigurationError
from letters.transport.url import RelayURL, parse_relay

if TYPE_CHECKING:
    from letters.transport.interface import Transport

OUTBOX = "maildir:outbox"


@dataclass(frozen=True)
class ChosenRelay:
    """A relay's URL, the source that named it (None: a flag), and where a Maildir's path starts."""

    url: str
    parsed: RelayURL
    source: str | None
    base: Path

    @property
    def is_rehearsal(self) -> bool:
        """Whether letters are written into a folder, and nothing is mailed."""
        return self.parsed.scheme == "maildir"


def choose_relay(session: Session, *, outbox: str = OUTBOX) -> ChosenRelay:
    """The relay of the flag, the environment or `.env`; else a rehearsal into `outbox`.

    Raises ConfigurationError.
    """
    flag = session.relay_flag
    variable = None if flag else session.environment.find("LETTERS_RELAY")
    if flag:
        chosen = ChosenRelay(flag, parse_relay(flag), None, session.here)
    elif variable:
        chosen = ChosenRelay(variable.value, _parsed(variable), variable.source, variable.folder)
    else:
        chosen = ChosenRelay(outbox, parse_relay(outbox), "default", session.campaign.home)
    if chosen.parsed.password is not None and chosen.source in {None, ENVIRONMENT}:
        raise ConfigurationError(
            "a password may not stand in the relay's URL here, where others on this machine see it",
            "set LETTERS_RELAY_PASSWORD in a .env file, or leave it out: it is asked for",
        )
    return chosen


def _parsed(variable: Variable) -> RelayURL:
    try:
        return parse_relay(variable.value)
    except ConfigurationError as error:
        raise variable.wrong(error.message, error.hint) from None


def open_relay(
    session: Session, relay: ChosenRelay, *, pipelining: bool = True, ehlo_name: str = ""
) -> "Transport":
    """The transport of a chosen relay, not connected; a missing password is asked for.

    Raises ConfigurationError, also when there is no terminal to ask on, and JournalError for a
    Maildir that cannot be written.
    """
    from letters.limits.open import state_folder
    from letters.mailbox import parse
    from letters.transport.open import open_transport

    password, settings = None, session.campaign.settings
    if relay.parsed.needs_password:
        password = session.environment.password(relay.source) or _ask_password(relay)
    return open_transport(
        relay.url,
        password=password,
        base=relay.base,
        pipelining=pipelining,
        dsn=settings.delivery.dsn,
        state=state_folder(session.environment.get("LETTERS_STATE")),
        ehlo_name=ehlo_name,
        domain=parse(settings.sender.email).domain,
    )


def _ask_password(relay: ChosenRelay) -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"{relay.parsed} needs a password for {relay.parsed.login}",
            "set LETTERS_RELAY_PASSWORD where the relay is set, or run this on a terminal",
        )
    prompt = f"Password of {relay.parsed.login} at {relay.parsed.host}"
    password: str = click.prompt(prompt, hide_input=True, err=True)
    return password
