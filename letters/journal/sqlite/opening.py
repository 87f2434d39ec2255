"""Opening a SQLite journal: its schema, and which files are refused."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from letters.database import BUSY_MS, Explanation, Format, explained, found, migrate
from letters.errors import JournalError
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.queries import QUERIES, SCHEMA
from letters.private_files import make_private_file

FORMAT = Format(0x4C545253, SCHEMA)  # "LTRS"

_SETTINGS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma fullfsync = on",  # macOS: fsync alone stops at the drive's cache
    "pragma foreign_keys = on",
    "pragma cache_size = -2000",  # KB: more makes no measured difference
    f"pragma busy_timeout = {BUSY_MS}",
)

_EXPLANATIONS: tuple[Explanation, ...] = (
    (
        "SQLITE_FULL",
        "the disk is full",
        "make room on the disk, then run the same command again: nothing was half recorded",
    ),
    (
        "SQLITE_READONLY",
        "the file or its folder is read-only",
        "get the right to write both the file and its folder, then run the same command again",
    ),
    (
        "SQLITE_CANTOPEN",
        "the file cannot be opened",
        "look whether the folder exists and whether you may write in it",
    ),
    (
        "SQLITE_PERM",
        "the file may not be used",
        "get the right to write both the file and its folder, then run the same command again",
    ),
    (
        "SQLITE_CORRUPT",
        "the file is damaged",
        "keep it as it is and put a sound copy in its place, with the files beside it",
    ),
    (
        "SQLITE_NOTADB",
        "the file is not a journal, or its beginning is damaged",
        "give the journal's right name, or put a sound copy in its place",
    ),
    (
        "SQLITE_BUSY",
        "another program holds the file",
        "wait for the other `letters` to end, or close the program that has the file open",
    ),
    (
        "SQLITE_LOCKED",
        "another program holds the file",
        "wait for the other `letters` to end, or close the program that has the file open",
    ),
    (
        "SQLITE_IOERR",
        "the disk does not read or write as it should",
        "look at the disk (full? unplugged?), then run the command again: nothing was half recorded",
    ),
)


UNUSABLE = (sqlite3.Error, OSError, ValueError)
"""What a damaged or unreachable file raises; ValueError: a text or an instant that cannot be read."""


def journal_error(error: Exception, path: Path) -> JournalError:
    """What SQLite or the system raised, as a JournalError with the file and a way to mend it."""
    damage = "SQLITE_CORRUPT" if isinstance(error, ValueError) else ""
    if row := explained(error, _EXPLANATIONS, default=damage):
        return JournalError(f"the journal {path}: {row[1]} ({error})", row[2])
    return JournalError(
        f"the journal {path} cannot be used: {error}",
        "look whether the file is a sound journal and whether you may write it and its folder",
    )


def connect(
    path: Path, *, create: bool, looking: bool, traces: Sequence[Path]
) -> sqlite3.Connection:
    """A connection to the journal.

    With `create` the file is made when missing, and checked whole. With `looking` a journal that
    cannot be written is read all the same, where its file is alone a record. Raises JournalError when
    it is missing (without `create`), damaged, another program's, of a newer version, or incomplete.
    """
    _require_place(path, create=create)
    if create and not _size(path):
        refuse_beside_traces(path, traces)
    side_file = _size(path.with_name(f"{path.name}-wal")) > 0  # SQLite makes an empty one
    at_rest = looking and not side_file and _at_rest(path)
    mode = "rwc" if create else "ro&immutable=1" if at_rest else "rw"
    if create:
        with suppress(OSError):  # SQLite explains better
            make_private_file(path)
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    try:
        _prepare(connection, path, create=create, traces=traces)
        killed = _require_whole(connection, path, side_file=side_file)
        if killed and not at_rest:
            connection.execute(QUERIES["mark run killed"], {"run": killed})
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(
    connection: sqlite3.Connection, path: Path, *, create: bool, traces: Sequence[Path]
) -> None:
    known = _require_ours(connection, path)
    if not known and not create:
        raise _missing(path)
    for setting in _SETTINGS:
        connection.execute(setting)
    if migrate(connection, FORMAT):
        connection.execute("pragma wal_checkpoint(truncate)")
    if create:
        _require_sound(connection, path)
        if not connection.execute(QUERIES["is used"]).fetchone()[0]:
            refuse_beside_traces(path, traces)


def _writable(path: Path) -> bool:
    """Whether the system allows writing: SQLite opens a read-only file without an error."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _at_rest(path: Path) -> bool:
    """Whether the journal cannot be written here, as SQLite must to read it, and no sender is active."""
    return not (_writable(path) and _writable(path.parent)) and not Lock(path).held()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _missing(path: Path) -> JournalError:
    return JournalError(
        f"there is no journal at {path}",
        "run the command where the journal is, or name it with --journal sqlite:FILE; it is made by",
        next=("send",),
    )


