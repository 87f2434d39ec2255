"""The memory form's cards: one a letter, and the staging of a batch among them. Leans on `naming`."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from msgspec import structs

from letters.journal.history import Attempt
from letters.journal.ids import called, known_as
from letters.journal.types import MAIL, Changed, Entry, Staged, State
from letters.mailbox import folded
from letters.message.message import Message, Plate

NAMED = 100  # letters that `Staged` names of each kind
_UNSENT = frozenset({State.WAITING, State.DEFERRED, State.WITHDRAWN})
_DUE = frozenset({State.WAITING, State.DEFERRED})
_ENDED = frozenset({State.SENT, State.REJECTED, State.WITHDRAWN})
_NOTHING = Plate((b"",))

Key = tuple[str, str, str, str]
"""Channel, folded address, identity, version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of one letter."""

    letter: int
    key: Key
    row: int
    message: Message
    inputs: str
    kept: str = ""
    state: State = State.WAITING
    due_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    anew: int = 0
    superseded: bool = False
    pruned_at: datetime | None = None

    @property
    def tries(self) -> list[Attempt]:
        """The attempts that count towards giving up."""
        return [a for a in self.attempts[self.anew :] if a.counted and a.ended_at]

    @property
    def was_in_doubt(self) -> bool:
        """Whether an attempt was begun without an end: the bytes are kept for ever."""
        return any(a.begun_at and not a.ended_at for a in self.attempts)

    @property
    def is_prunable(self) -> bool:
        """Whether the letter needs its bytes no more."""
        ended = self.state in _ENDED and (self.state is State.SENT or not self.was_in_doubt)
        return ended and self.pruned_at is None


@dataclass(slots=True)
class Cards:
    """What is remembered while the process lives, by whichever journals are opened on it."""

    by_letter: dict[int, Card] = field(default_factory=dict)
    letters: dict[Key, int] = field(default_factory=dict)
    absent: dict[str, dict[int, str]] = field(default_factory=dict)
    channels: dict[str, date] = field(default_factory=dict)
    living: str | None = None

    def copy(self) -> "Cards":
        """The same state, to go back to."""
        absent = {channel: dict(rows) for channel, rows in self.absent.items()}
        return Cards(
            dict(self.by_letter), dict(self.letters), absent, dict(self.channels), self.living
        )

    def become(self, other: "Cards") -> None:
        """Go back to a state that `copy` made."""
        self.by_letter, self.letters, self.absent = other.by_letter, other.letters, other.absent
        self.channels = other.channels

    def change(self, letter: int, **changes: Any) -> None:
        """Put a changed card in the letter's place."""
        self.by_letter[letter] = replace(self.by_letter[letter], **changes)

    def prune(self, card: Card, at: datetime) -> None:
        """Let go of the bytes."""
        bare = structs.replace(card.message, head=b"", fillings=(), plate=_NOTHING)
        self.change(card.letter, message=bare, pruned_at=at)

    def rename(self, card: Card, key: Key) -> None:
        """Let a letter be known by another key."""
        del self.letters[card.key]
        self.letters[key] = card.letter
        self.change(card.letter, key=key, message=structs.replace(card.message, identity=key[2]))

    def of(self, channel: str) -> list[Card]:
        """The channel's letters that are not superseded, in list order."""
        cards = (c for c in self.by_letter.values() if c.key[0] == channel and not c.superseded)
        return sorted(cards, key=lambda card: (card.row, card.letter))

    def state(self, card: Card) -> State:
        """Where a letter stands now: in doubt is derived here."""
        if card.state is not State.OPEN:
            return card.state
        last = card.attempts[-1]
        answered = last.verdict is not None
        return State.IN_DOUBT if answered or last.run != self.living else State.OPEN


