"""Handing over to a relay by SMTP (RFC 5321), one command and one reply at a time.

`connecting` makes the connection, `dialogue` carries it; what is said and what the answers mean
for a letter is here. Leans on `verdict`.
"""

import asyncio
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress

from letters.errors import RelayRefused
from letters.message import Message
from letters.transport.connecting import connect
from letters.transport.dialogue import CLOSING, Dialogue, Lost, Reply, Timeouts, stuffed
from letters.transport.url import RelayURL
from letters.verdict import Concern, Outcome, Stage, Verdict, read_reply

_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f<>]")


class SmtpTransport:
    """Hands over to one relay: STARTTLS on `smtp:`, TLS on `smtps:`, neither on `smtp+plain:`.

    `password` goes before the URL's own. `tls_context` replaces the machine's trust store.
    """

    channel = "mail"

    def __init__(
        self,
        relay: RelayURL,
        *,
        password: str | None = None,
        timeouts: Timeouts | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._relay = relay
        self._password = relay.password if password is None else password
        self._timeouts = timeouts or Timeouts()
        self._context = tls_context

    @property
    def relay(self) -> str:
        """The relay's URL without login and password."""
        return str(self._relay)

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine."""
        return self._relay.loopback

    async def open(self) -> "SmtpLane":
        """Connect, secure, log in; raises RelayUnavailable and RelayRefused."""
        if self._relay.login is not None and self._password is None:
            raise RelayRefused(
                f"{self.relay} wants a password for {self._relay.login}, and there is none",
                "Set LETTERS_RELAY_PASSWORD, in .env or in the environment.",
            )
        context = await self._tls() if self._relay.scheme != "smtp+plain" else None
        made = await connect(self._relay, self._password, context, self._timeouts)
        dialogue = Dialogue(made.transport)
        made.transport.set_protocol(dialogue)
        return SmtpLane(dialogue, made.offers, self._timeouts)

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        return self._context

    async def aclose(self) -> None:
        """Do nothing: lanes share nothing."""


class SmtpLane:
    """One connection to a relay. `offers` are the relay's extensions (RFC 5321 4.1.1.1)."""

    def __init__(self, dialogue: Dialogue, offers: Mapping[str, str], timeouts: Timeouts) -> None:
        self._dialogue = dialogue
        self._offers = offers
        self._timeouts = timeouts
        self._agreed = False

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._dialogue.over

    async def offer(self, message: Message) -> Verdict | None:
        """Say MAIL, RCPT and DATA; None when the relay says go on. A refused letter is reset."""
        if self._agreed:
            raise RuntimeError("the letter before was offered and not handed over")
        if unfit := self._unfit(message):
            return unfit
        for stage, command, expected, seconds in self._commands(message):
            try:
                reply = await self._dialogue.ask(command, seconds)
            except Lost as lost:
                return read_reply(stage, 0, str(lost))
            if reply.code // 100 != expected:
                return await self._refused(stage, reply)
        self._agreed = True
        return None

    def _commands(self, message: Message) -> Iterator[tuple[Stage, bytes, int, float]]:
        envelope, timeouts = message.envelope, self._timeouts
        size = f" SIZE={message.size}" if "size" in self._offers else ""  # RFC 1870 5
        plain = envelope.sender.isascii() and envelope.recipient.isascii()
        utf8 = "" if plain else " SMTPUTF8"  # RFC 6531 3.4
        mail = f"MAIL FROM:<{envelope.sender}>{size}{utf8}\r\n".encode()
        rcpt = f"RCPT TO:<{envelope.recipient}>\r\n".encode()
        yield Stage.MAIL, mail, 2, timeouts.mail
        yield Stage.RCPT, rcpt, 2, timeouts.rcpt
        yield Stage.DATA, b"DATA\r\n", 3, timeouts.data

    def _unfit(self, message: Message) -> Verdict | None:
        envelope = message.envelope
        if said := _unsayable(envelope.sender, self._offers):
            return Verdict(Outcome.REJECTED, Concern.SENDER, said)
        if said := _unsayable(envelope.recipient, self._offers):
            return Verdict(Outcome.REJECTED, Concern.RECIPIENT, said)
        limit = self._offers.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < message.size:
            said = f"the letter has {message.size} octets, the relay takes {limit}"
            return Verdict(Outcome.REJECTED, Concern.MESSAGE, said)
        return None

    async def _refused(self, stage: Stage, reply: Reply) -> Verdict:
        verdict = read_reply(stage, reply.code, reply.text)
        if reply.code == CLOSING or verdict.code < 400:  # noqa: PLR2004  neither 4yz nor 5yz
            self._dialogue.abort("the relay closed the conversation")
            return verdict
        with suppress(Lost):
            reset = await self._dialogue.ask(b"RSET\r\n", self._timeouts.mail)
            if reset.code // 100 != 2:  # noqa: PLR2004  RFC 5321 4.1.1.5: 250, always
                self._dialogue.abort("the relay did not forget the letter it refused")
        return verdict

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Send data and final dot; lost before the first byte, surely not taken, else in doubt."""
        del then
        if not self._agreed:
            raise RuntimeError("the letter was not offered")
        content, stage = message.content, Stage.DATA
        self._agreed = False
        try:
            if not self._dialogue.interrupted:
                stage = Stage.MID_DATA
                if await self._dialogue.send(stuffed(content), self._timeouts.block):
                    stage = Stage.DOT
            reply = await self._dialogue.reply(self._timeouts.dot)
        except Lost as lost:
            return read_reply(stage, 0, str(lost))
        verdict = read_reply(stage, reply.code, reply.text)
        if stage is not Stage.DOT or reply.code == CLOSING or verdict.outcome is Outcome.IN_DOUBT:
            self._dialogue.abort("the relay left the conversation")
        return verdict

    async def aclose(self) -> None:
        """Say QUIT and let go; without a word when a letter was agreed on and not handed over."""
        if self._agreed:
            self._dialogue.abort("the letter agreed on was not handed over")
        elif not self.closed:
            with suppress(Lost):
                await self._dialogue.ask(b"QUIT\r\n", self._timeouts.quit)
        await self._dialogue.aclose(self._timeouts.quit)


def _unsayable(address: str, offers: Mapping[str, str]) -> str:
    """Say why an address cannot stand in a command, or nothing."""
    if _UNSAYABLE.search(address):
        return "the address holds characters that no relay can be told"
    if address.isascii() or "smtputf8" in offers:
        return ""
    return "the address is not ASCII, and the relay offers no SMTPUTF8"
