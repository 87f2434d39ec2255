"""When a window is open, on ordinary days and on the two on which clocks change."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.limits.window import parse_window

TORONTO, ST_JOHNS = ZoneInfo("America/Toronto"), ZoneInfo("America/St_Johns")
OFFICE = "Mon–Fri 09:00–17:00 America/Toronto"


def local(text, zone=TORONTO, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2014-01-09 12:00", "2014-01-09 12:00"),  # a Thursday
        ("2014-01-09 08:59", "2014-01-09 09:00"),
        ("2014-01-09 17:00", "2014-01-10 09:00"),
        ("2014-01-10 17:00", "2014-01-13 09:00"),
        ("2014-01-12 12:00", "2014-01-13 09:00"),
    ],
)
def test_letters_leave_in_office_hours_and_wait_over_night_and_week_end(at, opens):
    assert parse_window(OFFICE).opens(local(at)) == local(opens)


def test_an_opening_ends_where_the_window_closes():
    start, end = parse_window(OFFICE).opening(local("2014-01-09 12:00"))

    assert (start, end) == (local("2014-01-09 09:00"), local("2014-01-09 17:00"))


@pytest.mark.parametrize(
    "text",
    [
        "mon-fri 9-17 America/Toronto",
        "Monday – Friday 9:00 – 17:00 America/Toronto",
        "Mon,Tue,Wed,Thu,Fri 09:00-17:00 America/Toronto",
        "Mon–Wed,Thu,Fri 09:00–17:00 America/Toronto",
        "Mon–Thu 9–17; Fri 9–17 America/Toronto",
    ],
)
def test_a_window_may_be_written_in_many_ways(text):
    assert parse_window(text).spans[0].zone == TORONTO
    for hour in range(24 * 7):
        at = local("2014-01-06 00:30") + timedelta(hours=hour)
        assert parse_window(text).opens(at) == parse_window(OFFICE).opens(at)


def test_days_may_go_round_the_end_of_the_week():
    window = parse_window("Sat–Mon 10:00–12:00 UTC")

    assert {day for span in window.spans for day in span.days} == {5, 6, 0}


def test_a_range_past_midnight_belongs_to_the_day_it_begins_on():
    window = parse_window("Fri 22:00–06:00 America/Toronto")

    assert window.opens(local("2014-01-11 05:59")) == local("2014-01-11 05:59")
    assert window.opens(local("2014-01-11 06:00")) == local("2014-01-17 22:00")
    assert window.opens(local("2014-01-10 05:00")) == local("2014-01-10 22:00")


def test_each_range_may_have_its_own_time_zone():
    window = parse_window("Mon 9–10 America/St_Johns; Mon 9–10 America/Toronto")

    assert window.opens(local("2014-01-06 07:00")) == local("2014-01-06 09:00", ST_JOHNS)
    assert window.opens(local("2014-01-06 08:30")) == local("2014-01-06 09:00")


@pytest.mark.parametrize("zone", [TORONTO, ST_JOHNS])
@pytest.mark.parametrize(
    ("before", "after", "hours"),
    [("2026-03-07 09:00", "2026-03-08 09:00", 23), ("2026-10-31 09:00", "2026-11-01 09:00", 25)],
)
def test_nine_o_clock_stays_nine_o_clock_when_clocks_change(zone, before, after, hours):
    window = parse_window(f"09:00–10:00 {zone.key}")
    closing = local(before, zone) + timedelta(hours=1)

    opens = window.opens(closing)

    assert opens == local(after, zone)
    assert opens - window.opens(local(before, zone)).astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize("zone", [TORONTO, ST_JOHNS])
def test_an_hour_that_the_clocks_skip_does_not_open_the_window_early(zone):
    window = parse_window(f"02:30–04:00 {zone.key}")  # on 8 March 2026 no clock shows 02:30

    start, end = window.opening(local("2026-03-08 00:00", zone))

    assert start.astimezone(zone).time().isoformat() == "03:30:00"
    assert end.astimezone(zone).time().isoformat() == "04:00:00"


@pytest.mark.parametrize("zone", [TORONTO, ST_JOHNS])
def test_an_hour_that_the_clocks_show_twice_is_kept_to_its_narrow_reading(zone):
    start, end = parse_window(f"00:00–01:30 {zone.key}").opening(local("2026-11-01 00:30", zone))

    assert end - start == timedelta(hours=1, minutes=30)


CHANGES = [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]


@given(
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    )
    | st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from(CHANGES),
        st.integers(-1500, 1500),
    ),
    st.integers(0, 23),
    st.integers(0, 24),
    st.sampled_from(["America/Toronto", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_letters_leave_only_when_the_clock_on_the_wall_is_in_the_window(at, opens, closes, zone):
    if opens == closes:
        return
    window = parse_window(f"{opens}:30–{closes}:00 {zone}")

    start, end = window.opening(at)

    assert window.opens(at) >= at
    assert end > at
    edges = (opens * 60 + 30, closes * 60)
    for part in range(8):
        shown = (start + (end - start) * part / 8).astimezone(ZoneInfo(zone))
        minutes = shown.hour * 60 + shown.minute
        inside = (edges[0] <= minutes, minutes < edges[1])
        assert all(inside) if edges[0] < edges[1] else any(inside)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("09:00-17:00", "America/Toronto"),
        ("office hours", "Mon–Fri 09:00–17:00 America/Toronto"),
        ("", "Mon–Fri 09:00–17:00 America/Toronto"),
        ("Mon-Fry 9-17 UTC", "Mon, Tue, Wed"),
        ("9-25 UTC", "00:00 to 24:00"),
        ("9:75-17 UTC", "00:00 to 24:00"),
        ("9-9 UTC", "00:00–24:00"),
        ("9-17 EST", "region and city"),
        ("9-17 America/Torono", "did you mean America/Toronto"),
        ("9-17 america/toronto", "did you mean America/Toronto"),
        ("9-17 America/", "America/"),
        ("9-17 ../../etc/passwd", "America/Toronto"),
    ],
)
def test_a_window_that_cannot_be_read_shows_the_right_form(text, remedy):
    with pytest.raises(ValueError, match=r"is not|names no|is no time") as raised:
        parse_window(text)

    assert remedy in str(raised.value)


@pytest.mark.skipif(find_spec("tzdata") is not None, reason="here zones come with a package")
def test_a_machine_without_time_zones_is_told_how_to_get_them():
    # In a process of its own: zones loaded before and after are not equal.
    program = (
        "import zoneinfo; zoneinfo.reset_tzpath(())\n"
        "from letters.limits.window import parse_window\n"
        "parse_window('9-17 America/Toronto')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert "pip install tzdata" in done.stderr


NEARLY_A_WINDOW = st.from_regex(
    r"((mon|tuesday|Sat|fry)( ?[-–,] ?(wed|Sunday|su))? )?"
    r"\d{1,2}(:\d\d)? ?[-–] ?\d{1,2}(:\d\d)?"
    r"( (UTC|EST|America/(Toronto|Torono)?|/|\.\./x|[A-Za-z/]{1,4}))?",
    fullmatch=True,
)


@given(st.lists(NEARLY_A_WINDOW, min_size=1, max_size=3).map("; ".join) | st.text(max_size=8))
def test_a_text_like_a_window_is_one_or_a_value_error(text):
    with suppress(ValueError):
        parse_window(text)
