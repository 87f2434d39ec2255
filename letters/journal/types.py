"""The values of the journal: states, entries, claims, settlements, standings, histories."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from letters.message.message import Message
from letters.verdict import Verdict

MAIL = "mail"
"""The channel of all that goes to a relay; any other is a rehearsal's."""


Place = tuple[int, int]
"""A place in list order: the row, and the letter's number."""


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

    `tries` counts the attempts that ended in a reply; `first_tried_at` is the earliest
    of their instants, None before the first.
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at handing a letter over.

    `begun_at` None: refused before its data. `ended_at` None: under way, or no answer ever came;
    a verdict beside it says how the answer was lost. `counted` False: the sender's or the relay's
    fault, no try of this letter (P11). `resolved` is a person's word on it. A verdict's advice is
    not kept.
    """

    run: str
    relay: str
    begun_at: datetime | None
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    counted: bool = True
    resolved: str = ""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One letter with all its attempts, the first first.

    `date` is the `Date:` line it first left with; None: it never left, or was resealed since.
    """

    standing: Standing
    date: datetime | None
    pruned_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One letter and its bytes; `message` None: they were pruned. Never left: without a date."""

    standing: Standing
    message: Message | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many letters gave up their bytes, and how many octets of the record that freed."""

    letters: int
    octets: int


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing in the record that cannot be so, and how to mend it."""

    what: str
    remedy: str
