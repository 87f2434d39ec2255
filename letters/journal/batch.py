"""Staging a batch: each offered entry is a new, a known or a changed letter, or not mailable.

Runs inside the transaction that `record` opened. Leans on `blocks` and `queries.sql`.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from letters.journal import MAIL, Changed, Entry, Staged, State
from letters.journal.blocks import Blocks, joined
from letters.journal.instants import written
from letters.journal.naming import called
from letters.journal.statements import named
from letters.mailbox import folded
from letters.message import Message

NAMED = 100  # letters that `Staged` names of each kind
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


class Batch:
    """A batch being staged on one channel; `living` is the run that sends now, if any."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        blocks: Blocks,
        channel: str,
        *,
        at: datetime,
        whole: bool,
        changed: Changed,
        living: str | None,
    ) -> None:
        self._connection = connection
        self._blocks = blocks
        self._channel = channel
        self._choice = changed
        self._whole = whole
        self._living = living
        self._sql = named("queries.sql")
        self._counts: Counter[str] = Counter()
        self._changed: list[str] = []
        self._new: list[tuple[object, ...]] = []
        self._sealed: list[tuple[object, ...]] = []
        self._listed: list[tuple[int]] = []
        self._absent: list[tuple[str, int, str]] = []
        self._fresh: set[str] = set()
        connection.execute("create temp table if not exists listed (letter integer primary key)")
        connection.execute("delete from temp.listed")
        self._do("use channel", channel=channel, day=at.date().isoformat(), at=written(at))
        if whole:
            self._do("forget absent", channel=channel)
        self._next = int(self._do("next letter").fetchone()[0])

    @property
    def to_send(self) -> int:
        """How many letters of this batch wait or are deferred, so far."""
        return self._counts[State.WAITING] + self._counts[State.DEFERRED]

    def take(self, entries: Sequence[Entry]) -> None:
        """Stage these entries, in order."""
        for entry in entries:
            if entry.message is None:
                self._absent.append((self._channel, entry.row, entry.name))
            else:
                self._take(entry, entry.message)
        self._write()

    def end(self) -> Staged:
        """All entries are in: who is not among them is withdrawn, when they are the whole list."""
        names: tuple[str, ...] = ()
        count = 0
        if self._whole:
            off = self._do("off the list", channel=self._channel, limit=NAMED)
            names = tuple(called(name, address) for name, address in off)
            count = self._do("withdraw", channel=self._channel).rowcount
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
        return self._connection.execute(self._sql[query], values)

    def _take(self, entry: Entry, message: Message) -> None:
        key = {
            "channel": self._channel,
            "folded": folded(message.envelope.recipient),
            "identity": message.identity,
            "version": "" if self._channel == MAIL else message.sha256,
        }
        row = self._do("find", living=self._living, **key).fetchone()
        if message.identity in self._fresh or self._is_repeated(key, row):
            return
        if row is None:
            self._add(entry, message, key)
        else:
            self._meet(_Known(*row), entry, message)
        if self._channel != MAIL:
            self._do("supersede", **key)

    def _is_repeated(self, key: Mapping[str, str], row: Sequence[object] | None) -> bool:
        """Whether this batch has had the identity: the first of two equals is the letter."""
        if self._channel != MAIL and self._do("is listed", **key).fetchone()[0]:
            return True
        return row is not None and not self._list(row[0])

    def _list(self, letter: object) -> bool:
        """Note that the batch has the letter; False when it had it already."""
        return bool(self._connection.execute(self._sql["list"], (letter,)).rowcount)

    def _add(self, entry: Entry, message: Message, key: Mapping[str, str]) -> None:
        letter, self._next = self._next, self._next + 1
        self._fresh.add(message.identity)
        self._listed.append((letter,))
        self._new.append(
            (
                letter,
                *key.values(),
                entry.row,
                message.envelope.recipient,
                entry.name,
                message.message_id,
                message.sha256,
                entry.inputs,
            )
        )
        self._sealed.append((letter, *self._content(message).values()))
        self._counts["new"] += 1
        self._counts[State.WAITING] += 1

    def _content(self, message: Message) -> dict[str, object]:
        plate, tail = self._blocks.keep(message.plate)
        return {
            "sender": message.envelope.sender,
            "subject": message.subject,
            "own": joined((message.head, *message.fillings)),
            "plate": plate,
            "tail": tail,
        }

    def _meet(self, known: _Known, entry: Entry, message: Message) -> None:
        if known.superseded:
            self._do("bring back", letter=known.letter)
        if known.state in UNSENT and entry.inputs not in (known.inputs, known.kept):
            self._differ(known, entry, message)
        state = known.state
        if state == State.WITHDRAWN:
            self._do("revive", letter=known.letter)
            state = State.WAITING
        if (known.position, known.name) != (entry.row, entry.name):
            self._do("move", letter=known.letter, position=entry.row, name=entry.name)
        self._counts[state] += 1

    def _differ(self, known: _Known, entry: Entry, message: Message) -> None:
        letter = known.letter
        if known.sha256 == message.sha256:
            self._do("adopt", letter=letter, inputs=entry.inputs)
            return
        if self._do("was in doubt", letter=letter).fetchone()[0]:
            return
        self._counts["changed"] += 1
        if len(self._changed) < NAMED:
            self._changed.append(called(entry.name, message.envelope.recipient))
        if self._choice is Changed.KEEP:
            self._do("keep", letter=letter, inputs=entry.inputs)
        elif self._choice is Changed.RESEAL:
            self._reseal(letter, entry, message)

    def _reseal(self, letter: int, entry: Entry, message: Message) -> None:
        self._do(
            "reseal",
            letter=letter,
            inputs=entry.inputs,
            sha256=message.sha256,
            message_id=message.message_id,
            address=message.envelope.recipient,
        )
        self._do("replace sealed", letter=letter, **self._content(message))

    def _write(self) -> None:
        self._connection.executemany(self._sql["new letter"], self._new)
        self._connection.executemany(self._sql["seal"], self._sealed)
        self._connection.executemany(self._sql["list"], self._listed)
        if self._whole:
            self._connection.executemany(self._sql["absent"], self._absent)
        self._counts[State.NOT_MAILABLE] += len(self._absent)
        for written_rows in (self._new, self._sealed, self._listed, self._absent):
            written_rows.clear()
        self._fresh.clear()
