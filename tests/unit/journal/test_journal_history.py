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
    Standing,
    State,
)
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Concern, Outcome, Verdict
from tests.journal_model import JournalModel, Records

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
PLATES = {words: Plate((words.encode(), b",\r\n")) for words in "ab"}
CHANNELS = (MAIL, "outbox-1")
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
    ] + [Entry(3, "No Address", "", None)]


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
REFUSED = ("deferred", "rejected", "released")  # what can be said before a letter's data
LISTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["a1", "a1", "a2", "b1"])),
    unique_by=lambda row: row[0],
    max_size=5,
)
CHANNEL = st.sampled_from([MAIL, *CHANNELS])
INDEX = st.integers(0, 7)


class Histories(RuleBasedStateMachine):
    """The model and another form of the journal, with the same history.

    `reached` counts the transitions that were seen, letter by letter, from state to state.
    """

    open_form: ClassVar[Callable[[Path], Journal]]
    reached: ClassVar[Counter[tuple[str, str]]]

    @initialize(rows=LISTS.filter(lambda rows: len(rows) > 2), rehearsed=LISTS)
    def open(self, rows, rehearsed):
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.records = Records()
        self.now = NOON
        self.runs = 0
        self.claimed: list[list[Claimed]] = []  # of the model and of the form: reserved, not begun
        self.begun: list[list[Claimed]] = []
        self.doubted: dict[int, Message] = {}  # as they were when they were in doubt
        self.standings: dict[str, list[Standing]] = {}
        self.states: dict[int, State] = {}  # by the model's numbers of letters
        self._open()
        self.start()
        for channel, listed in zip(CHANNELS, (rows, rehearsed), strict=True):
            self.both("enqueue", channel, entries(listed), at=self.now)
            self.both("commit")

    def _open(self) -> None:
        file = Path(self.folder.name) / "journal.db"
        self.journals: list[Journal] = [JournalModel(self.records), type(self).open_form(file)]

    @property
    def sends(self) -> bool:
        return self.records.living is not None

    def both(self, verb: str, *args: Any, **how: Any) -> Any:
        """Call a method of both forms; the model's result."""
        return self.each(verb, [(args, how)] * 2)[0]

    def each(self, verb: str, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> list[Any]:
        """Call a method of each form with arguments of its own; the results must be alike."""
        results: list[Any] = []
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
        return model

    def ids(self, state: State) -> list[tuple[str, str]]:
        """Channel and id of the letters that were in this state after the last rule."""
        return [
            (channel, standing.id)
            for channel, standings in self.standings.items()
            for standing in standings
            if standing.state is state
        ]

    @invariant()
    def all_report_alike_and_counts_add_up(self):
        for channel in CHANNELS:
            self.standings[channel] = self.every("letters", channel)
            tally = self.both("tally", channel)
            counted = sorted(state for state, count in tally.items() for _ in range(count))
            assert counted == sorted(standing.state for standing in self.standings[channel])

    @invariant()
    def every_transition_is_one_of_the_schema(self):
        records = self.records.by_letter
        states = {letter: self.records.state(record) for letter, record in records.items()}
        for letter, state in states.items():
            if (before := self.states.get(letter, state)) is not state:
                assert (before, state) in TRANSITIONS, letter
                self.reached[before, state] += 1
            if state is State.IN_DOUBT:
                self.doubted[letter] = records[letter].message
        self.states = states

    @rule(seconds=st.sampled_from([-3600, -1, 1, 600, 86_400]))
    def set_the_clock(self, seconds):
        self.now += timedelta(seconds=seconds)

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
        channel=CHANNEL,
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

    @precondition(lambda self: self.ids(State.DEFERRED))
    @rule()
    def empty_the_list(self):
        channel, _ = self.ids(State.DEFERRED)[0]
        self.both("enqueue", channel, entries([]), at=self.now)
        self.both("commit")

    @precondition(lambda self: self.sends)
    @rule(
        channel=CHANNEL,
        count=st.integers(1, 4),
        only=st.sampled_from([None, None, None, frozenset({address("Rae")})]),
    )
    def claim(self, channel, count, only):
        doubts = {s.message_id for s in self.standings[channel] if s.state is State.IN_DOUBT}
        self.both("next_due", channel, only=only)
        model, form = self.each("claim", [((channel, count), {"now": self.now, "only": only})] * 2)
        assert doubts.isdisjoint(claimed.message.message_id for claimed in form)
        self.claimed += [list(pair) for pair in zip(model, form, strict=True)]

    @precondition(lambda self: self.sends and self.ids(State.WAITING))
    @rule(
        index=INDEX,
        when_due=st.booleans(),
        begun=st.lists(st.sampled_from(sorted(SETTLED)), min_size=1, max_size=3),
        refused=st.lists(st.sampled_from(REFUSED), min_size=1, max_size=2),
    )
    def hand_over(self, index, when_due, begun, refused):
        """Several steps in the order in which a sender makes them, which single rules rarely find."""
        waiting = self.ids(State.WAITING)
        channel, _ = waiting[index % len(waiting)]
        due = self.both("next_due", channel)
        self.now = due if due and when_due else self.now
        self.claim(channel, 6, None)
        self.every_transition_is_one_of_the_schema()
        for how in begun[: len(self.claimed)]:
            self.begin(0)
            self.every_transition_is_one_of_the_schema()
            if self.begun:
                self.settle(-1, how, then=False)
        for how in refused[: len(self.claimed)]:
            self.refuse_before_data(0, how)

    @precondition(lambda self: self.sends and self.ids(State.DEFERRED))
    @rule(early=st.sampled_from([0, 0, 1]))
    def wait_until_due(self, early):
        channel, _ = self.ids(State.DEFERRED)[0]
        self.now = self.both("next_due", channel) - timedelta(seconds=early)
        self.claim(channel, 1, None)

    @precondition(lambda self: self.claimed)
    @rule(index=INDEX)
    def begin(self, index):
        pair = self.claimed.pop(index % len(self.claimed))
        begun = [(([], [Beginning(c.letter, self.now, self.now)]), {}) for c in pair]
        if self.each("advance", begun)[0] != "refused":
            self.begun.append(pair)

    @precondition(lambda self: self.begun)
    @rule(index=INDEX, how=st.sampled_from(sorted(SETTLED)), then=st.booleans())
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
    @rule(index=INDEX, how=st.sampled_from([*REFUSED, "lost"]))
    def refuse_before_data(self, index, how):
        pair = self.claimed.pop(index % len(self.claimed))
        self.each("advance", [(([self._settlement(c, how)], []), {}) for c in pair])

    def _settlement(self, claimed: Claimed, how: str) -> Settlement:
        state, verdict = SETTLED[how]
        due = self.now + timedelta(minutes=15) if state is State.DEFERRED else None
        return Settlement(claimed.letter, self.now, state, verdict, due)

    @precondition(lambda self: self.begun)
    @rule(index=INDEX)
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
    @rule(letters=st.integers(1, 3))
    def resolve_as_sent(self, letters):
        for letter in self.ids(State.IN_DOUBT)[:letters]:
            assert self.both("resolve", *letter, sent=True, at=self.now)

    @precondition(lambda self: self.ids(State.IN_DOUBT))
    @rule(letters=st.integers(1, 3))
    def resolve_to_send_again(self, letters):
        for letter in self.ids(State.IN_DOUBT)[:letters]:
            assert self.both("resolve", *letter, sent=False, at=self.now)

    @precondition(lambda self: self.ids(State.REJECTED))
    @rule(letters=st.integers(1, 3))
    def retry(self, letters):
        for letter in self.ids(State.REJECTED)[:letters]:
            assert self.both("retry", *letter, at=self.now)

    @rule(channel=CHANNEL, name=st.sampled_from(NAMES), ordinal=st.sampled_from(["", "#2"]))
    def decide_about_a_letter_that_needs_no_decision(self, channel, name, ordinal):
        letter = (channel, address(name) + ordinal)
        if letter not in self.ids(State.IN_DOUBT):
            assert self.both("resolve", *letter, sent=True, at=self.now) is None
        if letter not in self.ids(State.REJECTED):
            assert self.both("retry", *letter, at=self.now) is None

    @rule(channel=CHANNEL)
    def prune(self, channel):
        self.both("prunable", channel)
        self.both("prune", channel, at=self.now)
        self.who_was_once_in_doubt_keeps_bytes_and_message_id()

    def who_was_once_in_doubt_keeps_bytes_and_message_id(self):
        for channel in CHANNELS:
            self.every("sealed", channel)
        for letter, message in self.doubted.items():
            record = self.records.by_letter[letter]
            assert record.message.message_id == message.message_id
            if record.pruned_at:
                assert record.state is State.SENT
            else:
                assert record.message.undated == message.undated

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
                history = self.both("history", channel, standing.id)
                if standing.state is State.SENT:
                    last = history.attempts[-1]
                    answered = last.verdict and last.verdict.outcome is Outcome.SENT
                    assert answered or last.resolved == "sent"

    def every_record_is_sound(self) -> None:
        async def damage(journal: Journal) -> list[Any]:
            return [found async for found in journal.verify()]

        for journal in self.journals:
            assert self.runner.run(damage(journal)) == []


ROUNDS = 4  # one round may miss a rare transition by chance


def check_histories(open_form: Callable[[Path], Journal]) -> None:
    """Compare a form with the model; fails also when a transition of the schema was never taken.

    `open_form` opens the form, anew or again, on the record of a file's path.
    """
    members = {"open_form": staticmethod(open_form), "reached": Counter()}
    machine = type("HistoriesOfOneForm", (Histories,), members)
    for _ in range(ROUNDS):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=200 if CI else 60,
                stateful_step_count=40,
                phases=[Phase.generate],  # shrinking such a history takes many minutes
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
        if set(machine.reached) >= TRANSITIONS:
            break
    assert sorted(TRANSITIONS - set(machine.reached)) == []


def test_random_histories_of_sqlite_are_those_of_the_model():
    check_histories(lambda file: open_journal(str(file), campaign="t3st-river", create=True))
