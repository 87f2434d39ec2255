"""The journal in one SQLite file: its methods run on a thread of their own, in the order of the calls.

What each method does is said in `letters.journal.interface.Journal`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

from letters.journal.sqlite import location
from letters.journal.sqlite.group_commit import GroupCommit
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.opening import UNUSABLE, connect, journal_error
from letters.journal.sqlite.record import Record
from letters.journal.sqlite.staging import Staging
from letters.journal.sqlite.standings import START
from letters.journal.sqlite.step import Call, prepared
from letters.journal.types import (
    Beginning,
    Changed,
    Claimed,
    Damage,
    Entry,
    History,
    Place,
    Pruned,
    Sealed,
    Settlement,
    Staged,
    Standing,
    State,
)

P = ParamSpec("P")
T = TypeVar("T")

CHUNK = 256  # letters sealed on the loop's thread while as many are written on the journal's
PAGE = 500  # letters read at once, so that no long read delays the sender

_MOUNTS = Path("/proc/mounts")


class SqliteJournal:
    """A journal in one SQLite file."""

    def __init__(
        self,
        path: Path,
        *,
        campaign: str,
        create: bool,
        looking: bool = False,
        traces: Sequence[Path] = (),
    ) -> None:
        self._path = path
        self._campaign = campaign
        try:
            connection = connect(path, create=create, looking=looking, traces=traces)
            self._record = Record(connection, Lock(path), campaign)
            channels = self._record.channels
            self.is_new, self.other_campaigns = channels.is_new(), channels.others()
            self._unnamed = channels.unnamed()
        except UNUSABLE as error:
            raise journal_error(error, path) from error
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._commits = GroupCommit(self._thread, self._commit)

    @property
    def location(self) -> str:
        return str(self._path)

    @property
    def warnings(self) -> tuple[str, ...]:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
        found = location.warnings(self._path.resolve(), mounts)
        if not self._unnamed:
            return found
        older = (
            f"the journal {self._path} was made by a version that did not record campaigns: its "
            f"{self._unnamed} letters are taken for those of {self._campaign}"
        )
        return (older, *found)

    def _run(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Call `do` on the journal's thread; SQLite's errors are raised as JournalErrors."""
        call = partial(self._translated, partial(do, *args, **kwargs))
        return asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _translated(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except UNUSABLE as error:
            raise journal_error(error, self._path) from error

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        await self._run(self._record.start, run, relay, at)

    async def finish(self, *, at: datetime) -> None:
        await self._commits.drain()
        await self._run(self._record.finish, at)

    async def sealed_on(self, channel: str) -> date | None:
        return await self._run(self._record.sealed_on, channel)

    async def enqueue(
        self,
        channel: str,
        entries: Iterable[Entry],
        *,
        at: datetime,
        whole: bool = True,
        changed: Changed = Changed.ASK,
        limit: int | None = None,
    ) -> Staged:
        whole = whole and limit is None
        staging = await self._run(self._record.stage, channel, at, whole=whole, changed=changed)
        try:
            if limit is None:
                await self._stream(staging, iter(entries))
            else:
                await self._up_to(staging, iter(entries), limit)
            return await self._run(staging.end)
        except BaseException:
            await self._run(self._record.rollback)
            raise

    async def _stream(self, staging: Staging, entries: Iterator[Entry]) -> None:
        """Stage all entries: a chunk is made on the loop's thread while the last one is written."""
        writing: asyncio.Future[None] | None = None
        try:
            while chunk := list(islice(entries, CHUNK)):
                if writing:
                    await writing
                writing = self._run(staging.take, chunk)
        finally:
            if writing:
                await asyncio.wait([writing])
        if writing:
            writing.result()

    async def _up_to(self, staging: Staging, entries: Iterator[Entry], limit: int) -> None:
        # An entry is at most one letter to send: so many more never exceed the limit.
        while chunk := list(islice(entries, min(CHUNK, limit - staging.to_send))):
            await self._run(staging.take, chunk)

    async def commit(self) -> None:
        await self._run(self._record.commit)

    async def rollback(self) -> None:
        await self._run(self._record.rollback)

    async def claim(
        self, channel: str, count: int, *, now: datetime, only: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        return await self._run(self._record.claim, channel, count, now, only)

    async def advance(
        self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]
    ) -> None:
        await self._commits.join(prepared(settlements, beginnings))

    def _commit(self, calls: Sequence[Call]) -> None:
        self._translated(partial(self._record.advance, calls))
        if self._record.checkpoint_is_due(calls):
            # After this commit. If it fails, the -wal file still has everything.
            self._thread.submit(self._record.checkpoint, 0)

    async def release(self, letters: Sequence[int]) -> None:
        await self._run(self._record.release, letters)

    async def next_due(
        self, channel: str, *, only: Collection[str] | None = None
    ) -> datetime | None:
        return await self._run(self._record.next_due, channel, only)

    async def tally(self, channel: str, *, batch: bool = False) -> dict[State, int]:
        return await self._run(self._record.tally, channel, batch=batch)

    async def letters(self, channel: str) -> AsyncIterator[Standing]:
        async for standing in self._pages(partial(self._record.standings.page, channel)):
            yield standing

    async def sealed(self, channel: str) -> AsyncIterator[Sealed]:
        async for sealed in self._pages(partial(self._record.standings.sealed, channel)):
            yield sealed

    async def _pages(
        self, page: Callable[[Place, int], tuple[list[T], Place | None]]
    ) -> AsyncIterator[T]:
        place: Place | None = START
        while place is not None:
            items, place = await self._run(page, place, PAGE)
            for item in items:
                yield item

    async def channels(self) -> Sequence[str]:
        return await self._run(self._record.channels.names)

    async def resolve(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the Protocol's word
        *,
        sent: bool,
        at: datetime,
    ) -> Standing | None:
        return await self._run(self._record.resolve, channel, id, sent=sent, at=at)

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the Protocol's word
        *,
        at: datetime,
    ) -> Standing | None:
        del at
        return await self._run(self._record.retry, channel, id)

    async def history(self, channel: str, id: str) -> History | None:  # noqa: A002 -- as above
        return await self._run(self._record.standings.history, channel, id)

    async def prunable(self, channel: str) -> int:
        return await self._run(self._record.standings.prunable, channel)

    async def prune(self, channel: str, *, at: datetime) -> Pruned:
        before = self._octets()
        letters = await self._run(self._record.prune, channel, at)
        return Pruned(letters, max(0, before - self._octets()))

    def _octets(self) -> int:
        side_file = self._path.with_name(f"{self._path.name}-wal")
        return sum(path.stat().st_size for path in (self._path, side_file) if path.exists())

    async def verify(self) -> AsyncIterator[Damage]:
        pages = self._record.verify()
        while (page := await self._run(next, pages, None)) is not None:
            for damage in page:
                yield damage

    async def aclose(self) -> None:
        await self._commits.drain()  # a commit that has begun is finished first
        await self._run(self._record.close)
        self._thread.shutdown()
