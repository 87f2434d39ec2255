"""The step that lanes wait for: verdicts and beginnings of many letters in one statement.

What this run has begun is remembered here by the number of its attempt; the run alone adds
attempts, so it numbers them itself. Leans on the triggers of `step.sql`.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain

from letters.errors import JournalError
from letters.journal import Beginning, Settlement, State
from letters.journal.instants import written
from letters.journal.statements import for_rows, named, statements

_COLUMNS = 14  # of the view `step`
_Row = tuple[object, ...]


class Steps:
    """The transitions that one run makes; `commits` is how many steps are durable."""

    def __init__(self, connection: sqlite3.Connection, run: str) -> None:
        self._connection = connection
        self._run = run
        self._open: dict[int, int] = {}
        self.commits = 0
        self._take = named("step.sql")["take step"]
        for statement in statements(named("step.sql")["step"]):
            connection.execute(statement)
        next_attempt = named("queries.sql")["next attempt"]
        self._next = int(connection.execute(next_attempt).fetchone()[0])

    def take(self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]) -> None:
        """Make verdicts, then beginnings, durable; all of them or none.

        Raises JournalError when a letter stands elsewhere, and sqlite3.Error.
        """
        still_open, number, rows = dict(self._open), self._next, list[_Row]()
        for settlement in settlements:
            begun = still_open.pop(settlement.letter, None)
            if begun is not None:
                rows.append(_ended("ended", begun, self._run, settlement))
            elif settlement.state is State.IN_DOUBT:  # without a beginning nothing can be in doubt
                raise _out_of_order([settlement.letter])
            else:
                rows.append(_ended("refused", number, self._run, settlement))
                number += 1
        for beginning in beginnings:
            rows.append(_begun(number, self._run, beginning))
            still_open[beginning.letter] = number
            number += 1
        rows.append(("counted", self.commits + 1, None, self._run, *[None] * (_COLUMNS - 4)))
        values = list(chain.from_iterable(rows))
        try:
            self._connection.execute(for_rows(self._take, len(rows)), values)
        except sqlite3.IntegrityError:
            told = [s.letter for s in settlements] + [b.letter for b in beginnings]
            raise _out_of_order(told) from None
        self._open, self._next = still_open, number
        self.commits += 1


@lru_cache(maxsize=16)  # many letters leave in one second, and their dates hold no more
def _second(date: datetime) -> str:
    return written(date.replace(microsecond=0))


def _begun(number: int, run: str, beginning: Beginning) -> _Row:
    date = _second(beginning.date)
    nothing = (None,) * (_COLUMNS - 6)
    return ("begun", number, beginning.letter, run, written(beginning.at), date, *nothing)


# Plain values: sqlite3 looks for an adapter of every subclass of str and int, which takes longer
# than writing the row.
def _ended(what: str, number: int, run: str, settlement: Settlement) -> _Row:
    verdict, state = settlement.verdict, settlement.state
    in_doubt = state is State.IN_DOUBT
    return (
        what,
        number,
        settlement.letter,
        run,
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
        f"a letter does not stand where its sender believes (one of {numbers}): "
        "something else has changed the journal",
        "run the same command again: nothing of this step was recorded",
    )
