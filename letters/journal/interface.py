"""The Protocol `Journal`: what every form of the record does."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from letters.journal.types import (
    Beginning,
    Changed,
    Claimed,
    Damage,
    Entry,
    History,
    Pruned,
    Sealed,
    Settlement,
    Staged,
    Standing,
    State,
)


class Journal(Protocol):
    """The record of one campaign's letters on its channels (`mail`, or a Maildir's own id).

    Several campaigns may share a record; each sees its own letters alone.

    Every method raises JournalError when the record cannot be read or written, or is damaged. Instants
    are aware, in UTC, and come from the caller.
    """

    @property
    def location(self) -> str:
        """Where the record is, for people: a full path or a URL without its password."""
        ...

    @property
    def is_new(self) -> bool:
        """Whether no letter of the campaign was begun or refused before the journal was opened."""
        ...

    @property
    def other_campaigns(self) -> tuple[str, ...]:
        """The ids of the other campaigns in the record."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say about the record's place before sending: a network or synced folder."""
        ...

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        """Become the one sender of this journal (P8); `run` is a random id, which is recorded.

        It comes before `enqueue`, and before anything is claimed.
        Raises JournalError when another sender is still active after two seconds.
        """
        ...

    async def finish(self, *, at: datetime) -> None:
        """Stop being the sender: what is begun and not ended is now in doubt."""
        ...

    async def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first committed batch: that of its `at`, in the zone given."""
        ...

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
        """Stage a batch in one transaction, streaming `entries`; nothing holds until `commit`.

        Idempotent: a letter already known by its identity is not made twice. `whole` says that the
        entries are the entire list: unsent letters not among them are withdrawn, and revived when
        they return. `limit` stops after so many letters to send. An exception out of `entries`
        rolls back and passes through. With `Changed.ASK` changed letters are counted, not touched.
        On a rehearsal's channel (not `mail`) the identity includes the SHA-256. A letter whose
        address gained or lost another row is known by the identity that it had before. The date
        of `at` in its own zone is the channel's day, if this is its first batch.
        """
        ...

    async def commit(self) -> None:
        """Make the staged batch durable and the journal file a record of its own."""
        ...

    async def rollback(self) -> None:
        """Forget the staged batch, as if it had never been offered."""
        ...

    async def claim(
        self, channel: str, count: int, *, now: datetime, only: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        """Reserve up to `count` letters that are waiting, or deferred and due, in list order.

        What is due is waiting from then on, reserved or not. `only` restricts to these identities;
        a collection that was given once must not change.
        """
        ...

    async def advance(
        self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]
    ) -> None:
        """Commit verdicts and beginnings durably, in one transaction; returns after the fsync.

        Refuses (JournalError) when this process is no longer the one sender.
        """
        ...

    async def release(self, letters: Sequence[int]) -> None:
        """Give back letters that were claimed and not begun."""
        ...

    async def next_due(
        self, channel: str, *, only: Collection[str] | None = None
    ) -> datetime | None:
        """When the next deferred letter falls due; None when no letter is deferred.

        `only` restricts to these identities.
        """
        ...

    async def tally(self, channel: str, *, batch: bool = False) -> dict[State, int]:
        """How many letters stand in each state: every state a key, 0 included.

        With `batch`, of the letters alone that this process enqueued last.
        """
        ...

    def letters(self, channel: str) -> AsyncIterator[Standing]:
        """Every letter of the channel in list order, streamed; rows not mailable included."""
        ...

    async def channels(self) -> Sequence[str]:
        """The channels this journal knows, the latest used first."""
        ...

    async def resolve(
        self,
        channel: str,
        id: str,  # noqa: A002 -- what status calls it
        *,
        sent: bool,
        at: datetime,
    ) -> Standing | None:
        """End a letter's doubt by a person's word: it was sent, or send it again.

        None when no letter in doubt answers to `id`. Its bytes and Message-ID are kept for ever.
        """
        ...

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- what status calls it
        *,
        at: datetime,
    ) -> Standing | None:
        """Let a rejected letter wait again; None when no rejected letter answers to `id`."""
        ...

    async def history(self, channel: str, id: str) -> History | None:  # noqa: A002 -- as above
        """All that is known of the letter that answers to `id`; None when there is none."""
        ...

    def sealed(self, channel: str) -> AsyncIterator[Sealed]:
        """Every letter of the channel with its bytes, in list order, streamed."""
        ...

    async def prunable(self, channel: str) -> int:
        """How many letters `prune` would take the bytes of."""
        ...

    async def prune(self, channel: str, *, at: datetime) -> Pruned:
        """Let go of the bytes of letters that are sent, rejected or withdrawn; all else stays.

        One that comes back (`retry`, the list) is sealed anew by the next `enqueue`, and not
        counted as changed; so what was once in doubt and is not sent keeps its bytes. Raises
        JournalError while a sender lives.
        """
        ...

    def verify(self) -> AsyncIterator[Damage]:
        """Everything in the record that cannot be so; nothing when it is sound."""
        ...

    async def aclose(self) -> None:
        """Let go of the record, rolling back what was staged and not committed."""
        ...
