"""Sending: offer, begin, hand over, settle, in N connections, until nothing is due (DESIGN 8).

Leans on the ports `journal`, `transport` and `limiter`; what a verdict means for a letter and for
the run is decided in `judging`.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import random

from letters.delivery import policy
from letters.delivery.circuit_breaker import Breaker, Doubts, Pleas
from letters.delivery.connection_worker import Clerk
from letters.delivery.policy import RunOptions
from letters.delivery.queue import AtHand, Held
from letters.delivery.stop import Halt
from letters.errors import LettersError, RelayUnavailable, TooFast
from letters.journal.interface import Journal
from letters.journal.types import Beginning, Claimed, Settlement, State
from letters.limits.limiter import Limiter, Wait
from letters.limits.throttle import Logins
from letters.transport.interface import Connection, Transport
from letters.verdict import Advice, Outcome, Verdict

_WONDERED_AT = 5.0  # seconds of a pause
_FOR_A_SPARE = 30.0  # seconds to wait for a connection that the others can do without
_LEAVE_THE_LINE = timedelta(seconds=30)  # relays hang up on a connection that is silent for longer


class Mailer:
    """Works through what a journal has waiting.

    `on_settled` hears every settlement, `on_waiting` every wait of the whole run, for progress.
    `now` and `chance` are the clock and the jitter's dice.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        limiter: Limiter,
        settings: RunOptions,
        *,
        on_settled: Callable[[Claimed, Settlement], None] = lambda _claimed, _settlement: None,
        on_waiting: Callable[[datetime, str], None] = lambda _until, _why: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random,
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._limiter = limiter
        self._settings = settings
        self._on_settled = on_settled
        self._on_waiting = on_waiting
        self._now = now
        self._chance = chance
        self._at_hand = AtHand(journal, settings.channel, settings.only, now=now, failed=self._fail)
        self._opening = asyncio.Lock()
        self._halted = Halt(now)
        self._fault: BaseException | None = None
        self._breaker = Breaker()
        self._unwelcome: LettersError | None = None
        self._parked: LettersError | None = None
        self._clerks: list[Clerk] = []
        self._working, self._crowded = (
            0,
            False,
        )  # connections; whether the relay wants no more of them
        self._dry = asyncio.Event()  # a connection found no letter to carry
        self._reached = False
        self._settled = 0
        self._doubts = Doubts(settings.connections)
        self._pleas = Pleas()
        self._logins = Logins(settings.connections)
        self._idle: tuple[datetime, float] | None = None  # since when no letter may leave
        self._told: datetime | None = None
        self.sent = 0  # letters that the relay took in this run

    def stop(self) -> None:
        """Begin no further letter; those in hand are finished, a connection being opened is not."""
        self._halted.set()

    async def run(self) -> None:
        """Send until nothing is due within `wait`, or until `stop`.

        Raises RelayUnavailable, RelayRefused and Parked when the run cannot go on (no letter pays
        for it, P11), and JournalError.
        """
        try:
            while not self._halted.is_set():
                if await self._at_hand.any():
                    await self._drain()
                elif not await self._waited_for_due():
                    break
        finally:
            await self._at_hand.release()
        if self._fault is not None:
            raise self._fault

    async def _waited_for_due(self) -> bool:
        """Stay for the next deferred letter; False when it does not fall due in time."""
        due = await self._journal.next_due(self._settings.channel, only=self._settings.only)
        now, clock = self._now(), asyncio.get_running_loop().time()
        since, began = self._idle = self._idle or (now, clock)
        if due is None:
            return False
        pause, wait = max(due - now, timedelta()), self._settings.wait
        # By both clocks, since one of them may be set anew meanwhile.
        spent = timedelta(seconds=clock - began)
        if wait is not None and (due > since + wait or pause > wait - spent):
            return False
        if pause:
            self._tell(due, "deferred letters fall due")
            left = max(min(pause, due - self._now()), timedelta())
            await self._halted.unless(asyncio.sleep(left.total_seconds() + 0.001))
        return True

    async def _drain(self) -> None:
        """Let every connection work until no letter is waiting or due, or until `stop`."""
        self._clerks = [
            Clerk(self._journal, self._transport, reopen=self._settings.reopen, failed=self._fail)
            for _ in range(self._settings.connections)
        ]
        self._working, self._crowded = len(self._clerks), False
        heard = self._settled, self._pleas.in_a_row
        await asyncio.gather(*map(self._work, self._clerks))
        if self._parked is not None:
            self._fail(self._parked)
        in_vain = heard == (self._settled, self._pleas.in_a_row)
        if in_vain and not self._halted.is_set() and await self._at_hand.any():
            raise policy.at_a_loss(self._transport.relay)

    async def _work(self, clerk: Clerk) -> None:
        """One connection's work, from its opening to its goodbye."""
        try:
            await self._letters(clerk)
        except BaseException as error:  # noqa: BLE001 - it is raised again once the others are done
            self._fail(error)
        finally:
            self._working -= 1
            try:
                await clerk.write()
            except LettersError as error:
                self._fail(error)
            await clerk.close()

    def _fail(self, error: BaseException) -> None:
        self._fault = self._fault or error
        self._halted.set()

    async def _letters(self, clerk: Clerk) -> None:
        following: Claimed | None = None
        while True:
            if following is not None and not clerk.able:
                self._at_hand.give_back(following)  # another connection may carry it meanwhile
                following = None
            claimed = following
            if claimed is None and await self._connection(clerk) is not None:
                claimed = await self._take()
            if claimed is not None and (following is None or self._stops):
                claimed = await self._ready(clerk, claimed, allowed=following is not None)
            if claimed is None:
                self._dry.set()
                return
            following = await self._letter(clerk, claimed)

    @property
    def _stops(self) -> bool:
        return self._halted.is_set() or self._unwelcome is not None

    async def _ready(self, clerk: Clerk, claimed: Claimed, *, allowed: bool) -> Claimed | None:
        """See that a letter has leave to go, and a connection; None when none goes.

        What goes is this letter, or one to another domain that need not wait.
        """
        with self._at_hand.holding(claimed) as held:
            if allowed or await self._allowed(clerk, held):
                # A long wait let go of the line.
                connection = await self._connection(clerk, held.letter)
                held.goes = connection is not None and not self._halted.is_set()
        return held.letter if held.goes else None

    async def _take(self) -> Claimed | None:
        return None if self._halted.is_set() else await self._at_hand.take()

    async def _letter(self, clerk: Clerk, claimed: Claimed) -> Claimed | None:
        """Offer, begin, hand over and settle one letter; returns the one that follows, if any.

        The letter that follows has leave to go, and rode behind the dot where the relay pipelines.
        """
        following, connection = None, clerk.at_work
        verdict = await connection.offer(claimed.message)
        if verdict is None:
            if self._halted.is_set():
                self._at_hand.give_back(claimed)
                return None
            at = self._now()
            message = claimed.message.dated(claimed.message.date or at)
            await clerk.write(Beginning(claimed.letter, at, message.date or at))
            following = await self._following()
            verdict = await connection.hand_over(message, following.message if following else None)
        await self._settle(clerk, claimed, verdict)
        return following

    async def _following(self) -> Claimed | None:
        """The letter that may leave right behind the one in hand: taken, and counted as leaving."""
        try:
            claimed = None if self._unwelcome else await self._take()
            if claimed is None:
                return None
            with self._at_hand.holding(claimed) as held:
                held.goes = await self._waits(held) is None
        except LettersError as error:  # the letter in hand is begun: it is finished first
            self._fail(error)
            return None
        return held.letter if held.goes else None

    async def _waits(self, held: Held) -> Wait | None:
        """Count the letter held as leaving, or say what it, and any that it gave way to, waits for."""
        return await self._at_hand.waits(
            held, lambda domain: self._limiter.leave(domain, now=self._now())
        )

    async def _allowed(self, clerk: Clerk, held: Held) -> bool:
        """Wait until a letter may leave; False when that is too long to wait for, or at `stop`."""
        while not self._halted.is_set():
            wait, now = await self._waits(held), self._now()
            if wait is None:
                return True
            if policy.too_long(wait, now, self._settings.wait):
                # What has leave on other connections still goes.
                leaves = await self._limiter.forecast(1, now=now)
                self._parked = policy.waits_too_long(wait, leaves)
                return False
            await clerk.write()
            if wait.until - now > _LEAVE_THE_LINE:
                self._tell(wait.until, wait.reason.value)
                await clerk.close()
            await self._halted.sleep_until(wait.until)
        return False

    def _tell(self, until: datetime, why: str) -> None:
        """Tell what the run waits for: once, not by every connection, nor twice in one second."""
        if self._told is None or until > self._told:
            self._told = until.replace(microsecond=999_999)
            self._on_waiting(until, why)

    async def _settle(self, clerk: Clerk, claimed: Claimed, verdict: Verdict) -> None:
        at = self._now()
        settlement = policy.settlement_of(
            claimed, verdict, at, retry=self._settings.retry, chance=self._chance()
        )
        clerk.note(settlement)
        self._on_settled(claimed, settlement)
        self._settled += settlement.state is not State.WAITING
        if settlement.state is State.SENT:
            self.sent += 1
            clerk.losses = 0
            self._pleas.taken()
            self._doubts.taken()
            self._limiter.went_well(now=at)
            self._breaker.close(claimed.message.envelope.recipient)
        else:
            await self._consider(clerk, claimed, settlement)

    async def _consider(self, clerk: Clerk, claimed: Claimed, settlement: Settlement) -> None:
        """What a letter not taken means for the run: slow down, stop, or nothing."""
        verdict = settlement.verdict
        if verdict.outcome is Outcome.IN_DOUBT:
            self._doubts.hear()
        frees = await self._heed(verdict.advice, settlement.at)
        if self._breaker.opens(claimed.message.envelope.recipient, verdict):
            self._unwelcome = policy.refused_alike(verdict, self._transport.relay)
        fault = policy.fault_of(
            settlement, relay=self._transport.relay, slowed=self._pleas.in_a_row,
            doubts=self._doubts, quota_frees=frees,
        )  # fmt: skip
        if fault is not None:
            self._fail(fault)
        if settlement.state in {State.WAITING, State.IN_DOUBT} and verdict.advice is Advice.NONE:
            # The next connection is opened after a pause, which the verdict does not wait for.
            clerk.losses += 1
            await clerk.leave()
            if clerk.tired and self._working == 1:
                self._fail(policy.lost_too_often(verdict, self._transport.relay, clerk.losses))

    async def _heed(self, advice: Advice, at: datetime) -> datetime:
        """Slow the whole run where the relay asks for it; returns when its quota allows the next."""
        if advice is Advice.SLOW:
            self._pleas.hear(asyncio.get_running_loop().time())
            self._limiter.slow_down(now=at)
        return await self._limiter.quota_frees(now=at) if advice is Advice.PARK else at

    async def _connection(self, clerk: Clerk, claimed: Claimed | None = None) -> Connection | None:
        """This clerk's connection, opened where there is none and a letter needs it.

        None when nothing is left to carry, when the others do without this connection, or at `stop`.
        """
        if self._unwelcome is not None and (claimed or await self._at_hand.any()):
            raise self._unwelcome
        if clerk.able:
            return clerk.connection
        await clerk.leave()
        while not (clerk.able or clerk.tired or self._halted.is_set()):
            if not (claimed or await self._at_hand.any()):
                break
            if clerk.pause >= _WONDERED_AT:
                self._tell(self._now() + timedelta(seconds=clerk.pause), policy.LET_GO)
            await self._halted.pause(clerk.pause, self._dry)
            async with self._opening:  # one login at a time: relays count them too
                if not await self._asked(clerk, claimed):
                    break
        self._reached = self._reached or clerk.able
        return clerk.connection

    async def _asked(self, clerk: Clerk, claimed: Claimed | None) -> bool:
        """Ask for a connection, once; False when this one is not asked for any more."""
        clock = asyncio.get_running_loop().time
        while not self._halted.is_set() and (claimed or await self._at_hand.any()):
            seconds = max(self._pleas.hold, self._logins.due(clock())) - clock()
            if seconds <= 0:
                break
            await self._halted.pause(seconds, self._dry)
        else:
            return False
        spare = any(other.able for other in self._clerks) and (self._crowded or not clerk.losses)
        if spare and self._crowded:
            return False
        self._dry.clear()
        try:
            opening = asyncio.wait_for(clerk.open(), _FOR_A_SPARE if spare else None)
            # While nobody needs it, the relay is not waited for.
            await self._halted.unless(opening, *(() if claimed else [self._dry.wait()]))
            if clerk.able:
                self._logins.count(clock())
        except TimeoutError:
            return False
        except LettersError as error:
            return await self._refused(clerk, error, spare=spare)
        return True

    async def _refused(self, clerk: Clerk, refusal: LettersError, *, spare: bool) -> bool:
        """Hear that a connection was refused; False when this one is not asked for any more."""
        advice = policy.advice_of(refusal, spare=spare)
        frees = await self._heed(advice, self._now())
        self._crowded = isinstance(refusal, TooFast) and any(other.able for other in self._clerks)
        fault = policy.fault_of_opening(refusal, slowed=self._pleas.in_a_row, quota_frees=frees)
        again = self._reached and isinstance(fault, RelayUnavailable) and not clerk.tired
        if again and not spare:
            return True
        if self._working == 1 or not self._reached or self._pleas.in_a_row >= policy.SLOWED:
            raise fault
        return False
