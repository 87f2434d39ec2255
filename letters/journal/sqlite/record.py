"""The transitions of a SQLite journal, one call each, on the one thread that has the connection.

Leans on `batch`, `blocks`, `lock` and `queries.sql`. Raises sqlite3's errors as they come.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from letters.database import named, written
from letters.errors import JournalError
from letters.journal.history import Damage, History, Sealed
from letters.journal.ids import RESOLVED
from letters.journal.sqlite import upkeep
from letters.journal.sqlite.batch import Batch
from letters.journal.sqlite.blocks import Blocks
from letters.journal.sqlite.claims import Claims
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.messages import Messages
from letters.journal.sqlite.opening import BUSY_MS
from letters.journal.sqlite.standings import Place, Standings
from letters.journal.sqlite.steps import Call, Steps
from letters.journal.types import Changed, Claimed, Standing, State

CHECKPOINT_EVERY = timedelta(seconds=30)


class Record:
    """One journal file and, between `start` and `finish`, its one sender."""

    def __init__(self, connection: sqlite3.Connection, lock: Lock) -> None:
        self._connection = connection
        # The letters known before that the last batch has.
        connection.execute("create temp table listed (letter integer primary key)")
        self._lock = lock
        self._sql = named("letters.journal.sqlite", "queries.sql")
        self._blocks = Blocks(connection)
        self._standings = Standings(connection)
        self.messages = Messages(connection, self._blocks)
        self.claims = Claims(connection, self.messages)
        self._run = ""
        self._first: int | None = None  # the first new letter of the last batch
        self._checkpointed_at: datetime | None = None

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(self._sql[query], values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        try:
            yield
            self._connection.execute("commit")
        except BaseException:
            self.rollback()
            raise

    def start(self, run: str, relay: str, at: datetime) -> None:
        """Take the lock, then write the run down."""
        if self._run or self._connection.in_transaction:
            raise RuntimeError("start comes once, and before enqueue")
        self._lock.acquire(run)
        try:
            with self._transaction():
                self._do("start", run=run, relay=relay, at=written(at))
                self._steps = Steps(self._connection, run)
            # The row comes first: the mark must never tell of a run that is not recorded.
            self._lock.write(0)
        except BaseException:
            self._lock.release()
            raise
        self._run, self._checkpointed_at = run, at

    def finish(self, at: datetime) -> None:
        """End the run, and let go of the lock whatever happens."""
        if not self._run:
            return
        try:
            with self._transaction():
                self._do("finish", run=self._run, at=written(at))
            self.checkpoint(BUSY_MS)
        finally:
            self._stop()

    def _stop(self) -> None:
        self._run = ""
        self.claims.release_all()
        self._lock.release()

    def close(self) -> None:
        """Let go of lock and file; what was staged is rolled back."""
        self.rollback()
        try:
            if self._checkpointed_at:
                self.finish(self._checkpointed_at)
        finally:
            self._connection.close()

    def _living(self) -> str | None:
        """The run that sends now: this one, or that of whoever has the lock."""
        if self._run:
            return self._run
        last = self._do("last run").fetchone() if self._lock.held() else None
        return str(last[0]) if last and last[1] else None

    def _require_sender(self) -> None:
        if not self._run:
            raise JournalError(
                "this process is not the sender of the journal", "run the same command again"
            )

    def stage(self, channel: str, at: datetime, *, whole: bool, changed: Changed) -> Batch:
        """Open the transaction in which a batch is staged."""
        if self._connection.in_transaction:
            raise RuntimeError("a batch is staged already")
        living = self._living()
        self._connection.execute("begin immediate")
        batch = Batch(
            self._connection,
            self._blocks,
            channel,
            at=at,
            whole=whole,
            changed=changed,
            living=living,
        )
        self._first = batch.first
        return batch

    def commit(self) -> None:
        """Make what is staged durable, and the file alone a record."""
        if self._connection.in_transaction:
            self._connection.execute("commit")
        self.checkpoint(BUSY_MS)

    def rollback(self) -> None:
        """Undo what is staged or half done."""
        if self._connection.in_transaction:
            self._connection.execute("rollback")
        self._blocks.forget()

    def checkpoint(self, patience_ms: int) -> None:
        """Make the file alone a record; while somebody reads, the -wal keeps holding the rest."""
        self._connection.execute(f"pragma busy_timeout = {patience_ms}")
        try:
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        finally:
            self._connection.execute(f"pragma busy_timeout = {BUSY_MS}")

    def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first batch."""
        row = self._do("sealed on", channel=channel).fetchone()
        return date.fromisoformat(row[0]) if row else None

    def claim(
        self, channel: str, count: int, now: datetime, only: Collection[str] | None
    ) -> list[Claimed]:
        """Reserve waiting letters in this process's memory; what is due waits from now on."""
        self._require_sender()
        return self.claims.take(channel, count, now, only)

    def advance(self, calls: Sequence[Call]) -> None:
        """Several connections' verdicts and beginnings in one transaction; then the mark, then the rest."""
        self._require_sender()
        if self._connection.in_transaction:
            # The step would be undone with it after it was told durable.
            raise RuntimeError("a batch is staged and not committed")
        self._lock.require_ours()
        try:
            letters = self._steps.take(calls)
        except BaseException:
            self.rollback()
            raise
        self._lock.write(self._steps.commits)
        self.claims.release(letters)

    def checkpoint_is_due(self, calls: Sequence[Call]) -> bool:
        """Every thirty seconds of sending, by the instants that the sender gives."""
        at = max([call.at for call in calls if call.at], default=None)
        if not (at and self._checkpointed_at and at - self._checkpointed_at >= CHECKPOINT_EVERY):
            return False
        self._checkpointed_at = at
        return True

    def tally(self, channel: str, *, batch: bool) -> dict[State, int]:
        """How many letters stand in each state, of all or of the batch staged last."""
        if batch and self._first is None:
            raise RuntimeError("no batch was staged")
        first = self._first if batch else None
        return self._standings.tally(channel, self._living(), first=first)

    def page(self, channel: str, after: Place, count: int) -> tuple[list[Standing], Place | None]:
        """The next letters in list order, and the place to go on from; None at the end."""
        return self._standings.page(channel, after, count, self._living())

    def channels(self) -> list[str]:
        """The channels, the latest used first."""
        return [channel for (channel,) in self._do("channels")]

    def resolve(self, channel: str, name: str, *, sent: bool, at: datetime) -> Standing | None:
        """End a doubt by a person's word."""
        living = self._living()
        with self._transaction():
            place = self._standings.find(channel, name, State.IN_DOUBT, living)
            if place is None:
                return None
            self._do("resolve attempt", letter=place[1], word=RESOLVED[sent], at=written(at))
            self._do(
                "resolve", letter=place[1], state=(State.SENT if sent else State.WAITING).value
            )
            return self._standings.at(channel, place, living)

    def retry(self, channel: str, name: str) -> Standing | None:
        """Let a rejected letter wait again."""
        living = self._living()
        with self._transaction():
            place = self._standings.find(channel, name, State.REJECTED, living)
            if place is None:
                return None
            self._do("retry", letter=place[1])
            return self._standings.at(channel, place, living)

    def history(self, channel: str, name: str) -> History | None:
        """All that is known of one letter."""
        return self._standings.history(channel, name, self._living())

    def sealed(self, channel: str, after: Place, count: int) -> tuple[list[Sealed], Place | None]:
        """The next letters with their bytes, and the place to go on from; None at the end."""
        return self._standings.sealed(self.messages, channel, after, count, self._living())

    def prunable(self, channel: str) -> int:
        """How many letters need their bytes no more."""
        return int(self._do("prunable", channel=channel).fetchone()[0])

    def prune(self, channel: str, at: datetime) -> int:
        """Let go of the bytes of letters that need them no more, and of their room in the file."""
        if self._living():
            raise self._lock.taken()
        with self._transaction():
            count = upkeep.prune(self._connection, channel, at)
        self._blocks.forget()
        self._connection.execute("vacuum")
        self.checkpoint(BUSY_MS)
        return count

    def verify(self) -> Iterator[Sequence[Damage]]:
        """Everything that cannot be so, a page of the record at a time."""
        return upkeep.verify(self._connection, self.messages)
