"""The memory form of the journal: for `--dry-run` and `--test-to`, and the other forms' oracle.

`Cards` outlive the journal opened on them, as a file does. Leans on `cards` and `naming`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from math import inf
from operator import itemgetter

from letters.errors import JournalError
from letters.journal import (
    Beginning,
    Changed,
    Claimed,
    Entry,
    Settlement,
    Staged,
    Standing,
    State,
)
from letters.journal.cards import Attempt, Batch, Card, Cards
from letters.journal.naming import (
    RESOLVED,
    address_and_ordinal,
    by_word,
    id_of,
    id_of_row,
)
from letters.mailbox import folded


class MemoryJournal:
    """A journal that is forgotten with its cards; see `letters.journal.Journal` for every verb."""

    def __init__(self, cards: Cards | None = None) -> None:
        self._cards = cards or Cards()
        self.is_new = not self._cards.channels
        self._run = ""
        self._relay = ""
        self._before: Cards | None = None
        self._reserved: set[int] = set()

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
            raise JournalError(
                "another `letters send` is using this journal: memory", "wait until it has ended"
            )
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
                "this process is not the sender of the journal", "run `letters send` again"
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
            verdict=settlement.verdict,
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
        if card.state is State.OPEN and card.attempts[-1].run == self._run:
            return card.attempts[-1]
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

    async def tally(self, channel: str) -> dict[State, int]:
        """How many letters stand in each state."""
        counts = Counter(self._cards.state(card) for card in self._cards.of(channel))
        counts[State.NOT_MAILABLE] = len(self._cards.absent.get(channel, {}))
        return {state: counts[state] for state in State}

    async def letters(self, channel: str) -> AsyncIterator[Standing]:
        """Every letter in list order, rows that are not mailable between."""
        for standing in self._all(channel):
            yield standing

    def _all(self, channel: str) -> list[Standing]:
        seen: Counter[str] = Counter()
        rows = [(row, inf, _absent(row, name)) for row, name in self._rows_absent(channel)]
        for card in self._cards.of(channel):
            seen[card.key[1]] += 1
            rows.append((card.row, card.letter, self._standing(card, seen[card.key[1]])))
        return [standing for _, _, standing in sorted(rows, key=itemgetter(0, 1))]

    def _rows_absent(self, channel: str) -> Iterable[tuple[int, str]]:
        return self._cards.absent.get(channel, {}).items()

    def _standing(self, card: Card, ordinal: int) -> Standing:
        address = card.message.envelope.recipient
        last = card.attempts[-1] if card.attempts else None
        said = last.verdict.said if last and last.verdict else None
        sent = last if card.state is State.SENT else None
        return Standing(
            id=id_of(address, ordinal),
            address=address,
            name=card.message.name,
            state=self._cards.state(card),
            attempts=sum(attempt.counted for attempt in card.attempts),
            message_id=card.message.message_id,
            sha256=card.message.sha256,
            relay=last.relay if last else None,
            reply=by_word(last.resolved) if last and last.resolved else said,
            sent_at=(sent.ended_at or sent.begun_at) if sent else None,
            due_at=card.due_at,
        )

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
        del at
        card = self._find(channel, id, State.IN_DOUBT)
        if card:
            resolved = replace(card.attempts[-1], resolved=RESOLVED[sent])
            self._cards.change(
                card.letter,
                attempts=(*card.attempts[:-1], resolved),
                state=State.SENT if sent else State.WAITING,
            )
        return self._again(channel, card)

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        at: datetime,
    ) -> Standing | None:
        """Let a rejected letter wait again."""
        del at
        card = self._find(channel, id, State.REJECTED)
        if card:
            self._cards.change(card.letter, state=State.WAITING, anew=len(card.attempts))
        return self._again(channel, card)

    def _find(self, channel: str, name: str, state: State) -> Card | None:
        address, ordinal = address_and_ordinal(name)
        cards = [card for card in self._cards.of(channel) if card.key[1] == folded(address)]
        found = cards[ordinal - 1 : ordinal] if ordinal > 0 else []
        return next((card for card in found if self._cards.state(card) is state), None)

    def _again(self, channel: str, card: Card | None) -> Standing | None:
        if card is None:
            return None
        same = [c.letter for c in self._cards.of(channel) if c.key[1] == card.key[1]]
        return self._standing(self._cards.by_letter[card.letter], same.index(card.letter) + 1)

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


def _absent(row: int, name: str) -> Standing:
    return Standing(
        id=id_of_row(row),
        address=None,
        name=name,
        state=State.NOT_MAILABLE,
        attempts=0,
        message_id=None,
        sha256=None,
        relay=None,
        reply=None,
        sent_at=None,
        due_at=None,
    )


def _out_of_order(letter: int) -> JournalError:
    return JournalError(
        f"letter {letter} does not stand where its sender believes",
        "run the same command again: nothing of this step was recorded",
    )
