"""What every limiter promises, held against both of them, on a clock that the test sets."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.limits.limiter import Reason
from letters.limits.memory import MemoryLimiter
from letters.limits.open import open_limiter
from letters.limits.pace import read_limits
from letters.limits.uptime import Uptime

START = datetime(2014, 1, 9, 14, tzinfo=UTC)  # a Thursday, 09:00 in Toronto
OFFICE = "Mon–Fri 09:00–17:00 America/Toronto"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Desk:
    """A limiter, the clock it is asked with, and what left."""

    def __init__(self, form, limits, chance, folder):
        self.now = START
        self.left = []
        if form == "memory":
            self.limiter = MemoryLimiter(limits, chance=chance)
        else:
            uptime = Uptime("boot", lambda: (self.now - START).total_seconds() + 1000)
            self.limiter = open_limiter(
                "me at relay.example", limits, state=Path(folder), chance=chance, uptime=uptime
            )

    async def ask(self, domain="parl.gc.ca"):
        wait = await self.limiter.leave(domain, now=self.now)
        if wait is None:
            self.left.append(self.now)
        return wait

    async def send(self, letters, domain="parl.gc.ca"):
        for _ in range(letters):
            while wait := await self.ask(domain):
                assert wait.until > self.now
                self.now = wait.until

    async def forecast(self, letters, **domains):
        named = {name.replace("_", "."): count for name, count in domains.items()}
        return await self.limiter.forecast(letters, now=self.now, domains=named)


@pytest.fixture(params=["memory", "ledger"], scope="module")
def run(request):
    """Run a coroutine at a desk: `run(told, paces=["30/min"])`."""

    def run(told, chance=lambda: 0.5, **limits):
        async def opened():
            with tempfile.TemporaryDirectory() as folder:
                desk = Desk(request.param, read_limits(**limits), chance, folder)
                try:
                    return await told(desk)
                finally:
                    await desk.limiter.aclose()

        return asyncio.run(opened())

    return run


def most_within(left, period):
    """The most letters that left in any stretch of this length, its end not included."""
    return max(
        (sum(first <= at < first + period for at in left) for first in left),
        default=0,
    )


def test_without_limits_letters_leave_as_they_come(run):
    async def told(desk):
        waits = [await desk.ask() for _ in range(300)]
        return waits, await desk.forecast(10**6), desk.limiter.warnings

    waits, forecast, warnings = run(told)
    assert waits == [None] * 300
    assert forecast is None
    assert warnings == ()


def test_a_letter_that_must_wait_may_leave_at_the_instant_it_was_told(run):
    async def told(desk):
        assert await desk.ask() is None
        waits = [await desk.ask() for _ in range(5)]
        desk.now = waits[0].until
        return waits, await desk.ask()

    waits, then = run(told, paces=["30/min"])
    assert len({wait.until for wait in waits}) == 1
    assert waits[0].reason is Reason.PACE
    assert then is None


asks = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 1.0, 7.0, 50.0, 4000.0, 40000.0]), st.booleans()),
    max_size=60,
)


@given(asks, st.randoms(use_true_random=False))
def test_no_minute_and_no_day_ever_sees_more_than_the_limits(run, asked, random):
    async def told(desk):
        for seconds, patient in asked:
            desk.now += timedelta(seconds=seconds)
            wait = await desk.ask()
            if wait and patient:
                desk.now = wait.until
                assert (await desk.ask()) is None
        return desk.left

    left = run(told, random.random, paces=["5/min"], quota="40/day")
    assert most_within(left, MINUTE) <= 5
    assert most_within(left, DAY) <= 40


def test_connections_that_ask_at_once_share_one_pace(run):
    async def told(desk):
        for _ in range(400):
            waits = await asyncio.gather(*(desk.ask() for _ in range(8)))
            desk.now = min((w.until for w in waits if w), default=desk.now)
        return desk.left

    left = run(told, paces=["30/min"])
    assert len(left) > 200
    assert most_within(left, MINUTE) <= 30


def test_a_used_up_quota_says_when_it_frees(run):
    async def told(desk):
        await desk.send(3)
        return desk.left[0], await desk.ask()

    first, wait = run(told, quota="3/day")
    assert wait.reason is Reason.QUOTA
    assert DAY <= wait.until - first <= DAY + 2 * MINUTE


def test_a_shut_window_says_when_it_opens(run):
    async def told(desk):
        desk.now = START - HOUR
        return await desk.ask()

    wait = run(told, window=OFFICE)
    assert (wait.until, wait.reason) == (START, Reason.WINDOW)


def test_a_letter_whose_turn_falls_after_hours_waits_for_the_morning(run):
    async def told(desk):
        desk.now = START + 8 * HOUR - timedelta(seconds=1)
        await desk.send(1)
        return await desk.ask()

    wait = run(told, paces=["30/min"], window=OFFICE)
    assert (wait.until, wait.reason) == (START + DAY, Reason.WINDOW)


def test_a_relay_that_objects_holds_every_letter_for_a_moment(run):
    async def told(desk):
        await desk.send(20)
        desk.limiter.slow_down(now=desk.now)
        return desk.now, [await desk.ask(domain) for domain in ("parl.gc.ca", "example.org")]

    for limits in ({}, {"paces": ["2/s"]}):
        now, waits = run(told, **limits)
        assert {wait.reason for wait in waits} == {Reason.THROTTLE}
        assert {wait.until - now for wait in waits} == {timedelta(seconds=2)}


def test_after_an_objection_the_run_goes_at_half_its_rate_and_wins_it_back(run):
    async def told(desk):
        for _ in range(40):
            await desk.send(1)
            desk.now += timedelta(seconds=0.1)
        desk.limiter.slow_down(now=desk.now)
        await desk.send(1)
        await desk.send(1)
        slowed = desk.left[-1] - desk.left[-2]
        for _ in range(60):
            desk.limiter.went_well(now=desk.now)
        return slowed, await desk.ask(), await desk.ask()

    slowed, *free = run(told)
    assert timedelta(seconds=0.19) <= slowed <= timedelta(seconds=0.21)
    assert free == [None, None]


def test_under_a_throttle_connections_that_ask_at_once_go_one_by_one(run):
    async def told(desk):
        await desk.send(20)
        desk.limiter.slow_down(now=desk.now)
        desk.now += timedelta(seconds=3)
        return await asyncio.gather(*(desk.ask() for _ in range(8)))

    for limits in ({}, {"quota": "500/day"}):
        assert run(told, **limits).count(None) == 1


@pytest.mark.parametrize(
    "limits",
    [
        {"paces": ["30/min"]},
        {"paces": ["2/s, parl.gc.ca 10/min"]},
        {"paces": ["each domain 20/min"], "window": OFFICE},
        {"paces": ["30/min"], "quota": "50/day", "window": OFFICE},
        {"window": OFFICE},
        {"paces": ["300/s"]},
    ],
    ids=str,
)
def test_a_forecast_is_what_then_happens(run, limits):
    async def told(desk):
        await desk.send(20)
        desk.now += timedelta(seconds=0.7)
        forecast = await desk.forecast(120, parl_gc_ca=120)
        await desk.send(120)
        return forecast, desk.left[-1]

    forecast, happened = run(told, **limits)
    assert forecast == happened


def test_a_forecast_counts_nothing(run):
    async def told(desk):
        return [await desk.forecast(100) for _ in range(3)], await desk.ask()

    forecasts, wait = run(told, paces=["30/min"])
    assert len(set(forecasts)) == 1
    assert wait is None


def test_jitter_moves_the_end_of_a_run_by_no_more_than_a_letter(run):
    random = Random(338)

    async def told(desk):
        forecast = await desk.forecast(120)
        await desk.send(120)
        return desk.left[-1] - forecast

    assert abs(run(told, random.random, paces=["30/min"])) <= timedelta(seconds=2)


def test_after_a_quota_refused_the_hour_to_come_back_lies_within_a_day(run):
    async def told(desk):
        await desk.send(2)
        desk.now += HOUR
        return desk.now, await desk.limiter.quota_frees(now=desk.now)

    now, frees = run(told, quota="500/day")
    assert timedelta(hours=22) <= frees - now <= DAY
