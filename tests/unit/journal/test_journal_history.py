"""Random lives of a journal: SQLite must tell each as memory does, and some things must never be."""

import asyncio
import os
import tempfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from letters.errors import JournalError
from letters.journal.interface import Journal
from letters.journal.open import open_journal
from letters.journal.types import (
    MAIL,
    Beginning,
    Changed,
    Claimed,
    Entry,
    Pruned,
    Settlement,
    State,
)
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Concern, Outcome, Verdict
from tests.journal_model import JournalModel, Records

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
PLATES = {words: Plate((words.encode(), b",\r\n")) for words in "ab"}
CHANNELS = st.sampled_from([MAIL, MAIL, MAIL, "outbox-1"])
CLERKS = ("Ann", "Bo")  # they share an address
NAMES = ("Rae", "Abbott", "Cotler", *CLERKS)
SETTLED = {
    "sent": (State.SENT, Verdict(Outcome.SENT, said="queued as 4F1", code=250)),
    "rejected": (State.REJECTED, Verdict(Outcome.REJECTED, said="no such person", code=550)),
    "deferred": (State.DEFERRED, Verdict(Outcome.DEFERRED, said="greylisted", code=451)),
    "released": (State.WAITING, Verdict(Outcome.DEFERRED, Concern.RELAY, "busy", 421, "4.3.2")),
    "lost": (State.IN_DOUBT, Verdict(Outcome.IN_DOUBT, Concern.RELAY, "connection lost")),
}
CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"


def address(name: str) -> str:
    return f"{'clerk' if name in CLERKS else name.casefold()}@parl.example"


def entries(rows: list[tuple[str, str]]) -> list[Entry]:
    """The rows of a list; whoever shares an address on it is known by the name, too."""
    names = {name for name, _ in rows}
    return [
        Entry(row, name, f"inputs {words}", message(name, words, shared=names >= set(CLERKS)))
        for row, (name, words) in enumerate(rows, start=2)
    ] + [Entry(99, "No Address", "", None)]


def message(name: str, words: str, *, shared: bool) -> Message:
    to = address(name)
    identity = f"{to} {name.casefold()}" if shared and name in CLERKS else to
    message_id = f"<{sha256(f'{identity} {words}'.encode()).hexdigest()[:20]}@example.org>"
    sealed = Message(
        envelope=Envelope("office@example.org", to),
        identity=identity,
        name=name,
        subject="Prevention",
        message_id=message_id,
        sha256="",
        head=f"Message-ID: {message_id}\r\n\r\nDear ".encode(),
        fillings=(name.encode(),),
        plate=PLATES[words],
    )
    return replace(sealed, sha256=sha256(sealed.undated).hexdigest())


def plain(value: Any) -> Any:
    """What both forms must tell alike: not their own numbers of letters, nor octets on a disk."""
    if isinstance(value, Pruned):
        return value.letters
    if isinstance(value, Claimed):
        return (value.message, value.tries, value.first_tried_at)
    return [plain(item) for item in value] if isinstance(value, list) else value


