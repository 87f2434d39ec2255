"""One account in the ledger's file: what left is read, judged and written in one transaction.

Used only on the one thread that `ledger` gives it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from letters.database import BUSY_MS, Format, found, migrate, named
from letters.errors import JournalError
from letters.limits.counters import AccountCounters, Opens
from letters.limits.limiter import Reason
from letters.limits.pace import DAY, SECOND, Limits
from letters.limits.uptime import Uptime
from letters.private_files import make_private_file, make_private_folder

_QUERIES = named(__package__, "queries.sql")
_FORMAT = Format(0x4C544C47, named(__package__, "schema.sql"))  # "LTLG"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
_ELSEWHERE = "or let LETTERS_STATE name another folder, which then counts for itself"

KEPT = DAY + 3600 * SECOND
"""How long what left is kept, in microseconds: longer than any limit looks back."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """An account's own clock: what it showed, and what it was read from. All microseconds.

    It goes by the machine's uptime, which nobody can set. Only what passed across a start of the
    machine is told by the clock on the wall, and only beyond the latest that it ever showed:
    however often that is set forth, no stretch of time passes twice.
    """

    account: int
    shows: int
    boot: str
    uptime: int
    wall: int

    def at(self, wall: int, uptime: int, boot: str) -> "_Clock":
        """The clock as it stands now."""
        same = boot == self.boot
        passed = uptime - self.uptime if same else wall - self.wall
        return replace(
            self,
            shows=self.shows + max(0, passed),
            boot=boot,
            uptime=max(uptime, self.uptime) if same else uptime,
            wall=max(wall, self.wall),
        )


class Account:
    """The letters of one account, let leave by any process of this person on this machine.

    Instants asked with are the wall's, in microseconds. Every method raises JournalError.
    """

    def __init__(self, file: Path, name: str, limits: Limits, uptime: Uptime) -> None:
        self._file = file
        self._name = name
        self._counts = limits.counts
        self._uptime = uptime
        self._counters = AccountCounters(limits)
        self._read: int | None = None  # the last entry that is in the book
        with self._translated_errors():
            self._connection = _connect(file)

    def leave(self, domain: str, wall: int, chance: float) -> tuple[int, Reason]:
        """Count a letter as leaving now; or for how many microseconds it waits, and for what."""
        with self._transaction():
            clock = self._opened(wall)
            due, reason = self._counters.due(domain, chance)
            if due > clock.shows:
                return due - clock.shows, reason
            entry = self._depart(clock, domain, 1)
            self._keep(clock)
        self._read = entry
        self._counters.add(clock.shows, domain)
        return 0, reason

    def note(self, departed: Mapping[str, int], wall: int) -> None:
        """Count letters that left without asking, by receiving domain."""
        with self._transaction():
            clock = self._opened(wall)
            for domain, letters in departed.items():
                self._depart(clock, domain, letters)
            self._keep(clock)

    def forecast(self, letters: int, domains: Mapping[str, int], wall: int, opens: Opens) -> int:
        """When, by the wall's clock, the last of so many letters would leave."""
        with self._transaction():
            now = self._opened(wall).shows
        ahead = wall - now
        last = self._counters.forecast(letters, domains, now, lambda at: opens(at + ahead) - ahead)
        return last + ahead

    def quota_frees(self, wall: int) -> int:
        """When the oldest letter of the last day is a day old; a day from now without any."""
        with self._transaction():
            clock = self._opened(wall)
            (oldest,) = self._run(
                "oldest", account=clock.account, after=clock.shows - DAY
            ).fetchone()
        return wall + DAY - (clock.shows - oldest if oldest is not None else 0)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _opened(self, wall: int) -> _Clock:
        """The account's clock now, and in the book all that other processes let leave."""
        uptime = round(self._uptime.seconds() * SECOND)
        found = self._run("account", name=self._name).fetchone()
        if found is None:
            boot = self._uptime.boot
            self._run("open account", name=self._name, boot=boot, uptime=uptime, wall=wall)
            found = self._run("account", name=self._name).fetchone()
        clock = _Clock(*found).at(wall, uptime, self._uptime.boot)
        if self._read is None:
            self._read = 0
            clock = self._forget(clock, wall)
        if self._counts:
            self._catch_up(clock)
        return clock

    def _forget(self, clock: _Clock, wall: int) -> _Clock:
        """Drop what no limit looks back to; where nothing is left, it continues from the wall clock."""
        self._run("forget", account=clock.account, before=clock.shows - KEPT)
        (empty,) = self._run("is empty", account=clock.account).fetchone()
        clock = replace(clock, wall=wall) if empty else clock
        self._keep(clock)
        return clock

    def _catch_up(self, clock: _Clock) -> None:
        fresh = self._run("departures since", account=clock.account, entry=self._read)
        for entry, at, domain, letters in fresh:
            self._counters.add(at, domain, letters)
            self._read = entry

    def _depart(self, clock: _Clock, domain: str, letters: int) -> int:
        values = {"at": clock.shows, "domain": domain.lower(), "letters": letters}
        return self._run("depart", account=clock.account, **values).lastrowid or 0

    def _keep(self, clock: _Clock) -> None:
        self._run(
            "keep clock",
            account=clock.account,
            shows=clock.shows,
            boot=clock.boot,
            uptime=clock.uptime,
            wall=clock.wall,
        )

    def _run(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(_QUERIES[query], values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One writer at a time over all processes: what is judged is what is written."""
        with self._translated_errors():
            self._run("begin")
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _ledger_error(error, self._file) from error


def _connect(file: Path) -> sqlite3.Connection:
    """The ledger, made when missing. Raises JournalError, sqlite3.Error and OSError."""
    make_private_folder(file.parent)
    make_private_file(file)
    connection = sqlite3.connect(
        file, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
    )
    try:
        _prepare(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    known = found(connection)
    if not known.empty and known.application != _FORMAT.application:
        raise sqlite3.DatabaseError("it holds something else")
    if known.version > _FORMAT.version:
        raise JournalError(
            f"the account's ledger {file} was written by a newer version of letters",
            f"use that version, {_ELSEWHERE}",
        )
    connection.execute("pragma journal_mode = wal")
    # What a killed process committed is with the system and survives it. Only a power cut may lose
    # the last seconds; preventing that would cost an fsync before every letter. The ledger only
    # says how fast letters leave; who has one, the journal says.
    connection.execute("pragma synchronous = normal")
    migrate(connection, _FORMAT)
    (finding,) = connection.execute("pragma quick_check(1)").fetchone()
    if finding != "ok":
        raise sqlite3.DatabaseError(finding)


def _ledger_error(error: sqlite3.Error | OSError, file: Path) -> JournalError:
    """What SQLite or the system raised, as a JournalError with the file and a way to mend it."""
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
        f"check the folder's permissions and the free disk space, {_ELSEWHERE}",
    )
