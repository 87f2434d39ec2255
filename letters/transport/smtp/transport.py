"""Handing over to a relay by SMTP: what all connections to it share."""

import asyncio
import ssl
from pathlib import Path

from letters.errors import LoginRefused, RelayRefused
from letters.limits.open import account_name
from letters.transport.smtp.commands import Commands
from letters.transport.smtp.connect import connect
from letters.transport.smtp.connection import SmtpConnection
from letters.transport.smtp.ehlo import machine_name, public_name
from letters.transport.smtp.pipelining import DotPipelining
from letters.transport.smtp.protocol import SmtpProtocol, Timeouts
from letters.transport.url import RelayURL


class SmtpTransport:
    """Hands over to one relay: STARTTLS on `smtp:`, TLS on `smtps:`, neither on `smtp+plain:`.

    `password` goes before the URL's own. `tls_context` replaces the machine's trust store.
    `pipelining` and `dsn` are used where the relay offers them. `state` is the person's state folder,
    where it is remembered which relays fail at pipelining; None: not remembered. In EHLO the relay is
    told `ehlo_name`; without one, this machine's full name, else `domain`, the sender's, else our address.
    """

    channel = "mail"

    def __init__(
        self,
        relay: RelayURL,
        *,
        password: str | None = None,
        timeouts: Timeouts | None = None,
        tls_context: ssl.SSLContext | None = None,
        pipelining: bool = True,
        dsn: bool = False,
        state: Path | None = None,
        ehlo_name: str = "",
        domain: str = "",
    ) -> None:
        self._relay = relay
        self._password = relay.password if password is None else password
        self._timeouts = timeouts or Timeouts()
        self._context = tls_context
        self._pipelining = pipelining
        self._behind_dots = DotPipelining(str(relay), state)
        self._dsn = dsn
        self._ehlo_name = ehlo_name or None  # None: not yet found out
        self._domain = public_name(domain)
        self._login_refused: LoginRefused | None = None

    @property
    def relay(self) -> str:
        """The relay's URL without login and password."""
        return str(self._relay)

    @property
    def account(self) -> str:
        """Host and login."""
        return account_name(self._relay.host, self._relay.login)

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine."""
        return self._relay.loopback

    async def open(self) -> "SmtpConnection":
        """Connect, secure, log in; raises RelayUnavailable, RelayRefused and Parked.

        A refused password is not sent again: that looks like guessing, and providers lock accounts.
        """
        if self._login_refused is not None:
            raise self._login_refused
        if self._relay.login is not None and self._password is None:
            raise RelayRefused(
                f"{self.relay} needs a password for {self._relay.login}, and there is none",
                "Set LETTERS_RELAY_PASSWORD, in .env or in the environment.",
            )
        context = await self._tls() if self._relay.scheme != "smtp+plain" else None
        try:
            if self._ehlo_name is None:
                self._ehlo_name = await machine_name() or self._domain
            established = await connect(
                self._relay, self._password, context, self._timeouts, ehlo_name=self._ehlo_name
            )
        except LoginRefused as refused:
            self._login_refused = refused
            raise
        protocol = SmtpProtocol(established.transport)
        established.transport.set_protocol(protocol)
        commands = Commands(established.extensions, dsn=self._dsn)
        if not self._pipelining or "pipelining" not in established.extensions:
            return SmtpConnection(protocol, commands, self._timeouts, None)
        self._behind_dots.greeted(established.greeting, established.extensions)
        return SmtpConnection(protocol, commands, self._timeouts, self._behind_dots)

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        return self._context

    async def aclose(self) -> None:
        """Do nothing: connections share nothing."""
