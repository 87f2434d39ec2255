"""Reading a SQLite journal: counts, pages of letters, one letter with its history."""

import sqlite3
from collections.abc import Callable
from typing import Any

from letters.database import read
from letters.journal.ids import address_and_ordinal, by_word, id_of, id_of_row, reply_line
from letters.journal.sqlite.channels import Channels
from letters.journal.sqlite.queries import QUERIES
from letters.journal.sqlite.sealed import Messages
from letters.journal.types import Attempt, History, Place, Sealed, Standing, State
from letters.mailbox import identity_of
from letters.verdict import Concern, Outcome, Verdict

START: Place = (-1, -1)


class Standings:
    """The queries of one connection, inside its transaction when there is one.

    `living_run` gives the id of the run that sends now, if any: an open letter of another run is in
    doubt.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        channels: Channels,
        messages: Messages,
        living_run: Callable[[], str | None],
    ) -> None:
        self._connection = connection
        self._key = channels.key
        self._messages = messages
        self._living_run = living_run

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], values)

    def prunable(self, channel: str) -> int:
        """How many letters no longer need their bytes."""
        return int(self._do("prunable", channel=self._key(channel)).fetchone()[0])

    def tally(self, channel: str, *, first: int | None) -> dict[State, int]:
        """How many letters are in each state; with `first`, of the batch whose new ones begin there."""
        rows = self._do("tally", channel=self._key(channel), living=self._living_run(), first=first)
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def page(self, channel: str, after: Place, count: int) -> tuple[list[Standing], Place | None]:
        """The next letters in list order, and the place to continue from; None at the end."""
        rows, place = self._rows(channel, after, count)
        return [_standing(row) for row in rows], place

    def _rows(self, channel: str, after: Place, count: int) -> tuple[list[Any], Place | None]:
        position, number = after
        rows = self._do(
            "standings", channel=self._key(channel), position=position, number=number, count=count,
            living=self._living_run(),
        ).fetchall()  # fmt: skip
        return rows, (rows[-1][0], rows[-1][1]) if len(rows) == count else None

    def at(self, channel: str, place: Place) -> Standing:
        """The letter at a place."""
        position, letter = place
        return self.page(channel, (position, letter - 1), 1)[0][0]

    def find(self, channel: str, name: str, state: State | None) -> Place | None:
        """The place of the letter with this id, if it is in `state` (None: any)."""
        address, ordinal = address_and_ordinal(name)
        places = self._do(
            "of an address", channel=self._key(channel), folded=identity_of(address)
        ).fetchall()
        if not 0 < ordinal <= len(places):
            return None
        place: Place = places[ordinal - 1]
        found = None if state is None else self.at(channel, place).state
        return place if found is state else None

    def history(self, channel: str, name: str) -> History | None:
        """The letter with this id and all its attempts."""
        place = self.find(channel, name, None)
        if place is None:
            return None
        attempts = self._do("attempts of", letter=place[1])
        date, pruned_at = self._do("letter", letter=place[1]).fetchone()
        return History(
            self.at(channel, place), read(date), read(pruned_at), tuple(map(_attempt, attempts))
        )

    def sealed(self, channel: str, after: Place, count: int) -> tuple[list[Sealed], Place | None]:
        """The next letters with their bytes, and the place to continue from."""
        rows, place = self._rows(channel, after, count)
        upto = (rows[-1][0], rows[-1][1]) if rows else after
        found = self._messages.between(self._key(channel), after, upto)
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