class Batch:
    """A batch being staged among the cards."""

    def __init__(self, cards: Cards, channel: str, choice: Changed) -> None:
        self._cards = cards
        self._channel = channel
        self._choice = choice
        self._listed: dict[str, int] = {}
        self._new = 0
        self._absent: dict[int, str] = {}
        self._changed: list[str] = []

    @property
    def to_send(self) -> int:
        """How many letters of this batch wait or are deferred, so far."""
        return sum(self._cards.by_letter[letter].state in _DUE for letter in self.letters)

    @property
    def letters(self) -> set[int]:
        """The letters of this batch, so far."""
        return set(self._listed.values())

    def take(self, entry: Entry) -> None:
        """Stage one entry."""
        message = entry.message
        if message is None:
            self._absent[entry.row] = entry.name
            return
        if message.identity in self._listed:
            return
        version = "" if self._channel == MAIL else message.sha256
        address = folded(message.envelope.recipient)
        key = (self._channel, address, message.identity, version)
        letter = self._cards.letters.get(key) or self._find_otherwise(key, entry)
        if letter is None:
            letter = self._add(key, entry, message)
        else:
            self._meet(self._cards.by_letter[letter], entry, message)
        self._listed[message.identity] = letter
        if version:
            self._supersede(key)

    def _find_otherwise(self, key: Key, entry: Entry) -> int | None:
        """The letter by the identity that it had before its address gained or lost a row."""
        channel, address, identity, _ = key
        at_address = [c for c in self._cards.by_letter.values() if c.key[:2] == key[:2]]
        at_address.sort(key=lambda card: (card.state in _UNSENT, card.row, card.letter))
        if any(card.key[2] == identity for card in at_address):
            return None
        others = [
            (card.key[2], card.message.name)
            for card in at_address
            if card.key[2] not in self._listed
        ]
        other = known_as(identity, address, entry.name, others)
        for card in at_address:
            if card.key[2] == other:
                self._cards.rename(card, (channel, address, identity, card.key[3]))
        return self._cards.letters.get(key)

    def _add(self, key: Key, entry: Entry, message: Message) -> int:
        letter = len(self._cards.by_letter) + 1
        self._cards.letters[key] = letter
        self._cards.by_letter[letter] = Card(
            letter=letter,
            key=key,
            row=entry.row,
            message=structs.replace(message, name=entry.name),
            inputs=entry.inputs,
        )
        self._new += 1
        return letter

    def _meet(self, card: Card, entry: Entry, message: Message) -> None:
        if card.pruned_at and card.state in _UNSENT:
            self._seal_again(card, entry, message)
        elif card.state in _UNSENT and entry.inputs not in (card.inputs, card.kept):
            self._differ(card, entry, message)
        state = State.WAITING if card.state is State.WITHDRAWN else card.state
        sealed = structs.replace(self._cards.by_letter[card.letter].message, name=entry.name)
        self._cards.change(
            card.letter, state=state, row=entry.row, message=sealed, superseded=False
        )

    def _seal_again(self, card: Card, entry: Entry, message: Message) -> None:
        """The bytes were pruned: what is offered is what there is."""
        same = card.message.sha256 == message.sha256
        message = structs.replace(message, date=card.message.date if same else None)
        self._cards.change(
            card.letter, inputs=entry.inputs, kept="", message=message, pruned_at=None
        )

    def _differ(self, card: Card, entry: Entry, message: Message) -> None:
        if card.message.sha256 == message.sha256:
            self._cards.change(card.letter, inputs=entry.inputs, kept="")
            return
        if card.was_in_doubt:
            return
        self._changed.append(called(entry.name, message.envelope.recipient))
        if self._choice is Changed.KEEP:
            self._cards.change(card.letter, kept=entry.inputs)
        elif self._choice is Changed.RESEAL:
            self._cards.change(card.letter, inputs=entry.inputs, kept="", message=message)

    def _supersede(self, key: Key) -> None:
        for card in [c for c in self._cards.by_letter.values() if c.key[:3] == key[:3]]:
            if card.key != key and card.state is not State.OPEN:
                state = State.WITHDRAWN if card.state in _DUE else card.state
                self._cards.change(card.letter, superseded=True, state=state, due_at=None)

    def end(self, *, whole: bool) -> Staged:
        """All entries are in: withdraw who is not among them, when they are the whole list."""
        cards, listed = self._cards, self.letters
        off = [
            card
            for card in cards.of(self._channel)
            if whole and card.state in _DUE and card.letter not in listed
        ]
        for card in off:
            cards.change(card.letter, state=State.WITHDRAWN, due_at=None)
        if whole:
            cards.absent[self._channel] = self._absent
        stand = Counter(cards.state(cards.by_letter[letter]) for letter in listed)
        return Staged(
            to_send=self.to_send,
            new=self._new,
            sent=stand[State.SENT],
            rejected=stand[State.REJECTED],
            in_doubt=stand[State.IN_DOUBT],
            not_mailable=len(self._absent),
            withdrawn=tuple(
                called(c.message.name, c.message.envelope.recipient) for c in off[:NAMED]
            ),
            withdrawn_count=len(off),
            changed=tuple(self._changed[:NAMED]),
            changed_count=len(self._changed),
        )
