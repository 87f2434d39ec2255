"""The clerk of one lane: opens and reopens it, offers letters on it, writes down its verdicts.

Leans on the ports `journal` and `transport`. Which letter, and whether to go on, `mailer` decides.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from letters.errors import LettersError, RelayUnavailable
from letters.journal import Beginning, Journal, Settlement
from letters.message import Message
from letters.transport import Lane, Transport
from letters.verdict import Verdict

VERDICT_DURABLE_WITHIN = 0.2
"""Seconds: a verdict waits no longer than this for the letter that follows (P3)."""

_WONDERED_AT = 5.0  # seconds


class Clerk:
    """Works one lane.

    `reopen` are the pauses, in seconds, before each try to reach again a relay that let go. `alone`
    says whether no other lane could do without this one: then its failure is the run's, and
    `pausing` hears of a pause that a person would wonder at, with the reason.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        *,
        reopen: Sequence[float],
        alone: Callable[[], bool],
        pausing: Callable[[timedelta, str], None],
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._reopen = reopen
        self._alone = alone
        self._pausing = pausing
        self._unwritten: list[Settlement] = []
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._writings: deque[asyncio.Task[None]] = deque()
        self.lane: Lane | None = None
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
                again = self.losses and isinstance(error, RelayUnavailable)
                self.losses += 1
                if not self._alone():
                    return None
                if not again or self.tired:
                    raise
            else:
                return self.lane
        return None

    async def _pause(self, seconds: float) -> None:
        if seconds >= _WONDERED_AT:
            self._pausing(
                timedelta(seconds=seconds), "the relay let go of a lane; it is tried again"
            )
        await asyncio.sleep(seconds)

    async def offer(self, message: Message) -> Verdict | None:
        """Offer a message; None when the relay says go on."""
        if self.lane is None:
            raise RuntimeError("the lane is not open")
        return await self.lane.offer(message)

    async def hand_over(self, message: Message, then: Message | None) -> Verdict:
        """Hand over the message that was offered and begun."""
        if self.lane is None:
            raise RuntimeError("the lane is not open")
        return await self.lane.hand_over(message, then)

    def note(self, settlement: Settlement) -> None:
        """Keep a verdict until it is written, with the next beginning or soon after."""
        self._unwritten.append(settlement)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(VERDICT_DURABLE_WITHIN, self._write_soon)

    async def write(self, *beginnings: Beginning) -> None:
        """Make the verdicts noted, and a beginning, durable together. Raises JournalError."""
        while self._writings:
            await self._writings.popleft()
        await self._write(*beginnings)

    def _write_soon(self) -> None:
        self._writings.append(asyncio.ensure_future(self._write()))

    async def _write(self, *beginnings: Beginning) -> None:
        async with self._turn:  # what is being written must not be written twice
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            settlements = list(self._unwritten)
            if settlements or beginnings:
                await self._journal.advance(settlements, beginnings)
                del self._unwritten[: len(settlements)]

    async def close(self) -> None:
        """Let go of the lane, politely where it is still open."""
        lane, self.lane = self.lane, None
        if lane is not None:
            await lane.aclose()
