"""Sending, over a transport and a journal in memory and a clock set by hand."""

import asyncio
from datetime import timedelta

import pytest

from letters.errors import JournalError, Parked, RelayRefused, RelayUnavailable
from letters.journal.types import MAIL, State
from letters.transport.memory import MemoryConnection, MemoryTransport
from letters.verdict import Stage, read_reply
from tests.journal_model import JournalModel
from tests.sending import (
    CLOSING,
    FROM_REFUSED,
    GREYLISTED,
    LOST_AFTER,
    LOST_BEFORE,
    MINUTE,
    NOON,
    QUOTA,
    UNKNOWN,
    Scenario,
    refusing,
    scenario,
)  # fmt: skip

FROM_DEFERRED = read_reply(Stage.MAIL, 451, "4.1.8 cannot look up this sender")


def test_every_letter_is_accepted_once_in_list_order_over_one_connection():
    sending = scenario().run("anne", "bob", "cleo")
    assert sending.taken == ["Anne", "Bob", "Cleo"]
    assert set(sending.states.values()) == {State.SENT}
    assert sending.transport.opened == 1


def test_a_letter_is_begun_after_go_on_and_before_its_data_with_the_verdict_before_it():
    seen = []
    sending = scenario()

    def look(stage, message):
        seen.append((stage, message.name, dict(sending.states)))

    sending.transport.decide = look
    sending.run("anne", "bob")
    waiting, opened, sent = State.WAITING, State.OPEN, State.SENT
    assert seen[0] == (Stage.RCPT, "Anne", {"Anne": waiting, "Bob": waiting})
    assert seen[1] == (Stage.DOT, "Anne", {"Anne": opened, "Bob": waiting})
    assert seen[2][:2] == (Stage.RCPT, "Bob")
    assert seen[3] == (Stage.DOT, "Bob", {"Anne": sent, "Bob": opened})


def test_without_waiting_letters_no_connection_is_opened():
    sending = scenario().run()
    assert sending.transport.opened == 0


def test_a_letter_refused_before_its_data_was_never_begun_and_the_next_goes_on():
    sending = scenario(refusing(UNKNOWN, "Anne")).run("anne", "bob")
    assert sending.states == {"Anne": State.REJECTED, "Bob": State.SENT}
    (attempt,) = sending.records.by_letter[1].attempts
    assert attempt.begun_at is None
    assert sending.transport.opened == 1


def test_a_letter_refused_at_the_dot_is_rejected_and_the_next_goes_on():
    refused = read_reply(Stage.DOT, 554, "5.6.0 no")
    sending = scenario(refusing(refused, "Anne", at=Stage.DOT)).run("anne", "bob")
    assert sending.states == {"Anne": State.REJECTED, "Bob": State.SENT}


def test_a_deferred_letter_waits_in_the_journal_and_others_are_sent():
    sending = scenario(refusing(GREYLISTED, "Anne")).run("anne", "bob")
    assert sending.states == {"Anne": State.DEFERRED, "Bob": State.SENT}
    assert sending.records.by_letter[1].due_at == NOON + 5 * MINUTE


def test_waiting_long_enough_sends_a_deferred_letter_when_it_falls_due():
    sending = scenario(refusing(GREYLISTED, "Anne", times=2))
    sending.run("anne", "bob", wait=timedelta(minutes=11))
    assert sending.taken == ["Bob", "Anne"]
    assert sending.now == NOON + 10 * MINUTE
    assert sending.transport.opened == 3  # the connection is closed during each wait


def test_a_run_that_finds_only_deferred_letters_waits_for_them_too():
    sending = scenario(refusing(GREYLISTED, times=2))
    sending.run("anne", "bob")
    assert set(sending.states.values()) == {State.DEFERRED}
    sending.run("anne", "bob", wait=None)
    assert sending.taken == ["Anne", "Bob"]


