"""What the SQLite files of journal and ledger share: queries by name, opening, errors, instants."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

BUSY_MS = 5000
"""Milliseconds that a statement waits for another process's lock on the file."""

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
    """An aware instant as ISO 8601 text in UTC, to the microsecond; it sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str | None) -> datetime | None:
    """The instant that `written` made a text of."""
    return None if text is None else datetime.fromisoformat(text)


class Format(NamedTuple):
    """A kind of file: its application id (https://sqlite.org/pragma.html#pragma_application_id).

    `schema` are the numbered schema changes, each a section of SQL; the last number is the version.
    """

    application: int
    schema: Mapping[str, str]

    @property
    def version(self) -> int:
        """The newest version that this program knows."""
        return max(map(int, self.schema))


class Found(NamedTuple):
    """What a file says of itself, before anything is changed."""

    application: int
    version: int
    empty: bool


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """The value of a pragma that is a number."""
    return int(connection.execute(f"pragma {name}").fetchone()[0])


def found(connection: sqlite3.Connection) -> Found:
    """Application id and version of a file; `empty`: it has no table."""
    has_tables = connection.execute("select exists (select 1 from sqlite_schema)").fetchone()[0]
    application, version = pragma(connection, "application_id"), pragma(connection, "user_version")
    return Found(application, version, not (has_tables or application or version))


def migrate(connection: sqlite3.Connection, kind: Format) -> bool:
    """Bring a file to the newest version, in one transaction; whether it was an older one."""
    if pragma(connection, "user_version") == kind.version:
        return False  # no transaction: a reader does not wait for a writer
    connection.execute("begin immediate")
    try:
        before = pragma(connection, "user_version")
        for number, section in kind.schema.items():
            if int(number) > before:
                for statement in statements(section):
                    connection.execute(statement)
        connection.execute(f"pragma application_id = {kind.application}")
        connection.execute(f"pragma user_version = {kind.version}")
        connection.execute("commit")
    except BaseException:
        connection.rollback()
        raise
    return before < kind.version


Explanation = tuple[str, str, str]
"""The beginning of a name of a SQLite error, what happened in words, and how to mend it."""


def explained(
    error: Exception, table: Sequence[Explanation], *, default: str
) -> Explanation | None:
    """The first row of a table that names this error; `default` is the name of one without a name."""
    name = str(getattr(error, "sqlite_errorname", default))
    return next((row for row in table if name.startswith(row[0])), None)
