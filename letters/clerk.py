"""The clerk of one lane: opens and reopens it, offers letters on it, writes down its verdicts.

Leans on the ports `journal` and `transport`. Which letter, and whether to go on, `mailer` decides.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from letters.errors import LettersError, RelayUnavailable
from letters.journal import Beginning, Claimed, Journal, Settlement
from letters.transport import Lane, Transport

VERDICT_DURABLE_WITHIN = 0.2
"""Seconds: a verdict waits no longer than this for the letter that follows (P3)."""

_WONDERED_AT = 5.0  # seconds


class Clerk:
    """Works one lane.

    `reopen` are the pauses, in seconds, before each try to reach again a relay that was `reached`
    and let go. `alone` says whether no other lane is open: then this one's failure is the run's.
    `pausing` hears of a pause that a person would wonder at, with the reason. `letter` is the one
    that the lane has in hand and that has not been offered.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        *,
        reopen: Sequence[float],
        alone: Callable[[], bool],
        reached: Callable[[], bool],
        pausing: Callable[[timedelta, str], None],
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._reopen = reopen
        self._alone = alone
        self._reached = reached
        self._pausing = pausing
        self._unwritten: list[Settlement] = []
        self._noted_at = 0.0  # the oldest verdict unwritten, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._writings: deque[asyncio.Task[None]] = deque()
        self.lane: Lane | None = None
        self.letter: Claimed | None = None
        self.losses = 0

    @property
    def tired(self) -> bool:
        """Whether the relay has let go as often in a row as there are pauses, and once more."""
        return self.losses > len(self._reopen)

    async def opened(self) -> Lane | None:
        """Open a lane; a relay that has let go is given time before it is asked again.

        None when the relay does not want this lane beside the others: fewer lanes. Raises what
        Transport.open raises.
        """
        while not self.tired:
            if self.losses:
                await self._pause(self._reopen[self.losses - 1])
            try:
                self.lane = await self._transport.open()
            except LettersError as error:
                spare = not self.losses and not self._alone()  # the others do without it
                self.losses += 1
                again = self._reached() and isinstance(error, RelayUnavailable) and not self.tired
                if again and not spare:
                    continue
                if self._alone():
                    raise
                return None
            else:
                return self.lane
        return None

    async def _pause(self, seconds: float) -> None:
        if seconds >= _WONDERED_AT:
            self._pausing(
                timedelta(seconds=seconds), "the relay let go of a lane; it is tried again"
            )
        await asyncio.sleep(seconds)

    @property
    def able(self) -> bool:
        """Whether there is a lane that can carry a letter."""
        return self.lane is not None and not self.lane.closed

    @property
    def at_work(self) -> Lane:
        """The lane, which must be open."""
        if self.lane is None:
            raise RuntimeError("the lane is not open")
        return self.lane

    def note(self, settlement: Settlement) -> None:
        """Keep a verdict until it is written, with the next beginning or soon after."""
        loop = asyncio.get_running_loop()
        if not self._unwritten:
            self._noted_at = loop.time()
        self._unwritten.append(settlement)
        if self._timer is None:
            self._timer = loop.call_later(VERDICT_DURABLE_WITHIN, self._look)

    def _look(self) -> None:
        """Write what no letter that followed took along.

        One timer serves many verdicts: nearly all are written with the next beginning.
        """
        self._timer = None
        if not self._unwritten:
            return
        loop, due = asyncio.get_running_loop(), self._noted_at + VERDICT_DURABLE_WITHIN
        if loop.time() < due:
            self._timer = loop.call_at(due, self._look)
        else:
            self._writings.append(asyncio.ensure_future(self._write()))

    async def write(self, *beginnings: Beginning) -> None:
        """Make the verdicts noted, and a beginning, durable together. Raises JournalError."""
        while self._writings:
            await self._writings.popleft()
        await self._write(*beginnings)

    async def _write(self, *beginnings: Beginning) -> None:
        settlements, self._unwritten = self._unwritten, []
        if not (settlements or beginnings):
            return
        try:
            await self._journal.advance(settlements, beginnings)
        except BaseException:
            self._unwritten = settlements + self._unwritten
            raise

    async def close(self) -> None:
        """Let go of the lane, politely where it is still open."""
        if self._timer is not None and not self._unwritten:
            self._timer.cancel()
            self._timer = None
        lane, self.lane = self.lane, None
        if lane is not None:
            await lane.aclose()