def test_not_waiting_long_enough_leaves_it_deferred():
    sending = scenario(refusing(GREYLISTED, "Anne", times=2))
    sending.run("anne", "bob", wait=timedelta(minutes=9))
    assert sending.states["Anne"] is State.DEFERRED
    assert sending.attempts("Anne") == 2


def test_the_wait_is_counted_from_when_nothing_else_is_left_to_do():
    sending = scenario(refusing(GREYLISTED, "Anne", times=1))

    def slow(stage, message):
        sending.now += timedelta(minutes=4)
        return refuse(stage, message)

    refuse, sending.transport.decide = sending.transport.decide, slow
    sending.run("anne", "bob", wait=timedelta(minutes=2))
    assert sending.taken == ["Bob", "Anne"]


def test_waiting_without_end_ends_when_no_letter_is_deferred():
    sending = scenario(refusing(GREYLISTED, "Anne", times=4)).run("anne", wait=None)
    assert sending.states == {"Anne": State.SENT}
    assert sending.now == NOON + 20 * MINUTE


def test_a_later_try_keeps_the_first_date():
    deferred = read_reply(Stage.DOT, 451, "4.7.1 later")
    sending = scenario(refusing(deferred, at=Stage.DOT, times=1)).run("anne", wait=None)
    assert sending.now == NOON + 5 * MINUTE
    (_, content) = sending.transport.accepted[0]
    assert content.startswith(b"Date: Thu, 09 Jan 2014 12:00:00 +0000\r\n")


def test_a_letter_expires_after_five_tries_and_five_days_and_not_on_tries_alone():
    soon = scenario(refusing(GREYLISTED)).run("anne", wait=timedelta(minutes=30))
    assert soon.attempts("Anne") > 5
    assert soon.states == {"Anne": State.DEFERRED}
    late = scenario(refusing(GREYLISTED)).run("anne", wait=None, retry=(timedelta(days=1),))
    assert late.states == {"Anne": State.REJECTED}
    assert late.now == NOON + timedelta(days=5)
    last = late.records.by_letter[1].attempts[-1].verdict
    assert last.said == "expired after 6 tries: greylisted"


@pytest.mark.parametrize(
    ("verdict", "at", "error"),
    [(FROM_REFUSED, Stage.RCPT, RelayRefused), (QUOTA, Stage.DOT, Parked),
     (FROM_DEFERRED, Stage.RCPT, Parked)],
    ids=["from", "quota", "later"],
)  # fmt: skip
def test_a_fault_of_the_sender_stops_the_run_and_counts_no_try(verdict, at, error):
    sending = scenario(refusing(verdict, "Bob", at=at))
    with pytest.raises(error, match=verdict.enhanced):
        sending.run("anne", "bob", "cleo")
    assert sending.states == {"Anne": State.SENT, "Bob": State.WAITING, "Cleo": State.WAITING}
    assert sending.attempts("Bob") == 0
    sending.transport.decide = refusing(UNKNOWN, "Nobody")
    assert sending.run("anne", "bob", "cleo").taken == ["Anne", "Bob", "Cleo"]


@pytest.mark.parametrize("error", [RelayUnavailable, RelayRefused])
def test_when_the_relay_cannot_be_reached_every_letter_stays_waiting(error):
    def fail():
        raise error("no", "mend it")

    sending = scenario(on_open=fail)
    with pytest.raises(error):
        sending.run("anne", "bob")
    assert set(sending.states.values()) == {State.WAITING}
    assert len(asyncio.run(sending.journal.claim(MAIL, 9, now=NOON))) == 2  # given back


@pytest.mark.parametrize("verdict", [CLOSING, LOST_BEFORE], ids=["421", "lost"])
def test_a_connection_that_ends_is_opened_again_and_no_try_is_counted(verdict):
    sending = scenario(refusing(verdict, "Bob", times=1)).run("anne", "bob", "cleo")
    assert sorted(sending.taken) == ["Anne", "Bob", "Cleo"]
    assert sending.transport.opened == 2
    assert sending.attempts("Bob") == 1


