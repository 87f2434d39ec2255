"""Sending in virtual time: a scenario whose relay takes time for its replies, on a clock that jumps."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from letters.limits.memory import MemoryLimiter
from letters.limits.pace import read_limits
from letters.message.message import Message
from letters.transport.memory import MemoryConnection, MemoryTransport
from tests.journal_model import JournalModel
from tests.sending import NOON, Scenario
from tests.virtual_time import JumpingLoop

NAMES = tuple(f"m{number:02}" for number in range(40))
EVERY_LETTER = dict.fromkeys([name.title() for name in NAMES], 1)
TURN = 0.01


@dataclass
class TimedTransport(MemoryTransport):
    """A relay that takes `turn` seconds for each reply, and records what happened when."""

    turn: float = TURN
    closing_takes: float = 0.0
    opened_at: list[float] = field(default_factory=list)
    living: int = 0
    in_data: Counter = field(default_factory=Counter)
    at_once: int = 0
    offers: int = 0
    on_data: Callable[[Message], None] = lambda _message: None
    followed: list[tuple[str, str]] = field(default_factory=list)
    taken_at: list[float] = field(default_factory=list)

    async def open(self):
        self.opened_at.append(now())
        self.on_open()
        await asyncio.sleep(self.turn)
        self.opened += 1
        self.living += 1
        return TimedConnection(self)


class TimedConnection(MemoryConnection):
    async def offer(self, message):
        self.transport.offers += 1
        await asyncio.sleep(self.transport.turn)
        return await super().offer(message)

    async def hand_over(self, message, then=None):
        transport = self.transport
        transport.on_data(message)
        transport.followed += [(message.name, then.name)] if then else []
        transport.in_data[id(self)] += 1
        transport.at_once = max(transport.at_once, transport.in_data.total())
        assert transport.in_data[id(self)] == 1, "one letter in data on a connection"
        await asyncio.sleep(2 * transport.turn)
        transport.in_data[id(self)] -= 1
        transport.taken_at.append(now())
        return await super().hand_over(message, then)

    async def aclose(self):
        await asyncio.sleep(self.transport.closing_takes)
        self.transport.living -= 1
        await super().aclose()


def now():
    return asyncio.get_running_loop().time()


@dataclass
class TimedScenario(Scenario):
    """A scenario on the clock of the loop, which jumps from one event to the next."""

    transport: TimedTransport = field(default_factory=TimedTransport)
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


def timed(decide=None, *, on_open=None, journal=None):
    made = TimedScenario()
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


class Steps(JournalModel):
    """A journal that records how many verdicts and beginnings each step had."""

    def __init__(self, records):
        super().__init__(records)
        self.steps, self.pause = [], 0.0

    async def advance(self, settlements, beginnings):
        self.steps.append((len(settlements), len(beginnings)))
        await asyncio.sleep(self.pause)
        await super().advance(settlements, beginnings)


def once(stage, name, verdict):
    left = [name]
    return lambda at, m: verdict if (at, [m.name]) == (stage, left) and left.pop() else None
