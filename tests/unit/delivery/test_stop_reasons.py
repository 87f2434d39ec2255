"""What makes a run slow down or stop, and what does not."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from letters.errors import Parked, RelayRefused, RelayUnavailable
from letters.journal.types import State
from letters.verdict import Advice, Stage, read_reply
from tests.sending import FROM_REFUSED, LOST_AFTER, LOST_BEFORE, NOON, QUOTA
from tests.timed_sending import EVERY_LETTER, NAMES, Steps, now, once, timed

SENT, WAITING, REJECTED, IN_DOUBT = State.SENT, State.WAITING, State.REJECTED, State.IN_DOUBT
TOO_FAST = read_reply(Stage.MAIL, 450, "4.2.1 more than you may")
GREETED_TOO_FAST = read_reply(Stage.MAIL, 421, "4.7.0 slow down")
BLOCKED = read_reply(Stage.DOT, 554, "5.7.1 not wanted")


def test_a_request_to_slow_down_slows_every_connection_and_counts_no_try():
    sending = timed()
    requests = []

    def at_most_two_a_second(stage, _message):
        recent = [at for at in sending.transport.taken_at if at > now() - 10]
        if stage is Stage.RCPT and len(recent) >= 20:
            requests.append(now())
            return TOO_FAST
        return None

    sending.transport.decide = at_most_two_a_second
    sending.run(connections=4)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.tries() == {1}
    assert len(requests) <= 12


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [(Stage.RCPT, 432, "4.3.2 slow down"), (Stage.RCPT, 450, "4.2.1 too fast"),
     (Stage.DOT, 454, "4.7.0 Throttling")],
)  # fmt: skip
def test_the_last_letter_of_a_run_is_slowed_down_and_still_sent(stage, code, said):
    request = read_reply(stage, code, said)
    assert request.advice is Advice.SLOW
    left = iter([request] * 3)
    sending = timed(
        lambda at, message: next(left, None) if (at, message.name) == (stage, "M01") else None
    )
    sending.run("m00", "m01", connections=2)
    assert Counter(sending.taken) == {"M00": 1, "M01": 1}


@pytest.mark.parametrize("reply", [TOO_FAST, GREETED_TOO_FAST], ids=["450", "421"])
@pytest.mark.parametrize("connections", [1, 16])
def test_twelve_requests_to_slow_down_in_a_row_stop_the_run_and_those_of_one_burst_count_once(
    reply, connections
):
    sending, asked = timed(), []

    def decide(stage, _message):
        if stage is Stage.RCPT and len(sending.taken) >= 50:
            asked.append(now())
            return reply
        return None

    sending.transport.decide = decide
    with pytest.raises(Parked, match="keeps asking to slow down"):
        sending.run(*NAMES, *(f"n{number}" for number in range(60)), connections=connections)
    assert 12 <= len(asked) <= 12 + 2 * connections
    assert asked[-1] > 600  # the pauses grew
    assert sending.counts == {SENT: len(sending.taken), WAITING: 100 - len(sending.taken)}


@pytest.mark.parametrize("reached", [0, 1])
def test_an_exhausted_quota_reported_at_login_stops_the_run_and_says_when_to_come_back(reached):
    sending = timed(once(Stage.RCPT, "M05", LOST_BEFORE))

    def refuse():
        if sending.transport.opened == reached:
            raise Parked("the account's quota is used up (auth)", "when it allows")

    sending.transport.on_open = refuse
    with pytest.raises(Parked, match=r"\(auth\)") as parked:
        sending.run(connections=1)
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert f"{tomorrow:%Y-%m-%d at %H:%M}" in parked.value.hint
    assert sending.counts[WAITING] == 40 - len(sending.taken)


def test_an_exhausted_quota_stops_the_run_once_the_letters_in_hand_are_finished():
    sending = timed(lambda stage, m: QUOTA if (stage, m.name) == (Stage.DOT, "M10") else None)
    with pytest.raises(Parked) as parked:
        sending.run()
    assert "5.4.5" in parked.value.message
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert f"{tomorrow:%Y-%m-%d at %H:%M}" in parked.value.hint
    assert sending.counts[SENT] == len(sending.taken) in range(10, 14)
    assert sending.counts[WAITING] == 40 - len(sending.taken)
    assert sending.states["M10"] is WAITING
    assert sending.attempts("M10") == 0


def test_a_gateway_that_rejects_every_letter_is_offered_no_more_than_one_further_letter_a_connection():
    sending = timed(lambda stage, _message: BLOCKED if stage is Stage.DOT else None)
    with pytest.raises(RelayRefused, match="10 letters in a row"):
        sending.run()
    assert 10 <= sending.counts[REJECTED] < 10 + 4
    assert sending.counts[WAITING] == 40 - sending.counts[REJECTED]


def test_a_fault_of_the_sender_on_one_connection_lets_the_others_finish_their_letter():
    sending, in_hand = timed(), []

    def decide(stage, message):
        if (stage, message.name) != (Stage.RCPT, "M20"):
            return None
        in_hand.append(len(sending.taken) + sending.transport.in_data.total())
        return FROM_REFUSED

    sending.transport.decide = decide
    with pytest.raises(RelayRefused):
        sending.run()
    assert sending.states["M20"] is WAITING
    assert sending.counts == {SENT: len(sending.taken), WAITING: 40 - len(sending.taken)}
    assert [len(sending.taken)] == in_hand


def test_more_lost_answers_in_a_row_than_connections_stop_the_run():
    sending = timed(lambda stage, _message: LOST_AFTER if stage is Stage.DOT else None)
    with pytest.raises(RelayUnavailable, match="in a row and did not say"):
        sending.run(connections=3)
    assert sending.counts[IN_DOUBT] in range(4, 7)


@pytest.mark.parametrize("connections", [1, 3])
def test_when_every_second_answer_is_lost_the_run_stops_before_hundreds_are_in_doubt(connections):
    dots = Counter()

    def decide(stage, _message):
        dots[stage] += 1
        return LOST_AFTER if stage is Stage.DOT and dots[stage] % 2 else None

    sending = timed(decide)
    with pytest.raises(RelayUnavailable, match="letters and did not say"):
        sending.run(*(f"n{number:03}" for number in range(300)), connections=connections)
    assert 10 < sending.counts[IN_DOUBT] <= 15 + 2 * connections
    assert sending.counts[WAITING] > 200


def test_when_one_answer_in_fifty_is_lost_the_run_goes_on():
    dots = Counter()

    def decide(stage, _message):
        dots[stage] += 1
        return LOST_AFTER if stage is Stage.DOT and dots[stage] % 50 == 0 else None

    sending = timed(decide).run(*(f"n{number:04}" for number in range(1500)), connections=1)
    assert sending.counts == {SENT: 1470, IN_DOUBT: 30}


def test_requests_to_slow_down_between_accepted_letters_stop_no_run():
    offers = Counter()

    def decide(stage, _message):
        offers[stage] += 1
        return TOO_FAST if stage is Stage.RCPT and offers[stage] % 2 else None

    sending = timed(decide).run(*NAMES[:20], connections=1)
    assert sending.counts == {SENT: 20}
    assert offers[Stage.RCPT] == 40, "twenty requests"


def test_letters_leave_faster_again_after_a_request_to_slow_down():
    sending = timed(once(Stage.RCPT, "M20", TOO_FAST))
    sending.run(*(f"m{number:02}" for number in range(90)), connections=1)
    taken = sending.transport.taken_at
    pauses = [later - sooner for sooner, later in pairwise(taken)]
    assert pauses[-1] < pauses[25] / 1.5


def test_the_first_error_is_the_one_that_is_raised():
    sending = timed()
    sending.transport.decide = lambda stage, message: (
        (QUOTA if stage is Stage.DOT else None) if message.name == "M00" else FROM_REFUSED
    )
    with pytest.raises(RelayRefused):
        sending.run("m00", "m01", "m02", connections=2)
    assert sending.counts == {WAITING: 3}
    assert sending.transport.in_data, "the letter in data was finished"


def test_no_letter_is_announced_once_ten_recipients_were_rejected_alike():
    class SlowFirstStep(Steps):
        async def advance(self, settlements, beginnings):
            self.pause = 60.0 if not self.steps else 0.0
            await super().advance(settlements, beginnings)

    rejected = read_reply(Stage.RCPT, 550, "5.7.1 not wanted")
    sending = timed(journal=SlowFirstStep)
    sending.transport.decide = lambda stage, message: (
        rejected if stage is Stage.RCPT and message.name != "M00" else None
    )
    with pytest.raises(RelayRefused, match="in a row"):
        sending.run(connections=2)
    assert sending.taken == ["M00"]
    assert sending.transport.followed == []
