"""The client's side of an SMTP conversation once aiosmtplib has made the connection.

Replies wait in a deque, so that several commands may be on the way; each turn is one write.
Leans on asyncio alone: what a reply means is decided elsewhere.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

MAX_LINE = 4096  # RFC 5321 4.5.3.1.5 says 512; some relays say more
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


class Lost(Exception):
    """The conversation is over and no reply will come; says why."""


class Dialogue(asyncio.Protocol):
    """Takes over a connected transport by `transport.set_protocol`.

    One task at a time waits here; one that is cancelled ends the conversation, since nobody can
    tell any more whose reply comes next. Replies may end in a bare LF, since that changes no
    meaning; a line over 4096 octets, over 100 lines, a code that changes within a reply or what is
    no reply at all ends the conversation.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._replies: deque[Reply] = deque()
        self._rest = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._paused = False
        self._over = ""
        self._gone = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience = 0.0  # seconds
        self._until_when: float | None = None  # on the loop's clock; None: nobody waits

    @property
    def over(self) -> bool:
        """Whether the conversation has ended, whoever ended it."""
        return bool(self._over)

    @property
    def interrupted(self) -> bool:
        """Whether the relay has spoken unasked, or the conversation has ended."""
        return bool(self._replies or self._over)

    def say(self, commands: bytes) -> None:
        """Send commands in one write; `reply` then gives one reply each.

        What the relay said before it was asked is its answer: 421 is how a relay takes its leave.
        """
        if not self._replies:
            self._write(commands)
        elif self._replies[0].code != CLOSING:
            self._replies.clear()
            self.abort("the relay answered what nobody had asked")

    def answered(self, expected: list[int]) -> bool:
        """Take the next replies, if they are here and their codes begin with these digits."""
        if [reply.code // 100 for reply in islice(self._replies, len(expected))] != expected:
            return False
        for _ in expected:
            self._replies.popleft()
        return True

    async def reply(self, seconds: float) -> Reply:
        """Wait for the next reply; raises Lost."""
        if not self._replies:
            await self._until(self._replies.__len__, seconds)
        return self._replies.popleft()

    async def send(self, content: bytes, end: bytes, seconds: float) -> bool:
        """Send content in blocks, the last one together with `end`, in one write.

        False when the relay spoke before that one left. Raises Lost, also when a block takes more
        than `seconds`.
        """
        start = 0
        for start in range(BLOCK, len(content), BLOCK):
            await self._sent(content[start - BLOCK : start], seconds)
            await asyncio.sleep(0)  # an answer or a loss would else be heard behind the last block
            if self._replies:
                return False
        await self._sent((content[start:] if start else content) + end, seconds)
        return True

    async def _sent(self, block: bytes, seconds: float) -> None:
        self._write(block)
        if self._paused:
            await self._until(lambda: not self._paused or bool(self._replies), seconds)

    def _write(self, octets: bytes) -> None:
        if not self._over:
            self._transport.write(octets)

    async def _until(self, ready: Callable[[], object], seconds: float) -> None:
        self._wait_no_longer_than(seconds)
        try:
            while not ready():
                if self._over:
                    raise Lost(self._over)
                await self._news()
        except asyncio.CancelledError:
            self.abort("we stopped waiting for the relay")
            raise
        finally:
            self._until_when = None

    def _wait_no_longer_than(self, seconds: float) -> None:
        # A timer that has no earlier end stays: a relay answers thousands of times before it ends.
        self._patience, self._until_when = seconds, self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._until_when:
            self._arm(self._until_when)

    def _arm(self, when: float) -> None:
        self._disarm()
        self._timer = self._loop.call_at(when, self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self._until_when is None:
            return
        if self._loop.time() < self._until_when:
            self._arm(self._until_when)
        else:
            self.abort(f"the relay said nothing for {self._patience:g} seconds")

    async def _news(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def abort(self, reason: str) -> None:
        """End the conversation at once, without another word to the relay."""
        self._disarm()
        self._over = self._over or reason
        if not self._gone:  # asyncio's transport breaks when it is aborted after its loss
            self._transport.abort()
        self._wake()

    async def aclose(self, seconds: float) -> None:
        """Let go of the connection, and do not wait longer than `seconds` for the other side."""
        self._over = self._over or "we closed the connection"
        self._disarm()
        self._transport.close()
        try:
            async with asyncio.timeout(seconds):
                while not self._gone:
                    await self._news()
        except TimeoutError:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Take what the relay says, in whatever pieces it comes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not self._over:
                self._take(line.removesuffix(b"\r"))
        if len(self._rest) > MAX_LINE:
            self._garbage("a line that does not end: ", self._rest)
        if len(self._replies) > MAX_LINES:
            self._garbage("replies that nobody asked for: ", lines[-1])
        if self._replies:
            self._wake()

    def _take(self, line: bytes) -> None:
        found = _parsed(line)
        if found is None:
            self._garbage("not an SMTP reply: ", line)
            return
        code, goes_on, text, alone = found
        if not goes_on and not self._lines:
            self._replies.append(alone)
            return
        self._lines.append(text)
        if code != (self._code or code) or len(self._lines) > MAX_LINES:
            self._garbage("a reply that changes its code or does not end: ", line)
        elif goes_on:
            self._code = code
        else:
            said = b"\n".join(self._lines).decode("utf-8", "backslashreplace")
            self._replies.append(Reply(int(code), said))
            self._lines, self._code = [], b""

    def _garbage(self, what: str, line: bytes) -> None:
        self._rest = b""
        if not self._over:
            self.abort(what + line[:80].decode("utf-8", "backslashreplace"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone."""
        del exc
        self._gone = True
        self._over = self._over or "the connection was lost"
        self._disarm()
        self._wake()

    def pause_writing(self) -> None:
        """Hold the next block back (asyncio's flow control)."""
        self._paused = True

    def resume_writing(self) -> None:
        """Let the next block go."""
        self._paused = False
        self._wake()


@lru_cache(maxsize=64)  # a relay says the same few lines for every letter
def _parsed(line: bytes) -> tuple[bytes, bool, bytes, Reply] | None:
    """Code, whether further lines follow, text, and the reply that the line alone would be.

    None when it is no line of a reply.
    """
    found = _REPLY_LINE.fullmatch(line) if len(line) <= MAX_LINE else None
    if found is None:
        return None
    code, separator, text = found.groups(b"")
    alone = Reply(int(code), text.decode("utf-8", "backslashreplace"))
    return code, separator == b"-", text, alone
