"""What the connections of one run share: whether it must stop or slow down, and why."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from letters.delivery import policy
from letters.delivery.circuit_breaker import CircuitBreaker, LostAnswers, SlowDownRequests
from letters.delivery.stop import StopSignal
from letters.errors import LettersError
from letters.journal.types import Settlement, State
from letters.limits.limiter import Limiter, Wait
from letters.verdict import Advice, Outcome


class RunState:
    """The state of one run.

    `error` is the first one that stopped it. `rejected_alike` ends a connection that still has a
    letter to send, and lets the letters in hand be finished. `parked` says that a limit holds the
    next letter for longer than the run waits. `on_waiting` is called with the instant and the reason
    of each wait of the whole run.
    """

    def __init__(
        self,
        relay: str,
        connections: int,
        limiter: Limiter,
        *,
        on_waiting: Callable[[datetime, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self.relay = relay
        self.limiter = limiter
        self.now = now
        self.stop = StopSignal(now)
        self.error: BaseException | None = None
        self.rejected_alike: LettersError | None = None
        self.parked: LettersError | None = None
        self.slow_downs = SlowDownRequests()
        self.settled = 0
        self.sent = 0
        self._breaker = CircuitBreaker()
        self._lost = LostAnswers(connections)
        self._on_waiting = on_waiting
        self._told_until: datetime | None = None

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error; the first one is raised at its end."""
        self.error = self.error or error
        self.stop.set()

    @property
    def stops(self) -> bool:
        """Whether no further letter may begin."""
        return self.stop.is_set() or self.rejected_alike is not None

    @property
    def progress(self) -> tuple[int, int]:
        """A value that is equal only while neither a letter is settled nor the relay asks to slow down."""
        return self.settled, self.slow_downs.in_a_row

    def tell_wait(self, until: datetime, why: str) -> None:
        """Report a wait once, not for every connection, nor twice within a second."""
        if self._told_until is None or until > self._told_until:
            self._told_until = until.replace(microsecond=999_999)
            self._on_waiting(until, why)

    async def may_leave(self, domain: str) -> Wait | None:
        """Count a letter to this receiving domain as leaving now, or say what it waits for."""
        return await self.limiter.leave(domain, now=self.now())

    def accepted(self, recipient: str, at: datetime) -> None:
        """Note that the relay accepted a letter."""
        self.sent += 1
        self.slow_downs.reset()
        self._lost.accepted()
        self.limiter.went_well(now=at)
        self._breaker.close(recipient)

    async def not_accepted(self, recipient: str, settlement: Settlement) -> None:
        """Note a letter that was not accepted: the run slows down, stops, or goes on."""
        verdict = settlement.verdict
        if verdict.outcome is Outcome.IN_DOUBT:
            self._lost.add()
        frees = await self.follow(verdict.advice, settlement.at)
        if self._breaker.opens(recipient, verdict):
            self.rejected_alike = policy.equal_rejections(verdict, self.relay)
        error = policy.error_after_letter(
            settlement, relay=self.relay, slow_downs=self.slow_downs.in_a_row,
            lost=self._lost, quota_frees=frees,
        )  # fmt: skip
        if error is not None:
            self.fail(error)

    async def follow(self, advice: Advice, at: datetime) -> datetime:
        """Slow the run down where the relay asks for it; returns when the quota allows the next letter."""
        if advice is Advice.SLOW:
            self.slow_downs.add(asyncio.get_running_loop().time())
            self.limiter.slow_down(now=at)
        return await self.limiter.quota_frees(now=at) if advice is Advice.PARK else at

    def count(self, settlement: Settlement) -> None:
        """Count a letter that does not simply wait again."""
        self.settled += settlement.state is not State.WAITING
