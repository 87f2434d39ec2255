"""A journal in memory, as simple as possible: the model that the real ones are compared with.

`Records` outlive the journal opened on them, as a file does.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from itertools import islice
from math import inf
from operator import itemgetter
from typing import Any

from msgspec import structs

from letters.errors import JournalError
from letters.journal.ids import (
    RESOLVED,
    address_and_ordinal,
    by_word,
    called,
    id_of,
    id_of_row,
    known_as,
    reply_line,
)
from letters.journal.types import (
    MAIL,
    Attempt,
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
from letters.mailbox import folded, identity_of, named_identity
from letters.message.message import Message, Plate
from letters.verdict import Advice

NAMED = 100  # letters that `Staged` names of each kind
_UNSENT = frozenset({State.WAITING, State.DEFERRED, State.WITHDRAWN})
_DUE = frozenset({State.WAITING, State.DEFERRED})
_ENDED = frozenset({State.SENT, State.REJECTED, State.WITHDRAWN})
_NOTHING = Plate((b"",))

Key = tuple[str, str, str, str]
"""Channel, folded address, identity, version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One letter with all its attempts."""

    letter: int
    key: Key
    row: int
    message: Message
    inputs: str
    kept: str = ""
    state: State = State.WAITING
    due_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    anew: int = 0
    superseded: bool = False
    pruned_at: datetime | None = None

    @property
    def tries(self) -> list[Attempt]:
        """The attempts that count towards giving up."""
        return [a for a in self.attempts[self.anew :] if a.counted and a.ended_at]

    @property
    def was_in_doubt(self) -> bool:
        """Whether an attempt was begun without an end: the bytes are kept for ever."""
        return any(a.begun_at and not a.ended_at for a in self.attempts)

    @property
    def is_prunable(self) -> bool:
        """Whether the letter needs its bytes no more."""
        ended = self.state in _ENDED and (self.state is State.SENT or not self.was_in_doubt)
        return ended and self.pruned_at is None


@dataclass(slots=True)
class Records:
    """What every journal opened on these records sees."""

    by_letter: dict[int, Record] = field(default_factory=dict)
    letters: dict[Key, int] = field(default_factory=dict)
    absent: dict[str, dict[int, str]] = field(default_factory=dict)
    channels: dict[str, date] = field(default_factory=dict)
    living: str | None = None

    def copy(self) -> "Records":
        """The same state, to go back to."""
        absent = {channel: dict(rows) for channel, rows in self.absent.items()}
        return Records(
            dict(self.by_letter), dict(self.letters), absent, dict(self.channels), self.living
        )

    def become(self, other: "Records") -> None:
        """Go back to a state that `copy` made."""
        self.by_letter, self.letters, self.absent = other.by_letter, other.letters, other.absent
        self.channels = other.channels

    def change(self, letter: int, **changes: Any) -> None:
        """Put a changed record in the letter's place."""
        self.by_letter[letter] = replace(self.by_letter[letter], **changes)

    def prune(self, record: Record, at: datetime) -> None:
        """Let go of the bytes."""
        bare = structs.replace(record.message, head=b"", fillings=(), plate=_NOTHING)
        self.change(record.letter, message=bare, pruned_at=at)

    def rename(self, record: Record, key: Key) -> None:
        """Let a letter be known by another key."""
        del self.letters[record.key]
        self.letters[key] = record.letter
        self.change(
            record.letter, key=key, message=structs.replace(record.message, identity=key[2])
        )

    def of(self, channel: str) -> list[Record]:
        """The channel's letters that are not superseded, in list order."""
        records = (c for c in self.by_letter.values() if c.key[0] == channel and not c.superseded)
        return sorted(records, key=lambda record: (record.row, record.letter))

    def state(self, record: Record) -> State:
        """Where a letter stands now: in doubt is derived here."""
        if record.state is not State.OPEN:
            return record.state
        last = record.attempts[-1]
        answered = last.verdict is not None
        return State.IN_DOUBT if answered or last.run != self.living else State.OPEN


