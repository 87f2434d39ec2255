"""When to try again, and when to give up."""

from datetime import UTC, datetime, timedelta

import pytest

from letters.retry import due, duration, expired, pauses

NOW = datetime(2014, 1, 13, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("5 min", 300),
        ("5min", 300),
        ("2 h", 7200),
        ("1.5 h", 5400),
        ("1 day", 86400),
        ("0 s", 0),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "5", "5 fortnights", "-1 h", "1e9 h", "999999999 days"]
)
def test_what_is_no_duration_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"not a duration|longer than a year"):
        duration(text)


def test_a_pause_that_is_none_is_refused_by_its_text():
    with pytest.raises(ValueError, match="'later' is not a duration"):
        pauses(["5 min", "later"])


def test_each_try_waits_its_own_pause_and_the_last_repeats():
    retry = pauses(["5 min", "1 h"])

    waits = [due(tries, NOW, retry, chance=0) - NOW for tries in (1, 2, 3, 9)]

    assert waits == [timedelta(minutes=5), *[timedelta(hours=1)] * 3]


def test_chance_lengthens_a_pause_by_a_tenth_at_most():
    retry = pauses(["10 min"])

    assert due(1, NOW, retry, chance=1) - NOW == timedelta(minutes=11)


def test_without_pauses_a_try_waits_half_an_hour():
    assert due(1, NOW, (), chance=0) - NOW == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("tries", "days", "given_up"), [(5, 5, True), (99, 4.9, False), (4, 30, False), (6, 6, True)]
)
def test_only_five_days_and_five_tries_together_give_up(tries, days, given_up):
    assert expired(tries, NOW, NOW + timedelta(days=days)) is given_up
