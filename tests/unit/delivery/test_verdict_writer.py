"""A connection's verdicts are durable in time, whether a letter follows or not."""

import asyncio

import pytest

from letters.delivery.verdict_writer import VerdictWriter
from letters.errors import JournalError
from letters.journal.types import Settlement, State
from tests.sending import NOON, UNKNOWN
from tests.virtual_time import JumpingLoop


class Record:
    """Remembers what was written, and when; it cannot be written while it is `full`."""

    def __init__(self):
        self.written: list[tuple[int, float]] = []
        self.full = False

    async def advance(self, settlements, beginnings):
        del beginnings
        await asyncio.sleep(0)
        if self.full:
            raise JournalError("the disk is full", "")
        at = asyncio.get_running_loop().time()
        self.written += [(settlement.letter, at) for settlement in settlements]


def refused(letter):
    return Settlement(letter, NOON, State.REJECTED, UNKNOWN)


def working(work):
    record, failures = Record(), []
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(work(VerdictWriter(record, failures.append), record))
    return record, failures


def test_a_verdict_noted_while_another_waits_is_written_in_its_own_time():
    async def work(writer, _record):
        for letter in (1, 2):
            writer.add(refused(letter))
            if letter == 1:
                await writer.write()
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.25)

    record, failures = working(work)
    assert [letter for letter, _at in record.written] == [1, 2]
    assert record.written[1][1] - 0.1 <= 0.2, "P3: within 200 ms after it was noted"
    assert not failures


def test_verdicts_that_cannot_be_written_in_time_are_told_at_once_and_kept():
    async def work(writer, record):
        record.full = True
        for letter in range(100):
            writer.add(refused(letter))
        await asyncio.sleep(0.3)
        with pytest.raises(JournalError):
            await writer.write()
        record.full = False
        await writer.write()

    record, failures = working(work)
    assert [letter for letter, _at in record.written] == list(range(100))
    assert len(failures) == 1
