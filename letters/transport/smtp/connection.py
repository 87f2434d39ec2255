"""One SMTP session (RFC 5321): in turn, or pipelined (RFC 2920) where offered.

`protocol` carries bytes, `commands` writes the lines; here is decided which reply is expected when,
and when a letter is in doubt.
"""

from contextlib import suppress

from msgspec import structs

from letters.message.message import Message
from letters.transport.smtp.commands import LONE_DOT, QUIT, RSET, Commands, data
from letters.transport.smtp.pipelining import DotPipelining
from letters.transport.smtp.protocol import Reply, SessionEnded, SmtpProtocol, Timeouts
from letters.verdict import Concern, Outcome, Stage, Verdict, closes, read_reply

_NEGATIVE = 400  # a reply code below it is positive, though not the one that was expected
_ENVELOPE_ACCEPTED = [2, 2, 3]  # first digits of the replies to MAIL, RCPT, DATA
_PIPELINING_HINT = "; if this happens again, try --no-pipelining"
_BEHIND_DOT = "; an envelope followed the dot, which is not done again at this relay"
_OUT_OF_STEP = frozenset((500, 502, 503))  # RFC 5321 4.2.4: not what the relay expects now


class SmtpConnection:
    """One connection to a relay.

    With `pipelining`, MAIL, RCPT and DATA of a letter leave in one write, behind the dot of the
    letter before where that one is handed over with `then` and the relay is known to support it:
    one exchange a letter.
    """

    def __init__(
        self,
        protocol: SmtpProtocol,
        commands: Commands,
        timeouts: Timeouts,
        pipelining: DotPipelining | None,
    ) -> None:
        self._protocol = protocol
        self._commands = commands
        self._timeouts = timeouts
        self._pipelining = pipelining
        self._envelope = (
            (Stage.MAIL, 2, timeouts.mail),
            (Stage.RCPT, 2, timeouts.rcpt),
            (Stage.DATA, 3, timeouts.data),
        )
        self._accepted: Message | None = (
            None  # its envelope was accepted (354), its data not yet sent
        )
        self._announced: Message | None = (
            None  # its envelope was sent, the replies are not read yet
        )
        self._needs_reset = False  # the relay may still hold the envelope of a refused letter

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._protocol.ended

    async def offer(self, message: Message) -> Verdict | None:
        """Send MAIL, RCPT and DATA, unless they were sent already; None when the relay answers 354."""
        if self._accepted is not None:
            raise RuntimeError("the letter before was offered and not handed over")
        announced, self._announced = self._announced, None
        if announced is not None and not _same(announced, message):
            self._protocol.abort("another letter was announced")
            raise RuntimeError(
                "the letter whose envelope was sent behind the dot must be offered next"
            )
        if announced is None:
            verdict = await self._send_envelope(message)
        else:
            verdict = await self._pipelined_replies()
            self._note_trial(verdict)
        if verdict is None:
            self._accepted = message
        return verdict

    def _note_trial(self, verdict: Verdict | None) -> None:
        """What the answers to an envelope behind a dot say of the relay."""
        if self._pipelining is None:
            return
        if verdict is None or verdict.concern is not Concern.RELAY:
            self._pipelining.answered()
        elif verdict.code < _NEGATIVE or verdict.code in _OUT_OF_STEP:
            self._pipelining.lost_envelope()
        else:
            self._pipelining.undecided()

    async def _send_envelope(self, message: Message) -> Verdict | None:
        lines = self._commands.envelope(message)
        if isinstance(lines, Verdict):
            return lines
        reset = RSET if self._needs_reset else b""
        if self._pipelining is not None:
            self._protocol.send_commands(reset + b"".join(lines))
            return await self._reset_done() or await self._pipelined_replies()
        if reset:
            self._protocol.send_commands(reset)
        return await self._reset_done() or await self._one_by_one(lines)

    async def _reset_done(self) -> Verdict | None:
        """Read the reply to RSET, which is always 250 (RFC 5321 4.1.1.5); None when it is, or not needed.

        RSET is sent with the next letter only, so that it costs no round trip of its own.
        """
        if not self._needs_reset:
            return None
        try:
            reply = await self._protocol.reply(self._timeouts.mail)
        except SessionEnded as ended:
            return read_reply(Stage.MAIL, 0, str(ended))
        self._needs_reset = False
        if reply.code // 100 == 2:  # noqa: PLR2004
            return None
        said = "the relay refused RSET after a refused letter"
        self._protocol.abort(said)
        return Verdict(Outcome.DEFERRED, Concern.RELAY, f"{said}: {reply.text}", reply.code)

    async def _one_by_one(self, lines: tuple[bytes, ...]) -> Verdict | None:
        """One command, one reply, until one is refused."""
        for line, (stage, expected, seconds) in zip(lines, self._envelope, strict=True):
            self._protocol.send_commands(line)
            if refusal := await self._refusal(stage, expected, seconds):
                return refusal
        return None

    async def _pipelined_replies(self) -> Verdict | None:
        """Read the replies to MAIL, RCPT and DATA sent in one piece: the first refusal decides."""
        if self._protocol.take_replies(
            _ENVELOPE_ACCEPTED
        ):  # usually they came with the dot's reply
            return None
        mail, rcpt, data_refusal = [await self._refusal(*step) for step in self._envelope]
        refusal = mail or rcpt or data_refusal
        if refusal is None:
            return None
        if data_refusal is None and not self.closed:
            await self._leave_data(rcpt)
        if refusal.code == 0:
            return structs.replace(refusal, said=refusal.said + _PIPELINING_HINT)
        return refusal

    async def _refusal(self, stage: Stage, expected: int, seconds: float) -> Verdict | None:
        """Read one reply; None when it is the expected one."""
        try:
            reply = await self._protocol.reply(seconds)
        except SessionEnded as ended:
            return read_reply(stage, 0, str(ended))
        if reply.code // 100 == expected:
            return None
        return self._verdict_of(stage, reply)

    def _verdict_of(self, stage: Stage, reply: Reply) -> Verdict:
        verdict = read_reply(stage, reply.code, reply.text)
        if closes(reply.code, reply.text) or reply.code < _NEGATIVE:
            self._protocol.abort("the relay ended the session")
        self._needs_reset = True
        return verdict

    async def _leave_data(self, rcpt: Verdict | None) -> None:
        """Leave the data phase (354) of a letter whose MAIL or RCPT was refused.

        RFC 2920 3.1: without a recipient, send a lone dot; its reply decides nothing but must be read.
        """
        if rcpt is None:
            self._protocol.abort("the relay accepted a recipient of a letter that it refused")
            return
        self._protocol.send_commands(LONE_DOT)
        with suppress(SessionEnded):
            reply = await self._protocol.reply(self._timeouts.dot)
            if closes(reply.code, reply.text) or reply.code // 100 == 3:  # noqa: PLR2004
                self._protocol.abort("the relay ended the session")

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Send data and final dot. Lost before the first byte of data: not accepted; after it: in doubt.

        `then` must be the letter offered next, or the connection be closed.
        """
        if self._accepted is None or not _same(self._accepted, message):
            raise RuntimeError("the letter was not offered")
        content, end = data(message)
        self._accepted = None
        if self._protocol.interrupted:
            return await self._answer(Stage.DATA)
        behind = self._behind(then)
        try:
            sent = await self._protocol.send_data(content, end + behind, self._timeouts.block)
        except SessionEnded as ended:
            verdict, sent = read_reply(Stage.MID_DATA, 0, str(ended)), False
        else:
            verdict = await self._answer(Stage.DOT if sent else Stage.MID_DATA)
        if behind:
            return self._verdict_of_dot(verdict, then, sent=sent)
        if verdict.outcome is Outcome.SENT and self._pipelining is not None:
            self._pipelining.accepted()
        return verdict

    async def _answer(self, stage: Stage) -> Verdict:
        """Read the reply to the data; it ends the session where it does not answer the dot."""
        try:
            reply = await self._protocol.reply(self._timeouts.dot)
        except SessionEnded as ended:
            return read_reply(stage, 0, str(ended))
        verdict = read_reply(stage, reply.code, reply.text)
        if (
            stage is not Stage.DOT
            or closes(reply.code, reply.text)
            or verdict.outcome is Outcome.IN_DOUBT
        ):
            self._protocol.abort("the relay ended the session")
        return verdict

    def _behind(self, then: Message | None) -> bytes:
        """The envelope of the letter that follows, if it may be sent behind the dot."""
        if then is None or self._pipelining is None:
            return b""
        lines = self._commands.envelope(then)
        if isinstance(lines, Verdict) or not self._pipelining.begin():
            return b""
        return b"".join(lines)

    def _verdict_of_dot(self, verdict: Verdict, then: Message | None, *, sent: bool) -> Verdict:
        """The verdict of a letter whose dot, if `sent`, had the envelope of the next one behind it."""
        if self._pipelining is None:
            return verdict
        if sent and verdict.outcome is Outcome.IN_DOUBT:
            self._pipelining.lost_answer()
            return structs.replace(verdict, said=verdict.said + _BEHIND_DOT)
        if not sent or closes(verdict.code, verdict.said):
            self._pipelining.undecided()
        else:
            self._announced = then
        return verdict

    async def aclose(self) -> None:
        """Send QUIT and close; without QUIT when a letter was announced and not handed over."""
        if self._announced is not None and self._pipelining is not None:
            self._pipelining.undecided()
        if self._accepted is not None or self._announced is not None:
            # RFC 5321 4.1.1.4: without a dot nothing was sent.
            self._protocol.abort("the letter announced was not handed over")
        elif not self.closed:
            with suppress(SessionEnded):
                self._protocol.send_commands(QUIT)
                await self._protocol.reply(self._timeouts.quit)
        await self._protocol.aclose(self._timeouts.quit)


def _same(one: Message, other: Message) -> bool:
    return one.message_id == other.message_id and one.envelope == other.envelope
