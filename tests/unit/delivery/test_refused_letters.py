"""A reply that asks to slow down, or closes the connection, and recurs for one letter is about that letter."""

import pytest

from letters.errors import Parked
from letters.journal.types import State
from letters.verdict import Stage, read_reply
from tests.sending import MINUTE
from tests.timed_sending import timed

SIXTY = tuple(f"m{number:02}" for number in range(60))
REPLIES = [
    (Stage.RCPT, 450, "4.2.1 this account is disabled"),
    (Stage.RCPT, 450, "4.2.1 its rate limit is exceeded"),
    (Stage.RCPT, 452, "4.3.1 insufficient storage"),
    (Stage.RCPT, 421, "4.7.0 try again later"),
    (Stage.DATA, 451, "4.7.1 too many messages to this mailbox"),
    (Stage.DOT, 421, "4.7.0 this message has suspicious content"),
    (Stage.DOT, 454, "4.7.0 Throttling failure"),
]
EACH_REPLY = pytest.mark.parametrize(
    "reply", REPLIES, ids=[f"{r[0]} {r[1]} {r[2]}" for r in REPLIES]
)
SENT, WAITING, DEFERRED = State.SENT, State.WAITING, State.DEFERRED


def refusing(reply, *names, times=1 << 30):
    stage, _, _ = reply
    left, seen = [times], []

    def decide(now, message):
        if now is (Stage.DOT if stage is Stage.DOT else Stage.RCPT) and message.name in names:
            seen.append(message.name)
            left[0] -= 1
            return read_reply(*reply) if left[0] >= 0 else None
        return None

    return decide, seen


@EACH_REPLY
@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("name", ["M00", "M30"])
def test_the_letter_is_deferred_after_the_second_time_and_the_run_ends(reply, connections, name):
    decide, seen = refusing(reply, name)

    sending = timed(decide).run(*SIXTY, connections=connections)

    assert sending.counts == {SENT: 59, DEFERRED: 1}
    assert sending.states[name] is DEFERRED
    assert (len(seen), sending.attempts(name)) == (2, 1)
    assert sending.loop.time() < 60


@EACH_REPLY
@pytest.mark.parametrize("connections", [1, 4])
def test_it_is_tried_again_with_its_schedule_and_pays_for_each_try(reply, connections):
    decide, seen = refusing(reply, "M10", times=4)

    sending = timed(decide).run(*SIXTY, connections=connections, wait=None)

    assert sending.counts == {SENT: 60}
    # Twice in turn; then once each five minutes.
    assert (len(seen), sending.attempts("M10")) == (5, 4)
    assert sending.loop.time() > 3 * 5 * 60


@EACH_REPLY
def test_several_such_letters_are_deferred_each(reply):
    names = ("M03", "M04", "M20", "M41", "M55")

    sending = timed(refusing(reply, *names)[0]).run(*SIXTY)

    assert sending.counts == {SENT: 55, DEFERRED: 5}
    assert {sending.states[name] for name in names} == {DEFERRED}


@EACH_REPLY
def test_a_run_with_no_other_letter_left_ends_within_minutes_and_counts_a_try(reply):
    decide, seen = refusing(reply, "M59")

    sending = timed(decide).run(*SIXTY, connections=1, reconnect=(0.0, 1.0, 5.0, 15.0, 30.0))

    assert sending.counts == {SENT: 59, DEFERRED: 1}
    assert len(seen) == 6
    assert 50 < sending.loop.time() < 120


@EACH_REPLY
def test_a_later_run_with_that_letter_alone_defers_it_after_the_second_time(reply):
    decide, seen = refusing(reply, "M30")
    sending = timed(decide).run(*SIXTY)
    seen.clear()

    sending.run(*SIXTY, wait=6 * MINUTE)

    assert sending.counts == {SENT: 59, DEFERRED: 1}
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ((421, "4.3.2 that was enough"), 1),
        ((421, "4.3.2 that was enough"), 5),
        ((432, "4.3.2 slower"), 2),
    ],
)
def test_a_limit_of_the_relay_that_meets_many_letters_costs_none_of_them_a_try(said, accepted):
    offers = []

    def every_nth(stage, message):
        offers.extend([message] * (stage is Stage.RCPT))
        refused = stage is Stage.RCPT and len(offers) % (accepted + 1) == 0
        return read_reply(Stage.RCPT, *said) if refused else None

    sending = timed(every_nth).run(*SIXTY, connections=1)

    assert sending.counts == {SENT: 60}
    assert {sending.attempts(name.title()) for name in SIXTY} == {1}


def test_a_relay_that_refuses_every_letter_so_stops_the_run_and_no_try_is_counted():
    sending = timed(lambda stage, _: read_reply(*REPLIES[0]) if stage is Stage.RCPT else None)

    with pytest.raises(Parked, match="keeps asking to slow down"):
        sending.run(*SIXTY)

    assert sending.counts == {WAITING: 60}
    assert {sending.attempts(name.title()) for name in SIXTY} == {0}
