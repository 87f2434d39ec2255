"""A run: letters are taken from the queue, offered, begun, handed over and settled.

Several connections work at the same time, until no letter is due.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import random

from letters.delivery import policy, stop_reasons
from letters.delivery.connection_worker import ConnectionPool, ConnectionWorker
from letters.delivery.policy import RunOptions
from letters.delivery.queue import LetterQueue, TakenLetter
from letters.delivery.run_state import RunState
from letters.errors import LettersError
from letters.journal.interface import Journal
from letters.journal.types import Beginning, Claimed, Settlement, State
from letters.limits.limiter import Limiter, Wait
from letters.transport.interface import Transport
from letters.verdict import Outcome, Verdict

CLOSE_IDLE_AFTER = timedelta(seconds=30)
"""A connection is closed before a longer wait: relays close one that is silent for longer."""


class Mailer:
    """Sends what a journal has waiting on one channel.

    `on_settled` is called with every settlement, `on_waiting` with every wait of the whole run.
    `now` is the clock, `chance` (0 to 1) the jitter of the next tries.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        limiter: Limiter,
        options: RunOptions,
        *,
        on_settled: Callable[[Claimed, Settlement], None] = lambda _claimed, _settlement: None,
        on_waiting: Callable[[datetime, str], None] = lambda _until, _why: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random,
    ) -> None:
        self._journal = journal
        self._options = options
        self._on_settled = on_settled
        self._now = now
        self._chance = chance
        self._queue = LetterQueue(journal, options.channel, options.only, now=now)
        self._run = RunState(
            transport.relay, options.connections, limiter, on_waiting=on_waiting, now=now
        )
        self._pool = ConnectionPool(
            transport, journal, self._queue, self._run,
            connections=options.connections, reconnect=options.reconnect,
        )  # fmt: skip
        self._in_data: dict[int, Claimed] = {}  # begun, and not answered yet
        self._nothing_due: tuple[datetime, float] | None = None  # since when, by both clocks

    @property
    def sent(self) -> int:
        """How many letters the relay accepted in this run."""
        return self._run.sent

    @property
    def in_data(self) -> tuple[Claimed, ...]:
        """The letters whose data was sent, or is being sent, and whose answer has not come."""
        return tuple(self._in_data.values())

    def stop(self) -> None:
        """Begin no further letter. Those in hand are finished; no connection is opened any more."""
        self._run.stop.set()

    async def run(self) -> None:
        """Send until nothing falls due within `wait`, or until `stop`.

        Raises RelayUnavailable, RelayRefused and Parked when the run cannot go on (no letter's try
        is counted for it, P11), and JournalError.
        """
        try:
            while not self._run.stop.is_set():
                if await self._queue.available():
                    await self._send_all()
                elif not await self._waited_for_due():
                    break
        finally:
            await self._queue.release()
        if self._run.error is not None:
            raise self._run.error

    async def _waited_for_due(self) -> bool:
        """Wait for the next deferred letter; False when it does not fall due in time."""
        due = await self._journal.next_due(self._options.channel, only=self._options.only)
        now, clock = self._now(), asyncio.get_running_loop().time()
        since, began = self._nothing_due = self._nothing_due or (now, clock)
        if due is None:
            return False
        pause, wait = max(due - now, timedelta()), self._options.wait
        # By both clocks, since the clock on the wall may be set meanwhile.
        spent = timedelta(seconds=clock - began)
        if wait is not None and (due > since + wait or pause > wait - spent):
            return False
        if pause:
            self._run.report_wait(due, "deferred letters fall due")
            left = max(min(pause, due - self._now()), timedelta())
            await self._run.stop.unless_set(asyncio.sleep(left.total_seconds() + 0.001))
        return True

    async def _send_all(self) -> None:
        """Let every connection work until no letter is waiting or due, or until `stop`."""
        await asyncio.gather(*map(self._work, self._pool.start()))
        if self._run.next_letter_too_late is not None:
            self._run.fail(self._run.next_letter_too_late)

    async def _work(self, worker: ConnectionWorker) -> None:
        """All work of one connection, from its opening to its end."""
        try:
            await self._send_letters(worker)
        except BaseException as error:  # noqa: BLE001 - raised again once the others are done
            self._run.fail(error)
        finally:
            self._pool.active -= 1
            try:
                await worker.writer.write()
            except LettersError as error:
                self._run.fail(error)
            await worker.close()

    async def _send_letters(self, worker: ConnectionWorker) -> None:
        """Send one letter after the other over one connection, until none may leave over it."""
        following: Claimed | None = None
        while True:
            if following is not None and not worker.is_open:
                self._queue.put_back(following)  # another connection may send it meanwhile
                following = None
            claimed = following
            if claimed is None and await worker.open_for(None):
                claimed = await self._take()
            if claimed is not None and (following is None or self._run.stopping):
                claimed = await self._ready(worker, claimed, allowed=following is not None)
            if claimed is None:
                self._pool.out_of_letters.set()
                return
            following = await self._send(worker, claimed)

    async def _take(self) -> Claimed | None:
        return None if self._run.stop.is_set() else await self._queue.take()

    async def _ready(
        self, worker: ConnectionWorker, claimed: Claimed, *, allowed: bool
    ) -> Claimed | None:
        """Wait until a letter may leave and the connection is open; None when none leaves.

        It is this letter, or one to another domain that need not wait.
        """
        with self._queue.put_back_unless_kept(claimed) as taken:
            if allowed or await self._may_leave(worker, taken):
                # During a long wait the connection was closed.
                opened = await worker.open_for(taken.letter)
                taken.kept = opened and not self._run.stop.is_set()
        return taken.letter if taken.kept else None

    async def _may_leave(self, worker: ConnectionWorker, taken: TakenLetter) -> bool:
        """Wait until a letter may leave; False when that takes too long, or at `stop`."""
        while not self._run.stop.is_set():
            wait, now = await self._wait_of(taken), self._now()
            if wait is None:
                return True
            if policy.exceeds_longest_wait(wait, now, self._options.wait):
                # Letters that may leave on other connections are still sent.
                leaves = await self._run.limiter.forecast(1, now=now)
                self._run.next_letter_too_late = stop_reasons.next_letter_too_late(wait, leaves)
                return False
            if wait.until - now > CLOSE_IDLE_AFTER:
                self._run.report_wait(wait.until, wait.reason.value)
                await worker.close()
            await self._run.stop.sleep_until(wait.until)
        return False

    async def _wait_of(self, taken: TakenLetter) -> Wait | None:
        """Count the letter as leaving now, or say what it, and any it was exchanged for, waits for."""
        return await self._queue.wait_of(taken, self._run.may_leave)

    async def _send(self, worker: ConnectionWorker, claimed: Claimed) -> Claimed | None:
        """Offer, begin, hand over and settle one letter; returns the one that follows, if any.

        The letter that follows may leave, and its envelope was sent behind this letter's data where
        the relay pipelines.
        """
        following, connection = None, worker.connection
        offered = self._run.refused_letters.offered()
        verdict = await connection.offer(claimed.message)
        if verdict is None:
            if self._run.stop.is_set():
                self._queue.put_back(claimed)
                return None
            at = self._now()
            message = claimed.message.dated(claimed.message.date or at)
            await worker.writer.write(Beginning(claimed.letter, at, message.date or at))
            following = await self._take_following()
            self._in_data[claimed.letter] = claimed
            verdict = await connection.hand_over(message, following.message if following else None)
            del self._in_data[claimed.letter]
        if verdict.outcome is Outcome.SENT:
            self._run.refused_letters.accepted(claimed.letter, offered)
        elif verdict.recurring and self._run.refused_letters.refused(
            claimed.letter, tried=claimed.tries > 0
        ):
            verdict = policy.about_letter(verdict)
        await self._settle(worker, claimed, verdict)
        return following

    async def _take_following(self) -> Claimed | None:
        """Take the letter that may leave right behind the one in hand, counted as leaving."""
        try:
            claimed = None if self._run.equal_rejections else await self._take()
            if claimed is None:
                return None
            with self._queue.put_back_unless_kept(claimed) as taken:
                taken.kept = await self._wait_of(taken) is None
        except LettersError as error:  # the letter in hand is begun: it is finished first
            self._run.fail(error)
            return None
        return taken.letter if taken.kept else None

    async def _settle(self, worker: ConnectionWorker, claimed: Claimed, verdict: Verdict) -> None:
        """What a verdict means for its letter, for the run and for the connection."""
        at = self._now()
        settlement = policy.settlement_of(
            claimed, verdict, at, retry=self._options.retry, chance=self._chance()
        )
        worker.writer.add(settlement)
        self._on_settled(claimed, settlement)
        await self._run.record(claimed.message.envelope.recipient, settlement)
        if settlement.state is State.SENT:
            worker.failures = 0
        elif policy.needs_new_connection(settlement):
            await worker.replace_connection(settlement.verdict)