def test_when_the_relay_accepts_nothing_for_now_the_next_letter_goes_over_another_connection():
    busy = read_reply(Stage.RCPT, 452, "4.3.1 the disk is full")
    sending = scenario()
    connections = []

    def decide(_stage, _message):
        connections.append(sending.transport.opened)
        return busy if len(connections) == 1 else None

    sending.transport.decide = decide
    sending.run("anne", "bob")
    assert sorted(sending.taken) == ["Anne", "Bob"]
    assert connections[0] == 1
    assert set(connections[1:]) == {2}


def test_when_the_relay_keeps_closing_the_connection_the_run_ends_with_every_letter_waiting():
    sending = scenario(refusing(CLOSING))
    with pytest.raises(Parked, match="4 times in a row"):
        sending.run("anne", "bob")
    assert set(sending.states.values()) == {State.WAITING}
    lost = scenario(refusing(LOST_BEFORE))
    with pytest.raises(RelayUnavailable):
        lost.run("anne", "bob")


def test_a_letter_at_which_every_connection_is_lost_does_not_keep_the_others_from_being_sent():
    sending = scenario(refusing(LOST_BEFORE, "Bob"))
    with pytest.raises(RelayUnavailable):
        sending.run("anne", "bob", "cleo", "dora")
    assert sending.taken == ["Anne", "Cleo", "Dora"]
    assert sending.states["Bob"] is State.WAITING


def test_a_lost_answer_is_in_doubt_and_the_run_goes_on():
    sending = scenario(refusing(LOST_AFTER, "Bob", at=Stage.DOT)).run("anne", "bob", "cleo")
    assert sending.states == {"Anne": State.SENT, "Bob": State.IN_DOUBT, "Cleo": State.SENT}


def test_two_letters_in_doubt_in_a_row_stop_the_run():
    sending = scenario(refusing(LOST_AFTER, at=Stage.DOT))
    with pytest.raises(RelayUnavailable, match="2 letters in a row"):
        sending.run("anne", "bob", "cleo")
    assert sending.states["Cleo"] is State.WAITING
    assert list(sending.states.values()).count(State.IN_DOUBT) == 2


MANY = tuple(f"m{number}" for number in range(12))
BLOCKED = read_reply(Stage.DOT, 554, "5.7.1 blocked")


def test_ten_equal_rejections_stop_the_run_and_the_rest_waits():
    sending = scenario(refusing(BLOCKED, at=Stage.DOT))
    with pytest.raises(RelayRefused, match="10 letters in a row were rejected alike"):
        sending.run(*MANY)
    states = list(sending.states.values())
    assert states == [State.REJECTED] * 10 + [State.WAITING] * 2


def test_ten_rejections_stop_no_run_when_they_differ_or_no_letter_is_left():
    assert set(scenario(refusing(BLOCKED)).run(*MANY[:10]).states.values()) == {State.REJECTED}
    mixed = scenario()
    mixed.transport.decide = lambda stage, message: (
        None if stage is Stage.DOT else UNKNOWN if int(message.name[1:]) % 4 else BLOCKED
    )
    assert set(mixed.run(*MANY).states.values()) == {State.REJECTED}
    taken = scenario(refusing(BLOCKED, *(name.title() for name in MANY if name != "m5")))
    assert taken.run(*MANY).taken == ["M5"]


def test_stopping_finishes_the_letter_in_hand_and_begins_no_other():
    sending = scenario()

    def stop_at_bob(stage, message):
        if (stage, message.name) == (Stage.DOT, "Bob"):
            sending.mailer.stop()

    sending.transport.decide = stop_at_bob
    sending.run("anne", "bob", "cleo")
    assert sending.states == {"Anne": State.SENT, "Bob": State.SENT, "Cleo": State.WAITING}


