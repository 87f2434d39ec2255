"""The account's ledger over restarts, clocks, processes, kills and damage."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import Exit, JournalError
from letters.limits.account import KEPT
from letters.limits.ledger import FILE, WRITTEN_AT
from letters.limits.limiter import Reason
from letters.limits.open import account_name, open_limiter, state_folder
from letters.limits.pace import SECOND, Limits, read_limits
from letters.limits.uptime import Uptime, machine_uptime

START = datetime(2014, 1, 9, 14, tzinfo=UTC)
ACCOUNT = "me@migs.example at relay.example"
ROOT = Path(__file__).parents[2]
YEAR, DAY, HOUR, MINUTE = (
    timedelta(**{u: n}) for u, n in [("days", 365), ("days", 1), ("hours", 1), ("minutes", 1)]
)


class Machine:
    """True time, and the two clocks a machine has of it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.true = 0.0
        self.started = -1000.0
        self.boot = "first"
        self.set_by = timedelta()

    @property
    def now(self):
        return START + timedelta(seconds=self.true) + self.set_by

    def open(self, limits, account=ACCOUNT, chance=lambda: 0.5):
        uptime = Uptime(self.boot, lambda: self.true - self.started)
        return open_limiter(account, limits, state=self.folder, chance=chance, uptime=uptime)

    def start_again(self, *, after):
        self.true += after.total_seconds()
        self.started = self.true - 5
        self.boot += " again"

    async def leave(self, limiter, domain="parl.gc.ca"):
        return await limiter.leave(domain, now=self.now)

    async def ask(self, limits, times=1, **kwargs):
        """Ask so often in a process of its own."""
        limiter = self.open(limits, **kwargs)
        waits = [await self.leave(limiter) for _ in range(times)]
        await limiter.aclose()
        return waits


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_new_run_and_a_second_campaign_go_on_where_the_account_stands(machine):
    async def told():
        quota = read_limits(quota="3/day")
        await machine.ask(quota, times=2)
        machine.true += 3600
        return await machine.ask(quota, times=2)

    first, second = asyncio.run(told())
    assert first is None
    assert second.reason is Reason.QUOTA


def test_another_account_has_a_count_of_its_own(machine):
    async def told():
        quota = read_limits(quota="1/day")
        await machine.ask(quota)
        return await machine.ask(quota, account="you@migs.example at relay.example")

    assert asyncio.run(told()) == [None]


@pytest.mark.parametrize("letters", [1, WRITTEN_AT + 3, 3 * WRITTEN_AT])
def test_a_campaign_without_limits_is_counted_for_those_that_have_them(machine, letters):
    async def told():
        await machine.ask(Limits(), times=letters)
        one_more = read_limits(quota=f"{letters + 1}/day")
        return await machine.ask(one_more, times=2)

    first, second = asyncio.run(told())
    assert first is None
    assert second.reason is Reason.QUOTA


def test_a_burst_of_a_campaign_without_limits_uses_up_the_minute_of_another(machine):
    async def told():
        await machine.ask(Limits(), times=30)
        (wait,) = await machine.ask(read_limits(paces=["30/min"]))
        return wait.until - machine.now

    assert MINUTE <= asyncio.run(told()) <= MINUTE + timedelta(seconds=2)


STEPS = st.sampled_from([-400, -1, -0.01, 0.01, 1, 400]).map(lambda days: ("step", days * DAY))
PASSES = st.sampled_from([0.0, 0.3, 2.0, 13.0, 61.0, 30000.0]).map(lambda s: ("pass", s))
ASKS = st.sampled_from([("ask", 0), ("ask", 1), ("obey", 0), ("obey", 1), ("obey", 0)])
RESTARTS = st.sampled_from([("restart", 0), ("restart", 1)])
HISTORY = st.lists(ASKS | ASKS | ASKS | PASSES | STEPS | RESTARTS, max_size=120)


async def lived(machine, history, limits, chance):
    """Two processes ask as the history has it; the true instants at which letters left."""
    limiters = [machine.open(limits, chance=chance) for _ in range(2)]
    left = []

    async def ask(which):
        wait = await machine.leave(limiters[which])
        left.extend([] if wait else [machine.true])
        return wait

    for what, value in history:
        if what == "pass":
            machine.true += value
        elif what == "step":
            machine.set_by += value
        elif what == "restart":
            await limiters[value].aclose()
            limiters[value] = machine.open(limits, chance=chance)
        elif (wait := await ask(value)) and what == "obey":
            machine.true += (wait.until - machine.now).total_seconds()
            await ask(value)
    for limiter in limiters:
        await limiter.aclose()
    return left


