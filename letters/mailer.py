"""Sending: offer, begin, hand over, settle, until nothing is due (DESIGN 8).

Leans on the ports `journal` and `transport`; what a verdict means for a letter and for the run is
decided here.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import random

from letters import schedule
from letters.errors import Parked, RelayRefused, RelayUnavailable
from letters.journal import Beginning, Claimed, Journal, Settlement, State
from letters.message import Message
from letters.transport import Lane, Transport
from letters.verdict import Concern, Outcome, Verdict

VERDICT_DURABLE_WITHIN = 0.2
"""Seconds: a verdict waits no longer than this for the letter that follows (P3)."""

_CLAIM = 16
_DOUBTS = 2  # a relay that answers no dot would leave a whole list in doubt
_ALIKE = 10  # rejections of so many recipients in the same words are about the sender
_REOPEN_PAUSES = (0.0, 1.0, 5.0, 15.0, 30.0)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """How one run sends.

    `retry` are the pauses before each next try. `wait` is how long to stay, once no letter
    waits, for those that fall due; None: until none is deferred. `only` restricts the run to these
    identities. `reopen` are the pauses, in seconds, before each try to reach again a relay that let
    go.
    """

    channel: str
    retry: Sequence[timedelta] = (timedelta(minutes=30),)
    wait: timedelta | None = timedelta(minutes=2)
    only: Collection[str] | None = None
    reopen: Sequence[float] = _REOPEN_PAUSES


@dataclass(slots=True)
class Run:
    """What a run has done so far: how many letters took each state, as they stand now."""

    counts: Counter[State] = field(default_factory=Counter)

    def settled(self, before: State, after: State) -> None:
        """Count a letter where it stands now, and no longer where it stood."""
        if before is State.DEFERRED and self.counts[before]:
            self.counts[before] -= 1
        self.counts[after] += 1


class Mailer:
    """Works through what a journal has waiting, over one lane.

    `on_settled` hears every settlement, for progress. `now` and `chance` are the clock and the
    jitter's dice.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        settings: Settings,
        *,
        on_settled: Callable[[Claimed, Settlement], None] = lambda _claimed, _settlement: None,
        on_waiting: Callable[[datetime], None] = lambda _due: None,
        now: Callable[[], datetime] = _utc_now,
        chance: Callable[[], float] = random,
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._settings = settings
        self._on_settled = on_settled
        self._on_waiting = on_waiting
        self._now = now
        self._chance = chance
        self._lane: Lane | None = None
        self._claimed: deque[Claimed] = deque()
        self._unwritten: list[Settlement] = []
        self._losses = 0
        self._doubts = 0
        self._rejected: deque[Verdict] = deque(maxlen=_ALIKE)
        self._idle_since: datetime | None = None
        self._stopping = asyncio.Event()
        self.run_record = Run()

    def stop(self) -> None:
        """Begin no further letter; the one in hand is finished, a lane being opened is not."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until nothing is due within `wait`, or until `stop`.

        Raises RelayUnavailable, RelayRefused and Parked when the run cannot go on (no letter pays
        for it, P11), and JournalError.
        """
        try:
            while not self._stopping.is_set():
                if not self._claimed and not await self._claim():
                    if not await self._wait_for_due():
                        return
                    continue
                self._require_welcome()
                lane = await self._open_lane()
                if lane is not None and not self._stopping.is_set():
                    await self._letter(lane, self._claimed.popleft())
        finally:
            await self._leave()

    async def _claim(self) -> bool:
        settings = self._settings
        self._claimed.extend(
            await self._journal.claim(settings.channel, _CLAIM, now=self._now(), only=settings.only)
        )
        return bool(self._claimed)

    async def _wait_for_due(self) -> bool:
        """Stay for the next deferred letter if it falls due in time; False when there is none."""
        await self._write()
        settings, wait = self._settings, self._settings.wait
        due = await self._journal.next_due(settings.channel, only=settings.only)
        self._idle_since = self._idle_since or self._now()
        if due is None or (wait is not None and due > self._idle_since + wait):
            return False
        if due <= self._now():
            return await self._claim()
        await self._close_lane()
        self._on_waiting(due)
        seconds = max(0.0, (due - self._now()).total_seconds())
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds + 0.001)
        except TimeoutError:
            return True
        return False

    async def _letter(self, lane: Lane, claimed: Claimed) -> None:
        message = claimed.message
        verdict = await self._offer(lane, message)
        if verdict is None:
            at = self._now()
            message = message.dated(message.date or at)
            assert message.date is not None  # noqa: S101 - `dated` gave it one
            await self._write(Beginning(claimed.letter, at, message.date))
            verdict = await lane.hand_over(message, self._following())
        await self._settle(claimed, verdict)

    def _following(self) -> Message | None:
        """The letter that may be offered behind the dot of the one in hand."""
        if self._stopping.is_set() or not self._claimed:
            return None
        return self._claimed[0].message

    async def _offer(self, lane: Lane, message: Message) -> Verdict | None:
        """Offer a message; the verdict before it does not wait long to become durable."""
        if not self._unwritten:
            return await lane.offer(message)
        offer = asyncio.ensure_future(lane.offer(message))
        try:
            await asyncio.wait({offer}, timeout=VERDICT_DURABLE_WITHIN)
            if not offer.done():
                await self._write()
            return await offer
        finally:
            offer.cancel()

    async def _settle(self, claimed: Claimed, verdict: Verdict) -> None:
        settlement = self._settlement(claimed, verdict)
        self._unwritten.append(settlement)
        before = State.DEFERRED if claimed.tries else State.WAITING
        self.run_record.settled(before, settlement.state)
        self._on_settled(claimed, settlement)
        if settlement.state in {State.WAITING, State.IN_DOUBT}:
            self._consider(verdict)
            # The next lane is opened after a pause, which the verdict does not wait for.
            await self._write()
            await self._close_lane()
        else:
            self._losses = self._doubts = 0
            self._note(settlement)
        if not self._claimed:
            await self._write()

    def _settlement(self, claimed: Claimed, verdict: Verdict) -> Settlement:
        at = self._now()
        state, due_at = self._state(claimed, verdict, at)
        if state is State.REJECTED and verdict.outcome is Outcome.DEFERRED:
            verdict = Verdict(
                Outcome.REJECTED,
                verdict.concern,
                f"expired after {claimed.tries + 1} tries: {verdict.said}",
                verdict.code,
                verdict.enhanced,
            )
        return Settlement(claimed.letter, at, state, verdict, due_at)

    def _state(
        self, claimed: Claimed, verdict: Verdict, at: datetime
    ) -> tuple[State, datetime | None]:
        if verdict.outcome is Outcome.IN_DOUBT:
            return State.IN_DOUBT, None
        if verdict.outcome is Outcome.SENT:
            return State.SENT, None
        if verdict.concern in {Concern.SENDER, Concern.RELAY}:
            return State.WAITING, None
        tries = claimed.tries + 1
        if verdict.outcome is Outcome.REJECTED or schedule.expired(
            tries, claimed.first_tried_at or at, at
        ):
            return State.REJECTED, None
        return State.DEFERRED, schedule.due(tries, at, self._settings.retry, self._chance())

    def _note(self, settlement: Settlement) -> None:
        verdict = settlement.verdict
        if settlement.state is State.SENT:
            self._rejected.clear()
        elif verdict.outcome is Outcome.REJECTED and verdict.code:
            self._rejected.append(verdict)

    def _require_welcome(self) -> None:
        """Stop where one recipient after another is rejected alike: the next would be too."""
        kinds = {(v.code, v.enhanced, v.concern) for v in self._rejected}
        if len(self._rejected) == _ALIKE and len(kinds) == 1:
            raise RelayRefused(
                f"{_ALIKE} letters in a row were rejected alike; {self._said(self._rejected[-1])}",
                "find out whether it is you whom the relay refuses; then `letters retry --rejected`, "
                "or the same command again to go on with the others",
            )

    def _said(self, verdict: Verdict) -> str:
        words = (
            f"{self._transport.relay} said: {verdict.code or ''} {verdict.enhanced} {verdict.said}"
        )
        return " ".join(words.split())

    def _consider(self, verdict: Verdict) -> None:
        """What the sender's or the relay's fault means for the run: it stops, or tries again."""
        said = self._said(verdict)
        if verdict.outcome is Outcome.REJECTED:
            raise RelayRefused(
                f"the relay takes no mail from this sender; {said}",
                "mend it with your mail provider, then run the same command again; no letter was lost",
            )
        if verdict.concern is Concern.SENDER:
            raise Parked(
                f"the relay asks this account to come back later; {said}",
                "run the same command again later; every letter not sent is waiting",
            )
        self._losses += 1
        self._doubts += verdict.outcome is Outcome.IN_DOUBT
        if self._doubts >= _DOUBTS:
            raise RelayUnavailable(
                f"the relay took {self._doubts} letters in a row and did not say that it had; {said}",
                "find out what became of them (`letters status`) before you go on",
            )
        if self._losses > len(self._settings.reopen):
            raise (Parked if verdict.code else RelayUnavailable)(
                f"the relay let go {self._losses} times in a row; {said}",
                "run the same command again later; every letter not sent is waiting",
            )

    async def _open_lane(self) -> Lane | None:
        """The lane, opened where there is none; None when `stop` came first."""
        if self._lane is None or self._lane.closed:
            await self._write()
            await self._close_lane()
            self._lane = await self._unless_stopped(self._reached())
        return self._lane

    async def _unless_stopped(self, opening: Awaitable[Lane]) -> Lane | None:
        """A lane that may be long in opening: no letter is in hand that had to be finished."""
        lane = asyncio.ensure_future(opening)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({lane, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return lane.result() if lane.done() else None
        finally:
            lane.cancel()
            stopping.cancel()

    async def _reached(self) -> Lane:
        """A new lane; a relay that has let go of us is given time before it is asked again."""
        while self._losses:
            pause = self._settings.reopen[min(self._losses, len(self._settings.reopen)) - 1]
            await asyncio.sleep(pause)
            try:
                return await self._transport.open()
            except RelayUnavailable:
                self._losses += 1
                if self._losses > len(self._settings.reopen):
                    raise
        return await self._transport.open()

    async def _write(self, *beginnings: Beginning) -> None:
        """Make verdicts and beginnings durable together."""
        if not self._unwritten and not beginnings:
            return
        settlements = list(self._unwritten)
        await self._journal.advance(settlements, beginnings)
        del self._unwritten[: len(settlements)]

    async def _close_lane(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.aclose()

    async def _leave(self) -> None:
        """Let go: write what is known, give back what was not begun, say goodbye."""
        try:
            await self._write()
            await self._journal.release([claimed.letter for claimed in self._claimed])
        finally:
            await self._close_lane()
