"""SQLite files, for journal and ledger: SQL by name from `.sql` files, and instants as text."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files

_HEADER = re.compile(r"^-- ([a-z0-9 ]+) --$", re.MULTILINE)


@cache
def named(package: str, file: str) -> Mapping[str, str]:
    """The sections of a package's `.sql` file: `-- name --` on a line of its own, then SQL."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    _, *parts = _HEADER.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


def statements(section: str) -> Iterator[str]:
    """The single statements of a section, in order."""
    statement = ""
    for line in section.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@lru_cache(maxsize=256)
def for_rows(sql: str, rows: int) -> str:
    """An insert of one row of `?` as an insert of so many, which SQLite does in one call."""
    start = sql.index("(?")
    end = sql.index(")", start) + 1
    return sql[:start] + ", ".join([sql[start:end]] * rows) + sql[end:]


def written(at: datetime) -> str:
    """An aware instant as text, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str | None) -> datetime | None:
    """The instant that `written` made a text of."""
    return None if text is None else datetime.fromisoformat(text)
