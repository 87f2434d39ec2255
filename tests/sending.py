"""A scenario for tests of sending: letters, a relay and a journal in memory, and a clock set by hand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from letters.delivery.mailer import Mailer
from letters.delivery.policy import RunOptions
from letters.journal.types import MAIL, Entry, State
from letters.limits.memory import MemoryLimiter
from letters.message.message import Envelope, Message, Plate
from letters.transport.memory import MemoryTransport
from letters.verdict import Stage, Verdict, read_reply
from tests.journal_model import JournalModel, Records

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLATE = Plate((b"Subject: Prevention\r\n\r\nDear ", b",\r\n"))

GREYLISTED = read_reply(Stage.RCPT, 450, "4.2.0 greylisted")
UNKNOWN = read_reply(Stage.RCPT, 550, "5.1.1 no such person")
FROM_REFUSED = read_reply(Stage.MAIL, 550, "5.7.1 not this sender")
QUOTA = read_reply(Stage.DOT, 550, "5.4.5 daily limit")
CLOSING = read_reply(Stage.RCPT, 421, "4.3.2 closing")
LOST_BEFORE = read_reply(Stage.RCPT, 0, "the connection was lost")
LOST_AFTER = read_reply(Stage.DOT, 0, "the connection was lost")


def message(name: str, domain: str = "parl.example") -> Message:
    head = f"Message-ID: <{name}@example.org>\r\n".encode()
    sealed = Message(
        envelope=Envelope("office@example.org", f"{name}@{domain}"),
        identity=f"{name}@{domain}",
        name=name.title(),
        subject="Prevention",
        message_id=f"<{name}@example.org>",
        sha256="",
        head=head,
        fillings=(name.encode(),),
        plate=PLATE,
    )
    return replace(sealed, sha256=sha256(sealed.undated).hexdigest())


@dataclass
class Scenario:
    """One journal, one relay and one clock; `run` adds letters of these names and sends all that wait."""

    transport: MemoryTransport = field(default_factory=MemoryTransport)
    journal: JournalModel | None = None
    records: Records = field(default_factory=Records)
    now: datetime = NOON
    mailer: Mailer | None = None
    settled: list[tuple[str, str]] = field(default_factory=list)
    domains: dict[str, str] = field(default_factory=dict)

    def clock(self) -> datetime:
        return self.now

    def advance_to(self, due: datetime, _why: str) -> None:
        self.now = max(self.now, due)

    async def opened(self, *names: str) -> JournalModel:
        if self.journal is None:
            self.journal = JournalModel(self.records)
            await self.journal.start("run-1", relay="memory:", at=self.now)
        entries = [
            Entry(row, name.title(), f"inputs of {name}", self.message(name))
            for row, name in enumerate(names, start=2)
        ]
        await self.journal.enqueue(MAIL, entries, at=self.now)
        await self.journal.commit()
        return self.journal

    async def run_async(self, *names: str, **how) -> "Scenario":
        journal = await self.opened(*names)
        settings = RunOptions(
            MAIL,
            retry=how.pop("retry", (5 * MINUTE,)),
            wait=how.pop("wait", timedelta()),
            connections=how.pop("connections", 1),
            reconnect=how.pop("reconnect", (0.0, 0.0, 0.0)),
            only=how.pop("only", None),
        )
        self.mailer = Mailer(
            how.pop("journal", journal),
            self.transport,
            how.pop("limiter", MemoryLimiter()),
            settings,
            on_settled=lambda c, s: self.settled.append((c.message.name, s.state)),
            on_waiting=how.pop("on_waiting", self.advance_to),
            now=self.clock,
            chance=lambda: 0.0,
        )
        await self.mailer.run()
        return self

    def message(self, name: str) -> Message:
        return message(name, self.domains.get(name, "parl.example"))

    def run(self, *names: str, **how) -> "Scenario":
        return asyncio.run(self.run_async(*names, **how))

    @property
    def taken(self) -> list[str]:
        return [message.name for message, _ in self.transport.accepted]

    @property
    def states(self) -> dict[str, State]:
        return {
            record.message.name: self.records.state(record)
            for record in self.records.of(f"t3st-river {MAIL}")
        }

    def attempts(self, name: str) -> int:
        record = next(c for c in self.records.of(f"t3st-river {MAIL}") if c.message.name == name)
        return sum(attempt.counted for attempt in record.attempts)


def refusing(verdict: Verdict, *names: str, at: Stage = Stage.RCPT, times: int = 1 << 30):
    """A relay that answers `verdict` to the letters of these names, or to all, so many times."""
    left = [times]

    def decide(stage: Stage, message: Message) -> Verdict | None:
        if stage is at and (not names or message.name in names) and left[0] > 0:
            left[0] -= 1
            return verdict
        return None

    return decide


def scenario(decide: Callable[[Stage, Message], Verdict | None] | None = None, **how) -> Scenario:
    transport = MemoryTransport(**how)
    if decide:
        transport.decide = decide
    return Scenario(transport)
