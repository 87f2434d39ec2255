"""A connection's verdicts are durable in time, whether a letter follows or not."""

import asyncio

import pytest

from letters.delivery.connection_worker import Clerk
from letters.errors import JournalError
from letters.journal.types import Settlement, State
from letters.transport.memory import MemoryTransport
from tests.sending import NOON, UNKNOWN


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
    clerk = Clerk(record, MemoryTransport(), reopen=(), failed=failures.append)
    asyncio.run(work(clerk, record))
    return record, failures


def test_a_verdict_noted_while_another_waits_is_written_in_its_own_time():
    async def work(clerk, _record):
        for letter in (1, 2):
            clerk.note(refused(letter))
            if letter == 1:
                await clerk.write()
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.25)

    record, failures = working(work)
    assert [letter for letter, _at in record.written] == [1, 2]
    assert not failures


def test_verdicts_that_cannot_be_written_in_time_are_told_at_once_and_kept():
    async def work(clerk, record):
        record.full = True
        for letter in range(100):
            clerk.note(refused(letter))
        await asyncio.sleep(0.3)
        with pytest.raises(JournalError):
            await clerk.write()
        record.full = False
        await clerk.write()

    record, failures = working(work)
    assert [letter for letter, _at in record.written] == list(range(100))
    assert len(failures) == 1
