"""Sending over several connections: a relay, a journal and a limiter in memory, and time that only jumps."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from letters.errors import Exit, JournalError, Parked, RelayRefused, RelayUnavailable, TooFast
from letters.journal.types import State
from letters.limits.memory import MemoryLimiter
from letters.limits.pace import read_limits
from letters.transport.memory import MemoryConnection, MemoryTransport
from letters.verdict import Advice, Stage, read_reply
from tests.journal_model import JournalModel
from tests.sending import (
    FROM_REFUSED,
    GREYLISTED,
    LOST_AFTER,
    LOST_BEFORE,
    NOON,
    QUOTA,
    UNKNOWN,
    Office,
)
from tests.virtual_time import JumpingLoop

NAMES = tuple(f"m{number:02}" for number in range(40))
EVERYBODY = dict.fromkeys([name.title() for name in NAMES], 1)
TURN = 0.01
ENOUGH = read_reply(Stage.RCPT, 421, "4.3.2 that was enough")
TOO_FAST = read_reply(Stage.MAIL, 450, "4.2.1 more than you may")
GREETED_TOO_FAST = read_reply(Stage.MAIL, 421, "4.7.0 slow down")
BLOCKED = read_reply(Stage.DOT, 554, "5.7.1 not wanted")
SENT, WAITING, REJECTED, IN_DOUBT = State.SENT, State.WAITING, State.REJECTED, State.IN_DOUBT


@dataclass
class Wire(MemoryTransport):
    """A relay that takes a turn for every answer, and remembers when what was said."""

    turn: float = TURN
    opened_at: list[float] = field(default_factory=list)
    living: int = 0
    in_data: Counter = field(default_factory=Counter)
    at_once: int = 0
    followed: list[tuple[str, str]] = field(default_factory=list)
    taken_at: list[float] = field(default_factory=list)

    async def open(self):
        self.opened_at.append(now())
        self.on_open()
        await asyncio.sleep(self.turn)
        self.opened += 1
        self.living += 1
        return WireConnection(self)


class WireConnection(MemoryConnection):
    async def offer(self, message):
        await asyncio.sleep(self.transport.turn)
        return await super().offer(message)

    async def hand_over(self, message, then=None):
        wire = self.transport
        wire.followed += [(message.name, then.name)] if then else []
        wire.in_data[id(self)] += 1
        wire.at_once = max(wire.at_once, wire.in_data.total())
        assert wire.in_data[id(self)] == 1, "one letter in data on a connection"
        await asyncio.sleep(2 * wire.turn)
        wire.in_data[id(self)] -= 1
        wire.taken_at.append(now())
        return await super().hand_over(message, then)

    async def aclose(self):
        self.transport.living -= 1
        await super().aclose()


def now():
    return asyncio.get_running_loop().time()


@dataclass
class Hall(Office):
    """An office whose clock is the loop's: it jumps from one event to the next."""

    transport: Wire = field(default_factory=Wire)
    loop: JumpingLoop | None = None
    waits: list = field(default_factory=list)

    def clock(self):
        return NOON + timedelta(seconds=self.loop.time())

    def run(self, *names, **how):
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            self.loop = runner.get_loop()
            how.setdefault("limiter", MemoryLimiter(chance=lambda: 0.5))
            runner.run(
                self.run_async(
                    *(names or NAMES),
                    on_waiting=lambda until, why: self.waits.append((until, why)),
                    **{"connections": 4, "reconnect": (0.0, 1.0, 5.0)} | how,
                )
            )
        return self

    @property
    def counts(self):
        return Counter(self.states.values())

    def tries(self):
        return {self.attempts(name.title()) for name in NAMES}


def hall(decide=None, *, on_open=None, journal=None):
    made = Hall()
    made.transport.decide = decide or made.transport.decide
    made.transport.on_open = on_open or made.transport.on_open
    if journal:
        made.journal = journal(made.records)
        asyncio.run(made.journal.start("run-1", relay="memory:", at=NOON))
    return made


