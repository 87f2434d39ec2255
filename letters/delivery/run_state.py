"""The state of one run: what its letters and connections have shown, and whether it stops or slows down.

Each letter's settlement is recorded here; whether it stops the run is decided in `stop_reasons`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from letters.delivery import stop_reasons
from letters.delivery.circuit_breaker import CircuitBreaker, LostAnswers, SlowDownRequests
from letters.delivery.refused_letters import RefusedLetters
from letters.delivery.stop import StopSignal
from letters.errors import LettersError
from letters.journal.types import Settlement, State
from letters.limits.limiter import Limiter, Wait
from letters.verdict import Advice, Outcome


class RunState:
    """Shared by all connections of a run.

    `error` is the first one that stopped it. `equal_rejections` and `next_letter_too_late` are errors
    that stop it later: the first when a connection would send a further letter, the second when no
    connection has a letter that may leave. `on_waiting` is called with the instant and the reason of
    each wait of the whole run.
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
        self.equal_rejections: LettersError | None = None
        self.next_letter_too_late: LettersError | None = None
        self.slow_downs = SlowDownRequests()
        self.refused_letters = RefusedLetters()
        self.sent = 0
        self._breaker = CircuitBreaker()
        self._lost = LostAnswers(connections)
        self._on_waiting = on_waiting
        self._reported_until: datetime | None = None

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error; the first one is raised at its end."""
        self.error = self.error or error
        self.stop.set()

    @property
    def stopping(self) -> bool:
        """Whether no further letter may begin."""
        return self.stop.is_set() or self.equal_rejections is not None

    def report_wait(self, until: datetime, why: str) -> None:
        """Report a wait of the run: once for all connections, and at most once a second."""
        if self._reported_until is None or until > self._reported_until:
            self._reported_until = until.replace(microsecond=999_999)
            self._on_waiting(until, why)

    async def may_leave(self, domain: str) -> Wait | None:
        """Count a letter to this receiving domain as leaving now, or say what it waits for."""
        return await self.limiter.leave(domain, now=self.now())

    async def record(self, recipient: str, settlement: Settlement) -> None:
        """Record how a letter was settled: the run goes on, slows down or stops."""
        if settlement.state is State.SENT:
            self._record_sent(recipient, settlement.at)
        else:
            await self._record_not_sent(recipient, settlement)

    def _record_sent(self, recipient: str, at: datetime) -> None:
        self.sent += 1
        self.slow_downs.reset()
        self._lost.accepted()
        self.limiter.went_well(now=at)
        self._breaker.record_success(recipient)

    async def _record_not_sent(self, recipient: str, settlement: Settlement) -> None:
        verdict = settlement.verdict
        if verdict.outcome is Outcome.IN_DOUBT:
            self._lost.add()
        frees = await self.apply_advice(verdict.advice, settlement.at)
        if self._breaker.record_failure(recipient, verdict):
            self.equal_rejections = stop_reasons.equal_rejections(verdict, self.relay)
        error = stop_reasons.after_letter(
            settlement, relay=self.relay, slow_downs=self.slow_downs.in_a_row,
            lost=self._lost, quota_frees=frees,
        )  # fmt: skip
        if error is not None:
            self.fail(error)

    async def apply_advice(self, advice: Advice, at: datetime) -> datetime:
        """Slow the run down where the relay asks for it; returns when the quota allows the next letter."""
        if advice is Advice.SLOW:
            self.slow_downs.add(asyncio.get_running_loop().time())
            self.limiter.slow_down(now=at)
        return await self.limiter.quota_frees(now=at) if advice is Advice.PARK else at
