"""The verdicts of a connection are durable in time (P3), whether a letter follows or not."""

import asyncio

import pytest

from letters.delivery.verdict_writer import VerdictWriter
from letters.errors import JournalError
from letters.journal.types import Beginning, Settlement, State
from tests.sending import NOON, UNKNOWN
from tests.virtual_time import JumpingLoop

WITHIN = 0.2  # seconds: P3


class RecordingJournal:
    """Records what was written, and when; a step takes `pause` seconds, and fails while it is `full`."""

    def __init__(self):
        self.settled: dict[int, float] = {}
        self.begun: dict[int, float] = {}
        self.steps: list[int] = []
        self.full = False
        self.pause = 0.0

    async def advance(self, settlements, beginnings):
        self.steps.append(len(settlements))
        await asyncio.sleep(self.pause)
        if self.full:
            raise JournalError("the disk is full", "")
        at = asyncio.get_running_loop().time()
        self.settled |= {settlement.letter: at for settlement in settlements}
        self.begun |= {beginning.letter: at for beginning in beginnings}


def rejected(letter):
    return Settlement(letter, NOON, State.REJECTED, UNKNOWN)


def written(work):
    """Run `work` with a writer and its journal; returns the journal and the errors reported."""
    journal, errors = RecordingJournal(), []
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(work(VerdictWriter(journal, errors.append), journal))
    return journal, errors


def test_a_verdict_added_while_another_waits_is_written_in_its_own_time():
    async def work(writer, _journal):
        for letter in (1, 2):
            writer.add(rejected(letter))
            if letter == 1:
                await writer.write()
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.25)

    journal, errors = written(work)
    assert list(journal.settled) == [1, 2]
    assert journal.settled[2] - 0.1 <= WITHIN
    assert not errors


def test_verdicts_that_keep_coming_do_not_delay_the_oldest():
    added = {}

    async def work(writer, _journal):
        for letter in range(20):
            added[letter] = asyncio.get_running_loop().time()
            writer.add(rejected(letter))
            await asyncio.sleep(0.1)

    journal, _errors = written(work)
    assert all(journal.settled[letter] - added[letter] <= WITHIN for letter in range(18))


def test_many_verdicts_at_once_are_written_in_time_and_in_steps_of_a_bounded_size():
    async def work(writer, _journal):
        for letter in range(100):
            writer.add(rejected(letter))
        await asyncio.sleep(0.3)

    journal, _errors = written(work)
    assert list(journal.settled) == list(range(100))
    assert max(journal.settled.values()) <= WITHIN
    assert max(journal.steps) <= 32


def test_a_beginning_is_not_durable_before_the_verdict_that_is_being_written():
    async def work(writer, journal):
        journal.pause = 0.5
        writer.add(rejected(1))
        await asyncio.sleep(0.3)  # the late write has begun
        journal.pause = 0.0
        await writer.write(Beginning(2, NOON, NOON))

    journal, _errors = written(work)
    assert journal.settled[1] <= journal.begun[2]


def test_verdicts_that_cannot_be_written_in_time_are_reported_at_once_and_kept():
    async def work(writer, journal):
        journal.full = True
        for letter in range(100):
            writer.add(rejected(letter))
        await asyncio.sleep(0.3)
        with pytest.raises(JournalError):
            await writer.write()
        journal.full = False
        await writer.write()

    journal, errors = written(work)
    assert list(journal.settled) == list(range(100))
    assert len(errors) == 1