def limited(**written):
    paces = [written.pop("pace", "")]
    limits = read_limits(**{"name": "", "quota": "", "window": ""} | written, paces=paces)
    return MemoryLimiter(limits, chance=lambda: 0.5)


@pytest.mark.parametrize("connections", [1, 3, 8])
def test_every_letter_is_taken_once_with_a_letter_in_data_on_each_connection(connections):
    sending = hall().run(connections=connections)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.counts == {SENT: 40}
    assert sending.transport.living == 0
    assert sending.transport.opened == sending.transport.at_once == connections


def test_no_connection_is_opened_for_letters_that_the_others_carry_meanwhile():
    assert hall().run("anne", connections=8).transport.opened == 1
    many = hall().run(connections=64)
    assert Counter(many.taken) == EVERYBODY
    assert many.transport.opened < 20


class Steps(JournalModel):
    """Remembers how verdicts and beginnings were written."""

    def __init__(self, records):
        super().__init__(records)
        self.steps, self.pause = [], 0.0

    async def advance(self, settlements, beginnings):
        self.steps.append((len(settlements), len(beginnings)))
        await asyncio.sleep(self.pause)
        await super().advance(settlements, beginnings)


def test_a_verdict_is_written_with_the_beginning_of_the_letter_that_rode_behind_it():
    sending = hall(journal=Steps).run()
    steps = Counter(sending.journal.steps)
    assert steps == {(0, 1): 4, (1, 1): 36, (1, 0): 4}
    assert len(sending.transport.followed) == 36


def test_a_disk_slower_than_the_relay_writes_no_verdict_twice():
    sending = hall(lambda stage, _message: UNKNOWN if stage is Stage.RCPT else None, journal=Steps)
    sending.journal.pause, sending.transport.turn = 0.7, 0.3
    sending.run(*NAMES[:9], connections=1)  # one fewer than opens the breaker
    assert sending.counts == {REJECTED: 9}
    assert sum(settled for settled, _begun in sending.journal.steps) == 9


def test_fewer_connections_when_the_relay_refuses_the_third_connection():
    sending = hall()

    def refuse():
        if sending.transport.living == 2:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse
    sending.run()
    assert Counter(sending.taken) == EVERYBODY
    assert sending.transport.at_once == 2
    assert len(sending.transport.opened_at) == 4  # two refusals, and nobody asks again


def test_a_relay_that_nobody_reaches_is_asked_once_and_not_once_a_connection():
    def refuse():
        raise RelayUnavailable("nobody answers", "")

    sending = hall(on_open=refuse)
    with pytest.raises(RelayUnavailable):
        sending.run(connections=8)
    assert sending.transport.opened_at == [0.0]
    assert sending.counts == {WAITING: 40}


def test_a_further_connection_that_nobody_answers_neither_prolongs_a_run_nor_keeps_others_from_opening():
    sending = hall()
    wire, answered = sending.transport, Wire.open
    let_go = iter([LOST_BEFORE])

    async def open_one():
        if wire.living:
            await asyncio.sleep(300)
            raise RelayUnavailable("nobody answers", "")
        return await answered(wire)

    wire.open = open_one
    wire.decide = lambda _stage, message: next(let_go, None) if message.name == "M20" else None
    sending.run(connections=3)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.loop.time() < 60


def test_logins_are_spread_where_a_relay_takes_one_letter_a_connection():
    sending = hall()
    carried = Counter()

    def one_each(stage, _message):
        carried[sending.transport.opened] += stage is Stage.RCPT
        return ENOUGH if carried[sending.transport.opened] > 1 else None

    sending.transport.decide = one_each
    sending.run(connections=1)
    assert Counter(sending.taken) == EVERYBODY
    opened = sending.transport.opened_at
    assert max(sum(0 <= at - first < 10 for at in opened) for first in opened) <= 20


