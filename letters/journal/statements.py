"""SQL by name, read from the `.sql` files of this folder. Leans on nothing."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files

_HEADER = re.compile(r"^-- ([a-z0-9 ]+) --$", re.MULTILINE)


@cache
def named(file: str) -> Mapping[str, str]:
    """The sections of a `.sql` file: `-- name --` on a line of its own, then SQL."""
    text = files("letters.journal").joinpath(file).read_text(encoding="utf-8")
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