@given(HISTORY, st.randoms(use_true_random=False))
def test_whatever_the_clocks_say_no_minute_and_no_day_sees_more_than_the_limits(history, random):
    with tempfile.TemporaryDirectory() as folder:
        limits = read_limits(paces=["4/min, parl.gc.ca 3/min"], quota="9/day")

        left = asyncio.run(lived(Machine(folder), history, limits, random.random))

    for period, most in [(60.0, 3), (86400.0, 9)]:
        for first, over in zip(left, left[most:], strict=False):
            assert over - first >= period


def test_a_clock_set_forth_frees_nothing_and_set_back_holds_nothing_up(machine):
    async def told():
        limits = read_limits(quota="1/day")
        await machine.ask(limits)
        machine.set_by += YEAR
        forth = await machine.ask(limits)
        machine.set_by -= 2 * YEAR
        back = await machine.ask(limits)
        machine.true += 25 * 3600
        return forth, back, await machine.ask(limits)

    (forth,), (back,), day_after = asyncio.run(told())
    assert forth.reason is Reason.QUOTA
    assert back.reason is Reason.QUOTA
    assert day_after == [None]


def test_a_night_switched_off_counts_by_the_clock_on_the_wall(machine):
    async def told():
        limits = read_limits(quota="1/day")
        await machine.ask(limits)
        machine.start_again(after=20 * HOUR)
        (wait,) = await machine.ask(limits)
        due = wait.until - machine.now
        machine.true += due.total_seconds()
        return due, await machine.ask(limits)

    due, then = asyncio.run(told())
    assert 4 * HOUR <= due <= 4 * HOUR + 2 * MINUTE
    assert then == [None]


def test_a_clock_set_forth_while_switched_off_is_believed_once_however_often_it_is_set(machine):
    async def told():
        limits = read_limits(quota="1/day")
        answers = await machine.ask(limits)
        for _ in range(4):
            machine.set_by += 2 * DAY
            machine.start_again(after=MINUTE)
            answers += await machine.ask(limits)
            machine.set_by -= 2 * DAY
            machine.start_again(after=MINUTE)
            answers += await machine.ask(limits)
        return answers

    assert asyncio.run(told()).count(None) == 2


def test_after_a_start_only_its_first_sight_goes_by_the_clock_on_the_wall(machine):
    async def told():
        limits = read_limits(quota="1/day")
        await machine.ask(limits)
        machine.start_again(after=HOUR)
        limiter = machine.open(limits)
        answers = []
        for _ in range(3):
            answers.append(await machine.leave(limiter))
            machine.set_by += 20 * HOUR
        await limiter.aclose()
        return answers

    assert None not in asyncio.run(told())


def test_processes_that_disagree_on_the_uptime_free_nothing(machine):
    async def told():
        limits = read_limits(paces=["1/min"])
        behind = Machine(machine.folder)
        behind.started = machine.started + 900
        answers = []
        for _ in range(5):
            answers += await machine.ask(limits)
            answers += await behind.ask(limits)
        return answers

    assert asyncio.run(told()).count(None) == 1


def test_what_no_limit_looks_back_to_is_forgotten(machine):
    async def told():
        await machine.ask(read_limits(quota="500/day"), times=200)
        machine.true += KEPT / SECOND + 1
        await machine.ask(read_limits(quota="500/day"))

    asyncio.run(told())
    with closing(sqlite3.connect(machine.folder / FILE)) as ledger:
        assert ledger.execute("select count(*) from departures").fetchone() == (1,)


def test_the_hour_to_come_back_is_known_from_what_left_even_without_a_quota_of_ours(machine):
    async def told():
        await machine.ask(Limits(), times=5)
        machine.true += 6 * 3600
        limiter = machine.open(Limits())
        frees = await limiter.quota_frees(now=machine.now)
        await limiter.aclose()
        return frees

    assert asyncio.run(told()) == START + DAY


ASKER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from letters.limits.open import open_limiter
from letters.limits.uptime import Uptime
from letters.limits.pace import read_limits

async def main(state, times):
    still = Uptime("boot", lambda: 1000.0)
    limits = read_limits(quota="120/day")
    limiter = open_limiter("me at relay.example", limits, state=Path(state), uptime=still)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(times)):
        if await limiter.leave("parl.gc.ca", now=datetime(2014, 1, 9, 14, tzinfo=UTC)) is None:
            print("left", flush=True)
    await limiter.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