def test_a_lost_connection_is_opened_again_while_the_others_go_on():
    lost = iter([LOST_BEFORE])

    def decide(stage, message):
        first = stage is Stage.RCPT and message.name == "M10"
        return next(lost, None) if first else None

    sending = hall(decide).run(connections=3)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.transport.opened == 4
    assert sending.tries() == {1}


def test_a_relay_that_lets_go_again_and_again_is_given_longer_each_time():
    sending = hall(lambda _stage, _message: LOST_BEFORE)
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
def test_a_long_pause_before_a_relay_is_tried_again_is_told(connections):
    sending = hall(lambda _stage, _message: LOST_BEFORE)
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
    sending = hall(lambda _stage, message: LOST_BEFORE if message.name == "M05" else None)

    def refuse():
        if sending.transport.opened:
            raise RelayRefused("535 5.7.8 not you", "")

    sending.transport.on_open = refuse
    with pytest.raises(RelayRefused):
        sending.run(connections=1)
    assert len(sending.transport.opened_at) == 2


def test_a_relay_in_a_tunnel_is_waited_for_and_everybody_is_written_to():
    sending = hall()

    def dark():
        return 0.1 <= now() < 5

    def refuse():
        if dark():
            raise RelayUnavailable("nobody answers", "")

    sending.transport.on_open = refuse
    sending.transport.decide = lambda stage, _message: (
        LOST_BEFORE if stage is Stage.RCPT and dark() else None
    )
    sending.run()
    assert Counter(sending.taken) == EVERYBODY
    assert sending.tries() == {1}
    assert sum(at >= 5 for at in sending.transport.opened_at) == 4, "every connection is back"


def test_a_plea_to_slow_down_slows_every_connection_and_costs_nobody_a_try():
    sending = hall()
    pleas = []

    def at_most_two_a_second(stage, _message):
        recent = [at for at in sending.transport.taken_at if at > now() - 10]
        if stage is Stage.RCPT and len(recent) >= 20:
            pleas.append(now())
            return TOO_FAST
        return None

    sending.transport.decide = at_most_two_a_second
    sending.run(connections=4)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.tries() == {1}
    assert len(pleas) <= 12


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [(Stage.RCPT, 432, "4.3.2 slow down"), (Stage.RCPT, 450, "4.2.1 too fast"),
     (Stage.DOT, 454, "4.7.0 Throttling")],
)  # fmt: skip
def test_the_last_letter_of_a_run_is_slowed_down_and_not_given_up(stage, code, said):
    plea = read_reply(stage, code, said)
    assert plea.advice is Advice.SLOW
    left = iter([plea] * 3)
    sending = hall(
        lambda at, message: next(left, None) if (at, message.name) == (stage, "M01") else None
    )
    sending.run("m00", "m01", connections=2)
    assert Counter(sending.taken) == {"M00": 1, "M01": 1}


@pytest.mark.parametrize("plea", [TOO_FAST, GREETED_TOO_FAST], ids=["450", "421"])
@pytest.mark.parametrize("connections", [1, 16])
def test_twelve_pleas_in_a_row_park_the_run_and_those_of_one_burst_are_one(plea, connections):
    sending, asked = hall(), []

    def decide(stage, _message):
        if stage is Stage.RCPT and len(sending.taken) >= 50:
            asked.append(now())
            return plea
        return None

    sending.transport.decide = decide
    with pytest.raises(Parked, match="keeps asking to slow down"):
        sending.run(*NAMES, *(f"n{number}" for number in range(60)), connections=connections)
    assert 12 <= len(asked) <= 12 + 2 * connections
    assert asked[-1] > 600  # it was given time
    assert sending.counts == {SENT: len(sending.taken), WAITING: 100 - len(sending.taken)}


