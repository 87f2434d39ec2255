"""The channels of one campaign in a SQLite journal, which several campaigns may share."""

import sqlite3
from datetime import datetime

from letters.database import written
from letters.journal.sqlite.queries import QUERIES


class Channels:
    """Finds the keys of a campaign's channels; a letter belongs to a channel by its key.

    A journal that an older version made does not name the campaign of its channels. They are those of
    the campaign that looks at it, and belong to the first campaign that stages a batch.
    """

    def __init__(self, connection: sqlite3.Connection, campaign: str) -> None:
        self._connection = connection
        self._campaign = campaign
        self._keys: dict[str, str] = {}

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], {"campaign": self._campaign, **values})

    def key(self, name: str) -> str:
        """The key of a channel; "", which no letter has, when the campaign has none of this name."""
        if name not in self._keys:
            row = self._do("channel key", name=name).fetchone()
            if row is None:
                return ""
            self._keys[name] = row[0]
        return self._keys[name]

    def use(self, name: str, at: datetime) -> str:
        """The key of a channel that a batch is staged on, made when it is new.

        The date of `at` in its own zone is the channel's day, if this is its first batch.
        """
        self._do("take over channels")
        self.forget()
        values = {"name": name, "day": at.date().isoformat(), "at": written(at)}
        if not self._do("use channel", key=self.key(name), **values).rowcount:
            self._do("new channel", **values)
        return self.key(name)

    def forget(self) -> None:
        """Drop all keys: a transaction in which one was made may have been rolled back."""
        self._keys.clear()

    def names(self) -> list[str]:
        """The names of the campaign's channels, the latest used first."""
        return [name for (name,) in self._do("channels")]

    def others(self) -> tuple[str, ...]:
        """The ids of the other campaigns in the journal."""
        return tuple(campaign for (campaign,) in self._do("other campaigns"))

    def unnamed(self) -> int:
        """How many letters have no campaign, since an older version recorded them."""
        return int(self._do("letters without campaign").fetchone()[0])

    def is_new(self) -> bool:
        """Whether no letter of the campaign was ever begun or refused."""
        return bool(self._do("is new").fetchone()[0])
