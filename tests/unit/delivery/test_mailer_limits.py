"""A run under a pace, a quota and a window."""

from collections import Counter
from datetime import timedelta

import pytest

from letters.errors import Exit, Parked
from letters.journal.types import State
from tests.sending import NOON
from tests.timed_sending import EVERY_LETTER, NAMES, limited, timed

SENT, WAITING = State.SENT, State.WAITING


def test_a_pace_is_waited_for_over_all_connections():
    sending = timed().run(limiter=limited(pace="2/s"), wait=timedelta())
    assert Counter(sending.taken) == EVERY_LETTER
    taken = sending.transport.taken_at
    assert all(later - sooner > 0.9 for sooner, later in zip(taken, taken[2:], strict=False))
    assert taken[-1] < 40


def test_a_pace_of_its_own_holds_for_a_receiving_domain():
    sending = timed().run(limiter=limited(pace="50/s, parl.example 1/s"))
    assert Counter(sending.taken) == EVERY_LETTER
    assert 35 < sending.transport.taken_at[-1] < 60


def test_letters_to_other_domains_do_not_wait_for_a_slow_one():
    slow = [name for name in NAMES if name < "m20"]
    sending = timed()
    sending.domains = dict.fromkeys(slow, "slow.example")
    sending.run(limiter=limited(pace="20/s, slow.example 1/s"))
    assert Counter(sending.taken) == EVERY_LETTER
    others = [place for place, name in enumerate(sending.taken) if name.lower() not in slow]
    assert max(others) < 30, "the list begins with the slow ones"
    assert 15 < sending.transport.taken_at[-1] < 30


def test_before_a_wait_of_minutes_the_connection_is_closed_and_the_wait_is_reportedonce():
    sending = timed().run(*NAMES[:3], limiter=limited(pace="1/min"), connections=1)
    assert Counter(sending.taken) == Counter(["M00", "M01", "M02"])
    assert [why for _until, why in sending.waits] == ["pace", "pace"]
    assert sending.transport.opened == 3


def test_a_quota_that_allows_no_letter_within_the_wait_stops_the_run_and_says_when_it_does():
    sending = timed()
    with pytest.raises(Parked) as parked:
        sending.run(limiter=limited(quota="25/day"), wait=timedelta(minutes=2))
    assert parked.value.exit_code == Exit.TEMPORARY
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert "the quota is used up" in parked.value.message
    assert f"{tomorrow:%Y-%m-%d %H}" in parked.value.message
    assert sending.counts == {SENT: 25, WAITING: 15}


def test_a_quota_is_waited_for_when_the_wait_has_no_end():
    sending = timed().run(limiter=limited(quota="25/day"), wait=None)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.taken_at[25] >= 86400
    assert len(sending.waits) == 1


def test_a_window_that_opens_after_the_wait_stops_the_run_and_says_when_it_opens():
    sending = timed()
    with pytest.raises(Parked, match=r"set hours.*2014-01-09") as parked:
        sending.run(limiter=limited(window="Mon–Fri 14:00–17:00 UTC"))
    assert parked.value.exit_code == Exit.TEMPORARY
    assert sending.counts == {WAITING: 40}
    sending.run(limiter=limited(window="Mon–Fri 14:00–17:00 UTC"), wait=None)
    assert Counter(sending.taken) == EVERY_LETTER
    assert sending.transport.taken_at[0] >= 2 * 3600


def test_a_slow_domain_at_the_end_of_a_window_holds_back_no_letter_to_another_domain():
    sending = timed()
    sending.domains = dict.fromkeys(NAMES[:4], "slow.example")
    limits = limited(pace="20/s, slow.example 1/h", window="Mon–Fri 12:00–12:10 UTC")
    with pytest.raises(Parked):
        sending.run(limiter=limits)
    assert sending.counts == {SENT: 37, WAITING: 3}


def test_a_pace_of_minutes_is_waited_for_though_a_slower_domain_meets_the_end_of_the_window():
    sending = timed()
    sending.domains = {"m00": "brisk.example", "m01": "brisk.example"}
    sending.domains |= {"m02": "slow.example", "m03": "slow.example"}
    paces = "20/s, slow.example 1/h, brisk.example 15/h"
    with pytest.raises(Parked):
        sending.run(limiter=limited(pace=paces, window="Mon–Fri 12:00–12:10 UTC"))
    assert sending.counts == {SENT: 39, WAITING: 1}
