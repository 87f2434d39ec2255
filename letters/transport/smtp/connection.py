"""Handing over to a relay by SMTP (RFC 5321): in turn, or pipelined (RFC 2920) where offered.

`connecting` makes the connection, `dialogue` carries it, `commands` words it; what the answers mean
for a letter is decided here. Leans on `verdict`.
"""

import asyncio
import ssl
from contextlib import suppress

from msgspec import structs

from letters.errors import LoginRefused, RelayRefused
from letters.message.message import Message
from letters.transport.smtp.commands import LONE_DOT, QUIT, RSET, Commands, data
from letters.transport.smtp.connect import connect
from letters.transport.smtp.protocol import Dialogue, Lost, Reply, Timeouts
from letters.transport.url import RelayURL
from letters.verdict import Concern, Outcome, Stage, Verdict, closes, read_reply

_TALKS_NONSENSE = 400  # below: a positive reply that the stage does not expect
_WELCOME = [2, 2, 3]  # MAIL, RCPT, DATA
_PERHAPS = "; if this happens again, try --no-pipelining"


class SmtpTransport:
    """Hands over to one relay: STARTTLS on `smtp:`, TLS on `smtps:`, neither on `smtp+plain:`.

    `password` goes before the URL's own. `tls_context` replaces the machine's trust store.
    `pipelining` and `dsn` are used where the relay offers them.
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
    ) -> None:
        self._relay = relay
        self._password = relay.password if password is None else password
        self._timeouts = timeouts or Timeouts()
        self._context = tls_context
        self._pipelining = pipelining
        self._dsn = dsn
        self._locked_out: LoginRefused | None = None

    @property
    def relay(self) -> str:
        """The relay's URL without login and password."""
        return str(self._relay)

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine."""
        return self._relay.loopback

    async def open(self) -> "SmtpConnection":
        """Connect, secure, log in; raises RelayUnavailable, RelayRefused and Parked.

        A password that was refused is not said again: that looks like guessing, and locks accounts.
        """
        if self._locked_out is not None:
            raise self._locked_out
        if self._relay.login is not None and self._password is None:
            raise RelayRefused(
                f"{self.relay} wants a password for {self._relay.login}, and there is none",
                "Set LETTERS_RELAY_PASSWORD, in .env or in the environment.",
            )
        context = await self._tls() if self._relay.scheme != "smtp+plain" else None
        try:
            made = await connect(self._relay, self._password, context, self._timeouts)
        except LoginRefused as refused:
            self._locked_out = refused
            raise
        dialogue = Dialogue(made.transport)
        made.transport.set_protocol(dialogue)
        commands = Commands(made.offers, dsn=self._dsn)
        pipelining = self._pipelining and "pipelining" in made.offers
        return SmtpConnection(dialogue, commands, self._timeouts, pipelining=pipelining)

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        return self._context

    async def aclose(self) -> None:
        """Do nothing: connections share nothing."""


class SmtpConnection:
    """One connection to a relay.

    With `pipelining`, MAIL, RCPT and DATA of a letter leave in one write, behind the dot of the
    letter before where that one is handed over with `then`: one exchange a letter.
    """

    def __init__(
        self, dialogue: Dialogue, commands: Commands, timeouts: Timeouts, *, pipelining: bool
    ) -> None:
        self._dialogue = dialogue
        self._commands = commands
        self._timeouts = timeouts
        self._pipelining = pipelining
        self._envelope = (
            (Stage.MAIL, 2, timeouts.mail),
            (Stage.RCPT, 2, timeouts.rcpt),
            (Stage.DATA, 3, timeouts.data),
        )
        self._agreed: Message | None = None  # the relay said go on to it
        self._ahead: Message | None = None  # its envelope is under way, the replies are unread
        self._refused = False  # the relay may still hold the envelope of a letter it refused

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._dialogue.over

    async def offer(self, message: Message) -> Verdict | None:
        """Say MAIL, RCPT and DATA, unless they are under way; None when the relay says go on."""
        if self._agreed is not None:
            raise RuntimeError("the letter before was offered and not handed over")
        ahead, self._ahead = self._ahead, None
        if ahead is not None and not _same(ahead, message):
            self._dialogue.abort("another letter was announced")
            raise RuntimeError("the letter that rode behind the dot must be offered next")
        verdict = await (self._answers() if ahead is not None else self._fresh(message))
        if verdict is None:
            self._agreed = message
        return verdict

    async def _fresh(self, message: Message) -> Verdict | None:
        lines = self._commands.envelope(message)
        if isinstance(lines, Verdict):
            return lines
        reset = RSET if self._refused else b""
        if self._pipelining:
            self._dialogue.say(reset + b"".join(lines))
            return await self._forgotten() or await self._answers()
        if reset:
            self._dialogue.say(reset)
        return await self._forgotten() or await self._in_turn(lines)

    async def _forgotten(self) -> Verdict | None:
        """None once the relay has forgotten a refused letter: RFC 5321 4.1.1.5, 250 always.

        It is asked before the next letter only, so that this costs no exchange of its own.
        """
        if not self._refused:
            return None
        try:
            reply = await self._dialogue.reply(self._timeouts.mail)
        except Lost as lost:
            return read_reply(Stage.MAIL, 0, str(lost))
        self._refused = False
        if reply.code // 100 == 2:  # noqa: PLR2004
            return None
        said = "the relay did not forget the letter it refused"
        self._dialogue.abort(said)
        return Verdict(Outcome.DEFERRED, Concern.RELAY, f"{said}: {reply.text}", reply.code)

    async def _in_turn(self, lines: tuple[bytes, ...]) -> Verdict | None:
        """One command, one reply, until one is refused."""
        for line, (stage, expected, seconds) in zip(lines, self._envelope, strict=True):
            self._dialogue.say(line)
            if refusal := await self._refusal(stage, expected, seconds):
                return refusal
        return None

    async def _answers(self) -> Verdict | None:
        """Read the replies to MAIL, RCPT and DATA sent in one piece: the first refusal decides."""
        if self._dialogue.answered(_WELCOME):  # in the steady state they came with the dot's
            return None
        mail, rcpt, go_on = [await self._refusal(*step) for step in self._envelope]
        refusal = mail or rcpt or go_on
        if refusal is None:
            return None
        if go_on is None and not self.closed:
            await self._unwanted(rcpt)
        if refusal.code == 0:
            return structs.replace(refusal, said=refusal.said + _PERHAPS)
        return refusal

    async def _refusal(self, stage: Stage, expected: int, seconds: float) -> Verdict | None:
        """Read one reply; None when it is the expected one, which the conversation goes on after."""
        try:
            reply = await self._dialogue.reply(seconds)
        except Lost as lost:
            return read_reply(stage, 0, str(lost))
        if reply.code // 100 == expected:
            return None
        return self._judged(stage, reply)

    def _judged(self, stage: Stage, reply: Reply) -> Verdict:
        verdict = read_reply(stage, reply.code, reply.text)
        if closes(reply.code, reply.text) or reply.code < _TALKS_NONSENSE:
            self._dialogue.abort("the relay left the conversation")
        self._refused = True
        return verdict

    async def _unwanted(self, rcpt: Verdict | None) -> None:
        """Leave the data of a letter that the relay refused before it said go on.

        RFC 2920 3.1: without a recipient a lone dot, whose reply settles nothing but must be read.
        """
        if rcpt is None:
            self._dialogue.abort("the relay took a recipient of a letter that it refused")
            return
        self._dialogue.say(LONE_DOT)
        with suppress(Lost):
            reply = await self._dialogue.reply(self._timeouts.dot)
            if closes(reply.code, reply.text) or reply.code // 100 == 3:  # noqa: PLR2004
                self._dialogue.abort("the relay left the conversation")

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Send data and final dot; lost before the first byte, surely not taken, else in doubt.

        `then` must be the letter offered next, or the connection be left.
        """
        if self._agreed is None or not _same(self._agreed, message):
            raise RuntimeError("the letter was not offered")
        content, end = data(message)
        behind = self._behind(then)
        self._agreed = None
        stage = Stage.DATA
        try:
            if not self._dialogue.interrupted:
                stage = Stage.MID_DATA
                if await self._dialogue.send(content, end + behind, self._timeouts.block):
                    stage = Stage.DOT
            reply = await self._dialogue.reply(self._timeouts.dot)
        except Lost as lost:
            return read_reply(stage, 0, str(lost))
        verdict = read_reply(stage, reply.code, reply.text)
        if (
            stage is not Stage.DOT
            or closes(reply.code, reply.text)
            or verdict.outcome is Outcome.IN_DOUBT
        ):
            self._dialogue.abort("the relay left the conversation")
        elif behind:
            self._ahead = then
        return verdict

    def _behind(self, then: Message | None) -> bytes:
        """The envelope of the letter that follows, where it can ride behind the dot."""
        if then is None or not self._pipelining:
            return b""
        lines = self._commands.envelope(then)
        return b"" if isinstance(lines, Verdict) else b"".join(lines)

    async def aclose(self) -> None:
        """Say QUIT and let go; without a word when a letter was announced and not handed over."""
        if self._agreed is not None or self._ahead is not None:
            # RFC 5321 4.1.1.4: without a dot nothing was sent.
            self._dialogue.abort("the letter announced was not handed over")
        elif not self.closed:
            with suppress(Lost):
                self._dialogue.say(QUIT)
                await self._dialogue.reply(self._timeouts.quit)
        await self._dialogue.aclose(self._timeouts.quit)


def _same(one: Message, other: Message) -> bool:
    return one.message_id == other.message_id and one.envelope == other.envelope