def _require_place(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise JournalError(f"the journal {path} is a folder", "give the name of a file in it")
    if not create and not path.exists():
        raise _missing(path)
    if create and path.exists() and not _writable(path):
        raise JournalError(
            f"the journal {path}: the file is read-only",
            "get the right to write both the file and its folder, then run the same command again",
        )
    if not path.parent.is_dir():
        raise JournalError(
            f"the folder {path.parent} for the journal does not exist",
            "make the folder, or name another file with --journal sqlite:FILE",
        )


def _require_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file holds a journal (True) or nothing at all (False)."""
    file = found(connection)
    if file.empty:
        return False
    if file.application != FORMAT.application:
        raise JournalError(
            f"{path} is another program's database, not a journal of letters",
            "name another file with --journal sqlite:FILE",
        )
    if file.version > FORMAT.version:
        raise JournalError(
            f"the journal {path} is of version {file.version}; this program knows up to "
            f"{FORMAT.version}",
            "use the newer release of letters that made it",
        )
    return True


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    # Not quick_check, which leaves out indexes: a letter missing in an index would be taken for a new one.
    (finding,) = connection.execute("pragma integrity_check(1)").fetchone()
    if finding != "ok":
        raise journal_error(Damaged(finding), path)


class Damaged(sqlite3.DatabaseError):
    """Damage that SQLite does not notice: rows that contradict each other."""

    sqlite_errorname = "SQLITE_CORRUPT"


def refuse_beside_traces(path: Path, traces: Iterable[Path]) -> None:
    """Refuse an empty journal beside traces of a sending (P4)."""
    lock = Lock(path)
    found = [lock.path] if lock.mark() else []
    found += [trace for trace in traces if _is_trace(trace)]
    if not found:
        return
    names = ", ".join(str(trace) for trace in found)
    raise JournalError(
        f"the journal {path} is missing or empty, but letters have been sent from here: {names}",
        f"put the journal back where it was, {path.name} with the files beside it; "
        f"only if nobody may count as written to, remove {names} and run the command again",
    )


def _is_trace(trace: Path) -> bool:
    # An emptied Maildir is a new channel: its id file alone is no trace of a sending.
    if trace.is_dir():
        return any(p.is_file() and not p.name.startswith(".") for p in trace.rglob("*"))
    return trace.exists()


def _require_whole(connection: sqlite3.Connection, path: Path, *, side_file: bool) -> str | None:
    """Refuse a journal that is older than its lock file says, or lost its side file (P4).

    Returns the run that was killed and has all its commits, if the last one was.
    """
    lock = Lock(path)
    mark = lock.mark()
    if mark:
        row = connection.execute(QUERIES["commits of"], {"run": mark.run}).fetchone()
        if row is None or row[0] < mark.commits:
            raise _incomplete(path, f"{lock.path.name} shows commits that it does not have")
    last = connection.execute(QUERIES["last run"]).fetchone()
    if not (last and last[1]) or lock.held():
        return None
    if not (mark or side_file):
        raise _incomplete(path, "it was copied while letters were being sent, without its -wal")
    return str(last[0])


def _incomplete(path: Path, why: str) -> JournalError:
    return JournalError(
        f"the journal {path} is incomplete: {why}",
        f"put back {path.name} and {path.name}-wal as they were, together; without them it "
        "cannot be known who was written to",
    )