def test_stopping_ends_the_wait_for_deferred_letters():
    sending = scenario(refusing(GREYLISTED))
    sending.run("anne", wait=None, on_waiting=lambda _due, _why: sending.mailer.stop())
    assert sending.states == {"Anne": State.DEFERRED}


class Slow(MemoryTransport):
    """A transport whose opening or offer waits until `ready`, as a relay that hangs does."""

    __slots__ = ("ready", "slow")

    async def open(self):
        if self.slow == "open" and self.accepted:
            await self.ready()
        return SlowConnection(self)


class SlowConnection(MemoryConnection):
    async def offer(self, message):
        if self.transport.slow == "offer" and self.transport.accepted:
            await self.transport.ready()
        verdict = await super().offer(message)
        self.closed = self.transport.slow == "open"
        return verdict


@pytest.mark.parametrize("slow", ["offer", "open"])
def test_a_verdict_does_not_wait_for_a_relay_that_is_slow_with_the_next_letter(slow):
    transport = Slow()
    sending = Scenario(transport)

    async def ready():
        async with asyncio.timeout(10):
            while sending.states["Anne"] is not State.SENT:  # noqa: ASYNC110  there is no event to wait for
                await asyncio.sleep(0.01)

    transport.slow, transport.ready = slow, ready
    sending.run("anne", "bob")
    assert sending.taken == ["Anne", "Bob"]


def test_stopping_does_not_wait_for_a_relay_that_is_slow_to_open():
    transport = Slow()
    sending = Scenario(transport)

    async def ready():
        sending.mailer.stop()
        await asyncio.sleep(60)

    transport.slow, transport.ready = "open", ready
    sending.run("anne", "bob")
    assert sending.states == {"Anne": State.SENT, "Bob": State.WAITING}


def test_only_the_chosen_are_sent():
    sending = scenario().run("anne", "bob", "cleo", only={"bob@parl.example"})
    assert sending.taken == ["Bob"]


def test_a_run_does_not_wait_for_a_deferred_letter_that_was_not_chosen():
    sending = scenario(refusing(GREYLISTED, "Anne")).run("anne", "bob")
    waited = []

    def no_longer(due, _why):
        waited.append(due)
        sending.mailer.stop()

    chosen = {"cleo@parl.example"}
    sending.run("anne", "bob", "cleo", only=chosen, wait=None, on_waiting=no_longer)
    assert sending.taken == ["Bob", "Cleo"]
    assert waited == []


class Full(JournalModel):
    """A journal whose disk is full at the nth step, once."""

    steps = 0
    fails_at = 0

    async def advance(self, settlements, beginnings):
        self.steps += 1
        if self.steps == self.fails_at:
            raise JournalError("the disk is full", "make room")
        await super().advance(settlements, beginnings)


def test_without_a_durable_beginning_no_data_is_sent_and_the_last_verdict_is_not_lost():
    sending = scenario()
    sending.journal = Full(sending.records)
    sending.journal.fails_at = 2  # {begin Anne}, {verdict of Anne, begin Bob}
    asyncio.run(sending.journal.start("run-1", relay="memory:", at=NOON))
    with pytest.raises(JournalError, match="disk"):
        sending.run("anne", "bob")
    assert sending.taken == ["Anne"]
    assert sending.states == {"Anne": State.SENT, "Bob": State.WAITING}


def test_every_settlement_is_reported_as_it_happens():
    sending = scenario(refusing(UNKNOWN, "Bob")).run("anne", "bob")
    assert sending.settled == [("Anne", State.SENT), ("Bob", State.REJECTED)]
    assert sending.mailer.sent == 1


def test_a_letter_that_is_accepted_after_a_deferral_counts_once():
    sending = scenario(refusing(GREYLISTED, "Anne", times=1)).run("anne", wait=None)
    assert sending.mailer.sent == 1
