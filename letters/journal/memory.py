"""The memory form of the journal: for `--dry-run` and `--test-to`, and the other forms' oracle.

`Cards` outlive the journal opened on them, as a file does. Leans on `cards` and `views`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

from msgspec import structs

from letters.errors import JournalError
from letters.journal.cards import Batch, Card, Cards
from letters.journal.history import Attempt, Damage, History, Pruned, Sealed
from letters.journal.ids import RESOLVED
from letters.journal.types import (
    Beginning,
    Changed,
    Claimed,
    Entry,
    Settlement,
    Staged,
    Standing,
    State,
)
from letters.journal.views import Views
from letters.verdict import Advice


class MemoryJournal:
    """A journal that is forgotten with its cards; see `letters.journal.Journal` for every verb."""

    def __init__(self, cards: Cards | None = None) -> None:
        self._cards = cards or Cards()
        self._views = Views(self._cards)
        self.is_new = not any(card.attempts for card in self._cards.by_letter.values())
        self._run = ""
        self._relay = ""
        self._before: Cards | None = None
        self._reserved: set[int] = set()
        self._batch: set[int] = set()

    @property
    def location(self) -> str:
        """No place: memory."""
        return "memory"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        """Become the cards's one sender."""
        del at
        if self._run or self._before:
            raise RuntimeError("start comes once, and before enqueue")
        if self._cards.living:
            raise _in_use()
        self._cards.living = self._run = run
        self._relay = relay

    async def finish(self, *, at: datetime) -> None:
        """Stop being the sender."""
        del at
        if self._run:
            self._cards.living = None
            self._run = ""
            self._reserved.clear()

    async def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first batch."""
        return self._cards.channels.get(channel)

    async def enqueue(
        self,
        channel: str,
        entries: Iterable[Entry],
        *,
        at: datetime,
        whole: bool = True,
        changed: Changed = Changed.ASK,
        limit: int | None = None,
    ) -> Staged:
        """Stage a batch on the cards, with a copy to go back to."""
        if self._before:
            raise RuntimeError("a batch is staged already")
        self._before = self._cards.copy()
        day = self._cards.channels.pop(channel, at.date())
        self._cards.channels[channel] = day
        batch = Batch(self._cards, channel, changed)
        source = iter(entries)
        try:
            while limit is None or batch.to_send < limit:
                batch.take(next(source))
        except StopIteration:
            pass
        except BaseException:
            await self.rollback()
            raise
        self._batch = batch.letters
        return batch.end(whole=whole and limit is None)

    async def commit(self) -> None:
        """Keep the staged batch."""
        self._before = None

    async def rollback(self) -> None:
        """Go back to what was before the batch."""
        if self._before:
            self._cards.become(self._before)
            self._before = None

    def _require_sender(self) -> None:
        if not self._run:
            raise JournalError(
                "this process is not the sender of the journal", "run the same command again"
            )

    async def claim(
        self, channel: str, count: int, *, now: datetime, only: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        """Reserve letters for this journal; what is due waits from now on."""
        self._require_sender()
        cards = self._cards.of(channel)
        for card in cards:
            if card.due_at and card.due_at <= now:
                self._cards.change(card.letter, state=State.WAITING, due_at=None)
        waiting = (
            card
            for card in self._cards.of(channel)
            if card.state is State.WAITING
            and not card.pruned_at
            and card.letter not in self._reserved
            and (only is None or card.message.identity in only)
        )
        claimed = [_claimed(card) for card in islice(waiting, count)]
        self._reserved.update(letter.letter for letter in claimed)
        return claimed

    async def advance(
        self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]
    ) -> None:
        """Take down verdicts and beginnings, all of them or none."""
        self._require_sender()
        before = self._cards.copy()
        try:
            for settlement in settlements:
                self._settle(settlement)
            for beginning in beginnings:
                self._begin(beginning)
        except JournalError:
            self._cards.become(before)
            raise
        await self.release([s.letter for s in settlements] + [b.letter for b in beginnings])

    def _begin(self, beginning: Beginning) -> None:
        card = self._cards.by_letter[beginning.letter]
        if card.state is not State.WAITING:
            raise _out_of_order(card.letter)
        message = card.message if card.message.date else card.message.dated(beginning.date)
        attempts = (*card.attempts, Attempt(self._run, self._relay, beginning.at))
        self._cards.change(card.letter, state=State.OPEN, message=message, attempts=attempts)

    def _settle(self, settlement: Settlement) -> None:
        card = self._cards.by_letter[settlement.letter]
        doubt = settlement.state is State.IN_DOUBT
        ended = replace(
            self._attempt(card, doubt=doubt),
            ended_at=None if doubt else settlement.at,
            verdict=structs.replace(settlement.verdict, advice=Advice.NONE),
            counted=settlement.state is not State.WAITING,
        )
        earlier = card.attempts[:-1] if card.state is State.OPEN else card.attempts
        self._cards.change(
            card.letter,
            attempts=(*earlier, ended),
            state=State.OPEN if doubt else settlement.state,
            due_at=settlement.due_at,
        )

    def _attempt(self, card: Card, *, doubt: bool) -> Attempt:
        """What a settlement ends: this run's own open attempt, or one refused before its data."""
        last = card.attempts[-1] if card.state is State.OPEN else None
        if last and last.run == self._run and not last.verdict:
            return last
        if card.state is not State.WAITING or doubt:
            raise _out_of_order(card.letter)
        return Attempt(self._run, self._relay, None)

    async def release(self, letters: Sequence[int]) -> None:
        """Forget a reservation."""
        self._reserved.difference_update(letters)

    async def next_due(
        self, channel: str, *, only: Collection[str] | None = None
    ) -> datetime | None:
        """When the next deferred letter falls due."""
        deferred = (card for card in self._cards.of(channel) if card.due_at)
        chosen = (c.due_at for c in deferred if only is None or c.message.identity in only)
        return min(filter(None, chosen), default=None)

    async def tally(self, channel: str, *, batch: bool = False) -> dict[State, int]:
        """How many letters stand in each state."""
        counts = Counter(
            self._cards.state(card)
            for card in self._cards.of(channel)
            if not batch or card.letter in self._batch
        )
        counts[State.NOT_MAILABLE] = 0 if batch else len(self._cards.absent.get(channel, {}))
        return {state: counts[state] for state in State}

    async def letters(self, channel: str) -> AsyncIterator[Standing]:
        """Every letter in list order, rows that are not mailable between."""
        for standing in self._views.standings(channel):
            yield standing

    async def channels(self) -> Sequence[str]:
        """The channels, the latest used first."""
        return list(reversed(self._cards.channels))

    async def resolve(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        sent: bool,
        at: datetime,
    ) -> Standing | None:
        """End a letter's doubt by a person's word."""
        card = self._views.find(channel, id, State.IN_DOUBT)
        if card:
            resolved = replace(card.attempts[-1], resolved=RESOLVED[sent], resolved_at=at)
            self._cards.change(
                card.letter,
                attempts=(*card.attempts[:-1], resolved),
                state=State.SENT if sent else State.WAITING,
            )
        return self._views.standing(channel, card)

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        at: datetime,
    ) -> Standing | None:
        """Let a rejected letter wait again."""
        del at
        card = self._views.find(channel, id, State.REJECTED)
        if card:
            self._cards.change(card.letter, state=State.WAITING, anew=len(card.attempts))
        return self._views.standing(channel, card)

    async def history(self, channel: str, id: str) -> History | None:  # noqa: A002 -- the port's word
        """All that is known of one letter."""
        return self._views.history(channel, id)

    async def sealed(self, channel: str) -> AsyncIterator[Sealed]:
        """Every letter with its bytes, in list order."""
        for sealed in self._views.sealed(channel):
            yield sealed

    def _prunable(self, channel: str) -> list[Card]:
        cards = [card for card in self._cards.by_letter.values() if card.key[0] == channel]
        return [card for card in cards if card.is_prunable]

    async def prunable(self, channel: str) -> int:
        """How many letters need their bytes no more."""
        return len(self._prunable(channel))

    async def prune(self, channel: str, *, at: datetime) -> Pruned:
        """Let go of the bytes of letters that need them no more."""
        if self._cards.living:
            raise _in_use()
        cards = self._prunable(channel)
        for card in cards:
            self._cards.prune(card, at)
        return Pruned(len(cards), sum(card.message.size for card in cards))

    async def verify(self) -> AsyncIterator[Damage]:
        """Bytes that are not those which were sealed."""
        for damage in self._views.damage():
            yield damage

    async def aclose(self) -> None:
        """Let go of the cards, as a process that ends does."""
        await self.rollback()
        if self._run:
            self._cards.living = None
            self._run = ""


def _claimed(card: Card) -> Claimed:
    first = card.tries[0] if card.tries else None
    tried = (first.begun_at or first.ended_at) if first else None
    return Claimed(card.letter, card.message, len(card.tries), tried)


def _in_use() -> JournalError:
    return JournalError(
        "another `letters send` is using this journal: memory", "wait until it has ended"
    )


def _out_of_order(letter: int) -> JournalError:
    return JournalError(
        f"letter {letter} does not stand where its sender believes",
        "run the same command again: nothing of this step was recorded",
    )
