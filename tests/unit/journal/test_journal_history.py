"""Random histories of a journal: each form must report the same as the model, and reach every transition."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
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
    """The rows of a list: name, and words with the edition of the inputs that gave them ("a1", "a2").

    Rows that share an address have the name in their identity.
    """
    names = {name for name, _ in rows}
    return [
        Entry(row, name, f"inputs {words}", message(name, words[0], shared=names >= set(CLERKS)))
        for row, (name, words) in enumerate(rows, start=2)
    ] + [Entry(99, "No Address", "", None)]


def message(name: str, words: str, *, shared: bool) -> Message:
    to = address(name)
    identity = f"{to} {name.casefold()}" if shared and name in CLERKS else to
    message_id = f"<{sha256(f'{identity} {name} {words}'.encode()).hexdigest()[:20]}@example.org>"
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
    """What all forms must report alike: not their numbers of letters, nor octets on a disk."""
    if isinstance(value, Pruned):
        return value.letters
    if isinstance(value, Claimed):
        return (value.message, value.tries, value.first_tried_at)
    return [plain(item) for item in value] if isinstance(value, list) else value


TRANSITIONS = {
    ("waiting", "open"),
    *(("open", state) for state in ("sent", "rejected", "deferred", "waiting", "in_doubt")),
    *(("waiting", state) for state in ("rejected", "deferred")),  # refused before the data
    ("in_doubt", "sent"),
    ("in_doubt", "waiting"),
    ("rejected", "waiting"),
    ("deferred", "waiting"),
    ("waiting", "withdrawn"),
    ("deferred", "withdrawn"),
    ("withdrawn", "waiting"),
}
HOWS = [*sorted(SETTLED), "deferred"]
LISTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["a1", "a1", "a2", "b1"])),
    unique_by=lambda row: row[0],
    max_size=5,
)


class Histories(RuleBasedStateMachine):
    """The model and another form, with the same history. `open_form(file)` opens the other form."""

    open_form: Callable[[Path], Journal] = staticmethod(
        lambda file: open_journal(str(file), campaign="t3st-river", create=True)
    )
    reached: ClassVar[Counter[tuple[str, str]]] = Counter()

    @initialize(rows=LISTS.filter(len), rehearsed=LISTS)
    def open(self, rows, rehearsed):
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.records = Records()
        self.now = NOON
        self.runs = 0
        self.claimed: list[list[Claimed]] = []  # of the model and of the form: reserved, not begun
        self.begun: list[list[Claimed]] = []
        self.doubted: dict[str, str] = {}
        self.states: dict[tuple[str, str], str] = {}
        self._open()
        self.start()
        for channel, listed in ((MAIL, rows), ("outbox-1", rehearsed)):
            self.both("enqueue", channel, entries(listed), at=self.now)
            self.both("commit")

    def _open(self) -> None:
        file = Path(self.folder.name) / "journal.db"
        self.journals: list[Journal] = [JournalModel(self.records), type(self).open_form(file)]

    @property
    def sends(self) -> bool:
        return self.records.living is not None

    def both(self, verb: str, *args: Any, **how: Any) -> Any:
        return self.each(verb, [(args, how)] * 2)

    def each(self, verb: str, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> Any:
        results = []
        for journal, (args, how) in zip(self.journals, calls, strict=True):
            try:
                results.append(self.runner.run(getattr(journal, verb)(*args, **how)))
            except JournalError:
                results.append("refused")
        assert plain(results[1]) == plain(results[0]), verb
        return results

    def every(self, verb: str, channel: str) -> list[Any]:
        async def read(journal: Journal) -> list[Any]:
            return [item async for item in getattr(journal, verb)(channel)]

        model, form = (self.runner.run(read(journal)) for journal in self.journals)
        assert form == model, verb
        return form

    def ids(self, state: State) -> list[tuple[str, str]]:
        """Channel and id of the letters in a state."""
        return [
            (channel, standing.id)
            for channel in (MAIL, "outbox-1")
            for standing in self.every("letters", channel)
            if standing.state is state
        ]

    @rule(forth=st.sampled_from([-3600, -1, 1, 600, 86_400]))
    def set_the_clock(self, forth):
        self.now += timedelta(seconds=forth)

    @precondition(lambda self: not self.sends)
    @rule()
    def start(self):
        self.runs += 1
        self.both("start", f"run-{self.runs}", relay=f"relay {self.runs}", at=self.now)

    @precondition(lambda self: self.begun)
    @rule()
    def finish(self):
        self.both("finish", at=self.now)
        self.claimed, self.begun = [], []

    @rule(starts=st.booleans())
    def crash(self, starts):
        for journal in self.journals:
            self.runner.run(journal.aclose())
        self.claimed, self.begun = [], []
        self._open()
        if starts:
            self.start()

    @rule(
        channel=CHANNELS,
        rows=LISTS,
        changed=st.sampled_from(list(Changed)),
        whole=st.booleans(),
        limit=st.sampled_from([None, None, 1, 2]),
        keeping=st.sampled_from([True, True, True, False]),
    )
    def enqueue(self, channel, rows, changed, whole, limit, keeping):
        how = {"at": self.now, "whole": whole, "changed": changed, "limit": limit}
        self.both("enqueue", channel, entries(rows), **how)
        self.both("commit" if keeping else "rollback")
        self.both("channels")
        self.who_was_once_in_doubt_keeps_bytes_and_message_id()

    @precondition(lambda self: self.sends)
    @rule(
        channel=CHANNELS,
        count=st.integers(1, 4),
        only=st.sampled_from([None, None, None, frozenset({address("Rae")})]),
        when_due=st.booleans(),
        begins=st.integers(0, 4),
        settled=st.lists(st.sampled_from(HOWS), max_size=3),
        refused=st.lists(st.sampled_from(["deferred", "rejected", "released"]), max_size=2),
    )
    def claim(self, channel, count, only, when_due, begins, settled, refused):
        """Claim, and often begin and settle at once: rules alone rarely come in that order."""
        due, _ = self.both("next_due", channel)
        if when_due and due:
            self.now = due
        doubts = {s.message_id for s in self.every("letters", channel) if s.state is State.IN_DOUBT}
        model, form = self.both("claim", channel, count, now=self.now, only=only)
        assert doubts.isdisjoint(claimed.message.message_id for claimed in form)
        self.claimed += [list(pair) for pair in zip(model, form, strict=True)]
        for _ in range(min(begins, len(self.claimed))):
            self.begin(0)
        for how in settled[: len(self.begun)]:
            self.all_report_alike_and_counts_add_up()
            self.settle(0, how, then=False)
        for how in refused[: len(self.claimed)]:
            self.refuse_before_data(0, how)

    @precondition(lambda self: self.claimed)
    @rule(index=st.integers(0, 7))
    def begin(self, index):
        pair = self.claimed.pop(index % len(self.claimed))
        begun = [(([], [Beginning(c.letter, self.now, self.now)]), {}) for c in pair]
        if self.each("advance", begun)[0] != "refused":
            self.begun.append(pair)

    @precondition(lambda self: self.begun)
    @rule(index=st.integers(0, 7), how=st.sampled_from(HOWS), then=st.booleans())
    def settle(self, index, how, then):
        pair = self.begun.pop(index % len(self.begun))
        following = self.claimed.pop() if then and self.claimed else None
        calls = [(([self._settlement(claimed, how)], []), {}) for claimed in pair]
        if following:
            for (arguments, _), after in zip(calls, following, strict=True):
                arguments[1].append(Beginning(after.letter, self.now, self.now))
        if self.each("advance", calls)[0] != "refused" and following:
            self.begun.append(following)

    @precondition(lambda self: self.claimed)
    @rule(
        index=st.integers(0, 7), how=st.sampled_from(["deferred", "lost", "rejected", "released"])
    )
    def refuse_before_data(self, index, how):
        pair = self.claimed.pop(index % len(self.claimed))
        self.each("advance", [(([self._settlement(c, how)], []), {}) for c in pair])

    def _settlement(self, claimed: Claimed, how: str) -> Settlement:
        state, verdict = SETTLED[how]
        due = self.now + timedelta(minutes=15) if state is State.DEFERRED else None
        return Settlement(claimed.letter, self.now, state, verdict, due)

    @precondition(lambda self: self.begun)
    @rule(index=st.integers(0, 7))
    def a_step_out_of_order_is_refused(self, index):
        pair = self.begun[index % len(self.begun)]
        again = [(([], [Beginning(c.letter, self.now, self.now)]), {}) for c in pair]
        assert self.each("advance", again)[0] == "refused"

    @precondition(lambda self: self.claimed)
    @rule()
    def release(self):
        for pair in self.claimed:
            self.each("release", [(([c.letter],), {}) for c in pair])
        self.claimed.clear()

    @precondition(lambda self: self.ids(State.IN_DOUBT))
    @rule(data=st.data(), sent=st.booleans())
    def resolve(self, data, sent):
        channel, name = data.draw(st.sampled_from(self.ids(State.IN_DOUBT)))
        assert self.both("resolve", channel, name, sent=sent, at=self.now)[0] is not None

    @precondition(lambda self: self.ids(State.REJECTED))
    @rule(data=st.data())
    def retry(self, data):
        channel, name = data.draw(st.sampled_from(self.ids(State.REJECTED)))
        assert self.both("retry", channel, name, at=self.now)[0] is not None

    @precondition(lambda self: self.sends and self.ids(State.DEFERRED))
    @rule()
    def wait_until_due(self):
        channel, _ = self.ids(State.DEFERRED)[0]
        self.now, _ = self.both("next_due", channel)
        self.both("claim", channel, 1, now=self.now)

    @precondition(lambda self: self.ids(State.DEFERRED))
    @rule()
    def empty_the_list(self):
        channel, _ = self.ids(State.DEFERRED)[0]
        self.both("enqueue", channel, entries([]), at=self.now)
        self.both("commit")

    @rule(channel=CHANNELS, name=st.sampled_from(NAMES), ordinal=st.sampled_from(["", "#2"]))
    def decide_about_any_letter(self, channel, name, ordinal):
        named = address(name) + ordinal
        if (channel, named) not in self.ids(State.IN_DOUBT):
            self.both("resolve", channel, named, sent=True, at=self.now)
        if (channel, named) not in self.ids(State.REJECTED):
            self.both("retry", channel, named, at=self.now)

    @rule(channel=CHANNELS)
    def prune(self, channel):
        self.both("prunable", channel)
        self.both("prune", channel, at=self.now)
        self.who_was_once_in_doubt_keeps_bytes_and_message_id()

    @invariant()
    def all_report_alike_and_counts_add_up(self):
        states = {}
        for channel in (MAIL, "outbox-1"):
            standings = self.every("letters", channel)
            _, tally = self.both("tally", channel)
            counted = sorted(state for state, count in tally.items() for _ in range(count))
            assert counted == sorted(standing.state for standing in standings)
            states |= {(channel, s.name): s.state.value for s in standings if s.address}
            if channel == MAIL:
                doubts = (s for s in standings if s.state is State.IN_DOUBT)
                self.doubted |= {s.message_id: s.sha256 for s in doubts}
        for letter, state in states.items():
            self.reached[self.states.get(letter, ""), state] += 1
        self.states = states

    def who_was_once_in_doubt_keeps_bytes_and_message_id(self):
        found = {s.standing.message_id: s for s in self.every("sealed", MAIL)}
        for message_id, digest in self.doubted.items():
            kept = found[message_id]
            assert kept.standing.sha256 == digest
            if kept.message is None:
                assert kept.standing.state is State.SENT
            else:
                assert sha256(kept.message.undated).hexdigest() == digest

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            self.who_was_once_in_doubt_keeps_bytes_and_message_id()
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


def check_histories(machine: type[Histories]) -> None:
    """Compare a form with the model; fails also when a transition of the schema was never taken."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150 if CI else 50,
            stateful_step_count=40,
            phases=[Phase.generate],  # shrinking such a history takes many minutes
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    assert sorted(TRANSITIONS - set(machine.reached)) == []


def test_random_histories_of_sqlite_are_those_of_the_model():
    check_histories(Histories)