def crowded(sending, connections):
    """Let the relay take no more than so many connections, and say that more come too fast."""

    def refuse():
        if sending.transport.living >= connections:
            raise TooFast("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse


@pytest.mark.parametrize("connections", [3, 16])
def test_a_connection_too_many_is_done_without_and_slows_nobody(connections):
    sending = hall()
    crowded(sending, 2)
    sending.run(connections=connections)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.transport.at_once == 2
    assert len(sending.transport.opened_at) == 3, "one is refused, and nobody asks again"
    assert sending.loop.time() < 2


def test_a_lost_connection_refused_for_haste_is_done_without():
    sending = hall(_once(Stage.RCPT, "M20", LOST_BEFORE))

    def refuse():
        if sending.transport.opened >= 3:
            raise TooFast("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse
    sending.run(connections=3, reconnect=LONG)
    assert len(sending.transport.opened_at) == 4, "it is not asked for again"
    assert Counter(sending.taken) == EVERYBODY
    taken = sending.transport.taken_at
    assert max(later - sooner for sooner, later in pairwise(taken)) >= 1, "nothing leaves at first"
    assert sending.loop.time() < 60


@pytest.mark.parametrize("connections", [1, 4])
def test_a_relay_reached_once_that_finds_every_further_login_hasty_is_asked_less_and_less(
    connections,
):
    sending = hall(lambda _stage, message: LOST_BEFORE if message.name >= "M05" else None)

    def refuse():
        if now() > 0.2:
            raise TooFast("454 4.7.0 too many login attempts", "")

    sending.transport.on_open = refuse
    with pytest.raises((Parked, RelayUnavailable), match="too many login"):
        sending.run(connections=connections, reconnect=LONG)
    hasty = [at for at in sending.transport.opened_at if at > 0.2]
    pauses = [later - sooner for sooner, later in pairwise(hasty)]
    assert 2 <= len(hasty) <= 12
    assert pauses == sorted(pauses)
    assert pauses[-1] >= min(2 ** len(pauses), 300)
    assert sending.counts == {SENT: len(sending.taken), WAITING: 40 - len(sending.taken)}
    assert sending.tries() <= {0, 1}


def test_a_relay_that_finds_the_first_login_hasty_is_asked_once():
    sending = hall()
    crowded(sending, 0)
    with pytest.raises(TooFast):
        sending.run()
    assert sending.transport.opened_at == [0.0]
    assert sending.counts == {WAITING: 40}


@pytest.mark.parametrize("reached", [0, 1])
def test_a_quota_said_to_a_login_parks_with_the_hour(reached):
    sending = hall(_once(Stage.RCPT, "M05", LOST_BEFORE))

    def refuse():
        if sending.transport.opened == reached:
            raise Parked("the account's quota is used up (auth)", "when it allows")

    sending.transport.on_open = refuse
    with pytest.raises(Parked, match=r"\(auth\)") as parked:
        sending.run(connections=1)
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert f"{tomorrow:%Y-%m-%d at %H:%M}" in parked.value.hint
    assert sending.counts[WAITING] == 40 - len(sending.taken)


def test_a_used_up_quota_parks_with_the_hour_and_the_letters_in_hand_are_finished():
    sending = hall(lambda stage, m: QUOTA if (stage, m.name) == (Stage.DOT, "M10") else None)
    with pytest.raises(Parked) as parked:
        sending.run()
    assert "5.4.5" in parked.value.message
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert f"{tomorrow:%Y-%m-%d at %H:%M}" in parked.value.hint
    assert sending.counts[SENT] == len(sending.taken) in range(10, 14)
    assert sending.counts[WAITING] == 40 - len(sending.taken)
    assert sending.states["M10"] is WAITING
    assert sending.attempts("M10") == 0


def test_a_gateway_that_blocks_us_is_asked_by_every_connection_and_not_by_every_letter():
    sending = hall(lambda stage, _message: BLOCKED if stage is Stage.DOT else None)
    with pytest.raises(RelayRefused, match="10 letters in a row"):
        sending.run()
    assert 10 <= sending.counts[REJECTED] < 10 + 4
    assert sending.counts[WAITING] == 40 - sending.counts[REJECTED]


def test_the_senders_fault_on_one_connection_lets_the_others_finish_the_letter_in_hand():
    sending, in_hand = hall(), []

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


def test_a_connection_lost_behind_its_dot_leaves_one_letter_in_doubt_and_the_run_goes_on():
    sending = hall(lambda stage, m: LOST_AFTER if (stage, m.name) == (Stage.DOT, "M07") else None)
    sending.run()
    assert sending.counts == {SENT: 39, IN_DOUBT: 1}
    assert sending.transport.opened == 5


LONG = (0.0, 1.0, 5.0, 15.0, 30.0)


def _closed(sending, since):
    def refuse():
        if now() > since:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending.transport.on_open = refuse


def _once(stage, name, verdict):
    left = [name]
    return lambda at, m: verdict if (at, [m.name]) == (stage, left) and left.pop() else None


def test_a_connection_that_cannot_come_back_neither_fails_nor_prolongs_a_run_that_sends_everybody():
    sending = hall(_once(Stage.RCPT, "M02", LOST_BEFORE))
    _closed(sending, since=0.05)
    sending.run(connections=2, reconnect=LONG)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.loop.jumping.passed < 5


def test_the_letter_behind_a_lost_dot_is_carried_by_another_connection():
    sending = hall(_once(Stage.DOT, "M06", LOST_AFTER))
    _closed(sending, since=0.05)
    sending.run(connections=2, reconnect=LONG)
    assert sending.counts == {SENT: 39, IN_DOUBT: 1}
    assert sending.loop.jumping.passed < 5


def test_a_connection_that_waits_before_it_asks_again_does_not_keep_another_from_asking():
    lost = {"M02", "M26"}

    def decide(stage, message):
        if stage is Stage.RCPT and message.name in lost:
            lost.discard(message.name)
            return LOST_BEFORE
        return None

    def refuse():
        if now() > 0.5 and sending.transport.living:
            raise RelayUnavailable("421 4.7.0 too many connections", "")

    sending = hall(decide, on_open=refuse)
    sending.run(connections=2, reconnect=LONG, limiter=limited(pace="1/s"))
    assert Counter(sending.taken) == EVERYBODY
    taken = sending.transport.taken_at
    assert max(later - sooner for sooner, later in pairwise(taken)) < 5


def test_a_journal_that_fails_at_a_claim_stops_the_run_and_nothing_stays_reserved():
    names = [f"n{number:03}" for number in range(300)]

    class Torn(JournalModel):
        claims = 0

        async def claim(self, *args, **how):
            self.claims += 1
            if self.claims == 2:
                raise JournalError("the disk cannot be read", "")
            return await super().claim(*args, **how)

    sending = hall(journal=Torn)
    with pytest.raises(JournalError, match="read"):
        sending.run(*names)
    assert sending.counts[IN_DOUBT] == 0
    assert len(sending.taken) < 300
    sending.run(*names)
    assert sorted(sending.taken) == sorted(name.title() for name in names)


def test_more_doubts_in_a_row_than_connections_stop_the_run():
    sending = hall(lambda stage, _message: LOST_AFTER if stage is Stage.DOT else None)
    with pytest.raises(RelayUnavailable, match="in a row and did not say"):
        sending.run(connections=3)
    assert sending.counts[IN_DOUBT] in range(4, 7)


@pytest.mark.parametrize("connections", [1, 3])
def test_a_relay_that_loses_every_second_answer_is_left_before_hundreds_are_in_doubt(connections):
    dots = Counter()

    def decide(stage, _message):
        dots[stage] += 1
        return LOST_AFTER if stage is Stage.DOT and dots[stage] % 2 else None

    sending = hall(decide)
    with pytest.raises(RelayUnavailable, match="letters and did not say"):
        sending.run(*(f"n{number:03}" for number in range(300)), connections=connections)
    assert 10 < sending.counts[IN_DOUBT] <= 15 + 2 * connections
    assert sending.counts[WAITING] > 200


def test_a_relay_that_loses_one_answer_in_fifty_is_not_left():
    dots = Counter()

    def decide(stage, _message):
        dots[stage] += 1
        return LOST_AFTER if stage is Stage.DOT and dots[stage] % 50 == 0 else None

    sending = hall(decide).run(*(f"n{number:04}" for number in range(1500)), connections=1)
    assert sending.counts == {SENT: 1470, IN_DOUBT: 30}


def test_stopping_finishes_exactly_the_letters_in_hand_and_begins_none_behind_them():
    sending = hall()

    def stop_when_all_are_in_data(stage, _message):
        if stage is Stage.DOT and len(sending.taken) == 8:
            sending.mailer.stop()

    sending.transport.decide = stop_when_all_are_in_data
    sending.run()
    taken = sending.taken
    assert 9 <= len(taken) <= 12  # the ninth, and those that the other connections had in data
    assert sending.counts == {SENT: len(taken), WAITING: 40 - len(taken)}
    announced = {then for _letter, then in sending.transport.followed} - set(taken)
    assert announced  # offered behind a dot, and given back without a beginning
    begun = [
        attempt for record in sending.records.by_letter.values() for attempt in record.attempts
    ]
    assert len(begun) == len(taken)
    assert sending.transport.living == 0


def test_what_was_given_back_at_a_stop_is_sent_by_the_next_run():
    sending = hall()
    sending.transport.decide = lambda _stage, _message: (
        sending.mailer.stop() if len(sending.taken) == 6 else None
    )
    sending.run()
    assert len(sending.taken) < 40
    sending.transport.decide = lambda _stage, _message: None
    sending.run()
    assert Counter(sending.taken) == EVERYBODY


def test_a_pace_is_waited_for_over_all_connections():
    sending = hall().run(limiter=limited(pace="2/s"), wait=timedelta())
    assert Counter(sending.taken) == EVERYBODY
    taken = sending.transport.taken_at
    assert all(later - sooner > 0.9 for sooner, later in zip(taken, taken[2:], strict=False))
    assert taken[-1] < 40


def test_a_pace_of_its_own_holds_for_a_receiving_domain():
    sending = hall().run(limiter=limited(pace="50/s, parl.example 1/s"))
    assert Counter(sending.taken) == EVERYBODY
    assert 35 < sending.transport.taken_at[-1] < 60


def test_letters_to_other_domains_do_not_wait_for_a_slow_one():
    slow = [name for name in NAMES if name < "m20"]
    sending = hall()
    sending.domains = dict.fromkeys(slow, "slow.example")
    sending.run(limiter=limited(pace="20/s, slow.example 1/s"))
    assert Counter(sending.taken) == EVERYBODY
    others = [place for place, name in enumerate(sending.taken) if name.lower() not in slow]
    assert max(others) < 30, "the list has the slow ones first"
    assert 15 < sending.transport.taken_at[-1] < 30


def test_a_wait_of_minutes_lets_go_of_the_lines_and_is_told_once():
    sending = hall().run(*NAMES[:3], limiter=limited(pace="1/min"))
    assert Counter(sending.taken) == Counter(["M00", "M01", "M02"])
    assert [why for _until, why in sending.waits] == ["pace", "pace"]
    assert sending.transport.opened > 1


def test_a_quota_that_frees_later_than_the_wait_parks_with_the_hour():
    sending = hall()
    with pytest.raises(Parked) as parked:
        sending.run(limiter=limited(quota="25/day"), wait=timedelta(minutes=2))
    assert parked.value.exit_code == Exit.TEMPORARY
    tomorrow = (NOON + timedelta(days=1)).astimezone()
    assert "the quota is used up" in parked.value.message
    assert f"{tomorrow:%Y-%m-%d %H}" in parked.value.message
    assert sending.counts == {SENT: 25, WAITING: 15}


def test_a_quota_is_waited_for_when_a_person_stays():
    sending = hall().run(limiter=limited(quota="25/day"), wait=None)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.transport.taken_at[25] >= 86400
    assert len(sending.waits) == 1


def test_a_window_that_opens_later_than_the_wait_parks_with_the_hour():
    sending = hall()
    with pytest.raises(Parked, match=r"set hours.*2014-01-09") as parked:
        sending.run(limiter=limited(window="Mon–Fri 14:00–17:00 UTC"))
    assert parked.value.exit_code == Exit.TEMPORARY
    assert sending.counts == {WAITING: 40}
    sending.run(limiter=limited(window="Mon–Fri 14:00–17:00 UTC"), wait=None)
    assert Counter(sending.taken) == EVERYBODY
    assert sending.transport.taken_at[0] >= 2 * 3600


def test_a_slow_domain_at_the_end_of_a_window_parks_nobody_else():
    sending = hall()
    sending.domains = dict.fromkeys(NAMES[:4], "slow.example")
    limits = limited(pace="20/s, slow.example 1/h", window="Mon–Fri 12:00–12:10 UTC")
    with pytest.raises(Parked):
        sending.run(limiter=limits)
    assert sending.counts == {SENT: 37, WAITING: 3}


def test_a_pace_of_minutes_is_waited_for_though_a_slower_domain_meets_the_end_of_the_window():
    sending = hall()
    sending.domains = {"m00": "brisk.example", "m01": "brisk.example"}
    sending.domains |= {"m02": "slow.example", "m03": "slow.example"}
    paces = "20/s, slow.example 1/h, brisk.example 15/h"
    with pytest.raises(Parked):
        sending.run(limiter=limited(pace=paces, window="Mon–Fri 12:00–12:10 UTC"))
    assert sending.counts == {SENT: 39, WAITING: 1}


class Torn(MemoryLimiter):
    """A limiter whose ledger cannot be written, from the nth letter on."""

    def __init__(self, nth):
        super().__init__()
        self.left = nth

    async def leave(self, domain, *, now):
        self.left -= 1
        if self.left < 0:
            raise JournalError("the ledger cannot be written", "")
        return await super().leave(domain, now=now)


@pytest.mark.parametrize("nth", range(12))
def test_a_ledger_that_fails_stops_the_run_and_no_letter_in_hand_is_in_doubt(nth):
    sending = hall()
    with pytest.raises(JournalError, match="ledger"):
        sending.run(limiter=Torn(nth))
    assert sending.counts == {SENT: len(sending.taken), WAITING: 40 - len(sending.taken)} or nth < 1
    assert set(sending.states.values()) <= {SENT, WAITING}


class Full(Steps):
    """A journal whose disk is full from the nth step on, for so many steps."""

    fails = range(0)

    async def advance(self, settlements, beginnings):
        step = len(self.steps)
        if step in self.fails:
            self.steps.append((0, 0))
            raise JournalError("the disk is full", "")
        await super().advance(settlements, beginnings)


@pytest.mark.parametrize("step", range(12))
def test_a_step_that_cannot_be_written_lets_the_other_connections_finish(step):
    sending = hall(journal=Full)
    sending.journal.fails = range(step, step + 1)
    with pytest.raises(JournalError, match="disk"):
        sending.run()
    taken = sending.taken
    assert set(sending.states.values()) <= {SENT, WAITING}
    assert sending.counts[SENT] == len(taken) == len(set(taken)) <= step + 4


class SetBack(Hall):
    """A hall whose clock somebody sets back by an hour after half a minute."""

    def clock(self):
        return super().clock() - timedelta(hours=self.loop.time() > 30)


def test_a_clock_set_back_makes_nobody_stay_longer_than_they_meant_to():
    sending = SetBack()
    sending.transport.decide = lambda _stage, _message: GREYLISTED
    sending.run(wait=timedelta(minutes=2), retry=(timedelta(minutes=1),))
    assert sending.counts == {State.DEFERRED: 40}
    assert sending.loop.time() < 300
