"""Handing over in a process of its own: `python -m bench.handing WHAT PORT LIST CONNECTIONS`.

Prints as JSON letters, seconds, CPU microseconds a letter, the journal's share of them in per cent,
and the octets of a letter; sealing comes before and is not counted. `of all` is the journal's share
of all that the process did, from its start. uvloop where it is installed.
"""

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import batch
from letters.delivery.mailer import Mailer
from letters.delivery.policy import RunOptions
from letters.journal.open import open_journal
from letters.journal.types import MAIL, Entry
from letters.limits.open import open_limiter
from letters.limits.pace import Limits
from letters.message.message import Message
from letters.recipients.csv import RecipientsFile
from letters.transport.open import open_transport
from letters.verdict import Outcome

Measured = dict[str, float]


class Stopwatch:
    """Wall and CPU time since it was made, by this process and by one of its threads."""

    def __init__(self, thread: str = "") -> None:
        self._clocks = [
            time.pthread_getcpuclockid(t.ident)
            for t in threading.enumerate()
            if thread and t.ident and t.name.startswith(thread)
        ]
        self._start = self._now()

    def _now(self) -> tuple[float, float, float]:
        of_thread = sum(map(time.clock_gettime, self._clocks))
        return time.perf_counter(), time.process_time(), of_thread

    def stopped(self, letters: int, octets: int = 0) -> Measured:
        """What passed, for so many letters."""
        _, all_cpu, all_thread = now = self._now()
        wall, cpu, thread = (b - a for a, b in zip(self._start, now, strict=True))
        return {
            "letters": letters,
            "seconds": wall,
            "micros": cpu / letters * 1e6,
            "share": 100 * thread / cpu,
            "of all": 100 * all_thread / all_cpu,
            "octets": octets,
        }


async def deliver(port: int, people: Path, connections: int) -> Measured:
    """From a sealed journal, as `letters send` does once the person has said yes."""
    now = datetime.now(UTC)
    journal = open_journal(
        f"sqlite:{people.with_suffix('.db')}", campaign="t3st-river", create=True
    )
    transport = open_transport(_url(port))
    limiter = open_limiter("bench", Limits(), state=people.parent / "state")
    try:
        await journal.start("0" * 16, relay=transport.relay, at=now)
        staged = await journal.enqueue(MAIL, _entries(people), at=now)
        await journal.commit()
        _ready()
        watch = Stopwatch("journal")
        mailer = Mailer(journal, transport, limiter, RunOptions(MAIL, connections=connections))
        await mailer.run()
        found = watch.stopped(staged.new)
        await journal.finish(at=datetime.now(UTC))
        tally = {state.value: count for state, count in (await journal.tally(MAIL)).items()}
        _require(tally["sent"] == staged.new, f"left behind: {tally}")
    finally:
        await journal.aclose()
        await limiter.aclose()
    return found


async def wire(port: int, people: Path, connections: int) -> Measured:
    """The wire alone: sealed messages in memory, no journal."""
    messages = list(_messages(people))
    transport = open_transport(_url(port))
    opened = [await transport.open() for _ in range(connections)]
    waiting = iter(messages)
    _ready()
    watch = Stopwatch()

    async def work(connection: Any) -> None:
        message = next(waiting, None)
        while message is not None:
            _require(await connection.offer(message) is None, "a letter was refused")
            following = next(waiting, None)
            verdict = await connection.hand_over(message, following)
            _require(verdict.outcome is Outcome.SENT, verdict.said)
            message = following

    await asyncio.gather(*map(work, opened))
    found = watch.stopped(len(messages), sum(m.size for m in messages) // len(messages))
    for connection in opened:
        await connection.aclose()
    return found


async def aiosmtplib(port: int, people: Path, connections: int) -> Measured:
    """The same messages by aiosmtplib's own `sendmail`."""
    import aiosmtplib

    messages = list(_messages(people))
    opened = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        for _ in range(connections)
    ]
    for smtp in opened:
        await smtp.connect()
    waiting = iter(messages)
    _ready()
    watch = Stopwatch()

    async def work(smtp: aiosmtplib.SMTP) -> None:
        for message in waiting:
            envelope = message.envelope
            await smtp.sendmail(envelope.sender, [envelope.recipient], message.content)

    await asyncio.gather(*map(work, opened))
    found = watch.stopped(len(messages))
    for smtp in opened:
        await smtp.quit()
    return found


def _url(port: int) -> str:
    return f"smtp+plain://127.0.0.1:{port}"


def _ready() -> None:
    gc.collect()
    gc.freeze()


def _require(holds: bool, said: str) -> None:
    if not holds:
        sys.exit(said)


def _entries(people: Path) -> Iterator[Entry]:
    rows = RecipientsFile(people, languages=("en", "fr"))
    for proofed in batch.proof(batch.campaign(), rows):
        recipient = proofed.recipient
        yield Entry(recipient.row, recipient.name, proofed.inputs, proofed.message)


def _messages(people: Path) -> Iterator[Message]:
    now = datetime.now(UTC)
    for entry in _entries(people):
        if entry.message is not None:
            yield entry.message.dated(now)


WAYS: dict[str, Callable[[int, Path, int], Coroutine[Any, Any, Measured]]] = {
    "deliver": deliver,
    "wire": wire,
    "aiosmtplib": aiosmtplib,
}


def main(what: str, port: str, people: str, connections: str) -> None:
    """Measure one way and print it."""
    try:
        import uvloop

        factory: Callable[[], asyncio.AbstractEventLoop] | None = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        print(json.dumps(runner.run(WAYS[what](int(port), Path(people), int(connections)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
