"""`letters send` over many pipelined connections is killed at random instants; the relay's record decides."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from letters.journal.types import State
from tests.acceptance.desk import address, desk, kill, row, until, url
from tests.acceptance.relay_process import RelayProcess
from tests.acceptance.terminal import Terminal
from tests.relay import Fault, Relay

KILLS = int(os.environ.get("LETTERS_KILLS", "200"))
SEED = 20240711
SERIES = [(connections, part) for part in range(2) for connections in (1, 8)]
LETTERS, BETWEEN = 60, 0.004  # letters of a list; seconds the relay takes for a turn


class Series:
    """Lists sent one after the other, each killed again and again until everybody has a letter."""

    def __init__(self, folder, relay, connections, chance):
        self.folder, self.relay, self.connections, self.chance = folder, relay, connections, chance
        self.office, self.listed = None, set()
        self.kills, self.doubts, self.landed = 0, 0, 0

    def taken(self):
        """How often the relay took each letter of this list."""
        taken = (to for accepted in self.relay.accepted for to in accepted.recipients)
        return Counter(to for to in taken if to in self.listed)

    def arguments(self):
        return "send", "--yes", "--relay", url(self.relay), "--connections", str(self.connections)

    def until_killed(self, times):
        """New lists until so many kills are dealt, each sent to its end and judged."""
        first = 1
        while self.kills < times:
            numbers = range(first, first + LETTERS)
            first += LETTERS
            self.office, self.listed = (
                desk(self.folder / f"list-{first}", 0),
                set(map(address, numbers)),
            )
            self.office.write_list(map(row, numbers))
            while self.kills < times and len(self.taken()) + self.waived() < LETTERS:
                self.kill_once()
            self.finish()

    def waived(self):
        """Letters in doubt that never arrived: no run sends them without a person's word."""
        return len(self.office.in_doubt() - set(self.taken()))

    def kill_once(self):
        before, doubts = self.relay.size, self.office.in_doubt()
        started = self.office.start(*self.arguments())
        if self.chance.random() < 0.1:  # while the program starts, proofs, seals
            time.sleep(self.chance.uniform(0, 0.6))
        else:
            until(
                lambda: self.relay.size > before or started.poll() is not None, "a letter is taken"
            )
            time.sleep(self.chance.uniform(0, 0.05))
        self.landed += started.poll() is None
        kill(started)
        self.kills += 1
        now = self.office.in_doubt()
        assert doubts <= now, "P1: a doubt ends by a person's word alone"
        assert len(now - doubts) <= self.connections, "P2"
        self.doubts += len(now - doubts)
        self.judge()

    def judge(self):
        """P1 at any instant: nobody twice, and who is not in doubt is sent when the relay says so."""
        taken = self.taken()
        assert max(taken.values(), default=1) == 1, "P1: twice"
        states = self.office.states()
        sent = {name for name, state in states.items() if state is State.SENT}
        doubtful = {name for name, state in states.items() if state is State.IN_DOUBT}
        assert sent <= set(taken), "P1: a letter was lost"
        assert set(taken) <= sent | doubtful, "P1: a letter would leave again"

    def finish(self):
        """A person says by the relay's record what became of each doubt; then all is sent."""
        self.office.run(*self.arguments(), code=1 if self.office.in_doubt() else 0)
        taken, doubtful = set(self.taken()), self.office.in_doubt()
        if doubtful & taken:
            self.office.run("resolve", *(doubtful & taken), "--sent")
        if doubtful - taken:
            self.office.run("resolve", *(doubtful - taken), "--resend")
        self.office.run(*self.arguments())
        assert self.taken() == dict.fromkeys(self.listed, 1)
        status = self.office.status()
        assert status["counts"]["sent"] == status["counts"]["total"] == LETTERS
        ids = {letter["address"]: letter["message_id"] for letter in status["letters"]}
        taken = {a.recipients[0]: a.message_id for a in self.relay.accepted}
        assert {to: taken[to] for to in self.listed} == ids


@pytest.mark.timeout(120 + KILLS * 2)
@pytest.mark.parametrize(("connections", "part"), SERIES)
def test_kills_at_random_instants_lose_no_letter_send_none_twice_and_leave_few_in_doubt(
    tmp_path, connections, part
):
    chance = random.Random(SEED + 100 * connections + part)
    with RelayProcess(tmp_path / "record", "--pipelining", "--delay", str(BETWEEN)) as relay:
        series = Series(tmp_path, relay, connections, chance)
        series.until_killed(-(-KILLS // len(SERIES)))
    told = f"{series.kills} kills, {series.landed} landed, {series.doubts} in doubt"
    print(f"{connections} connections: {told}")  # noqa: T201
    assert series.landed * 2 > series.kills, "most kills meet a living program"


CONNECTIONS = 4


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", 40)


def sending(relay):
    return "send", "--yes", "--relay", url(relay), "--connections", str(CONNECTIONS)


def counts(office):
    return Counter(office.states().values())


def test_sigterm_finishes_the_letters_in_hand_and_leaves_none_in_doubt(office):
    with Relay(pipelining=True, delay=0.01) as relay:
        started = office.start(*sending(relay))
        until(lambda: len(relay.accepted) >= 8, "connections send")
        started.send_signal(signal.SIGTERM)
        said = started.communicate()
        assert started.returncode == 130, said
        assert "finishing the letters in hand" in said[1]
        assert counts(office)[State.SENT] == len(relay.accepted) < 40
        assert counts(office)[State.IN_DOUBT] == counts(office)[State.OPEN] == 0
        office.run(*sending(relay))
        assert max(Counter(a.recipients[0] for a in relay.accepted).values()) == 1
        assert counts(office) == {State.SENT: 40}


def test_ctrl_c_waits_for_every_connection_that_has_a_letter_in_hand(office):
    with Relay(pipelining=True, delay=0.05) as relay, Terminal(office, *sending(relay)) as terminal:
        until(lambda: len(relay.accepted) >= CONNECTIONS, "connections send")
        terminal.type("\x03")
        terminal.expect("finishing the letters in hand")
        assert terminal.end() == 130
        assert counts(office)[State.SENT] == len(relay.accepted) < 40
        assert counts(office)[State.WAITING] == 40 - len(relay.accepted)


def test_ctrl_c_twice_is_a_kill_with_at_most_one_in_doubt_a_connection(office):
    hang = Fault("dot", "hang", times=CONNECTIONS)
    with Relay(hang, pipelining=True) as relay, Terminal(office, *sending(relay)) as terminal:
        until(lambda: relay.faults[hang] == CONNECTIONS, "every connection waits behind a dot")
        terminal.type("\x03")
        terminal.expect("finishing the letters in hand: the relay has 10 minutes to answer")
        terminal.expect(f"these {CONNECTIONS} letters are then in doubt")
        terminal.type("\x03")
        assert terminal.end() == -signal.SIGINT
        assert counts(office) == {State.IN_DOUBT: CONNECTIONS, State.WAITING: 40 - CONNECTIONS}
        assert office.in_doubt() == {a.recipients[0] for a in relay.accepted}
        office.run("resolve", *office.in_doubt(), "--sent")
        office.run(*sending(relay))
        assert max(Counter(a.recipients[0] for a in relay.accepted).values()) == 1
        assert counts(office) == {State.SENT: 40}
