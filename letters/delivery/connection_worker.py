"""One connection of a run: opened when a letter needs it, opened again after a failure, closed.

Here are the order and the spacing of logins, the pauses between attempts, and what a refused
connection means: try again, go on with fewer connections, or stop the run.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from letters.delivery import stop_reasons
from letters.delivery.policy import advice_of
from letters.delivery.queue import LetterQueue
from letters.delivery.run_state import RunState
from letters.delivery.verdict_writer import VerdictWriter
from letters.errors import LettersError, RelayUnavailable, TooFast
from letters.journal.interface import Journal
from letters.journal.types import Claimed
from letters.limits.throttle import LoginSpacing
from letters.transport.interface import Connection, Transport
from letters.verdict import Verdict

RECONNECTING = "the relay closed a connection; it is opened again"
"""Why a run waits before it opens a connection again."""

_REPORT_PAUSES_FROM = 5.0  # seconds
_SPARE_TIMEOUT = 30.0  # seconds to wait for a connection without which the others work on


class ConnectionPool:
    """The workers of one run, and what they share: one connection is opened at a time."""

    def __init__(
        self,
        transport: Transport,
        journal: Journal,
        queue: LetterQueue,
        run: RunState,
        *,
        connections: int,
        reconnect: Sequence[float],
    ) -> None:
        self.transport = transport
        self.queue = queue
        self.run = run
        self.reconnect = reconnect
        self.opening = asyncio.Lock()  # one login at a time: relays count simultaneous logins too
        self.logins = LoginSpacing(connections)
        self.relay_reached = False  # whether the relay accepted a connection in this run
        self.full = False  # whether the relay refused a connection beside the open ones
        self.out_of_letters = asyncio.Event()  # set when a worker finds no letter to send
        self.workers: list[ConnectionWorker] = []
        self.active = 0  # workers that have not ended
        self._journal = journal
        self._connections = connections

    def start(self) -> "list[ConnectionWorker]":
        """New workers, none of them connected yet."""
        writers = (VerdictWriter(self._journal, self.run.fail) for _ in range(self._connections))
        self.workers = [ConnectionWorker(self, writer) for writer in writers]
        self.active, self.full = len(self.workers), False
        return self.workers


class ConnectionWorker:
    """Opens and closes one connection.

    `failures` counts how often it was lost, closed by the relay or refused, since it last carried a
    letter that was accepted.
    """

    def __init__(self, pool: ConnectionPool, writer: VerdictWriter) -> None:
        self._pool = pool
        self._run = pool.run
        self._connection: Connection | None = None
        self.writer = writer
        self.failures = 0

    @property
    def retries_exhausted(self) -> bool:
        """Whether there were more failures in a row than there are pauses between attempts."""
        return self.failures > len(self._pool.reconnect)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that can carry a letter."""
        return self._connection is not None and not self._connection.closed

    @property
    def connection(self) -> Connection:
        """The connection, which must have been opened."""
        if self._connection is None:
            raise RuntimeError("the connection is not open")
        return self._connection

    async def open_for(self, letter: Claimed | None) -> bool:
        """See that the connection is open, if a letter needs it; `letter` None: any in the queue.

        False when no letter needs it, when the others work on without it, or when the run stops.
        Raises what stops the run.
        """
        if self._run.equal_rejections is not None and await self._needed(letter):
            raise self._run.equal_rejections
        if self.is_open:
            return True
        await self.write_and_close()
        while not (self.is_open or self.retries_exhausted or self._run.stop.is_set()):
            if not await self._needed(letter):
                break
            await self._pause()
            async with self._pool.opening:
                if not await self._open_in_turn(letter):
                    break
        self._pool.relay_reached = self._pool.relay_reached or self.is_open
        return self._connection is not None

    async def replace_connection(self, verdict: Verdict) -> None:
        """Close the connection, so that `open_for` opens another after a pause.

        Stops the run when this was the last connection, and failed too often.
        """
        self.failures += 1
        await self.write_and_close()
        if self.retries_exhausted and self._pool.active == 1:
            relay = self._run.relay
            self._run.fail(stop_reasons.closed_too_often(verdict, relay, self.failures))

    async def write_and_close(self) -> None:
        """Write the verdicts kept, then close the connection. Raises JournalError."""
        await self.writer.write()
        await self.close()

    async def close(self) -> None:
        """Close the connection, with QUIT where it is still open."""
        self.writer.cancel_timer()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _needed(self, letter: Claimed | None) -> bool:
        return letter is not None or await self._pool.queue.available()

    async def _pause(self) -> None:
        """Wait before the next attempt; until a worker finds no letter to send, at most."""
        pause = self._pool.reconnect[self.failures - 1] if self.failures else 0.0
        if pause >= _REPORT_PAUSES_FROM:
            self._run.report_wait(self._run.now() + timedelta(seconds=pause), RECONNECTING)
        await self._run.stop.sleep(pause, self._pool.out_of_letters)

    async def _open_in_turn(self, letter: Claimed | None) -> bool:
        """Try once to open the connection; False when no further attempt is made."""
        if not await self._wait_for_login(letter):
            return False
        pool = self._pool
        spare = self._others_open and (pool.full or not self.failures)
        if spare and pool.full:
            return False
        pool.out_of_letters.clear()
        try:
            opening = asyncio.wait_for(self._open(), _SPARE_TIMEOUT if spare else None)
            # Once no letter needs the connection, the relay's answer is not waited for.
            unneeded = () if letter else (pool.out_of_letters.wait(),)
            await self._run.stop.unless_set(opening, *unneeded)
            if self.is_open:
                pool.logins.count(asyncio.get_running_loop().time())
        except TimeoutError:
            return False
        except LettersError as error:
            return await self._refused(error, spare=spare)
        return True

    async def _wait_for_login(self, letter: Claimed | None) -> bool:
        """Wait until a login is allowed; False when no letter needs it any more, or at the stop."""
        clock = asyncio.get_running_loop().time
        while not self._run.stop.is_set() and await self._needed(letter):
            allowed = max(self._run.slow_downs.pause_until, self._pool.logins.due(clock()))
            if allowed <= clock():
                return True
            await self._run.stop.sleep(allowed - clock(), self._pool.out_of_letters)
        return False

    async def _open(self) -> None:
        try:
            self._connection = await self._pool.transport.open()
        except LettersError:
            self.failures += 1
            raise

    @property
    def _others_open(self) -> bool:
        return any(other.is_open for other in self._pool.workers)

    async def _refused(self, refusal: LettersError, *, spare: bool) -> bool:
        """Whether another attempt is made after a refusal; raises what stops the run."""
        pool, run = self._pool, self._run
        frees = await run.apply_advice(advice_of(refusal, spare=spare), run.now())
        pool.full = isinstance(refusal, TooFast) and self._others_open
        slow_downs = run.slow_downs.in_a_row
        error = stop_reasons.after_refused_connection(
            refusal, slow_downs=slow_downs, quota_frees=frees
        )
        again = (
            pool.relay_reached
            and isinstance(error, RelayUnavailable)
            and not self.retries_exhausted
        )
        if again and not spare:
            return True
        if pool.active == 1 or not pool.relay_reached or slow_downs >= stop_reasons.MAX_SLOW_DOWNS:
            raise error
        return False
