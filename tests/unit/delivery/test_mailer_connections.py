"""Sending over several connections at the same time."""

from collections import Counter
from datetime import timedelta

import pytest

from letters.errors import JournalError
from letters.journal.types import State
from letters.limits.memory import MemoryLimiter
from letters.verdict import Stage
from tests.journal_model import JournalModel
from tests.sending import GREYLISTED, LOST_AFTER, UNKNOWN
from tests.timed_sending import EVERY_LETTER, NAMES, Steps, TimedScenario, once, timed

SENT, WAITING, REJECTED, IN_DOUBT = State.SENT, State.WAITING, State.REJECTED, State.IN_DOUBT


@pytest.mark.parametrize("connections", [1, 3, 8])
def test_every_letter_is_taken_once_with_a_letter_in_data_on_each_connection(connections):
    sending = timed().run(connections=connections)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.counts == {SENT: 40}
    assert sending.transport.living == 0
    assert sending.transport.opened == sending.transport.at_once == connections


def test_a_verdict_is_written_with_the_beginning_of_the_letter_announced_behind_it():
    sending = timed(journal=Steps).run()
    steps = Counter(sending.journal.steps)
    assert steps == {(0, 1): 4, (1, 1): 36, (1, 0): 4}
    assert len(sending.transport.followed) == 36


def test_no_data_is_sent_before_its_beginning_is_durable_however_slow_the_disk():
    seen = []
    sending = timed(journal=Steps)
    sending.journal.pause = 0.5
    sending.transport.on_data = lambda message: seen.append(sending.states[message.name])
    sending.run()
    assert seen == [State.OPEN] * 40


def test_a_disk_slower_than_the_relay_writes_no_verdict_twice():
    sending = timed(lambda stage, _message: UNKNOWN if stage is Stage.RCPT else None, journal=Steps)
    sending.journal.pause, sending.transport.turn = 0.7, 0.3
    sending.run(*NAMES[:9], connections=1)  # one fewer than opens the breaker
    assert sending.counts == {REJECTED: 9}
    assert sum(settled for settled, _begun in sending.journal.steps) == 9


def test_a_connection_lost_behind_its_dot_leaves_one_letter_in_doubt_and_the_run_goes_on():
    sending = timed(lambda stage, m: LOST_AFTER if (stage, m.name) == (Stage.DOT, "M07") else None)
    sending.run()
    assert sending.counts == {SENT: 39, IN_DOUBT: 1}
    assert sending.transport.opened == 5


def test_a_journal_that_fails_at_a_claim_stops_the_run_and_nothing_stays_reserved():
    names = [f"n{number:03}" for number in range(300)]

    class FailingClaim(JournalModel):
        claims = 0

        async def claim(self, *args, **how):
            self.claims += 1
            if self.claims == 2:
                raise JournalError("the disk cannot be read", "")
            return await super().claim(*args, **how)

    sending = timed(journal=FailingClaim)
    with pytest.raises(JournalError, match="read"):
        sending.run(*names)
    assert sending.counts[IN_DOUBT] == 0
    assert len(sending.taken) < 300
    sending.run(*names)
    assert sorted(sending.taken) == sorted(name.title() for name in names)


def test_stopping_finishes_the_letters_in_hand_and_begins_no_other():
    sending, offers = timed(), []

    def stop_when_all_are_in_data(stage, _message):
        if stage is Stage.DOT and len(sending.taken) == 8:
            offers.append(sending.transport.offers)
            sending.mailer.stop()

    sending.transport.decide = stop_when_all_are_in_data
    sending.run()
    taken = sending.taken
    assert [sending.transport.offers] == offers, "no letter is offered after the stop"
    assert 9 <= len(taken) <= 12  # the ninth, and those that the other connections had in data
    assert sending.counts == {SENT: len(taken), WAITING: 40 - len(taken)}
    announced = {then for _letter, then in sending.transport.followed} - set(taken)
    assert announced  # their envelope was sent, and they were put back
    begun = [
        attempt for record in sending.records.by_letter.values() for attempt in record.attempts
    ]
    assert len(begun) == len(taken)
    assert sending.transport.living == 0