class Lives(RuleBasedStateMachine):
    """A memory and a SQLite journal that live the same life."""

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "journal.db"
        self.records = Records()
        self.now = NOON
        self.runs = 0
        self.hand: list[tuple[str, Claimed, Claimed]] = []
        self.doubted: dict[str, str] = {}
        self._open()

    def _open(self) -> None:
        self.journals: list[Journal] = [
            JournalModel(self.records),
            open_journal(str(self.file), create=True),
        ]

    def both(self, verb: str, *args: Any, **how: Any) -> Any:
        return self.each(verb, [(args, how)] * 2)

    def each(self, verb: str, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> Any:
        told = []
        for journal, (args, how) in zip(self.journals, calls, strict=True):
            try:
                told.append(self.runner.run(getattr(journal, verb)(*args, **how)))
            except JournalError:
                told.append("refused")
        assert plain(told[1]) == plain(told[0]), verb
        return told

    def every(self, verb: str, channel: str) -> list[Any]:
        async def read(journal: Journal) -> list[Any]:
            return [item async for item in getattr(journal, verb)(channel)]

        memory, sqlite = (self.runner.run(read(journal)) for journal in self.journals)
        assert sqlite == memory, verb
        return sqlite

    @rule(forth=st.sampled_from([-3600, -1, 1, 600, 86_400]))
    def the_clock_steps(self, forth):
        self.now += timedelta(seconds=forth)

    @rule()
    def start(self):
        if self.records.living is None:
            self.runs += 1
            self.both("start", f"run-{self.runs}", relay=f"relay {self.runs}", at=self.now)

    @rule()
    def finish(self):
        self.both("finish", at=self.now)
        self.hand.clear()

    @rule()
    def crash(self):
        for journal in self.journals:
            self.runner.run(journal.aclose())
        self.hand.clear()
        self._open()

    @rule(
        channel=CHANNELS,
        rows=st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from("ab")),
            unique_by=lambda row: row[0],
            max_size=5,
        ),
        changed=st.sampled_from(list(Changed)),
        whole=st.booleans(),
        limit=st.sampled_from([None, None, 1, 2]),
        keeping=st.sampled_from([True, True, True, False]),
    )
    def enqueue(self, channel, rows, changed, whole, limit, keeping):
        how = {"at": self.now, "whole": whole, "changed": changed, "limit": limit}
        self.both("enqueue", channel, entries(rows), **how)
        self.both("commit" if keeping else "rollback")

    @rule(
        channel=CHANNELS,
        count=st.integers(1, 4),
        only=st.sampled_from([None, None, frozenset({address("Rae")})]),
    )
    def claim(self, channel, count, only):
        in_doubt = {
            s.message_id for s in self.every("letters", channel) if s.state is State.IN_DOUBT
        }
        memory, sqlite = self.both("claim", channel, count, now=self.now, only=only)
        if memory != "refused":
            assert in_doubt.isdisjoint(c.message.message_id for c in sqlite)
            self.hand += [(channel, *pair) for pair in zip(memory, sqlite, strict=True)]

    @precondition(lambda self: self.hand)
    @rule(index=st.integers(0, 7))
    def begin(self, index):
        _, *pair = self.hand[index % len(self.hand)]
        self.each("advance", [(([], [Beginning(c.letter, self.now, self.now)]), {}) for c in pair])

    @precondition(lambda self: self.hand)
    @rule(index=st.integers(0, 7), how=st.sampled_from(sorted(SETTLED)), then=st.booleans())
    def settle(self, index, how, then):
        state, verdict = SETTLED[how]
        due = self.now + timedelta(minutes=15) if state is State.DEFERRED else None
        _, *pair = self.hand[index % len(self.hand)]
        _, *following = self.hand[(index + 1) % len(self.hand)]
        calls = []
        for claimed, after in zip(pair, following, strict=True):
            ended = [Settlement(claimed.letter, self.now, state, verdict, due)]
            begun = [Beginning(after.letter, self.now, self.now)] if then else []
            calls.append(((ended, begun), {}))
        self.each("advance", calls)

    @rule()
    def release(self):
        for _, *pair in self.hand:
            self.each("release", [(([c.letter],), {}) for c in pair])
        self.hand.clear()

    @rule(
        channel=CHANNELS,
        name=st.sampled_from(NAMES),
        ordinal=st.sampled_from(["", "#2"]),
        sent=st.booleans(),
    )
    def resolve(self, channel, name, ordinal, sent):
        self.both("resolve", channel, address(name) + ordinal, sent=sent, at=self.now)

    @rule(channel=CHANNELS, name=st.sampled_from(NAMES), ordinal=st.sampled_from(["", "#2"]))
    def retry(self, channel, name, ordinal):
        self.both("retry", channel, address(name) + ordinal, at=self.now)

    @rule(channel=CHANNELS)
    def prune(self, channel):
        self.both("prunable", channel)
        self.both("prune", channel, at=self.now)

    @invariant()
    def both_tell_alike_and_counts_add_up(self):
        for channel in (MAIL, "outbox-1"):
            standings = self.every("letters", channel)
            _, tally = self.both("tally", channel)
            counted = sorted(state for state, count in tally.items() for _ in range(count))
            assert counted == sorted(standing.state for standing in standings)
            self.both("next_due", channel)
        self.both("channels")

    @invariant()
    def who_was_once_in_doubt_keeps_bytes_and_message_id(self):
        found = {s.standing.message_id: s for s in self.every("sealed", MAIL)}
        for message_id, digest in self.doubted.items():
            kept = found[message_id]
            assert kept.standing.sha256 == digest
            if kept.message is None:
                assert kept.standing.state is State.SENT
            else:
                assert sha256(kept.message.undated).hexdigest() == digest
        for message_id, kept in found.items():
            if kept.standing.state is State.IN_DOUBT:
                self.doubted[message_id] = kept.standing.sha256

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            self.every_letter_has_its_history()
            self.every_record_is_sound()
        finally:
            for journal in self.journals:
                self.runner.run(journal.aclose())
            self.runner.close()
            self.folder.cleanup()

    def every_letter_has_its_history(self) -> None:
        for channel in (MAIL, "outbox-1"):
            for standing in self.every("letters", channel):
                _, history = self.both("history", channel, standing.id)
                if standing.state is State.SENT:
                    last = history.attempts[-1]
                    answered = last.verdict and last.verdict.outcome is Outcome.SENT
                    assert answered or last.resolved == "sent"

    def every_record_is_sound(self) -> None:
        async def damage(journal: Journal) -> list[Any]:
            return [found async for found in journal.verify()]

        for journal in self.journals:
            assert self.runner.run(damage(journal)) == []


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=90 if CI else 15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
