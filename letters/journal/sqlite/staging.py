"""Staging a batch: each entry is a new, a known or a changed letter, or not mailable.

Runs inside the transaction that `record` opened.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from letters.database import for_rows
from letters.journal.ids import called, known_as
from letters.journal.sqlite.queries import QUERIES
from letters.journal.sqlite.sealed import Blocks, joined
from letters.journal.types import Changed, Entry, Staged, State
from letters.mailbox import folded, named_identity
from letters.message.message import Message

NAMED = 100  # letters that `Staged` names of each kind
_AT_ONCE = 64  # letters that one statement stages
UNSENT = frozenset({State.WAITING, State.DEFERRED, State.WITHDRAWN})


class _Known(NamedTuple):
    letter: int
    state: str
    inputs: str
    kept: str
    sha256: str
    position: int
    name: str
    superseded: int
    pruned: int


class _Key(NamedTuple):
    channel: str
    folded: str
    identity: str
    version: str


class Staging:
    """A batch being staged on one channel; `living` is the run that sends now, if any."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        blocks: Blocks,
        channel: str,
        *,
        is_rehearsal: bool,
        whole: bool,
        changed: Changed,
        living: str | None,
    ) -> None:
        self._connection = connection
        self._blocks = blocks
        self._channel = channel
        self._is_rehearsal = is_rehearsal
        self._choice = changed
        self._whole = whole
        self._living = living
        self._counts: Counter[str] = Counter()
        self._changed: list[str] = []
        connection.execute("delete from temp.listed")
        if whole:
            self._do("delete absent", channel=channel)
        self.first = self._next = int(self._do("next letter").fetchone()[0])
        self._empty = not self._do("has letters", channel=channel).fetchone()[0]

    @property
    def to_send(self) -> int:
        """How many letters of this batch wait or are deferred, so far."""
        return self._counts[State.WAITING] + self._counts[State.DEFERRED]

    def take(self, entries: Sequence[Entry]) -> None:
        """Stage these entries, in order."""
        for entry in entries:
            if entry.message is None:
                self._take_absent(entry)
        mailable = [(entry, entry.message) for entry in entries if entry.message is not None]
        for start in range(0, len(mailable), _AT_ONCE):
            some = mailable[start : start + _AT_ONCE]
            if not (self._empty and not self._is_rehearsal and self._add_all(some)):
                for entry, message in some:
                    self._take(entry, message)

    def end(self) -> Staged:
        """All entries are in: who is not among them is withdrawn, when they are the whole list."""
        names: tuple[str, ...] = ()
        count = 0
        if self._whole:
            off = {"channel": self._channel, "first": self.first}
            named_off = self._do("not on the list", **off, limit=NAMED)
            names = tuple(called(name, address) for name, address in named_off)
            count = self._do("withdraw", **off).rowcount
        return Staged(
            to_send=self.to_send,
            new=self._counts["new"],
            sent=self._counts[State.SENT],
            rejected=self._counts[State.REJECTED],
            in_doubt=self._counts[State.IN_DOUBT],
            not_mailable=self._counts[State.NOT_MAILABLE],
            withdrawn=names,
            withdrawn_count=count,
            changed=tuple(self._changed),
            changed_count=self._counts["changed"],
        )

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], values)

    def _add_all(self, entries: Sequence[tuple[Entry, Message]]) -> bool:
        """Seal letters for the first time, all at once; False, and none, when one is known."""
        numbers = range(self._next, self._next + len(entries))
        letters, sealed = list[object](), list[object]()
        for letter, (entry, message) in zip(numbers, entries, strict=True):
            letters += _new_letter(letter, self._key(message), entry, message)
            sealed += (letter, *self._content(message))
        sql = for_rows(QUERIES["new letter"], len(entries))
        if self._connection.execute(sql, letters).rowcount < len(entries):
            self._do("undo new letters", first=self._next)
            return False
        self._connection.execute(for_rows(QUERIES["seal"], len(entries)), sealed)
        self._next = numbers.stop
        self._counts["new"] += len(entries)
        self._counts[State.WAITING] += len(entries)
        return True

    def _key(self, message: Message) -> _Key:
        address = message.envelope.recipient
        return _Key(
            self._channel,
            address.lower() if address.isascii() else folded(address),
            message.identity,
            message.sha256 if self._is_rehearsal else "",
        )

    def _take(self, entry: Entry, message: Message) -> None:
        mail, key = not self._is_rehearsal, self._key(message)
        if not mail and self._is_repeated(key):
            return
        known = None if self._empty else self._find_known(key, entry)
        if known or not self._add(key, entry, message):
            self._meet(known or self._find(key), entry, message)
        if not mail and not self._empty:
            self._connection.execute(QUERIES["supersede"], key)

    def _take_absent(self, entry: Entry) -> None:
        self._counts[State.NOT_MAILABLE] += 1
        if self._whole:
            self._do("absent", channel=self._channel, position=entry.row, name=entry.name)

    def _list(self, letter: int) -> bool:
        """Note that the batch has a known letter; False when it had it already."""
        return bool(self._do("add to batch", letter=letter).rowcount)

    def _find(self, key: _Key) -> _Known | None:
        row = self._connection.execute(QUERIES["find"], (self._living, *key)).fetchone()
        return _Known(*row) if row else None

    def _find_known(self, key: _Key, entry: Entry) -> _Known | None:
        known = self._find(key)
        if known is None:
            return self._find_otherwise(key, entry)
        if known.name == entry.name or key.identity != key.folded or self._is_rehearsal:
            return known
        return self._find_own(key, known, entry) or known

    def _find_own(self, key: _Key, known: _Known, entry: Entry) -> _Known | None:
        """The own letter of a row that is alone with its address, and was not when that was sealed.

        `known` has its place: the letter of another name, which was alone in between.
        """
        own, other = (named_identity(key.folded, name) for name in (entry.name, known.name))
        values = (*key[:2], other, self.first)
        rows = self._connection.execute(QUERIES["known by another identity"], values)
        if not {own, key.identity} <= {identity for identity, _ in rows}:
            return None
        for old, new in ((key.identity, other), (own, key.identity)):
            self._connection.execute(QUERIES["rename"], (*key[:2], old, new))
        return self._find(key)

    def _find_otherwise(self, key: _Key, entry: Entry) -> _Known | None:
        """The letter by the identity that it had before its address gained or lost a row."""
        channel, address, identity, _ = key
        values = (channel, address, identity, self.first)
        others = self._connection.execute(QUERIES["known by another identity"], values).fetchall()
        other = known_as(identity, address, entry.name, others)
        if other is None:
            return None
        self._connection.execute(QUERIES["rename"], (channel, address, other, identity))
        return self._find(key)

    def _is_repeated(self, key: _Key) -> bool:
        """Whether this batch has had another version: the first of two equals is the letter."""
        values = (*key[:3], self.first)
        return bool(self._connection.execute(QUERIES["is in batch"], values).fetchone()[0])

    def _add(self, key: _Key, entry: Entry, message: Message) -> bool:
        """Seal a letter for the first time; False when it is known already."""
        letter = self._next
        values = _new_letter(letter, key, entry, message)
        if not self._connection.execute(QUERIES["new letter"], values).rowcount:
            return False
        self._connection.execute(QUERIES["seal"], (letter, *self._content(message)))
        self._next += 1
        self._counts["new"] += 1
        self._counts[State.WAITING] += 1
        return True

    def _content(self, message: Message) -> tuple[str, str, bytes, int, int | None]:
        plate, tail = self._blocks.keep(message.plate)
        own = joined((message.head, *message.fillings))
        return message.envelope.sender, message.subject, own, plate, tail

    def _meet(self, known: _Known | None, entry: Entry, message: Message) -> None:
        if known is None or known.letter >= self.first or not self._list(known.letter):
            return
        if known.superseded:
            self._do("unsupersede", letter=known.letter)
        if known.pruned and known.state in UNSENT:
            self._seal_again(known.letter, entry, message)
        elif known.state in UNSENT and entry.inputs not in (known.inputs, known.kept):
            self._differ(known, entry, message)
        state = known.state
        if state == State.WITHDRAWN:
            self._do("revive withdrawn", letter=known.letter)
            state = State.WAITING
        if (known.position, known.name) != (entry.row, entry.name):
            self._do("update row", letter=known.letter, position=entry.row, name=entry.name)
        self._counts[state] += 1

    def _differ(self, known: _Known, entry: Entry, message: Message) -> None:
        letter = known.letter
        if known.sha256 == message.sha256:
            self._do("update inputs", letter=letter, inputs=entry.inputs)
            return
        if self._do("was in doubt", letter=letter).fetchone()[0]:
            return
        self._counts["changed"] += 1
        if len(self._changed) < NAMED:
            self._changed.append(called(entry.name, message.envelope.recipient))
        if self._choice is Changed.KEEP:
            self._do("keep bytes", letter=letter, inputs=entry.inputs)
        elif self._choice is Changed.RESEAL:
            self._reseal(letter, entry, message)

    def _seal_again(self, letter: int, entry: Entry, message: Message) -> None:
        self._do("seal again", **_as_offered(letter, entry, message))
        self._connection.execute(QUERIES["seal"], (letter, *self._content(message)))

    def _reseal(self, letter: int, entry: Entry, message: Message) -> None:
        self._do("reseal", **_as_offered(letter, entry, message))
        values = (*self._content(message), letter)
        self._connection.execute(QUERIES["replace sealed"], values)


def _new_letter(letter: int, key: _Key, entry: Entry, message: Message) -> tuple[object, ...]:
    return (
        letter,
        *key,
        entry.row,
        message.envelope.recipient,
        entry.name,
        message.message_id,
        message.sha256,
        entry.inputs,
    )


def _as_offered(letter: int, entry: Entry, message: Message) -> dict[str, object]:
    return {
        "letter": letter,
        "inputs": entry.inputs,
        "sha256": message.sha256,
        "message_id": message.message_id,
        "address": message.envelope.recipient,
    }
