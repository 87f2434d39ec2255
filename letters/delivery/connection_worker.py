"""The clerk of one connection: opens it, and writes down what became of its letters.

Leans on the ports `journal` and `transport`. Which letter, and when to open again, `mailer`
decides.
"""

import asyncio
from collections.abc import Callable, Sequence

from letters.errors import LettersError
from letters.journal.interface import Journal
from letters.journal.types import Beginning, Settlement
from letters.transport.interface import Connection, Transport

_WRITE_AFTER = 0.15  # seconds: a verdict is durable within 200 ms, whatever follows (P3)
_AT_ONCE = 32  # verdicts; SQLite takes a bounded number of values in one statement


class Clerk:
    """Works one connection.

    `reopen` are the pauses, in seconds, before each try to reach again a relay that let go. `failed`
    hears of verdicts that could not be written in time.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        *,
        reopen: Sequence[float],
        failed: Callable[[LettersError], None],
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._reopen = reopen
        self._failed = failed
        self._unwritten: list[Settlement] = []
        self._noted_at = 0.0  # the oldest verdict unwritten, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self.losses = 0

    @property
    def tired(self) -> bool:
        """Whether the relay has let go as often in a row as there are pauses, and once more."""
        return self.losses > len(self._reopen)

    @property
    def pause(self) -> float:
        """Seconds to wait before the relay is asked for this connection again."""
        return self._reopen[self.losses - 1] if self.losses else 0.0

    @property
    def able(self) -> bool:
        """Whether there is a connection that can carry a letter."""
        return self.connection is not None and not self.connection.closed

    @property
    def at_work(self) -> Connection:
        """The connection, which must be open."""
        if self.connection is None:
            raise RuntimeError("the connection is not open")
        return self.connection

    async def open(self) -> None:
        """Ask the relay for a connection, once; raises what Transport.open raises."""
        try:
            self.connection = await self._transport.open()
        except LettersError:
            self.losses += 1
            raise

    def note(self, settlement: Settlement) -> None:
        """Keep a verdict until it is written, with the next beginning or soon after."""
        loop = asyncio.get_running_loop()
        if not self._unwritten:
            self._noted_at = loop.time()
        self._unwritten.append(settlement)
        if self._timer is None:
            self._timer = loop.call_later(_WRITE_AFTER, self._look)

    def _look(self) -> None:
        """Write what no letter that followed took along.

        One timer serves many verdicts: nearly all are written with the next beginning.
        """
        self._timer = None
        if not self._unwritten or self._is_writing:
            return
        loop, due = asyncio.get_running_loop(), self._noted_at + _WRITE_AFTER
        if loop.time() < due:
            self._timer = loop.call_at(due, self._look)
        else:
            self._writing = asyncio.ensure_future(self._write_late())

    @property
    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()

    async def _write_late(self) -> None:
        try:
            while self._unwritten:
                await self._write()
        except LettersError as error:
            self._failed(error)

    async def write(self, *beginnings: Beginning) -> None:
        """Make the verdicts noted, and a beginning, durable together. Raises JournalError."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        while len(self._unwritten) > _AT_ONCE:
            await self._write()
        await self._write(*beginnings)

    async def _write(self, *beginnings: Beginning) -> None:
        settlements, self._unwritten = self._unwritten[:_AT_ONCE], self._unwritten[_AT_ONCE:]
        if not (settlements or beginnings):
            return
        try:
            await self._journal.advance(settlements, beginnings)
        except Exception:  # but not a cancelled wait: what is under way will be written
            self._unwritten = settlements + self._unwritten
            raise

    async def leave(self) -> None:
        """Write what was noted, and let go of the connection. Raises JournalError."""
        await self.write()
        await self.close()

    async def close(self) -> None:
        """Let go of the connection, politely where it is still open."""
        if self._timer is not None and not self._unwritten:
            self._timer.cancel()
            self._timer = None
        connection, self.connection = self.connection, None
        if connection is not None:
            await connection.aclose()
