"""What only the SQLite form does: groups of commits, shared blocks, checkpoints."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from letters.errors import JournalError
from letters.journal.open import open_journal
from letters.journal.sqlite.lock import Lock
from letters.journal.sqlite.queries import SCHEMA
from letters.journal.types import MAIL, Beginning, Entry, Settlement, State
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Outcome, Verdict

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
SENT = Verdict(Outcome.SENT)
PLATES = [Plate((b"Dear ", b",\r\n"), b"tail"), Plate((b"Cher ", b",\r\n"), b"tail")]


def entries(count):
    for row in range(2, count + 2):
        address = f"member{row}@parl.example"
        sealed = Message(
            envelope=Envelope("office@example.org", address),
            identity=address,
            name="",
            subject="Prevention",
            message_id=f"<{row}@example.org>",
            sha256=f"{row:064x}",
            head=b"X: 1\r\n",
            fillings=(b"Member",),
            plate=PLATES[row % 2],
        )
        yield Entry(row, "", "inputs", sealed)


async def sealed(path, count):
    journal = open_journal(str(path), campaign="t3st-river", create=True)
    await journal.start("run-1", relay="smtp://relay.example.org", at=NOON)
    await journal.enqueue(MAIL, entries(count), at=NOON)
    await journal.commit()
    return journal


def commits(path):
    mark = Lock(path).mark()
    assert mark is not None
    return mark.commits


def test_connections_that_begin_at_once_share_a_commit(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path, 40)
        claimed = await journal.claim(MAIL, 40, now=NOON)
        await asyncio.gather(
            *(journal.advance([], [Beginning(c.letter, NOON, NOON)]) for c in claimed)
        )
        found = await journal.tally(MAIL)
        await journal.aclose()
        return found

    assert asyncio.run(story())[State.OPEN] == 40
    assert commits(path) == 1


def test_a_commit_that_fails_is_told_to_every_connection_in_it(tmp_path):
    async def story():
        journal = await sealed(tmp_path / "journal.db", 3)
        letters = [claimed.letter for claimed in await journal.claim(MAIL, 3, now=NOON)]
        told = await asyncio.gather(
            *(journal.advance([], [Beginning(n, NOON, NOON)]) for n in (*letters, letters[0])),
            return_exceptions=True,
        )
        found = await journal.tally(MAIL)
        await journal.aclose()
        return told, found

    told, found = asyncio.run(story())

    assert [type(error) for error in told] == [JournalError] * 4
    assert (found[State.WAITING], found[State.OPEN]) == (3, 0)


def test_plates_and_tails_are_stored_once(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path, 600)
        await journal.aclose()

    asyncio.run(story())
    connection = sqlite3.connect(path)
    (blocks,) = connection.execute("select count(*) from blocks").fetchone()
    connection.close()

    assert blocks == 3


def test_blocks_of_a_batch_rolled_back_are_stored_again(tmp_path):
    async def story():
        journal = open_journal(str(tmp_path / "journal.db"), campaign="t3st-river", create=True)
        await journal.start("run-1", relay="smtp://relay.example.org", at=NOON)
        await journal.enqueue(MAIL, entries(2), at=NOON)
        await journal.rollback()
        await journal.enqueue(MAIL, entries(2), at=NOON)
        await journal.commit()
        claimed = await journal.claim(MAIL, 2, now=NOON)
        await journal.aclose()
        return {c.message.plate for c in claimed}

    assert asyncio.run(story()) == set(PLATES)


def test_the_file_alone_is_a_record_every_thirty_seconds_of_sending(tmp_path):
    path = tmp_path / "journal.db"
    wal = path.with_name("journal.db-wal")

    async def step(journal, seconds):
        (claimed,) = await journal.claim(MAIL, 1, now=NOON)
        at = NOON + timedelta(seconds=seconds)
        await journal.advance([], [Beginning(claimed.letter, at, at)])
        await journal.advance([Settlement(claimed.letter, at, State.SENT, SENT)], [])
        await journal.tally(MAIL)
        return wal.stat().st_size

    async def story():
        journal = await sealed(path, 3)
        sizes = [await step(journal, 0), await step(journal, 29), await step(journal, 31)]
        await journal.aclose()
        return sizes

    at_once, before, after = asyncio.run(story())

    assert before > at_once > 0
    assert after < before


def test_letters_are_made_on_the_callers_thread(tmp_path):
    threads = set()

    def noting():
        for entry in entries(600):
            threads.add(threading.get_ident())
            yield entry

    async def story():
        journal = open_journal(str(tmp_path / "journal.db"), campaign="t3st-river", create=True)
        staged = await journal.enqueue(MAIL, noting(), at=NOON)
        await journal.aclose()
        return staged.new

    assert asyncio.run(story()) == 600
    assert threads == {threading.get_ident()}


def test_a_journal_says_its_full_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    journal = open_journal("sqlite:journal.db", campaign="t3st-river", create=True)
    asyncio.run(journal.aclose())

    assert journal.location == str(tmp_path / "journal.db")


def test_another_program_that_writes_is_waited_for_then_named(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path, 1)
        await journal._run(journal._record._connection.execute, "pragma busy_timeout = 10")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        try:
            with pytest.raises(JournalError, match="another program holds the file"):
                await journal.enqueue(MAIL, entries(1), at=NOON)
        finally:
            other.close()
            await journal.aclose()

    asyncio.run(story())


def test_a_step_that_waits_for_company_is_durable_before_the_journal_is_let_go(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path, 4)
        claimed = await journal.claim(MAIL, 4, now=NOON)
        begun = [Beginning(c.letter, NOON, NOON) for c in claimed]
        await asyncio.gather(journal.advance([], begun[:1]), journal.advance([], begun[1:2]))
        late = asyncio.ensure_future(journal.advance([], begun[2:3]))
        await asyncio.sleep(0)
        await journal.finish(at=NOON)
        await late
        tally = await journal.tally(MAIL)
        await journal.aclose()
        return tally

    assert asyncio.run(story())[State.IN_DOUBT] == 3


def test_no_step_is_told_durable_while_a_batch_may_still_be_undone(tmp_path):
    async def story():
        journal = await sealed(tmp_path / "journal.db", 2)
        (first, _) = await journal.claim(MAIL, 2, now=NOON)
        await journal.enqueue(MAIL, entries(3), at=NOON)
        with pytest.raises(RuntimeError, match="staged"):
            await journal.advance([], [Beginning(first.letter, NOON, NOON)])
        await journal.rollback()
        tally = await journal.tally(MAIL)
        await journal.aclose()
        return tally

    assert asyncio.run(story())[State.WAITING] == 2


def test_an_address_offered_again_after_a_hundred_others_is_one_letter(tmp_path):
    async def story():
        journal = open_journal(str(tmp_path / "journal.db"), campaign="t3st-river", create=True)
        again = [*entries(150), *list(entries(3)), *list(entries(170))[150:]]
        staged = await journal.enqueue(MAIL, again, at=NOON)
        await journal.commit()
        found = [letter.address async for letter in journal.letters(MAIL)]
        await journal.aclose()
        return staged, found

    staged, found = asyncio.run(story())
    assert (staged.new, staged.to_send) == (170, 170)
    assert found == [f"member{row}@parl.example" for row in range(2, 172)]


def older_journal(path: Path) -> None:
    """A journal as version 2 of the schema had it, with one letter that was sent."""
    with closing(sqlite3.connect(path)) as connection:
        for number in ("1", "2"):
            connection.executescript(SCHEMA[number])
        connection.executescript(
            """
            pragma application_id = 1280594515; pragma user_version = 2;
            insert into runs (run, relay, started_at, ended_at) values ('r', 'smtp://a', 't', 't');
            insert into channels (channel, sealed_on, used_at, turn) values ('mail', '2014-01-09', 't', 1);
            insert into blocks values (1, 'x', x'0d0a');
            insert into letters (letter, channel, folded, identity, version, position, address, name,
                                 message_id, sha256, inputs, state)
            values (1, 'mail', 'rae@parl.example', 'rae@parl.example', '', 2, 'rae@parl.example', 'Rae',
                    '<a@example.org>', 'x', 'i', 'sent');
            insert into attempts (attempt, letter, run, begun_at, ended_at, outcome, concern, code,
                                  enhanced, said)
            values (1, 1, 'r', '2014-01-09T12:00:00.000000+00:00', '2014-01-09T12:00:01.000000+00:00',
                    'sent', 'recipient', 250, '', 'ok');
            update letters set attempt = 1, date = '2014-01-09T12:00:00.000000+00:00';
            """
        )


def test_a_journal_of_an_older_version_belongs_to_the_first_campaign_that_stages(tmp_path):
    path = tmp_path / "journal.db"
    older_journal(path)
    path.chmod(0o600)

    async def story():
        journal = open_journal(str(path), campaign="t3st-river", create=True)
        said, channels = journal.warnings, await journal.channels()
        found = [standing.state async for standing in journal.letters(MAIL)]
        await journal.start("run-1", relay="memory:", at=NOON)
        await journal.enqueue(MAIL, [], at=NOON)
        await journal.commit()
        await journal.aclose()
        other = open_journal(str(path), campaign="another", create=True)
        seen = [standing async for standing in other.letters(MAIL)]
        theirs = (other.warnings, other.is_new, other.other_campaigns)
        await other.aclose()
        return said, channels, found, seen, theirs

    said, channels, found, seen, theirs = asyncio.run(story())
    assert "did not record campaigns: its 1 letters are taken for those of t3st-river" in said[0]
    assert (channels, found) == ([MAIL], [State.SENT])
    assert (seen, theirs) == ([], ((), True, ("t3st-river",)))