class StopAtStep(Steps):
    """A journal at whose nth step the run is stopped."""

    stop_at = 0

    async def advance(self, settlements, beginnings):
        if len(self.steps) == self.stop_at:
            self.stop()
        await super().advance(settlements, beginnings)


def test_no_letter_is_announced_behind_one_that_is_begun_when_the_run_stops():
    sending = timed(journal=StopAtStep)
    sending.journal.stop_at = 2  # the third letter begins
    sending.journal.stop = lambda: sending.mailer.stop()  # noqa: PLW0108 - made by run
    sending.run(connections=1)
    assert sending.taken == ["M00", "M01", "M02"]
    assert sending.transport.followed == [("M00", "M01"), ("M01", "M02")]


def test_letters_put_back_at_a_stop_are_sent_by_the_next_run():
    sending = timed()
    sending.transport.decide = lambda _stage, _message: (
        sending.mailer.stop() if len(sending.taken) == 6 else None
    )
    sending.run()
    assert len(sending.taken) < 40
    sending.transport.decide = lambda _stage, _message: None
    sending.run()
    assert Counter(sending.taken) == EVERY_LETTER


class FailingLimiter(MemoryLimiter):
    """A limiter whose ledger cannot be written, from the nth letter on."""

    def __init__(self, nth):
        super().__init__()
        self.left = nth

    async def leave(self, domain, *, now):
        self.left -= 1
        if self.left < 0:
            raise JournalError("the ledger cannot be written", "")
        return await super().leave(domain, now=now)


@pytest.mark.parametrize("nth", range(12))
def test_a_ledger_that_fails_stops_the_run_and_no_letter_in_hand_is_in_doubt(nth):
    sending = timed()
    with pytest.raises(JournalError, match="ledger"):
        sending.run(limiter=FailingLimiter(nth))
    assert sending.counts == {SENT: len(sending.taken), WAITING: 40 - len(sending.taken)} or nth < 1
    assert set(sending.states.values()) <= {SENT, WAITING}


class FailingSteps(Steps):
    """A journal that fails at these steps."""

    fails = range(0)

    async def advance(self, settlements, beginnings):
        step = len(self.steps)
        if step in self.fails:
            self.steps.append((0, 0))
            raise JournalError("the disk is full", "")
        await super().advance(settlements, beginnings)


@pytest.mark.parametrize("step", range(12))
def test_a_step_that_cannot_be_written_lets_the_other_connections_finish(step):
    sending = timed(journal=FailingSteps)
    sending.journal.fails = range(step, step + 1)
    with pytest.raises(JournalError, match="disk"):
        sending.run()
    taken = sending.taken
    assert set(sending.states.values()) <= {SENT, WAITING}
    assert sending.counts[SENT] == len(taken) == len(set(taken)) <= step + 4


class ClockSetBack(TimedScenario):
    """A scenario whose wall clock is set back by an hour after half a minute."""

    def clock(self):
        return super().clock() - timedelta(hours=self.loop.time() > 30)


def test_a_clock_set_back_does_not_prolong_the_wait():
    sending = ClockSetBack()
    sending.transport.decide = lambda _stage, _message: GREYLISTED
    sending.run(wait=timedelta(minutes=2), retry=(timedelta(minutes=1),))
    assert sending.counts == {State.DEFERRED: 40}
    assert sending.loop.time() < 300


def test_a_letter_that_falls_due_while_connections_are_closed_is_sent_in_the_same_run():
    sending = timed(once(Stage.RCPT, "M39", GREYLISTED))
    sending.transport.closing_takes = 2.0
    sending.run(retry=(timedelta(seconds=1),))
    assert Counter(sending.taken) == EVERY_LETTER