class Staging:
    """A batch being staged among the records."""

    def __init__(self, records: Records, channel: str, choice: Changed) -> None:
        self._records = records
        self._channel = channel
        self._choice = choice
        self._listed: dict[str, int] = {}
        self._new = 0
        self._absent: dict[int, str] = {}
        self._changed: list[str] = []

    @property
    def to_send(self) -> int:
        """How many letters of this batch wait or are deferred, so far."""
        return sum(self._records.by_letter[letter].state in _DUE for letter in self.letters)

    @property
    def letters(self) -> set[int]:
        """The letters of this batch, so far."""
        return set(self._listed.values())

    def take(self, entry: Entry) -> None:
        """Stage one entry."""
        message = entry.message
        if message is None:
            self._absent[entry.row] = entry.name
            return
        if message.identity in self._listed:
            return
        version = "" if self._channel.endswith(f" {MAIL}") else message.sha256
        address = folded(message.envelope.recipient)
        key = (self._channel, address, message.identity, version)
        letter = self._find_own(key, entry) or self._find_otherwise(key, entry)
        if letter is None:
            letter = self._add(key, entry, message)
        else:
            self._meet(self._records.by_letter[letter], entry, message)
        self._listed[message.identity] = letter
        if version:
            self._supersede(key)

    def _find_own(self, key: Key, entry: Entry) -> int | None:
        """The letter with this key, or that of the row's own name, which had the address with others."""
        letter = self._records.letters.get(key)
        if letter is None:
            return None
        record = self._records.by_letter[letter]
        channel, address, identity, version = key
        own, other = (named_identity(address, n) for n in (entry.name, record.message.name))
        known = {c.key[2]: c for c in self._records.by_letter.values() if c.key[:2] == key[:2]}
        if version or identity != address or own not in known or other in known:
            return letter
        if own not in self._listed:
            self._records.rename(record, (channel, address, other, version))
            self._records.rename(known[own], key)
        return self._records.letters[key]

    def _find_otherwise(self, key: Key, entry: Entry) -> int | None:
        """The letter by the identity that it had before its address gained or lost a row."""
        channel, address, identity, _ = key
        at_address = [c for c in self._records.by_letter.values() if c.key[:2] == key[:2]]
        at_address.sort(key=lambda record: (record.state in _UNSENT, record.row, record.letter))
        if any(record.key[2] == identity for record in at_address):
            return None
        others = [
            (record.key[2], record.message.name)
            for record in at_address
            if record.key[2] not in self._listed
        ]
        other = known_as(identity, address, entry.name, others)
        for record in at_address:
            if record.key[2] == other:
                self._records.rename(record, (channel, address, identity, record.key[3]))
        return self._records.letters.get(key)

    def _add(self, key: Key, entry: Entry, message: Message) -> int:
        letter = len(self._records.by_letter) + 1
        self._records.letters[key] = letter
        self._records.by_letter[letter] = Record(
            letter=letter,
            key=key,
            row=entry.row,
            message=structs.replace(message, name=entry.name),
            inputs=entry.inputs,
        )
        self._new += 1
        return letter

    def _meet(self, record: Record, entry: Entry, message: Message) -> None:
        if record.pruned_at and record.state in _UNSENT:
            self._seal_again(record, entry, message)
        elif record.state in _UNSENT and entry.inputs not in (record.inputs, record.kept):
            self._differ(record, entry, message)
        state = State.WAITING if record.state is State.WITHDRAWN else record.state
        sealed = structs.replace(self._records.by_letter[record.letter].message, name=entry.name)
        self._records.change(
            record.letter, state=state, row=entry.row, message=sealed, superseded=False
        )

    def _seal_again(self, record: Record, entry: Entry, message: Message) -> None:
        """The bytes were pruned: what is offered is what there is."""
        same = record.message.sha256 == message.sha256
        message = structs.replace(message, date=record.message.date if same else None)
        self._records.change(
            record.letter, inputs=entry.inputs, kept="", message=message, pruned_at=None
        )

    def _differ(self, record: Record, entry: Entry, message: Message) -> None:
        if record.message.sha256 == message.sha256:
            self._records.change(record.letter, inputs=entry.inputs, kept="")
            return
        if record.was_in_doubt:
            return
        self._changed.append(called(entry.name, message.envelope.recipient))
        if self._choice is Changed.KEEP:
            self._records.change(record.letter, kept=entry.inputs)
        elif self._choice is Changed.RESEAL:
            self._records.change(record.letter, inputs=entry.inputs, kept="", message=message)

    def _supersede(self, key: Key) -> None:
        for record in [c for c in self._records.by_letter.values() if c.key[:3] == key[:3]]:
            if record.key != key and record.state is not State.OPEN:
                state = State.WITHDRAWN if record.state in _DUE else record.state
                self._records.change(record.letter, superseded=True, state=state, due_at=None)

    def end(self, *, whole: bool) -> Staged:
        """All entries are in: withdraw who is not among them, when they are the whole list."""
        records, listed = self._records, self.letters
        off = [
            record
            for record in records.of(self._channel)
            if whole and record.state in _DUE and record.letter not in listed
        ]
        for record in off:
            records.change(record.letter, state=State.WITHDRAWN, due_at=None)
        if whole:
            records.absent[self._channel] = self._absent
        stand = Counter(records.state(records.by_letter[letter]) for letter in listed)
        return Staged(
            to_send=self.to_send,
            new=self._new,
            sent=stand[State.SENT],
            rejected=stand[State.REJECTED],
            in_doubt=stand[State.IN_DOUBT],
            not_mailable=len(self._absent),
            withdrawn=tuple(
                called(c.message.name, c.message.envelope.recipient) for c in off[:NAMED]
            ),
            withdrawn_count=len(off),
            changed=tuple(self._changed[:NAMED]),
            changed_count=len(self._changed),
        )


