"""P9: every relay fault has one right answer, pipelined and not (`python -m tests.fault_matrix`)."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from letters.delivery.mailer import Mailer
from letters.delivery.policy import RunOptions
from letters.errors import LettersError
from letters.journal.types import MAIL, Entry, State
from letters.limits.memory import MemoryLimiter
from letters.verdict import Outcome
from tests.fault_matrix import CELLS, STRUCK, expected, faults_of, run, struck
from tests.journal_model import JournalModel

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
STANDS = {
    Outcome.SENT: State.SENT,
    Outcome.REJECTED: State.REJECTED,
    Outcome.DEFERRED: State.DEFERRED,
    Outcome.IN_DOUBT: State.IN_DOUBT,
}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_fault_has_its_one_right_answer_and_nobody_is_lost_or_written_to_twice(cell):
    assert [*faults_of(cell, run(cell))] == []


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_journal_knows_of_every_letter_what_the_relay_knows(cell):
    with struck(cell) as (relay, transport, letters):
        states = asyncio.run(sent_through_a_journal(transport, letters))
    taken = Counter(name for mail in relay.accepted for name in mail.recipients)

    assert all(count == 1 for count in taken.values())
    for letter in letters:
        state, accepted = states[letter.name], taken[letter.envelope.recipient]
        assert (state is State.SENT) <= (accepted == 1)
        assert (accepted == 1) <= (state in {State.SENT, State.IN_DOUBT})
    assert states[STRUCK] in allowed(cell)


def allowed(cell):
    """Where the struck letter may stand: as the table says, or waiting where nobody pays for it."""
    said = expected(cell.phase, cell.kind).said
    if isinstance(said, type):  # the run could not begin, or began again on another connection
        return {State.WAITING, State.SENT}
    outcome, concern = said
    if outcome in {Outcome.DEFERRED, Outcome.REJECTED} and concern.value in {"sender", "relay"}:
        return {State.WAITING, State.SENT}
    return {STANDS[outcome]}


async def sent_through_a_journal(transport, letters):
    journal = JournalModel()
    await journal.start("run", relay=transport.relay, at=NOON)
    entries = [Entry(row, one.name, one.name, one) for row, one in enumerate(letters, 2)]
    await journal.enqueue(MAIL, entries, at=NOON)
    await journal.commit()
    settings = RunOptions(
        MAIL,
        connections=1,
        retry=(timedelta(hours=1),),
        wait=timedelta(),
        reconnect=(0.0, 0.0, 0.0),
    )
    mailer = Mailer(journal, transport, MemoryLimiter(), settings)
    with suppress(LettersError):  # the run may stop; where its letters stand is what counts
        await mailer.run()
    await journal.finish(at=NOON)
    return {standing.name: standing.state async for standing in journal.letters(MAIL)}
