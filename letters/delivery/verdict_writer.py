"""The verdicts of one connection, made durable with its next beginning or within 200 ms (P3)."""

import asyncio
from collections.abc import Callable

from letters.errors import LettersError
from letters.journal.interface import Journal
from letters.journal.types import Beginning, Settlement

_WRITE_AFTER = 0.15  # seconds: a verdict is durable within 200 ms, whatever follows (P3)
_AT_ONCE = 32  # verdicts; SQLite takes a bounded number of values in one statement


class VerdictWriter:
    """Keeps verdicts until they are written; `on_error` is called with the error of a failed late write."""

    def __init__(self, journal: Journal, on_error: Callable[[LettersError], None]) -> None:
        self._journal = journal
        self._on_error = on_error
        self._unwritten: list[Settlement] = []
        self._added_at = 0.0  # when the oldest unwritten verdict was added, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def add(self, settlement: Settlement) -> None:
        """Keep a verdict until it is written, with the next beginning or soon after."""
        loop = asyncio.get_running_loop()
        if not self._unwritten:
            self._added_at = loop.time()
        self._unwritten.append(settlement)
        if self._timer is None:
            self._timer = loop.call_later(_WRITE_AFTER, self._write_if_due)

    async def write(self, *beginnings: Beginning) -> None:
        """Make the verdicts kept, and a beginning, durable together. Raises JournalError."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        while len(self._unwritten) > _AT_ONCE:
            await self._write()
        await self._write(*beginnings)

    def cancel_timer(self) -> None:
        """Cancel the timer if nothing is left to write."""
        if self._timer is not None and not self._unwritten:
            self._timer.cancel()
            self._timer = None

    def _write_if_due(self) -> None:
        # One timer serves many verdicts: nearly all are written with the next beginning.
        self._timer = None
        if not self._unwritten or (self._writing is not None and not self._writing.done()):
            return
        loop, due = asyncio.get_running_loop(), self._added_at + _WRITE_AFTER
        if loop.time() < due:
            self._timer = loop.call_at(due, self._write_if_due)
        else:
            self._writing = asyncio.ensure_future(self._write_late())

    async def _write_late(self) -> None:
        try:
            while self._unwritten:
                await self._write()
        except LettersError as error:
            self._on_error(error)

    async def _write(self, *beginnings: Beginning) -> None:
        settlements, self._unwritten = self._unwritten[:_AT_ONCE], self._unwritten[_AT_ONCE:]
        if not (settlements or beginnings):
            return
        try:
            await self._journal.advance(settlements, beginnings)
        except Exception:  # not at a cancellation: what is under way will be written
            self._unwritten = settlements + self._unwritten
            raise