class Views:
    """The reading side of records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def standings(self, channel: str) -> list[Standing]:
        """Every letter in list order, rows that are not mailable between."""
        absent = self._records.absent.get(channel, {}).items()
        rows = [(row, inf, _absent(row, name)) for row, name in absent]
        rows += [(c.row, c.letter, standing) for c, standing in self._with_standing(channel)]
        return [standing for _, _, standing in sorted(rows, key=itemgetter(0, 1))]

    def sealed(self, channel: str) -> list[Sealed]:
        """Every letter in list order, with its bytes."""
        return [
            Sealed(standing, None if record.pruned_at else record.message)
            for record, standing in self._with_standing(channel)
        ]

    def _with_standing(self, channel: str) -> Iterator[tuple[Record, Standing]]:
        seen: Counter[str] = Counter()
        for record in self._records.of(channel):
            seen[record.key[1]] += 1
            yield record, self._standing(record, seen[record.key[1]])

    def find(self, channel: str, name: str, state: State | None = None) -> Record | None:
        """The letter that answers to `name`, when it stands in `state`."""
        address, ordinal = address_and_ordinal(name)
        identity = identity_of(address)
        records = [record for record in self._records.of(channel) if record.key[1] == identity]
        found = records[ordinal - 1 : ordinal] if ordinal > 0 else []
        return next((c for c in found if state in {None, self._records.state(c)}), None)

    def standing(self, channel: str, record: Record | None) -> Standing | None:
        """Where the letter of a record, as it was found, stands now."""
        if record is None:
            return None
        same = [c.letter for c in self._records.of(channel) if c.key[1] == record.key[1]]
        return self._standing(self._records.by_letter[record.letter], same.index(record.letter) + 1)

    def history(self, channel: str, name: str) -> History | None:
        """All that is known of the letter that answers to `name`."""
        record = self.find(channel, name)
        standing = self.standing(channel, record)
        if record is None or standing is None:
            return None
        return History(standing, record.message.date, record.pruned_at, record.attempts)

    def damage(self) -> Iterator[Damage]:
        """Bytes that are not those which were sealed."""
        for record in self._records.by_letter.values():
            known = record.message.sha256
            if not record.pruned_at and sha256(record.message.undated).hexdigest() != known:
                yield Damage(f"the bytes of letter {record.letter} are not the sealed ones", "")

    def _standing(self, record: Record, ordinal: int) -> Standing:
        address = record.message.envelope.recipient
        last = record.attempts[-1] if record.attempts else None
        found = last.verdict if last else None
        said = reply_line(found.code, found.enhanced, found.said) if found else None
        sent = last if record.state is State.SENT else None
        return Standing(
            id=id_of(address, ordinal),
            address=address,
            name=record.message.name,
            state=self._records.state(record),
            attempts=sum(attempt.counted for attempt in record.attempts),
            message_id=record.message.message_id,
            sha256=record.message.sha256,
            relay=last.relay if last else None,
            reply=by_word(last.resolved) if last and last.resolved else said,
            sent_at=(sent.ended_at or sent.begun_at) if sent else None,
            due_at=record.due_at,
            begun_at=last.begun_at if last and record.state is State.OPEN else None,
        )


def _absent(row: int, name: str) -> Standing:
    return Standing(
        id=id_of_row(row),
        address=None,
        name=name,
        state=State.NOT_MAILABLE,
        attempts=0,
        message_id=None,
        sha256=None,
        relay=None,
        reply=None,
        sent_at=None,
        due_at=None,
    )


class JournalModel:
    """A journal over some records; see `letters.journal.interface.Journal` for every verb."""

    def __init__(self, records: Records | None = None, campaign: str = "t3st-river") -> None:
        self._records = records or Records()
        self._views = Views(self._records)
        self._prefix = f"{campaign} "
        letters = self._records.by_letter.values()
        self.is_new = not any(r.attempts for r in letters if r.key[0].startswith(self._prefix))
        campaigns = {key.partition(" ")[0] for key in self._records.channels}
        self.other_campaigns = tuple(sorted(campaigns - {campaign}))
        self._run = ""
        self._relay = ""
        self._before: Records | None = None
        self._reserved: set[int] = set()
        self._batch: set[int] = set()

    @property
    def location(self) -> str:
        """No place: memory."""
        return "memory"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    async def start(self, run: str, *, relay: str, at: datetime) -> None:
        """Become the one sender of the records."""
        del at
        if self._run or self._before:
            raise RuntimeError("start comes once, and before enqueue")
        if self._records.living:
            raise _in_use()
        self._records.living = self._run = run
        self._relay = relay

    async def finish(self, *, at: datetime) -> None:
        """Stop being the sender."""
        del at
        if self._run:
            self._records.living = None
            self._run = ""
            self._reserved.clear()

    async def sealed_on(self, channel: str) -> date | None:
        """The day of the channel's first batch."""
        channel = self._prefix + channel
        return self._records.channels.get(channel)

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
        """Stage a batch on the records, with a copy to go back to."""
        channel = self._prefix + channel
        if self._before:
            raise RuntimeError("a batch is staged already")
        self._before = self._records.copy()
        day = self._records.channels.pop(channel, at.date())
        self._records.channels[channel] = day
        batch = Staging(self._records, channel, changed)
        source = iter(entries)
        try:
            while limit is None or batch.to_send < limit:
                batch.take(next(source))
        except StopIteration:
            pass
        except BaseException:
            await self.rollback()
            raise
        self._batch = batch.letters
        return batch.end(whole=whole and limit is None)

    async def commit(self) -> None:
        """Keep the staged batch."""
        self._before = None

    async def rollback(self) -> None:
        """Go back to what was before the batch."""
        if self._before:
            self._records.become(self._before)
            self._before = None

    def _require_sender(self) -> None:
        if not self._run:
            raise JournalError(
                "this process is not the sender of the journal", "run the same command again"
            )

    async def claim(
        self, channel: str, count: int, *, now: datetime, only: Collection[str] | None = None
    ) -> Sequence[Claimed]:
        """Reserve letters for this journal; what is due waits from now on."""
        channel = self._prefix + channel
        self._require_sender()
        records = self._records.of(channel)
        for record in records:
            if record.due_at and record.due_at <= now:
                self._records.change(record.letter, state=State.WAITING, due_at=None)
        waiting = (
            record
            for record in self._records.of(channel)
            if record.state is State.WAITING
            and not record.pruned_at
            and record.letter not in self._reserved
            and (only is None or record.message.identity in only)
        )
        claimed = [_claimed(record) for record in islice(waiting, count)]
        self._reserved.update(letter.letter for letter in claimed)
        return claimed

    async def advance(
        self, settlements: Sequence[Settlement], beginnings: Sequence[Beginning]
    ) -> None:
        """Record verdicts and beginnings, all of them or none."""
        self._require_sender()
        before = self._records.copy()
        try:
            for settlement in settlements:
                self._settle(settlement)
            for beginning in beginnings:
                self._begin(beginning)
        except JournalError:
            self._records.become(before)
            raise
        await self.release([s.letter for s in settlements] + [b.letter for b in beginnings])

    def _begin(self, beginning: Beginning) -> None:
        record = self._records.by_letter[beginning.letter]
        if record.state is not State.WAITING:
            raise _out_of_order(record.letter)
        message = record.message if record.message.date else record.message.dated(beginning.date)
        attempts = (*record.attempts, Attempt(self._run, self._relay, beginning.at))
        self._records.change(record.letter, state=State.OPEN, message=message, attempts=attempts)

    def _settle(self, settlement: Settlement) -> None:
        record = self._records.by_letter[settlement.letter]
        doubt = settlement.state is State.IN_DOUBT
        ended = replace(
            self._attempt(record, doubt=doubt),
            ended_at=None if doubt else settlement.at,
            verdict=structs.replace(settlement.verdict, advice=Advice.NONE),
            counted=settlement.state is not State.WAITING,
        )
        earlier = record.attempts[:-1] if record.state is State.OPEN else record.attempts
        self._records.change(
            record.letter,
            attempts=(*earlier, ended),
            state=State.OPEN if doubt else settlement.state,
            due_at=settlement.due_at,
        )

    def _attempt(self, record: Record, *, doubt: bool) -> Attempt:
        """What a settlement ends: this run's own open attempt, or one refused before its data."""
        last = record.attempts[-1] if record.state is State.OPEN else None
        if last and last.run == self._run and not last.verdict:
            return last
        if record.state is not State.WAITING or doubt:
            raise _out_of_order(record.letter)
        return Attempt(self._run, self._relay, None)

    async def release(self, letters: Sequence[int]) -> None:
        """Forget a reservation."""
        self._reserved.difference_update(letters)

    async def next_due(
        self, channel: str, *, only: Collection[str] | None = None
    ) -> datetime | None:
        """When the next deferred letter falls due."""
        channel = self._prefix + channel
        deferred = (record for record in self._records.of(channel) if record.due_at)
        chosen = (c.due_at for c in deferred if only is None or c.message.identity in only)
        return min(filter(None, chosen), default=None)

    async def tally(self, channel: str, *, batch: bool = False) -> dict[State, int]:
        """How many letters stand in each state."""
        channel = self._prefix + channel
        counts = Counter(
            self._records.state(record)
            for record in self._records.of(channel)
            if not batch or record.letter in self._batch
        )
        counts[State.NOT_MAILABLE] = 0 if batch else len(self._records.absent.get(channel, {}))
        return {state: counts[state] for state in State}

    async def letters(self, channel: str) -> AsyncIterator[Standing]:
        """Every letter in list order, rows that are not mailable between."""
        channel = self._prefix + channel
        for standing in self._views.standings(channel):
            yield standing

    async def channels(self) -> Sequence[str]:
        """The channels, the latest used first."""
        known = reversed(self._records.channels)
        return [key.removeprefix(self._prefix) for key in known if key.startswith(self._prefix)]

    async def resolve(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        sent: bool,
        at: datetime,
    ) -> Standing | None:
        """End a letter's doubt by a person's word."""
        channel = self._prefix + channel
        record = self._views.find(channel, id, State.IN_DOUBT)
        if record:
            resolved = replace(record.attempts[-1], resolved=RESOLVED[sent], resolved_at=at)
            self._records.change(
                record.letter,
                attempts=(*record.attempts[:-1], resolved),
                state=State.SENT if sent else State.WAITING,
            )
        return self._views.standing(channel, record)

    async def retry(
        self,
        channel: str,
        id: str,  # noqa: A002 -- the port's word
        *,
        at: datetime,
    ) -> Standing | None:
        """Let a rejected letter wait again."""
        channel = self._prefix + channel
        del at
        record = self._views.find(channel, id, State.REJECTED)
        if record:
            self._records.change(record.letter, state=State.WAITING, anew=len(record.attempts))
        return self._views.standing(channel, record)

    async def history(self, channel: str, id: str) -> History | None:  # noqa: A002 -- the port's word
        """One letter with all its attempts."""
        channel = self._prefix + channel
        return self._views.history(channel, id)

    async def sealed(self, channel: str) -> AsyncIterator[Sealed]:
        """Every letter with its bytes, in list order."""
        channel = self._prefix + channel
        for sealed in self._views.sealed(channel):
            yield sealed

    def _prunable(self, channel: str) -> list[Record]:
        records = [
            record for record in self._records.by_letter.values() if record.key[0] == channel
        ]
        return [record for record in records if record.is_prunable]

    async def prunable(self, channel: str) -> int:
        """How many letters need their bytes no more."""
        channel = self._prefix + channel
        return len(self._prunable(channel))

    async def prune(self, channel: str, *, at: datetime) -> Pruned:
        """Let go of the bytes of letters that need them no more."""
        channel = self._prefix + channel
        if self._records.living:
            raise _in_use()
        records = self._prunable(channel)
        for record in records:
            self._records.prune(record, at)
        return Pruned(len(records), sum(record.message.size for record in records))

    async def verify(self) -> AsyncIterator[Damage]:
        """Bytes that are not those which were sealed."""
        for damage in self._views.damage():
            yield damage

    async def aclose(self) -> None:
        """Close, as a process that ends does."""
        await self.rollback()
        if self._run:
            self._records.living = None
            self._run = ""


def _claimed(record: Record) -> Claimed:
    tried = min(filter(None, (t.begun_at or t.ended_at for t in record.tries)), default=None)
    return Claimed(record.letter, record.message, len(record.tries), tried)


def _in_use() -> JournalError:
    return JournalError(
        "another `letters send` is using this journal: memory", "wait until it has ended"
    )


def _out_of_order(letter: int) -> JournalError:
    return JournalError(
        f"letter {letter} does not stand where its sender believes",
        "run the same command again: nothing of this step was recorded",
    )
