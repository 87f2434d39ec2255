"""The durable record of every letter and every attempt: the port, its types and its forms.

`memory` and `sqlite` are the forms; one contract suite (tests/contract) holds both. The journal
records what it is told: what a verdict means and when to try again is decided by `mailer`.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from letters.errors import ConfigurationError
from letters.journal.history import Damage, History, Pruned, Sealed
from letters.message import Message
from letters.verdict import Verdict

MAIL = "mail"
"""The channel of all that goes to a relay; any other is a rehearsal's."""


class State(StrEnum):
    """Where a letter stands; each a key of `tally`. IN_DOUBT is derived, never stored."""

    WAITING = "waiting"
    OPEN = "open"
    DEFERRED = "deferred"
    SENT = "sent"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"
    NOT_MAILABLE = "not_mailable"
    SUPPRESSED = "suppressed"


class Changed(StrEnum):
    """What to do with unsent letters whose template, settings or row changed since sealing."""

    ASK = "ask"
    RESEAL = "reseal"
    KEEP = "keep"


class Entry(Struct, frozen=True):
    """One row of the list as it is offered to the journal; `message` None: not mailable.

    `inputs` is the digest (hex) of all that decided the letter's bytes: template files, settings,
    row, layout. Two entries with equal `inputs` are the same letter whatever release sealed them.
    """

    row: int
    name: str
    inputs: str
    message: Message | None


@dataclass(frozen=True, slots=True)
class Staged:
    """What a batch would do, held in an open transaction until `commit` or `rollback`.

    Counts are letters of this batch: `to_send` (waiting or deferred, due or not), `new` of them
    sealed for the first time, and those already `sent`, `rejected`, `in_doubt`, and not mailable.
    `withdrawn` and `changed` name the letters (`name <address>`), the first hundred of each;
    `withdrawn_count` and `changed_count` count all.
    """

    to_send: int
    new: int
    sent: int
    rejected: int
    in_doubt: int
    not_mailable: int
    withdrawn: tuple[str, ...]
    withdrawn_count: int
    changed: tuple[str, ...]
    changed_count: int


class Claimed(Struct, frozen=True):
    """A letter reserved for this sender: nothing is promised until it is begun.

    `tries` counts the attempts that ended in a reply; `first_tried_at` is None before the first.
    `message.date` is set when the letter was begun before: a later try keeps its `Date:`.
    """

    letter: int
    message: Message
    tries: int
    first_tried_at: datetime | None


class Beginning(Struct, frozen=True):
    """A letter whose data is about to leave: durable before its first byte (P3)."""

    letter: int
    at: datetime
    date: datetime


class Settlement(Struct, frozen=True):
    """How an attempt ended and where its letter stands now.

    `state` is SENT, REJECTED, DEFERRED (with `due_at`), WAITING (released: no try is counted, P11)
    or IN_DOUBT (the attempt stays unended: only a person may end it).
    """

    letter: int
    at: datetime
    state: State
    verdict: Verdict
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One letter as `status` shows it. `address` is None for a row that is not mailable.

    `id` is how the verbs name it: the address, or `ADDRESS#2` where several rows share it.
    `reply` is the relay's last line (`550 5.1.1 no such person`; of a Maildir its words alone),
    outside text, or that a person resolved the letter. `begun_at` is when the attempt began that
    is open or in doubt. `attempts` counts beginnings and refusals, save those that were released.
    """

    id: str
    address: str | None
    name: str
    state: State
    attempts: int
    message_id: str | None
    sha256: str | None
    relay: str | None
    reply: str | None
    sent_at: datetime | None
    due_at: datetime | None
    begun_at: datetime | None = None


class Journal(Protocol):
    """A ledger of letters, one row each, on channels (`mail`, or a Maildir's own id).

    Every method raises JournalError when the record cannot be read, written or trusted. Instants
    are aware, in UTC, and come from the caller.
    """

    @property
    def location(self) -> str:
        """Where the record is, for people: a full path or a URL without its password."""
        ...

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever begun or refused by this record before it was opened."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to say about the record's place before sending: a network or synced folder."""
        ...

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        """Become the one sender of this journal (P8); `run` is a random id, written down.

        It comes before `enqueue`, and before anything is claimed.
        Raises JournalError when another sender lives after two seconds.
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


def open_journal(
    url: str, *, create: bool, looking: bool = False, traces: Sequence[Path] = ()
) -> Journal:
    """The journal at `url`: `sqlite:FILE`, or a bare path.

    With `create`, for sending: the file is made when missing, and checked whole. `traces` are
    places that show a sending (an outbox): an empty journal beside one of them is refused. With
    `looking`, for verbs that change nothing, one in a read-only place is read while nobody sends.
    Raises ConfigurationError for a URL of another kind, JournalError for a record that is missing
    (without `create`), damaged, another program's, of a newer version or not all there.
    """
    from letters.journal.sqlite import SqliteJournal

    # One letter and a colon is a Windows drive.
    kind = re.match(r"[A-Za-z][A-Za-z0-9+.-]+(?=:)", url)
    if kind and kind[0].lower() != "sqlite":
        raise ConfigurationError(f"this journal is not known: {kind[0]}:…", "use sqlite:FILE")
    file = url[len("sqlite:") :] if kind else url
    if not file:
        raise ConfigurationError("the journal has no file", "use sqlite:FILE")
    return SqliteJournal(
        Path(file).expanduser().absolute(), create=create, looking=looking, traces=traces
    )
