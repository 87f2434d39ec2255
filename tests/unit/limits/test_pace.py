"""How pace and quota are read, what providers stand for, and how a throttled run goes on."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.limits.memory import MemoryLimiter
from letters.limits.pace import (
    DAY,
    EACH,
    SECOND,
    Limits,
    Rate,
    forecast_words,
    parse_pace,
    parse_quota,
    read_limits,
)
from letters.limits.providers import PROVIDERS
from letters.limits.throttle import FIRST_PAUSE, LONGEST_PAUSE, SLOWEST, Throttle

START = datetime(2014, 1, 9, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "letters", "seconds"),
    [("30/min", 30, 60), ("2/s", 2, 1), ("120/h", 120, 3600), (" 5 per minute ", 5, 60)],
)
def test_a_pace_is_letters_a_second_a_minute_or_an_hour(text, letters, seconds):
    assert parse_pace(text) == {"": Rate(letters, seconds * SECOND)}


def test_a_pace_may_be_the_accounts_each_domains_and_one_domains():
    pace = parse_pace("2/s, each domain 20/min; PARL.gc.ca=10/min, gmail.com none")

    assert pace == {
        "": Rate(2, SECOND),
        EACH: Rate(20, 60 * SECOND),
        "parl.gc.ca": Rate(10, 60 * SECOND),
        "gmail.com": None,
    }


@pytest.mark.parametrize(
    "text", ["fast", "30", "", "0/min", "30/fortnight", "30/min,", "parl.gc.ca"]
)
def test_a_pace_that_cannot_be_read_shows_the_right_form(text):
    with pytest.raises(ValueError, match="30/min"):
        parse_pace(text)


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("québec.example.org", "xn--qubec-csa.example.org"),
        ("QUÉBEC.Example.org", "xn--qubec-csa.example.org"),
        ("@example.org", "example.org"),
        ("example.org.", "example.org"),
        ("each domain", EACH),
    ],
)
def test_a_pace_of_a_domain_is_kept_as_the_domains_of_recipients_are_written(typed, domain):
    pace = parse_pace(f"{typed} 6/min")

    assert pace == {domain: Rate(6, 60 * SECOND)}


@pytest.mark.parametrize("typed", [".org", "a..org", "@@example.org", "kim@example.org", "-.org"])
def test_a_pace_of_what_is_no_domain_is_refused(typed):
    with pytest.raises(ValueError, match="is no domain: "):
        parse_pace(f"{typed} 2/min")


def test_one_domain_written_in_two_ways_is_a_pace_set_twice():
    with pytest.raises(ValueError, match="twice"):
        parse_pace("québec.example.org 6/min, xn--qubec-csa.example.org 3/min")


def test_a_pace_by_the_day_is_told_to_be_a_quota():
    with pytest.raises(ValueError, match='quota = "500/day"'):
        parse_pace("500/day")


def test_a_pace_set_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        parse_pace("30/min, 20/min")


@pytest.mark.parametrize("text", ["500/day", "500", "500/24h", "500 per day"])
def test_a_quota_is_letters_a_day(text):
    assert parse_quota(text) == Rate(500, DAY)


def test_a_quota_by_the_minute_is_told_to_be_a_pace():
    with pytest.raises(ValueError, match='pace = "30/min"'):
        parse_quota("30/min")


@given(st.integers(1, 10**6), st.sampled_from(["s", "min", "h"]))
def test_a_pace_is_written_as_it_is_read(letters, unit):
    (rate,) = parse_pace(f"{letters}/{unit}").values()

    assert str(rate) == f"{letters}/{unit}"


NEARLY_A_PACE = st.from_regex(
    r"((each domain|each|\*|@?[a-zé]{0,3}(\.[a-zé-]{0,3}){1,2}\.?)[ :=])?"
    r"(\d{1,10}( per | a |[ ]?/[ ]?)(s|sec|min|hour|h|day|24 ?h|week|d)|none|\d{1,4})([,;] ?)?",
    fullmatch=True,
)


@given(st.lists(NEARLY_A_PACE, min_size=1, max_size=3).map("".join) | st.text(max_size=8))
def test_a_text_like_a_pace_is_one_or_a_value_error(text):
    for read in (parse_pace, parse_quota):
        with suppress(ValueError):
            read(text)


def test_a_provider_stands_for_its_limits_and_what_is_set_goes_before_them():
    limits = read_limits(name="microsoft365", paces=["parl.gc.ca 10/min"], quota="300/day")

    assert limits.pace == Rate(30, 60 * SECOND)
    assert limits.quota == Rate(300, DAY)
    assert limits.connections == 3
    assert limits.of("PARL.gc.ca") == Rate(10, 60 * SECOND)
    assert limits.of("example.org") is None


def test_a_stronger_pace_replaces_what_it_names_and_leaves_the_rest():
    limits = read_limits(paces=["30/min, parl.gc.ca 10/min", "", "60/min"])

    assert limits.pace == Rate(60, 60 * SECOND)
    assert limits.of("parl.gc.ca") == Rate(10, 60 * SECOND)


def test_none_lifts_a_providers_limit():
    limits = read_limits(name="microsoft365", paces=["none"], quota="none", window="none")

    assert not limits
    assert limits.connections == 3


def test_an_unknown_provider_is_told_the_known_ones():
    with pytest.raises(ValueError, match="gmail, workspace, microsoft365"):
        read_limits(name="gmial")


@pytest.mark.parametrize("known", PROVIDERS, ids=lambda known: known.name)
def test_every_provider_has_a_source_and_limits_that_can_be_read(known):
    assert urlsplit(known.source).scheme == "https"
    assert read_limits(name=known.name) or known.note


def test_limits_are_said_in_one_line():
    limits = read_limits(
        paces=["30/min, each domain 20/min"], quota="500/day", window="9–17 America/Toronto"
    )

    assert str(limits) == "30/min, 500/day, each domain 20/min, 9–17 America/Toronto"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(minutes=20), "338 letters at 30/min: done 14:20"),
        (timedelta(days=5), "338 letters at 30/min: done Tue 14:00"),
        (timedelta(days=25), "338 letters at 30/min: done 3 Feb 14:00"),
    ],
)
def test_a_forecast_says_the_hour_and_the_day_when_it_is_another(after, words):
    assert forecast_words(338, read_limits(paces=["30/min"]), START + after, START) == words


def test_a_forecast_without_a_rate_says_only_when():
    assert forecast_words(1, Limits(), START, START) == "1 letter: done 14:00"


def paced(limits, chances, letters=90, domain="parl.gc.ca"):
    """The instants at which letters leave when somebody always asks again."""

    async def run():
        limiter = MemoryLimiter(limits, chance=lambda: next(chances))
        now, left = START, []
        while len(left) < letters:
            wait = await limiter.leave(domain, now=now)
            now = now if wait is None else wait.until
            left += [] if wait else [now]
        return left

    return asyncio.run(run())


@given(st.randoms(use_true_random=False))
def test_letters_leave_evenly_give_or_take_a_fifth(random):
    left = paced(read_limits(paces=["30/min"]), iter(random.random, None))

    gaps = [(b - a).total_seconds() for a, b in pairwise(left)]
    assert min(gaps) >= 1.6
    assert max(gaps) <= 2.5
    assert 2.0 <= sum(gaps) / len(gaps) <= 2.1


def test_letters_do_not_leave_at_the_same_beat_each_time():
    chances = iter([0.1, 0.9, 0.4, 0.7] * 30)
    left = paced(read_limits(paces=["30/min"]), chances)

    assert len({b - a for a, b in pairwise(left)}) > 10


def test_the_pace_of_a_receiving_domain_holds_only_its_own_letters_back():
    async def run():
        limiter = MemoryLimiter(read_limits(paces=["parl.gc.ca 1/min"]))
        return [
            await limiter.leave(domain, now=START)
            for domain in ("parl.gc.ca", "PARL.gc.ca", "example.org", "example.org")
        ]

    first, second, *others = asyncio.run(run())
    assert first is None
    assert second.until - START >= timedelta(minutes=1)
    assert others == [None, None]


def test_a_relay_that_objects_halves_the_rate_and_holds_the_run():
    slowed = Throttle().slowed(100.0, 8.0)

    assert slowed.rate == 4.0
    assert slowed.due(99.0) == 100.0 + FIRST_PAUSE
    assert slowed.due(110.0) == 110.25


def test_objections_while_nothing_leaves_count_once():
    slowed = Throttle().slowed(100.0, 8.0)

    assert slowed.slowed(101.0, 8.0) == slowed


def test_repeated_objections_hold_longer_up_to_five_minutes_and_never_stop_the_run():
    throttle, now, holds = Throttle(), 0.0, []
    for _ in range(20):
        throttle = throttle.slowed(now, 8.0)
        holds.append(throttle.paused_until - now)
        now = throttle.paused_until

    assert holds[:4] == [2.0, 4.0, 8.0, 16.0]
    assert holds[-1] == LONGEST_PAUSE
    assert throttle.rate == SLOWEST


def test_letters_taken_win_the_rate_back_by_equal_steps_until_the_run_is_free():
    throttle, rates = Throttle().slowed(0.0, 8.0), []
    while throttle.rate is not None:
        rates.append(throttle.rate)
        throttle = throttle.eased()

    steps = [b - a for a, b in pairwise(rates)]
    assert max(steps) - min(steps) < 1e-9
    assert len(rates) == 25
    assert throttle == Throttle()


@given(st.lists(st.booleans(), max_size=200))
def test_a_throttled_run_is_never_faster_than_where_it_began(asked):
    throttle, now = Throttle().slowed(0.0, 8.0), 1000.0
    for slow in asked:
        throttle = throttle.slowed(now, 8.0) if slow else throttle.eased()
        now += 1000.0
        assert throttle.rate is None or SLOWEST <= throttle.rate <= 8.0
