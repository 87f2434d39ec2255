"""Opening the ledger's file, its SQL by name, and SQLite's errors as JournalErrors."""

import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from letters.errors import JournalError

_APPLICATION = 0x4C544C47  # "LTLG", https://sqlite.org/pragma.html#pragma_application_id
_VERSION = 1
_BUSY_MS = 5000
_HEADER = re.compile(r"^-- ([a-z ]+) --$", re.MULTILINE)
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
_ELSEWHERE = "or let LETTERS_STATE name another folder, which then counts for itself"


def _sql(file: str) -> str:
    return files("letters.limits").joinpath(file).read_text(encoding="utf-8")


@cache
def queries() -> Mapping[str, str]:
    """The SQL of `queries.sql` by name."""
    _, *parts = _HEADER.split(_sql("queries.sql"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def connect(file: Path) -> sqlite3.Connection:
    """The ledger, made when missing. Raises JournalError, sqlite3.Error and OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(
        file, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
    )
    try:
        _prepare(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    (application,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
    if tables and application != _APPLICATION:
        raise sqlite3.DatabaseError("it holds something else")
    if version > _VERSION:
        raise JournalError(
            f"the account's ledger {file} was written by a newer version of letters",
            f"use that version, {_ELSEWHERE}",
        )
    connection.execute("pragma journal_mode = wal")
    # What a killed process committed is with the system and survives it. Only a power cut may lose
    # the last seconds, which an fsync before every letter would be too dear for: the ledger says
    # how fast letters leave, the journal who has one.
    connection.execute("pragma synchronous = normal")
    if not tables:
        connection.executescript(_sql("schema.sql"))
        connection.execute(f"pragma application_id = {_APPLICATION}")
        connection.execute(f"pragma user_version = {_VERSION}")
    (found,) = connection.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def in_words(error: sqlite3.Error | OSError, file: Path) -> JournalError:
    """What SQLite or the system said, as a JournalError with the file and a way to mend it."""
    code = str(getattr(error, "sqlite_errorname", "SQLITE_CORRUPT"))
    if isinstance(error, sqlite3.Error) and code.startswith(_DAMAGED):
        return JournalError(
            f"the account's ledger {file} is damaged or no ledger ({error}): what left in the last "
            "24 hours is not known",
            "move the file away and send again when no limit can be exceeded; a new one is made",
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return JournalError(
            f"another program holds the account's ledger {file}",
            "close the program that has it open, then run the same command again",
        )
    return JournalError(
        f"the account's ledger {file} cannot be read and written: {error}",
        f"look at the folder's permissions and the disk's room, {_ELSEWHERE}",
    )
