"""The step that lanes wait for: verdicts and beginnings, many in a few statements.

What this run has begun is remembered here by the number of its attempt; the run alone adds
attempts, so it numbers them itself. Leans on `queries.sql`.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from letters.errors import JournalError
from letters.journal import Beginning, Settlement, State
from letters.journal.instants import written
from letters.journal.statements import named


class Steps:
    """The transitions that one run makes; `take` within a transaction, `taken` after its commit."""

    def __init__(self, connection: sqlite3.Connection, run: str) -> None:
        self._connection = connection
        self._run = run
        self._sql = named("queries.sql")
        self._open: dict[int, int] = {}
        self._next = int(connection.execute(self._sql["next attempt"]).fetchone()[0])
        self._after = (self._open, self._next)

    def take(self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]) -> None:
        """Write verdicts, then beginnings; raises JournalError when a letter stands elsewhere."""
        still_open = dict(self._open)
        ended = [(still_open.pop(s.letter), s) for s in settlements if s.letter in still_open]
        known = {s.letter for _, s in ended}
        refused = [s for s in settlements if s.letter not in known]
        first = self._next + len(refused)
        self._end(ended)
        self._refuse(list(enumerate(refused, self._next)))
        self._begin(list(enumerate(beginnings, first)))
        still_open.update((b.letter, n) for n, b in enumerate(beginnings, first))
        self._after = (still_open, first + len(beginnings))

    def taken(self) -> None:
        """The step is durable."""
        self._open, self._next = self._after

    def _end(self, ended: Sequence[tuple[int, Settlement]]) -> None:
        words = [(*_words(s), attempt) for attempt, s in ended]
        stands = [(*_stands(s), s.letter, attempt) for attempt, s in ended]
        done = self._many(self._sql["end attempt"], words)
        if not (done and self._many(self._sql["settle"], stands)):
            raise _out_of_order(s.letter for _, s in ended)

    def _refuse(self, refused: Sequence[tuple[int, Settlement]]) -> None:
        words = [(attempt, s.letter, self._run, *_words(s)) for attempt, s in refused]
        stands = [(*_stands(s), attempt, s.letter) for attempt, s in refused]
        lost = any(s.state is State.IN_DOUBT for _, s in refused)
        done = not lost and self._many(self._sql["refuse attempt"], words)
        if not (done and self._many(self._sql["refuse"], stands)):
            raise _out_of_order(s.letter for _, s in refused)

    def _begin(self, begun: Sequence[tuple[int, Beginning]]) -> None:
        attempts = [(attempt, b.letter, self._run, written(b.at)) for attempt, b in begun]
        stands = [(attempt, _to_the_second(b.date), b.letter) for attempt, b in begun]
        done = self._many(self._sql["begin attempt"], attempts)
        if not (done and self._many(self._sql["begin"], stands)):
            raise _out_of_order(b.letter for _, b in begun)

    def _many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> bool:
        """Whether each row found its own."""
        return not rows or self._connection.executemany(sql, rows).rowcount == len(rows)


@lru_cache(maxsize=16)  # many letters leave in one second
def _second(date: datetime) -> str:
    return written(date)


def _to_the_second(date: datetime) -> str:
    return _second(date.replace(microsecond=0))


# Plain values: sqlite3 looks for an adapter of every subclass of str and int, which takes longer
# than writing the row.
def _words(settlement: Settlement) -> tuple[object, ...]:
    verdict, state = settlement.verdict, settlement.state
    return (
        None if state is State.IN_DOUBT else written(settlement.at),
        int(state is not State.WAITING),
        verdict.outcome.value,
        verdict.concern.value,
        verdict.code,
        verdict.enhanced,
        verdict.said,
    )


def _stands(settlement: Settlement) -> tuple[str, str | None]:
    state = State.OPEN if settlement.state is State.IN_DOUBT else settlement.state
    return state.value, written(settlement.due_at) if settlement.due_at else None


def _out_of_order(letters: Iterable[int]) -> JournalError:
    numbers = ", ".join(map(str, letters))
    return JournalError(
        f"a letter does not stand where its sender believes (one of {numbers}): "
        "something else has changed the journal",
        "run the same command again: nothing of this step was recorded",
    )
