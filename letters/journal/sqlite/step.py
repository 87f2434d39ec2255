"""The step that connections wait for: verdicts and beginnings of many letters in one statement.

A connection's rows are prepared on its own thread, and numbered on the journal's. Only the running
sender adds attempts, so it numbers them itself and remembers those that are open. The triggers of
`step.sql` make the transitions.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from letters.database import for_rows, statements, written
from letters.errors import JournalError
from letters.journal.sqlite.queries import QUERIES, STEP
from letters.journal.types import Beginning, Settlement, State

_NOTHING = (None,) * 10  # of the view `step`, to the right of `run`
_UNENDED = _NOTHING[2:]
_STATE = 8

Row = tuple[int, tuple[object, ...]]
"""A letter, and what the view `step` has to the right of `run`."""


class Call(NamedTuple):
    """What one connection has to write, as rows; `at` is its latest instant."""

    ended: list[Row]
    begun: list[Row]
    at: datetime | None


def prepared(settlements: Sequence[Settlement], beginnings: Sequence[Beginning]) -> Call:
    """The rows of a connection's verdicts and beginnings, without the numbers of their attempts."""
    instants = [settlement.at for settlement in settlements] + [begun.at for begun in beginnings]
    ended = [_ended(settlement) for settlement in settlements]
    return Call(ended, [_begun(beginning) for beginning in beginnings], max(instants, default=None))


class Steps:
    """The transitions of one run; `commits` is how many steps are durable."""

    def __init__(self, connection: sqlite3.Connection, run: str) -> None:
        self._connection = connection
        self._run = run
        self._open: dict[int, int] = {}
        self.commits = 0
        self._take = STEP["take step"]
        for statement in statements(STEP["step"]):
            connection.execute(statement)
        next_attempt = QUERIES["next attempt"]
        self._next = int(connection.execute(next_attempt).fetchone()[0])

    def take(self, calls: Sequence[Call]) -> list[int]:
        """Make verdicts and beginnings durable, all or none; returns their letters.

        Raises JournalError when a letter is in an unexpected state, and sqlite3.Error.
        """
        still_open, number, run = dict(self._open), self._next, self._run
        values: list[object] = []
        letters: list[int] = []
        for ended, begun, _at in calls:
            for letter, rest in ended:
                attempt = still_open.pop(letter, None)
                if attempt is not None:
                    values += ("ended", attempt, letter, run, *rest)
                elif rest[_STATE] == State.OPEN:  # without a beginning nothing can be in doubt
                    raise _out_of_order([letter])
                else:
                    values += ("refused", number, letter, run, *rest)
                    number += 1
                letters.append(letter)
            for letter, rest in begun:
                values += ("begun", number, letter, run, *rest)
                still_open[letter] = number
                number += 1
                letters.append(letter)
        values += ("counted", self.commits + 1, None, run, *_NOTHING)
        try:
            self._connection.execute(for_rows(self._take, len(letters) + 1), values)
        except sqlite3.IntegrityError:
            raise _out_of_order(letters) from None
        self._open, self._next = still_open, number
        self.commits += 1
        return letters


@lru_cache(maxsize=16)  # many letters leave within one second, and dates have no finer resolution
def _second(date: datetime) -> str:
    return written(date.replace(microsecond=0))


def _begun(beginning: Beginning) -> Row:
    return beginning.letter, (written(beginning.at), _second(beginning.date), *_UNENDED)


# Plain values: sqlite3 looks for an adapter of every subclass of str and int, which takes longer
# than writing the row.
def _ended(settlement: Settlement) -> Row:
    verdict, state = settlement.verdict, settlement.state
    in_doubt = state is State.IN_DOUBT
    return settlement.letter, (
        None if in_doubt else written(settlement.at),
        None,
        int(state is not State.WAITING),
        str(verdict.outcome),
        str(verdict.concern),
        verdict.code,
        verdict.enhanced,
        verdict.said,
        str(State.OPEN if in_doubt else state),
        written(settlement.due_at) if settlement.due_at else None,
    )


def _out_of_order(letters: Iterable[int]) -> JournalError:
    numbers = ", ".join(map(str, letters))
    return JournalError(
        f"a letter is not in the expected state (one of {numbers}): "
        "another program has changed the journal",
        "run the same command again: nothing of this step was recorded",
    )
