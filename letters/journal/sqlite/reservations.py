"""Letters reserved in this process's memory, until they are begun or released.

Used only on the thread that has the connection.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from letters.database import read, written
from letters.journal.sqlite.channels import Channels
from letters.journal.sqlite.queries import QUERIES
from letters.journal.sqlite.sealed import Messages
from letters.journal.types import Claimed


class Reservations:
    """The letters that this sender has reserved."""

    def __init__(
        self, connection: sqlite3.Connection, channels: Channels, messages: Messages
    ) -> None:
        self._connection = connection
        self._key = channels.key
        self._message = messages.of
        self._reserved: set[int] = set()
        self._chosen: Collection[str] | None = None

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], values)

    def take(
        self, channel: str, count: int, now: datetime, only: Collection[str] | None
    ) -> list[Claimed]:
        """Reserve waiting letters; deferred ones that are due become waiting."""
        due = {"channel": self._key(channel), "now": written(now)}
        if self._do("is something due", **due).fetchone()[0]:
            self._do("make due waiting", **due)
        if only is not None:
            self._choose(only)
        query = "waiting" if only is None else "waiting and chosen"
        rows = self._do(query, channel=self._key(channel), count=count + len(self._reserved))
        claimed = []
        for row in rows:
            letter, tries, tried, *sealed = row
            if letter not in self._reserved:
                claimed.append(Claimed(letter, self._message(sealed), tries, read(tried)))
                if len(claimed) == count:
                    break
        rows.close()
        self._reserved.update([letter.letter for letter in claimed])
        return claimed

    def release(self, letters: Iterable[int]) -> None:
        """Remove reservations."""
        self._reserved.difference_update(letters)

    def release_all(self) -> None:
        """Remove every reservation."""
        self._reserved.clear()

    def next_due(self, channel: str, only: Collection[str] | None) -> datetime | None:
        """When the next deferred letter falls due."""
        if only is None:
            return read(self._do("next due", channel=self._key(channel)).fetchone()[0])
        self._choose(only)
        return read(self._do("next due and chosen", channel=self._key(channel)).fetchone()[0])

    def _choose(self, only: Collection[str]) -> None:
        if only is self._chosen:
            return
        self._connection.execute(
            "create temp table if not exists chosen (identity text primary key)"
        )
        self._connection.execute("delete from temp.chosen")
        self._connection.executemany(
            "insert or ignore into temp.chosen values (?)", ((identity,) for identity in only)
        )
        self._chosen = only
