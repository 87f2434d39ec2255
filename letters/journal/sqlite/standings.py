"""How a SQLite journal's letters stand: counted, listed, found by their names.

Leans on `naming` and `queries.sql`; `living` is the run that sends now, if any.
"""

import sqlite3
from typing import TYPE_CHECKING, Any

from letters.database import named, read
from letters.journal.history import Attempt, History, Sealed
from letters.journal.ids import address_and_ordinal, by_word, id_of, id_of_row, reply_line
from letters.journal.types import Standing, State
from letters.mailbox import identity_of
from letters.verdict import Concern, Outcome, Verdict

if TYPE_CHECKING:
    from letters.journal.sqlite.messages import Messages

Place = tuple[int, int]
"""A place in list order: the row, and the letter's number."""

START: Place = (-1, -1)


class Standings:
    """The reading side of one connection; takes part in its transaction when there is one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sql = named("letters.journal.sqlite", "queries.sql")

    def tally(self, channel: str, living: str | None, *, first: int | None) -> dict[State, int]:
        """How many letters stand in each state; of a batch alone, whose new letters begin at `first`."""
        values = {"channel": channel, "living": living, "first": first}
        rows = self._connection.execute(self._sql["tally"], values)
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def page(
        self, channel: str, after: Place, count: int, living: str | None
    ) -> tuple[list[Standing], Place | None]:
        """The next letters in list order, and the place to go on from; None at the end."""
        rows, place = self._rows(channel, after, count, living)
        return [_standing(row) for row in rows], place

    def _rows(
        self, channel: str, after: Place, count: int, living: str | None
    ) -> tuple[list[Any], Place | None]:
        position, number = after
        rows = self._connection.execute(
            self._sql["standings"],
            {
                "channel": channel,
                "position": position,
                "number": number,
                "count": count,
                "living": living,
            },
        ).fetchall()
        return rows, (rows[-1][0], rows[-1][1]) if len(rows) == count else None

    def at(self, channel: str, place: Place, living: str | None) -> Standing:
        """The letter at a place."""
        position, letter = place
        return self.page(channel, (position, letter - 1), 1, living)[0][0]

    def find(
        self, channel: str, name: str, state: State | None, living: str | None
    ) -> Place | None:
        """The place of the letter that answers to `name`, when it stands in `state` (None: any)."""
        address, ordinal = address_and_ordinal(name)
        places = self._connection.execute(
            self._sql["of an address"], {"channel": channel, "folded": identity_of(address)}
        ).fetchall()
        if not 0 < ordinal <= len(places):
            return None
        place: Place = places[ordinal - 1]
        stands = None if state is None else self.at(channel, place, living).state
        return place if stands is state else None

    def history(self, channel: str, name: str, living: str | None) -> History | None:
        """All that is known of the letter that answers to `name`."""
        place = self.find(channel, name, None, living)
        if place is None:
            return None
        letter = {"letter": place[1]}
        attempts = self._connection.execute(self._sql["attempts of"], letter)
        date, pruned_at = self._connection.execute(self._sql["letter"], letter).fetchone()
        return History(
            self.at(channel, place, living),
            read(date),
            read(pruned_at),
            tuple(map(_attempt, attempts)),
        )

    def sealed(
        self, messages: "Messages", channel: str, after: Place, count: int, living: str | None
    ) -> tuple[list[Sealed], Place | None]:
        """The next letters with their bytes, and the place to go on from."""
        rows, place = self._rows(channel, after, count, living)
        upto = (rows[-1][0], rows[-1][1]) if rows else after
        found = messages.between(channel, after, upto)
        mailable = (row for row in rows if row[2] is not None)
        return [Sealed(_standing(row), found.get(row[1])) for row in mailable], place


def _standing(row: Any) -> Standing:
    position, _, address, ordinal, name, state, attempts, *sealed, sent_at, due_at, begun_at = row
    message_id, sha256, relay, resolved, *verdict = sealed
    return Standing(
        id=id_of_row(position) if address is None else id_of(address, ordinal),
        address=address,
        name=name,
        state=State(state),
        attempts=attempts,
        message_id=message_id,
        sha256=sha256,
        relay=relay,
        reply=_reply(resolved, *verdict),
        sent_at=read(sent_at),
        due_at=read(due_at),
        begun_at=read(begun_at),
    )


def _reply(resolved: str | None, code: int, enhanced: str, said: str | None) -> str | None:
    if resolved:
        return by_word(resolved)
    return None if said is None else reply_line(code, enhanced, said)


def _attempt(row: Any) -> Attempt:
    run, relay, begun_at, ended_at, outcome, *said, counted, resolved, resolved_at = row
    return Attempt(
        run=run,
        relay=relay,
        begun_at=read(begun_at),
        ended_at=read(ended_at),
        verdict=_verdict(outcome, *said) if outcome else None,
        counted=bool(counted),
        resolved=resolved or "",
        resolved_at=read(resolved_at),
    )


def _verdict(outcome: str, concern: str, code: int, enhanced: str, said: str) -> Verdict:
    return Verdict(Outcome(outcome), Concern(concern), said, code, enhanced)
