"""Pace, quota, window, and a relay with limits of its own: `letters send` keeps to all of them."""

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from letters.journal.types import State
from tests.acceptance.desk import address, desk, kill, taken, until, url
from tests.relay import Limits, Relay

SHORT_RETRY = '[delivery]\nretry = ["1 s"]\n\n[sender]'


class Timed(Relay):
    """A relay that looks at its own clock whenever it takes a letter."""

    def __init__(self, *faults, **options):
        super().__init__(*faults, pipelining=True, **options)
        self.times = []

    def take(self, session, content):
        self.times.append(time.monotonic())
        return super().take(session, content)

    def within(self, letters):
        """The shortest time in which it took so many letters and one."""
        spans = zip(self.times, self.times[letters:], strict=False)
        return min(later - sooner for sooner, later in spans)


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", 12)


def everybody_once(office, relay, count):
    assert {to: len(contents) for to, contents in taken(relay).items()} == {
        address(number): 1 for number in range(1, count + 1)
    }
    assert set(office.states().values()) == {State.SENT}


@pytest.mark.parametrize("connections", [1, 4])
def test_a_pace_holds_at_the_relays_clock_over_all_connections(office, connections):
    with Timed() as relay:
        shown = office.send(relay, "--pace", "4/s", "--connections", str(connections))
        everybody_once(office, relay, 12)
        assert relay.within(4) > 0.8
        assert relay.times[-1] - relay.times[0] > 2.2
    assert "12 letters at 4/s: done" in shown.stdout


def test_a_pace_holds_across_kills(office):
    with Timed() as relay:
        arguments = "send", "--yes", "--relay", url(relay), "--pace", "4/s", "--connections", "4"
        for _ in range(3):
            before = len(relay.times)
            started = office.start(*arguments)
            until(lambda n=before: len(relay.times) > n, "a letter is taken")
            kill(started)
        office.run(*arguments, code=None)
        assert relay.within(4) > 0.8
        assert max(map(len, taken(relay).values())) == 1
        assert set(office.states()) == set(taken(relay)) | office.in_doubt()


def test_a_relay_with_a_low_rate_that_greylists_everyone_gets_every_letter_in_one_run(tmp_path):
    office = desk(tmp_path / "river", 40)
    office.edit("campaign.toml", "[sender]", SHORT_RETRY)
    limits = Limits(per_minute=15, minute=1.5, greylist=0.7)
    with Timed(limits=limits) as relay:
        done = office.send(relay, "--wait", "all")
        everybody_once(office, relay, 40)
    assert "sent 40 now" in done.stdout
    attempts = {letter["attempts"] for letter in office.status()["letters"]}
    assert attempts <= {2, 3}  # greylisted, then taken: a request to slow down costs no try


def test_a_relay_that_asks_to_slow_down_gets_every_letter_at_its_first_try(tmp_path):
    office = desk(tmp_path / "river", 30)
    with Timed(limits=Limits(per_minute=10, minute=1.0, connections=2)) as relay:
        office.send(relay, "--connections", "4")
        everybody_once(office, relay, 30)
    assert {letter["attempts"] for letter in office.status()["letters"]} == {1}


def test_a_used_up_quota_ends_the_run_with_its_time_and_a_second_campaign_shares_it(
    office, tmp_path
):
    other = desk(tmp_path / "lake", 3)
    state = {"LETTERS_STATE": str(tmp_path / "one person")}
    with Relay(pipelining=True) as relay:
        earliest = datetime.now().astimezone() + timedelta(days=1)
        parked = office.send(relay, "--quota", "7/day", "--connections", "4", code=75, **state)
        latest = datetime.now().astimezone() + timedelta(days=1, minutes=2)
        assert len(relay.accepted) == 7
        assert "the quota is used up" in parked.stderr
        assert any(f"{hour:%Y-%m-%d %H}" in parked.stderr for hour in (earliest, latest))
        assert "sent 7 now" in parked.stdout
        again = other.send(relay, "--quota", "7/day", code=75, **state)
        assert "the quota is used up" in again.stderr
        assert len(relay.accepted) == 7
        other.send(relay, "--quota", "9/day", code=75, **state)
        assert len(relay.accepted) == 9
        assert Counter(office.states().values()) == {State.SENT: 7, State.WAITING: 5}
        assert Counter(other.states().values()) == {State.SENT: 2, State.WAITING: 1}


def test_a_test_to_oneself_counts_against_the_quota(office):
    with Relay(pipelining=True) as relay:
        office.send(relay, "--test-to", "me@river.example", "--limit", "2", "--quota", "3/day")
        office.send(relay, "--quota", "3/day", code=75)
        assert Counter(len(contents) for contents in taken(relay).values()) == {2: 1, 1: 1}


def test_a_closed_window_ends_the_run_with_its_time_and_nothing_is_sent(office):
    opens = (datetime.now(UTC) + timedelta(days=3)).replace(hour=9, minute=0)
    with Relay(pipelining=True) as relay:
        parked = office.send(relay, "--window", f"{opens:%a} 09:00–17:00 UTC", code=75)
        assert relay.accepted == []
    assert f"{opens.astimezone():%Y-%m-%d %H:%M}" in parked.stderr
    assert set(office.states().values()) == {State.WAITING}


def test_the_time_after_a_closed_window_is_one_that_the_quota_allows_too(office):
    with Relay(pipelining=True) as relay:
        office.send(relay, "--quota", "7/day", code=75)
        frees = datetime.now(UTC) + timedelta(days=1)
        opens = frees.replace(minute=0) - timedelta(hours=1)  # a little too early for the quota
        window = f"{opens:%H}:00–{opens:%H}:30 UTC"
        parked = office.send(relay, "--quota", "7/day", "--window", window, code=75)
        assert len(relay.accepted) == 7
    leaves = (opens + timedelta(days=1)).astimezone()
    assert f"may leave at {leaves:%Y-%m-%d %H:%M}" in parked.stderr


def test_events_report_each_settlement_each_wait_and_the_end(office):
    office.edit("campaign.toml", "[sender]", SHORT_RETRY)
    with Relay(pipelining=True, limits=Limits(greylist=0.5)) as relay:
        done = office.send(relay, "--wait", "all", "--pace", "100/s", "--format", "json")
        ids = {accepted.recipients[0]: accepted.message_id for accepted in relay.accepted}
    events = [json.loads(line) for line in done.stdout.splitlines()]
    settled = [event for event in events if event["event"] == "settled"]
    assert Counter(event["state"] for event in settled) == {"deferred": 12, "sent": 12}
    deferred, sent = settled[:12], settled[12:]
    assert {event["due_at"] is None for event in deferred} == {False}
    assert {event["reply"] for event in deferred} == {"greylisted, please try again"}
    assert {event["address"]: event["message_id"] for event in sent} == ids
    waiting = [event for event in events if event["event"] == "waiting"]
    assert waiting
    assert {event["why"] for event in waiting} == {"deferred letters fall due"}
    assert events[-1]["event"] == "end"
    assert events[-1]["counts"]["sent"] == 12
    assert "12 letters at 100/s: done" in done.stderr
