"""What changes a SQLite journal: runs, staged batches, claims, steps, a person's decisions.

Used only on the one thread that has the connection. Raises sqlite3's errors.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from letters.database import BUSY_MS, read, written
from letters.errors import JournalError
from letters.journal.ids import RESOLVED
from letters.journal.sqlite import maintenance
from letters.journal.sqlite.channels import Channels
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.queries import QUERIES
from letters.journal.sqlite.sealed import Blocks, Messages
from letters.journal.sqlite.staging import Staging
from letters.journal.sqlite.standings import Standings
from letters.journal.sqlite.step import Call, Steps
from letters.journal.types import MAIL, Changed, Claimed, Damage, Standing, State

CHECKPOINT_EVERY = timedelta(seconds=30)


class Record:
    """One journal file and, between `start` and `finish`, its one sender."""

    def __init__(self, connection: sqlite3.Connection, lock: Lock, campaign: str) -> None:
        self._connection = connection
        # The letters of the last batch that were known before it.
        connection.execute("create temp table listed (letter integer primary key)")
        connection.execute("create temp table chosen (identity text primary key)")
        self._lock = lock
        self.channels = Channels(connection, campaign)
        self._blocks = Blocks(connection)
        self._messages = Messages(connection, self._blocks)
        self.standings = Standings(connection, self.channels, self._messages, self._living_run)
        self._reserved: set[int] = set()  # claimed by this process, and not begun
        self._chosen: Collection[str] | None = None  # the identities in temp.chosen
        self._run = ""
        self._first_new: int | None = None  # the first new letter of the last batch
        self._checkpointed_at: datetime | None = None

    def _do(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], values)

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
        """Take the lock, then record the run."""
        if self._run or self._connection.in_transaction:
            raise RuntimeError("start comes once, and before enqueue")
        self._lock.acquire(run)
        try:
            with self._transaction():
                self._do("start", run=run, relay=relay, at=written(at))
                self._steps = Steps(self._connection, run)
            # The row comes first: the mark must never name a run that is not recorded.
            self._lock.write(0)
        except BaseException:
            self._lock.release()
            raise
        self._run, self._checkpointed_at = run, at

    def finish(self, at: datetime) -> None:
        """End the run, and release the lock whatever happens."""
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
        self._reserved.clear()
        self._lock.release()

    def close(self) -> None:
        """Release the lock and close the file; what was staged is rolled back."""
        self.rollback()
        try:
            if self._checkpointed_at:
                self.finish(self._checkpointed_at)
        finally:
            self._connection.close()

    def _living_run(self) -> str | None:
        """The run that sends now: this one, or that of the process that has the lock."""
        if self._run:
            return self._run
        last = self._do("last run").fetchone() if self._lock.held() else None
        return str(last[0]) if last and last[1] else None

    def _require_sender(self) -> None:
        if not self._run:
            raise JournalError(
                "this process is not the sender of the journal", "run the same command again"
            )

    def stage(self, channel: str, at: datetime, *, whole: bool, changed: Changed) -> Staging:
        """Open the transaction in which a batch is staged."""
        if self._connection.in_transaction:
            raise RuntimeError("a batch is staged already")
        living = self._living_run()
        self._connection.execute("begin immediate")
        batch = Staging(
            self._connection,
            self._blocks,
            self.channels.use(channel, at),
            is_rehearsal=channel != MAIL,
            whole=whole,
            changed=changed,
            living=living,
        )
        self._first_new = batch.first
        return batch

    def commit(self) -> None:
        """Make what is staged durable, and the file complete without its -wal."""
        if self._connection.in_transaction:
            self._connection.execute("commit")
        self.checkpoint(BUSY_MS)

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self._connection.in_transaction:
            self._connection.execute("rollback")
        self._blocks.forget()
        self.channels.forget()

    def checkpoint(self, wait_ms: int) -> None:
        """Copy the -wal into the file, which is then complete alone; not possible while a reader is active."""
        self._connection.execute(f"pragma busy_timeout = {wait_ms}")
        try:
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        finally:
            self._connection.execute(f"pragma busy_timeout = {BUSY_MS}")

    def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first batch."""
        row = self._do("sealed on", channel=self.channels.key(channel)).fetchone()
        return date.fromisoformat(row[0]) if row else None

    def claim(
        self, channel: str, count: int, now: datetime, only: Collection[str] | None
    ) -> list[Claimed]:
        """Reserve waiting letters; deferred ones that are due become waiting."""
        self._require_sender()
        due = {"channel": self.channels.key(channel), "now": written(now)}
        if self._do("is something due", **due).fetchone()[0]:
            self._do("make due waiting", **due)
        chosen = self._choose(only)
        rows = self._do(
            "waiting",
            channel=self.channels.key(channel),
            chosen=chosen,
            count=count + len(self._reserved),
        )
        claimed = []
        for row in rows:
            letter, tries, tried, *sealed = row
            if letter not in self._reserved:
                claimed.append(Claimed(letter, self._messages.of(sealed), tries, read(tried)))
                if len(claimed) == count:
                    break
        rows.close()
        self._reserved.update(letter.letter for letter in claimed)
        return claimed

    def release(self, letters: Iterable[int]) -> None:
        """Remove reservations."""
        self._reserved.difference_update(letters)

    def next_due(self, channel: str, only: Collection[str] | None) -> datetime | None:
        """When the next deferred letter falls due."""
        chosen = self._choose(only)
        return read(
            self._do("next due", channel=self.channels.key(channel), chosen=chosen).fetchone()[0]
        )

    def _choose(self, only: Collection[str] | None) -> bool:
        """Put these identities into temp.chosen, unless they are there; False: not restricted."""
        if only is not None and only is not self._chosen:
            self._connection.execute("delete from temp.chosen")
            self._connection.executemany(
                "insert or ignore into temp.chosen values (?)", ((identity,) for identity in only)
            )
            self._chosen = only
        return only is not None

    def advance(self, calls: Sequence[Call]) -> None:
        """Write the verdicts and beginnings of several connections in one transaction, then the mark."""
        self._require_sender()
        if self._connection.in_transaction:
            # Its rollback would undo the step after the connections were told that it is durable.
            raise RuntimeError("a batch is staged and not committed")
        self._lock.require_ours()
        try:
            letters = self._steps.take(calls)
        except BaseException:
            self.rollback()
            raise
        self._lock.write(self._steps.commits)
        self.release(letters)

    def checkpoint_is_due(self, calls: Sequence[Call]) -> bool:
        """Every thirty seconds of sending, by the instants that the sender gives."""
        at = max([call.at for call in calls if call.at], default=None)
        if not (at and self._checkpointed_at and at - self._checkpointed_at >= CHECKPOINT_EVERY):
            return False
        self._checkpointed_at = at
        return True

    def tally(self, channel: str, *, batch: bool) -> dict[State, int]:
        """How many letters are in each state, of all or of the batch staged last."""
        if batch and self._first_new is None:
            raise RuntimeError("no batch was staged")
        return self.standings.tally(channel, first=self._first_new if batch else None)

    def resolve(self, channel: str, name: str, *, sent: bool, at: datetime) -> Standing | None:
        """End a doubt by a person's decision."""
        with self._transaction():
            place = self.standings.find(channel, name, State.IN_DOUBT)
            if place is None:
                return None
            self._do("resolve attempt", letter=place[1], word=RESOLVED[sent], at=written(at))
            self._do(
                "resolve", letter=place[1], state=(State.SENT if sent else State.WAITING).value
            )
            return self.standings.at(channel, place)

    def retry(self, channel: str, name: str) -> Standing | None:
        """Let a rejected letter wait again."""
        with self._transaction():
            place = self.standings.find(channel, name, State.REJECTED)
            if place is None:
                return None
            self._do("retry", letter=place[1])
            return self.standings.at(channel, place)

    def prune(self, channel: str, at: datetime) -> int:
        """Delete the bytes of letters that no longer need them, and shrink the file."""
        if self._living_run():
            raise self._lock.taken()
        with self._transaction():
            count = maintenance.prune(self._connection, self.channels.key(channel), at)
        self._blocks.forget()
        self._connection.execute("vacuum")
        self.checkpoint(BUSY_MS)
        return count

    def verify(self) -> Iterator[Sequence[Damage]]:
        """Every inconsistency of the record, a page of it at a time."""
        return maintenance.verify(self._connection, self._messages)