def asker(state, times):
    """A process that asks so often for a letter under a quota of 120, once told to go."""
    command = [sys.executable, "-c", ASKER, str(state), str(times)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_on_one_account_never_let_one_letter_too_many_leave(tmp_path):
    askers = [asker(tmp_path, 150) for _ in range(2)]
    for process in askers:
        process.stdin.write("go\n")
        process.stdin.flush()

    left = [process.communicate(timeout=60)[0].count("left") for process in askers]

    assert [process.returncode for process in askers] == [0, 0]
    assert sum(left) == 120


def test_a_killed_process_has_counted_every_letter_that_left(tmp_path):
    with asker(tmp_path, 10**6) as killed:
        killed.stdin.write("go\n")
        killed.stdin.flush()
        before = sum(killed.stdout.readline() == "left\n" for _ in range(40))
        killed.send_signal(signal.SIGKILL)
        before += killed.stdout.read().count("left\n")

    after = asker(tmp_path, 200).communicate("go\n", timeout=60)[0].count("left")

    assert before >= 40
    # A letter may have been counted that was not let leave any more.
    assert 119 <= before + after <= 120


def garbage(file):
    file.write_bytes(b"not a ledger at all " * 500)


def cut(file):
    asyncio.run(Machine(file.parent).ask(read_limits(quota="9/day")))
    file.write_bytes(file.read_bytes()[:5000])


def foreign(file):
    with closing(sqlite3.connect(file)) as other:
        other.execute("create table recipes (name text)")


def newer(file):
    asyncio.run(Machine(file.parent).ask(read_limits(quota="9/day")))
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute("pragma user_version = 99")


def unwritable(file):
    file.mkdir()


@pytest.mark.parametrize("damage", [garbage, cut, foreign, newer, unwritable])
def test_a_ledger_that_cannot_be_used_stops_a_run_that_has_limits(machine, damage):
    damage(machine.folder / FILE)

    with pytest.raises(JournalError) as raised:
        machine.open(read_limits(paces=["30/min"]))

    assert raised.value.exit_code is Exit.IO
    assert str(machine.folder / FILE) in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("damage", [garbage, cut, foreign, newer, unwritable])
def test_a_run_without_limits_goes_on_and_says_that_it_is_not_counted(machine, damage):
    damage(machine.folder / FILE)

    async def told():
        limiter = machine.open(Limits())
        return await machine.leave(limiter), limiter.warnings

    wait, warnings = asyncio.run(told())
    assert wait is None
    assert "not counted" in warnings[0]


def test_a_state_folder_that_is_a_file_is_a_failure_in_words(machine):
    machine.folder = machine.folder / "file"
    machine.folder.write_text("")

    with pytest.raises(JournalError, match="cannot be"):
        machine.open(read_limits(paces=["30/min"]))


def drop_the_table(folder):
    with closing(sqlite3.connect(folder / FILE)) as ledger:
        ledger.execute("drop table departures")


def test_a_ledger_lost_in_the_middle_of_a_run_stops_letters_under_limits_only(machine):
    async def told(limits):
        limiter = machine.open(limits)
        await machine.leave(limiter)
        drop_the_table(machine.folder)
        try:
            await machine.leave(limiter)
        finally:
            await limiter.aclose()
        return limiter.warnings

    with pytest.raises(JournalError, match="ledger"):
        asyncio.run(told(read_limits(quota="9/day")))
    (machine.folder / FILE).unlink()
    assert "not counted" in asyncio.run(told(Limits()))[0]


def test_the_event_loop_goes_on_while_the_ledger_is_held_by_another(machine):
    async def told():
        limiter = machine.open(read_limits(paces=["30/min"]))
        with closing(sqlite3.connect(machine.folder / FILE, isolation_level=None)) as other:
            other.execute("begin immediate")
            asked = asyncio.create_task(machine.leave(limiter))
            for _ in range(100):
                await asyncio.sleep(0)
            waiting = not asked.done()
            other.execute("rollback")
        wait = await asked
        await limiter.aclose()
        return waiting, wait

    assert asyncio.run(told()) == (True, None)


def test_an_account_is_named_by_login_and_relay_host():
    assert (
        account_name("SMTP.Example.org.", "me@migs.example")
        == "me@migs.example at smtp.example.org"
    )
    assert account_name("127.0.0.1", None) == "127.0.0.1"


def test_the_state_folder_may_be_named(tmp_path):
    assert state_folder(str(tmp_path)) == tmp_path
    assert state_folder().name == "letters"


def test_the_uptime_of_this_machine_runs_and_is_one_for_all_processes():
    program = (
        "from letters.limits.uptime import machine_uptime as u; m = u(); print(m.boot, m.seconds())"
    )
    before = machine_uptime()

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    boot, seconds = done.stdout.rsplit(maxsplit=1)
    assert boot == before.boot
    assert before.seconds() >= float(seconds)
