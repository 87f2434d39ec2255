"""Opening connections: in turn, spread, again after a failure; and what a refusal means."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from letters.errors import Parked, RelayRefused, RelayUnavailable, TooFast
from letters.journal.types import State
from letters.verdict import Stage, read_reply
from tests.sending import GREYLISTED, LOST_AFTER, LOST_BEFORE, NOON
from tests.timed_sending import EVERY_LETTER, TimedTransport, limited, now, once, timed

SENT, WAITING, IN_DOUBT = State.SENT, State.WAITING, State.IN_DOUBT
ENOUGH = read_reply(Stage.RCPT, 421, "4.3.2 that was enough")
LONG = (0.0, 1.0, 5.0, 15.0, 30.0)


def test_no_connection_is_opened_for_letters_that_the_others_send_meanwhile():
    assert timed().run("anne", connections=8).transport.opened == 1
    many = timed().run(connections=64)
    assert Counter(many.taken) == EVERY_LETTER
    assert many.transport.opened < 20


def test_fewer_connections_when_the_relay_refuses_the_third_connection():
    sending = timed()

    def refuse():
        if sending.transport.living == 2:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse
    sending.run()
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.at_once == 2
    assert len(sending.transport.opened_at) == 4  # two are refused, and not tried again


def test_a_relay_that_cannot_be_reached_is_tried_once_and_not_once_a_connection():
    def refuse():
        raise RelayUnavailable("no answer", "")

    sending = timed(on_open=refuse)
    with pytest.raises(RelayUnavailable):
        sending.run(connections=8)
    assert sending.transport.opened_at == [0.0]
    assert sending.counts == {WAITING: 40}


def test_a_further_connection_without_an_answer_neither_prolongs_a_run_nor_keeps_others_from_opening():
    sending = timed()
    transport, answered = sending.transport, TimedTransport.open
    lost = iter([LOST_BEFORE])

    async def open_one():
        if transport.living:
            await asyncio.sleep(300)
            raise RelayUnavailable("no answer", "")
        return await answered(transport)

    transport.open = open_one
    transport.decide = lambda _stage, message: next(lost, None) if message.name == "M20" else None
    sending.run(connections=3)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.loop.time() < 60


def test_logins_are_spread_where_a_relay_accepts_one_letter_a_connection():
    sending = timed()
    offered = Counter()

    def one_each(stage, _message):
        offered[sending.transport.opened] += stage is Stage.RCPT
        return ENOUGH if offered[sending.transport.opened] > 1 else None

    sending.transport.decide = one_each
    sending.run(connections=1)
    assert Counter(sending.taken) == EVERY_LETTER
    opened = sending.transport.opened_at
    assert max(sum(0 <= at - first < 10 for at in opened) for first in opened) <= 20


def test_a_lost_connection_is_opened_again_while_the_others_go_on():
    lost = iter([LOST_BEFORE])

    def decide(stage, message):
        first = stage is Stage.RCPT and message.name == "M10"
        return next(lost, None) if first else None

    sending = timed(decide).run(connections=3)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.opened == 4
    assert sending.tries() == {1}


def test_the_pause_before_a_connection_is_opened_again_grows_with_each_failure():
    sending = timed(lambda _stage, _message: LOST_BEFORE)
    with pytest.raises(RelayUnavailable, match="4 times in a row"):
        sending.run(connections=1)
    pauses = [
        round(later - sooner)
        for sooner, later in zip(
            sending.transport.opened_at, sending.transport.opened_at[1:], strict=False
        )
    ]
    assert pauses == [0, 1, 5]
    assert sending.counts == {WAITING: 40}


@pytest.mark.parametrize("connections", [1, 2])
def test_a_long_pause_before_a_connection_is_opened_again_is_reported(connections):
    sending = timed(lambda _stage, _message: LOST_BEFORE)
    with pytest.raises(RelayUnavailable):
        sending.run(connections=connections)
    assert {why for _, why in sending.waits} == {
        "the relay closed a connection; it is opened again"
    }
    untils = [until.replace(microsecond=0) for until, _ in sending.waits]
    assert len(set(untils)) == len(untils), "once, not by every connection"
    until, _ = sending.waits[-1]
    assert (until - NOON).total_seconds() == pytest.approx(sending.transport.opened_at[-1], abs=0.1)


def test_a_password_that_is_refused_when_a_connection_is_opened_again_is_not_tried_again():
    sending = timed(lambda _stage, message: LOST_BEFORE if message.name == "M05" else None)

    def refuse():
        if sending.transport.opened:
            raise RelayRefused("535 5.7.8 not you", "")

    sending.transport.on_open = refuse
    with pytest.raises(RelayRefused):
        sending.run(connections=1)
    assert len(sending.transport.opened_at) == 2


def test_after_a_network_outage_every_connection_is_opened_again():
    sending = timed()

    def outage():
        return 0.1 <= now() < 5

    def refuse():
        if outage():
            raise RelayUnavailable("no answer", "")

    sending.transport.on_open = refuse
    sending.transport.decide = lambda stage, _message: (
        LOST_BEFORE if stage is Stage.RCPT and outage() else None
    )
    sending.run()
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.tries() == {1}
    assert sum(at >= 5 for at in sending.transport.opened_at) == 4, (
        "every connection is opened again"
    )


def limit_connections(sending, connections):
    """Let the relay refuse more than so many connections as too fast."""

    def refuse():
        if sending.transport.living >= connections:
            raise TooFast("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse


@pytest.mark.parametrize("connections", [3, 16])
def test_a_connection_too_many_is_not_tried_again_and_slows_no_letter_down(connections):
    sending = timed()
    limit_connections(sending, 2)
    sending.run(connections=connections)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.at_once == 2
    assert len(sending.transport.opened_at) == 3, "one is refused, and not tried again"
    assert sending.loop.time() < 2


def test_a_lost_connection_that_is_refused_as_too_fast_is_not_opened_again():
    sending = timed(once(Stage.RCPT, "M20", LOST_BEFORE))

    def refuse():
        if sending.transport.opened >= 3:
            raise TooFast("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse
    sending.run(connections=3, reconnect=LONG)
    assert len(sending.transport.opened_at) == 4, "it is not tried again"
    assert Counter(sending.taken) == EVERY_LETTER
    taken = sending.transport.taken_at
    assert max(later - sooner for sooner, later in pairwise(taken)) >= 1, "the run pauses first"
    assert sending.loop.time() < 60


@pytest.mark.parametrize("connections", [1, 4])
def test_a_relay_that_refuses_every_later_login_as_too_fast_is_tried_less_and_less(
    connections,
):
    sending = timed(lambda _stage, message: LOST_BEFORE if message.name >= "M05" else None)

    def refuse():
        if now() > 0.2:
            raise TooFast("454 4.7.0 too many login attempts", "")

    sending.transport.on_open = refuse
    with pytest.raises((Parked, RelayUnavailable), match="too many login"):
        sending.run(connections=connections, reconnect=LONG)
    refused = [at for at in sending.transport.opened_at if at > 0.2]
    pauses = [later - sooner for sooner, later in pairwise(refused)]
    assert 2 <= len(refused) <= 12
    assert pauses == sorted(pauses)
    assert pauses[-1] >= min(2 ** len(pauses), 300)
    assert sending.counts == {SENT: len(sending.taken), WAITING: 40 - len(sending.taken)}
    assert sending.tries() <= {0, 1}


def test_a_relay_that_refuses_the_first_login_as_too_fast_is_tried_once():
    sending = timed()
    limit_connections(sending, 0)
    with pytest.raises(TooFast):
        sending.run()
    assert sending.transport.opened_at == [0.0]
    assert sending.counts == {WAITING: 40}


def close_to_further_connections(sending, since):
    def refuse():
        if now() > since:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse


def test_a_connection_that_cannot_be_opened_again_neither_fails_nor_prolongs_a_run_that_sends_every_letter():
    sending = timed(once(Stage.RCPT, "M02", LOST_BEFORE))
    close_to_further_connections(sending, since=0.05)
    sending.run(connections=2, reconnect=LONG)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.loop.jumping.passed < 5


def test_the_letter_announced_on_a_lost_connection_is_sent_over_another_one():
    sending = timed(once(Stage.DOT, "M06", LOST_AFTER))
    close_to_further_connections(sending, since=0.05)
    sending.run(connections=2, reconnect=LONG)
    assert sending.counts == {SENT: 39, IN_DOUBT: 1}
    assert sending.loop.jumping.passed < 5


def test_a_connection_that_waits_before_it_is_opened_again_does_not_keep_another_from_opening():
    lost = {"M02", "M26"}

    def decide(stage, message):
        if stage is Stage.RCPT and message.name in lost:
            lost.discard(message.name)
            return LOST_BEFORE
        return None

    def refuse():
        if now() > 0.5 and sending.transport.living:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending = timed(decide, on_open=refuse)
    sending.run(connections=2, reconnect=LONG, limiter=limited(pace="1/s"))
    assert Counter(sending.taken) == EVERY_LETTER
    taken = sending.transport.taken_at
    assert max(later - sooner for sooner, later in pairwise(taken)) < 5


def test_after_a_lost_answer_the_next_pause_is_as_long_as_after_any_other_failure():
    sending = timed()
    answers = {(Stage.RCPT, "M01"): LOST_BEFORE, (Stage.DOT, "M02"): LOST_AFTER}
    sending.transport.decide = lambda stage, message: answers.pop((stage, message.name), None)
    sending.run("m01", "m02", "m03", connections=1, reconnect=(0.0, 7.0))
    first, second = (later - sooner for sooner, later in pairwise(sending.transport.opened_at))
    assert first < 1
    assert second >= 7


def test_the_only_connection_may_take_longer_to_open_than_a_further_one():
    sending = timed()
    transport, answered = sending.transport, TimedTransport.open

    async def open_slowly():
        await asyncio.sleep(40)
        return await answered(transport)

    transport.open = open_slowly
    sending.run("m00", connections=1)
    assert sending.counts == {SENT: 1}


def test_after_a_wait_a_relay_that_had_too_many_connections_is_asked_for_several_again():
    sending = timed()

    def refuse():
        if now() < 1 and sending.transport.living >= 1:
            raise TooFast("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse
    sending.transport.decide = lambda _stage, _message: GREYLISTED if now() < 1 else None
    sending.run(wait=None, retry=(timedelta(minutes=1),))
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.at_once > 1
