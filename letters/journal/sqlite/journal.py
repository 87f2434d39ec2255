"""The SQLite form of the journal: the event loop's side of `record`, which has its own thread."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

from letters.journal.history import Damage, History, Pruned, Sealed
from letters.journal.sqlite import places
from letters.journal.sqlite.batch import Batch
from letters.journal.sqlite.group_commit import Groups
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.opening import UNUSABLE, connect, in_words
from letters.journal.sqlite.record import Record
from letters.journal.sqlite.standings import START, Place
from letters.journal.sqlite.steps import Call, call
from letters.journal.types import (
    Beginning,
    Changed,
    Claimed,
    Entry,
    Settlement,
    Staged,
    Standing,
    State,
)

P = ParamSpec("P")
T = TypeVar("T")

CHUNK = 256  # letters sealed on the loop's thread while as many are written on the journal's
PAGE = 500

_MOUNTS = Path("/proc/mounts")


class SqliteJournal:
    """A journal in one SQLite file; see `letters.journal.Journal` for every verb."""

    def __init__(
        self, path: Path, *, create: bool, looking: bool = False, traces: Sequence[Path] = ()
    ) -> None:
        self._path = path
        try:
            connection, self.is_new = connect(path, create=create, looking=looking, traces=traces)
        except UNUSABLE as error:
            raise in_words(error, path) from error
        self._record = Record(connection, Lock(path))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._groups = Groups(self._thread, self._commit)

    @property
    def location(self) -> str:
        """The file's full path."""
        return str(self._path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say about the folder: a network disk, a synced folder."""
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
        return places.warnings(self._path.resolve(), mounts)

    def _later(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """`do` on the journal's thread, in the order of asking."""
        call = partial(self._told, partial(do, *args, **kwargs))
        return asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _told(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except UNUSABLE as error:
            raise in_words(error, self._path) from error

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        """Become the one sender, within two seconds."""
        await self._later(self._record.start, run, relay, at)

    async def finish(self, *, at: datetime) -> None:
        """Stop being the sender."""
        await self._groups.drain()
        await self._later(self._record.finish, at)

    async def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first batch."""
        return await self._later(self._record.sealed_on, channel)

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
        """Stage a batch: entries are made on the loop's thread, and written beside on our own."""
        batch = await self._later(
            self._record.stage, channel, at, whole=whole and limit is None, changed=changed
        )
        try:
            if limit is None:
                await self._stream(batch, iter(entries))
            else:
                await self._up_to(batch, iter(entries), limit)
            return await self._later(batch.end)
        except BaseException:
            await self._later(self._record.rollback)
            raise

    async def _stream(self, batch: Batch, entries: Iterator[Entry]) -> None:
        writing: asyncio.Future[None] | None = None
        try:
            while chunk := list(islice(entries, CHUNK)):
                if writing:
                    await writing
                writing = self._later(batch.take, chunk)
        finally:
            if writing:
                await asyncio.wait([writing])
        if writing:
            writing.result()

    async def _up_to(self, batch: Batch, entries: Iterator[Entry], limit: int) -> None:
        # An entry is at most one letter to send: so many more never pass the limit.
        while chunk := list(islice(entries, min(CHUNK, limit - batch.to_send))):
            await self._later(batch.take, chunk)

    async def commit(self) -> None:
        """Make the staged batch durable, and the file alone a record."""
        await self._later(self._record.commit)

    async def rollback(self) -> None:
        """Forget the staged batch."""
        await self._later(self._record.rollback)

    async def claim(
        self, channel: str, count: int, *, now: datetime, only: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        """Reserve letters for this process; `only` must not change between calls."""
        return await self._later(self._record.claim, channel, count, now, only)

    async def advance(
        self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]
    ) -> None:
        """Commit verdicts and beginnings, together with those of other connections."""
        await self._groups.join(call(settlements, beginnings))

    def _commit(self, calls: Sequence[Call]) -> None:
        self._told(partial(self._record.advance, calls))
        if self._record.checkpoint_is_due(calls):
            # Behind this commit. When it fails, the -wal still has all.
            self._thread.submit(self._record.checkpoint, 0)

    async def release(self, letters: Sequence[int]) -> None:
        """Give back letters that were claimed and not begun."""
        await self._later(self._record.claims.release, letters)

    async def next_due(
        self, channel: str, *, only: Collection[str] | None = None
    ) -> datetime | None:
        """When the next deferred letter falls due; `only` must not change between calls."""
        return await self._later(self._record.claims.next_due, channel, only)

    async def tally(self, channel: str, *, batch: bool = False) -> dict[State, int]:
        """How many letters stand in each state, of all or of the batch enqueued last."""
        return await self._later(self._record.tally, channel, batch=batch)

    async def letters(self, channel: str) -> AsyncIterator[Standing]:
        """Every letter in list order, read in pages: no long read stands in the sender's way."""
        async for standing in self._pages(partial(self._record.page, channel)):
            yield standing

    async def _pages(
        self, page: Callable[[Place, int], tuple[list[T], Place | None]]
    ) -> AsyncIterator[T]:
        place: Place | None = START
        while place is not None:
            items, place = await self._later(page, place, PAGE)
            for item in items:
                yield item

    async def channels(self) -> Sequence[str]:
        """The channels, the latest used first."""
        return await self._later(self._record.channels)

    async def resolve(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        sent: bool,
        at: datetime,
    ) -> Standing | None:
        """End a letter's doubt by a person's word."""
        return await self._later(self._record.resolve, channel, id, sent=sent, at=at)

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        at: datetime,
    ) -> Standing | None:
        """Let a rejected letter wait again."""
        del at
        return await self._later(self._record.retry, channel, id)

    async def history(self, channel: str, id: str) -> History | None:  # noqa: A002 -- the port's word
        """All that is known of one letter."""
        return await self._later(self._record.history, channel, id)

    async def sealed(self, channel: str) -> AsyncIterator[Sealed]:
        """Every letter with its bytes, read in pages."""
        async for sealed in self._pages(partial(self._record.sealed, channel)):
            yield sealed

    async def prunable(self, channel: str) -> int:
        """How many letters need their bytes no more."""
        return await self._later(self._record.prunable, channel)

    async def prune(self, channel: str, *, at: datetime) -> Pruned:
        """Let go of bytes, and of their room in the file."""
        before = self._octets()
        letters = await self._later(self._record.prune, channel, at)
        return Pruned(letters, max(0, before - self._octets()))

    def _octets(self) -> int:
        beside = self._path.with_name(f"{self._path.name}-wal")
        return sum(path.stat().st_size for path in (self._path, beside) if path.exists())

    async def verify(self) -> AsyncIterator[Damage]:
        """Everything that cannot be so, looked for a page at a time."""
        pages = self._record.verify()
        while (page := await self._later(next, pages, None)) is not None:
            for damage in page:
                yield damage

    async def aclose(self) -> None:
        """Let go of file and lock; a commit under way is finished first."""
        await self._groups.drain()
        await self._later(self._record.close)
        self._thread.shutdown()
