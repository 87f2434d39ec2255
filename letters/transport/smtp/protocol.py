"""The bytes of an SMTP session, once aiosmtplib has made the connection: commands out, replies in.

Replies are queued, so that several commands may be pipelined; each turn is one write. What a reply
means is decided in `connection`.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

MAX_LINE = 4096  # RFC 5321 4.5.3.1.5 allows 512 octets; some relays send more
MAX_LINES = 100
BLOCK = 1 << 16
CLOSING = 421  # RFC 5321 3.8: at any time, and the relay then closes the connection

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each answer may take, in seconds: RFC 5321 4.5.3.2, and our own for the rest.

    `greeting` also bounds EHLO, STARTTLS and AUTH, `block` the wait until 64 KiB of data are gone.
    """

    connect: float = 60
    greeting: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600
    quit: float = 5


class Reply(NamedTuple):
    """One reply: its code, and the text of its lines joined by LF."""

    code: int
    text: str


class SessionEnded(Exception):
    """The session has ended and no reply will come; the message says why."""


class SmtpProtocol(asyncio.Protocol):
    """Takes over a connected transport by `transport.set_protocol`.

    Only one task waits at a time. A task that is cancelled while it waits ends the session, since the
    next reply could no longer be matched to its command. Replies may end in a bare LF. A line over
    4096 octets, over 100 lines, a code that changes within a reply, or what is not a reply, ends the
    session.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._replies: deque[Reply] = deque()
        self._incomplete = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._paused = False
        self._ended = ""
        self._disconnected = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timeout = 0.0  # seconds
        self._deadline: float | None = None  # on the loop's clock; None: no task waits

    @property
    def ended(self) -> bool:
        """Whether the session has ended, from either side."""
        return bool(self._ended)

    @property
    def interrupted(self) -> bool:
        """Whether an unexpected reply is here, or the session has ended."""
        return bool(self._replies or self._ended)

    def send_commands(self, commands: bytes) -> None:
        """Send commands in one write; `reply` then returns one reply for each.

        A 421 that came before is the answer to them (RFC 5321 3.8); any other early reply ends the
        session.
        """
        if not self._replies:
            self._write(commands)
        elif self._replies[0].code != CLOSING:
            self._replies.clear()
            self.abort("the relay sent a reply without a command")

    def take_replies(self, expected: list[int]) -> bool:
        """Take the next replies if all are here and their codes begin with these digits; else none."""
        if [reply.code // 100 for reply in islice(self._replies, len(expected))] != expected:
            return False
        for _ in expected:
            self._replies.popleft()
        return True

    async def reply(self, seconds: float) -> Reply:
        """Wait for the next reply; raises SessionEnded."""
        if not self._replies:
            await self._until(self._replies.__len__, seconds)
        return self._replies.popleft()

    async def send_data(self, content: bytes, end: bytes, seconds: float) -> bool:
        """Send content in blocks, the last one together with `end`, in one write.

        False when a reply came before that one was sent. Raises SessionEnded, also when a block takes
        more than `seconds`.
        """
        start = 0
        for start in range(BLOCK, len(content), BLOCK):
            await self._send_block(content[start - BLOCK : start], seconds)
            await asyncio.sleep(0)  # lets a reply or a loss be noticed before the last block
            if self._replies:
                return False
        await self._send_block((content[start:] if start else content) + end, seconds)
        return True

    async def _send_block(self, block: bytes, seconds: float) -> None:
        self._write(block)
        if self._paused:
            await self._until(lambda: not self._paused or bool(self._replies), seconds)

    def _write(self, octets: bytes) -> None:
        if not self._ended:
            self._transport.write(octets)

    async def _until(self, ready: Callable[[], object], seconds: float) -> None:
        self._set_deadline(seconds)
        try:
            while not ready():
                if self._ended:
                    raise SessionEnded(self._ended)
                await self._wait_for_event()
        except asyncio.CancelledError:
            self.abort("waiting for the relay was cancelled")
            raise
        finally:
            self._deadline = None

    def _set_deadline(self, seconds: float) -> None:
        # A running timer that ends earlier is kept: it costs less than a new one for every reply.
        self._timeout, self._deadline = seconds, self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._start_timer(self._deadline)

    def _start_timer(self, when: float) -> None:
        self._stop_timer()
        self._timer = self._loop.call_at(when, self._timer_ended)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timer_ended(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self._start_timer(self._deadline)
        else:
            self.abort(f"the relay sent nothing for {self._timeout:g} seconds")

    async def _wait_for_event(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def abort(self, reason: str) -> None:
        """End the session at once, without sending anything more."""
        self._stop_timer()
        self._ended = self._ended or reason
        if (
            not self._disconnected
        ):  # asyncio's transport fails when it is aborted after the connection was lost
            self._transport.abort()
        self._wake()

    async def aclose(self, seconds: float) -> None:
        """Close the connection, waiting no longer than `seconds` for the other side."""
        self._ended = self._ended or "we closed the connection"
        self._stop_timer()
        self._transport.close()
        try:
            async with asyncio.timeout(seconds):
                while not self._disconnected:
                    await self._wait_for_event()
        except TimeoutError:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Split what was received into reply lines."""
        *lines, self._incomplete = (self._incomplete + data).split(b"\n")
        for line in lines:
            if not self._ended:
                self._line_received(line.removesuffix(b"\r"))
        if len(self._incomplete) > MAX_LINE:
            self._protocol_error("a line that does not end: ", self._incomplete)
        if len(self._replies) > MAX_LINES:
            self._protocol_error("replies without a command: ", lines[-1])
        if self._replies:
            self._wake()

    def _line_received(self, line: bytes) -> None:
        found = _parsed(line)
        if found is None:
            self._protocol_error("not an SMTP reply: ", line)
            return
        code, continues, text, alone = found
        if not continues and not self._lines:
            self._replies.append(alone)
            return
        self._lines.append(text)
        if code != (self._code or code) or len(self._lines) > MAX_LINES:
            self._protocol_error("a reply that changes its code or does not end: ", line)
        elif continues:
            self._code = code
        else:
            said = b"\n".join(self._lines).decode("utf-8", "backslashreplace")
            self._replies.append(Reply(int(code), said))
            self._lines, self._code = [], b""

    def _protocol_error(self, what: str, line: bytes) -> None:
        self._incomplete = b""
        if not self._ended:
            self.abort(what + line[:80].decode("utf-8", "backslashreplace"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone."""
        del exc
        self._disconnected = True
        self._ended = self._ended or "the connection was lost"
        self._stop_timer()
        self._wake()

    def pause_writing(self) -> None:
        """Pause before the next block (asyncio's flow control)."""
        self._paused = True

    def resume_writing(self) -> None:
        """Send the next block."""
        self._paused = False
        self._wake()


@lru_cache(maxsize=64)  # a relay sends the same few lines for every letter
def _parsed(line: bytes) -> tuple[bytes, bool, bytes, Reply] | None:
    """Code, whether further lines follow, text, and the reply that the line alone would be.

    None when it is not a line of a reply.
    """
    found = _REPLY_LINE.fullmatch(line) if len(line) <= MAX_LINE else None
    if found is None:
        return None
    code, separator, text = found.groups(b"")
    alone = Reply(int(code), text.decode("utf-8", "backslashreplace"))
    return code, separator == b"-", text, alone
