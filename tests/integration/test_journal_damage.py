"""A torn, copied, replaced, locked or full journal: refused or held in doubt, never sent from again."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letters.errors import ConfigurationError, JournalError
from letters.journal.interface import Journal
from letters.journal.open import open_journal
from letters.journal.sqlite.lock import Lock
from letters.journal.types import MAIL, Beginning, Entry, Settlement, State
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Outcome, Verdict

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
RELAY = "smtp://relay.example.org:587"
SENT = Verdict(Outcome.SENT, said="2.0.0 queued", code=250)
ROOT = Path(__file__).parents[2]


def entries(count: int) -> list[Entry]:
    plate = Plate((b"\r\nDear ", b",\r\n"))
    return [
        Entry(
            row,
            f"Member {row}",
            "inputs",
            Message(
                envelope=Envelope("office@example.org", f"member{row}@parl.example"),
                identity=f"member{row}@parl.example",
                name="",
                subject="Prevention",
                message_id=f"<{row}@example.org>",
                sha256=f"{row:064x}",
                head=b"X: %d\r\n" % row * 40,
                fillings=(b"Member",),
                plate=plate,
            ),
        )
        for row in range(2, count + 2)
    ]


async def sealed(path: Path, count: int = 40, run: str = "run-1") -> Journal:
    journal = open_journal(str(path), campaign="t3st-river", create=True)
    await journal.start(run, relay=RELAY, at=NOON)
    await journal.enqueue(MAIL, entries(count), at=NOON)
    await journal.commit()
    return journal


async def send(journal: Journal, count: int) -> None:
    for claimed in await journal.claim(MAIL, count, now=NOON):
        await journal.advance([], [Beginning(claimed.letter, NOON, NOON)])
        await journal.advance([Settlement(claimed.letter, NOON, State.SENT, SENT)], [])


async def tally(path: Path) -> dict[State, int]:
    journal = open_journal(str(path), campaign="t3st-river", create=False)
    try:
        return {state: n for state, n in (await journal.tally(MAIL)).items() if n}
    finally:
        await journal.aclose()


def say(line: str) -> None:
    """Tell the test, from the process that it watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def begun_and_left(path: Path) -> None:
    """Ten letters sent, the eleventh begun, and then no more: run this in a process to be killed."""
    journal = await sealed(path)
    await send(journal, 10)
    (eleventh,) = await journal.claim(MAIL, 1, now=NOON)
    await journal.advance([], [Beginning(eleventh.letter, NOON, NOON)])
    say("begun")
    await asyncio.sleep(60)


def child(path: Path, what: str) -> subprocess.Popen[str]:
    """This file's function `what` on the journal, in a process of its own."""
    code = f"import asyncio, test_journal_damage as t; asyncio.run(t.{what}(t.Path({str(path)!r})))"
    paths = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.fixture
def killed(tmp_path):
    """The journal of a sender killed by SIGKILL after ten letters sent and one begun."""
    path = tmp_path / "journal.db"
    with child(path, "begun_and_left") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGKILL)
    return path


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def test_a_killed_sender_needs_no_person_and_leaves_one_letter_in_doubt(killed):
    assert beside(killed, ".lock").exists()

    async def story():
        journal = open_journal(str(killed), campaign="t3st-river", create=True)
        await journal.start("run-2", relay=RELAY, at=NOON)
        staged = await journal.enqueue(MAIL, entries(40), at=NOON)
        await journal.commit()
        await journal.aclose()
        return staged

    staged = asyncio.run(story())

    assert (staged.sent, staged.in_doubt, staged.to_send) == (10, 1, 29)


def test_looking_after_a_kill_shows_the_doubt_and_spoils_nothing(killed):
    expected = {State.SENT: 10, State.IN_DOUBT: 1, State.WAITING: 29}

    assert asyncio.run(tally(killed)) == expected
    assert asyncio.run(tally(killed)) == expected
    assert open_and_close(killed) is None


def test_another_program_may_look_after_a_kill(killed):
    with sqlite3.connect(killed) as connection:
        found = connection.execute("select count(*) from letters where state = 'sent'").fetchone()
    connection.close()

    assert found == (10,)
    assert open_and_close(killed) is None


def test_a_lock_file_deleted_after_a_kill_stops_nobody(killed):
    beside(killed, ".lock").unlink()

    assert asyncio.run(tally(killed)) == asyncio.run(tally(killed))
    assert open_and_close(killed) is None


def open_and_close(path: Path, **how) -> None:
    journal = open_journal(str(path), **({"campaign": "t3st-river", "create": True} | how))
    asyncio.run(journal.aclose())


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("kept", [(".lock",), ()])
def test_a_journal_copied_without_its_wal_is_refused(killed, tmp_path, create, kept):
    elsewhere = tmp_path / "copy" / "journal.db"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(killed.read_bytes())
    for suffix in kept:
        beside(elsewhere, suffix).write_bytes(beside(killed, suffix).read_bytes())

    with pytest.raises(JournalError, match="incomplete") as refused:
        open_and_close(elsewhere, create=create)

    assert str(elsewhere) in refused.value.message
    assert "journal.db-wal" in refused.value.hint


def test_a_journal_copied_with_its_wal_is_as_good_as_the_first(killed, tmp_path):
    elsewhere = tmp_path / "copy" / "journal.db"
    elsewhere.parent.mkdir()
    for suffix in ("", "-wal", ".lock"):
        beside(elsewhere, suffix).write_bytes(beside(killed, suffix).read_bytes())

    assert asyncio.run(tally(elsewhere))[State.SENT] == 10


def test_a_journal_at_rest_is_one_file(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path)
        await send(journal, 10)
        await journal.finish(at=NOON)
        copy = tmp_path / "alone.db"
        copy.write_bytes(path.read_bytes())
        await journal.aclose()
        return await tally(copy)

    assert asyncio.run(story()) == {State.SENT: 10, State.WAITING: 30}


def test_the_batch_is_in_the_file_itself_before_anything_leaves(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path)
        size = beside(path, "-wal").stat().st_size
        await journal.aclose()
        return size

    assert asyncio.run(story()) == 0


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_wal_cut_short_is_refused(killed, part):
    wal = beside(killed, "-wal")
    wal.write_bytes(wal.read_bytes()[: int(wal.stat().st_size * part)])

    with pytest.raises(JournalError, match="incomplete"):
        open_and_close(killed)


def test_an_older_copy_put_back_is_refused(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path)
        await send(journal, 5)
        await journal.finish(at=NOON)
        old = path.read_bytes()
        await journal.start("run-2", relay=RELAY, at=NOON)
        await send(journal, 5)
        await journal.aclose()
        path.write_bytes(old)

    asyncio.run(story())

    with pytest.raises(JournalError, match="incomplete"):
        open_and_close(path)


@pytest.mark.parametrize("size", [1, 50, 100, 512, 4096, 4097, 20_000, 0.5, 0.99])
def test_a_file_cut_short_is_refused_with_its_full_path(tmp_path, size):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path)
        await send(journal, 10)
        await journal.finish(at=NOON)
        await journal.aclose()

    asyncio.run(story())
    whole = path.read_bytes()
    path.write_bytes(whole[: size if isinstance(size, int) else int(len(whole) * size)])

    with pytest.raises(JournalError) as refused:
        open_and_close(path)

    assert str(path) in refused.value.message
    assert refused.value.hint


def test_an_emptied_file_beside_traces_of_sending_is_refused(killed):
    for suffix in ("-wal", "-shm"):
        beside(killed, suffix).unlink()
    killed.write_bytes(b"")

    with pytest.raises(JournalError, match="letters have been sent from here") as refused:
        open_and_close(killed)

    assert str(beside(killed, ".lock")) in refused.value.hint
    assert killed.stat().st_size == 0


def test_a_missing_file_beside_traces_of_sending_is_refused_and_not_made(killed):
    for suffix in ("", "-wal", "-shm"):
        beside(killed, suffix).unlink()

    with pytest.raises(JournalError, match="letters have been sent from here"):
        open_and_close(killed)

    assert not killed.exists()


def test_a_missing_journal_beside_an_outbox_with_letters_is_refused(tmp_path):
    outbox = tmp_path / "outbox"
    (outbox / "new").mkdir(parents=True)
    open_and_close(tmp_path / "first.db", traces=[outbox])
    (outbox / "new" / "1.eml").write_bytes(b"letter")

    with pytest.raises(JournalError, match="outbox") as refused:
        open_and_close(tmp_path / "second.db", traces=[outbox])

    assert refused.value.exit_code == 74


def test_a_sender_that_sent_nothing_leaves_no_trace_that_stops_the_next(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        journal = open_journal(str(path), campaign="t3st-river", create=True)
        await journal.start("run-1", relay=RELAY, at=NOON)
        await journal.aclose()

    asyncio.run(story())

    assert open_and_close(path) is None


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("pragma application_id = 7", "another program's"),
        ("pragma user_version = 99", "version 99"),
    ],
)
def test_another_programs_database_and_a_newer_version_are_refused(tmp_path, statement, words):
    path = tmp_path / "journal.db"
    open_and_close(path)
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()

    with pytest.raises(JournalError, match=words):
        open_and_close(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "recipients.csv"
    text = "email,name\nrae@parl.example,Rae\n" * 40
    path.write_text(text)

    with pytest.raises(JournalError, match="not a journal"):
        open_and_close(path)

    assert path.read_text() == text


def test_a_missing_journal_is_said_where_none_is_made(tmp_path):
    path = tmp_path / "journal.db"

    with pytest.raises(JournalError, match="there is no journal at") as refused:
        open_and_close(path, create=False)

    assert str(path) in refused.value.message
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(JournalError, match="nowhere"):
        open_and_close(tmp_path / "nowhere" / "journal.db")


@pytest.mark.parametrize("url", ["postgresql://me:secret@host/db", "redis:x", "sqlite:"])
def test_another_kind_of_journal_is_a_wrong_option_and_shows_no_password(url):
    with pytest.raises(ConfigurationError) as refused:
        open_journal(url, campaign="t3st-river", create=True)

    assert refused.value.hint == "use sqlite:FILE"
    assert "secret" not in refused.value.message


# One sender


async def hold(path: Path) -> None:
    journal = open_journal(str(path), campaign="t3st-river", create=True)
    await journal.start("run-1", relay=RELAY, at=NOON)
    say("held")
    await asyncio.sleep(60)


def test_two_processes_cannot_send_at_once_and_a_kill_lets_the_next_in(tmp_path):
    path = tmp_path / "journal.db"

    async def start() -> None:
        journal = open_journal(str(path), campaign="t3st-river", create=True)
        try:
            await journal.start("run-2", relay=RELAY, at=NOON)
        finally:
            await journal.aclose()

    with child(path, "hold") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        mark = Lock(path).mark()
        with pytest.raises(JournalError, match="another `letters send`"):
            asyncio.run(start())
        process.send_signal(signal.SIGKILL)

    assert mark is not None
    assert mark.run == "run-1"
    assert asyncio.run(start()) is None
    assert "run-2" in beside(path, ".lock").read_text()


@pytest.mark.parametrize("suffix", ["", ".lock"])
def test_a_sender_whose_journal_or_lock_was_replaced_begins_no_letter(tmp_path, suffix):
    path = tmp_path / "journal.db"

    async def story():
        journal = await sealed(path)
        (claimed,) = await journal.claim(MAIL, 1, now=NOON)
        beside(path, suffix).rename(tmp_path / "moved away")
        beside(path, suffix).write_bytes(b"")
        with pytest.raises(JournalError, match="moved or replaced"):
            await journal.advance([], [Beginning(claimed.letter, NOON, NOON)])
        found = await journal.tally(MAIL)
        await journal.aclose()
        return found[State.WAITING]

    assert asyncio.run(story()) == 40


def test_a_reader_is_no_obstacle_to_the_sender(tmp_path):
    path = tmp_path / "journal.db"

    async def story():
        sender = await sealed(path)
        reader = open_journal(str(path), campaign="t3st-river", create=False)
        listing = reader.letters(MAIL)
        await anext(listing)
        await send(sender, 5)
        await sender.finish(at=NOON)
        await listing.aclose()
        size = beside(path, "-wal").stat().st_size
        await sender.aclose()
        await reader.aclose()
        return size

    assert asyncio.run(story()) == 0


# The disk


async def fill_the_disk(path: Path) -> None:
    """Send until the file system takes no more; say how many commits were acknowledged."""
    import resource

    journal = await sealed(path, count=400)
    limit = beside(path, "-wal").stat().st_size + 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    settled, error = 0, None
    for claimed in await journal.claim(MAIL, 400, now=NOON):
        try:
            await journal.advance([], [Beginning(claimed.letter, NOON, NOON)])
            await journal.advance([Settlement(claimed.letter, NOON, State.SENT, SENT)], [])
        except JournalError as stopped:
            error = stopped
            break
        settled += 1
    say(str(settled))
    say(f"{error} / {error.hint}" if error else "")
    os._exit(0)


def test_a_full_disk_stops_in_words_and_nothing_is_half_recorded(tmp_path):
    path = tmp_path / "journal.db"

    with child(path, "fill_the_disk") as process:
        assert process.stdout is not None
        settled, said = process.stdout.read().splitlines()

    found = asyncio.run(tally(path))
    assert 0 < int(settled) < 400
    assert found[State.SENT] == int(settled)
    assert found.get(State.IN_DOUBT, 0) <= 1
    assert sum(found.values()) == 400
    assert str(path) in said
    assert "nothing was half recorded" in said


@pytest.fixture
def powerless():
    """A folder of somebody else's: root puts its power off for the test, as far as files go."""
    if os.geteuid() != 0 or not hasattr(os, "seteuid"):
        pytest.skip("needs root, to look at a folder as somebody who may not write in it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_and_close(folder / "there.db")
        folder.chmod(0o555)
        os.seteuid(65534)
        yield folder
        os.seteuid(0)


@contextmanager
def as_root():
    """What somebody else does in the folder meanwhile."""
    os.seteuid(0)
    try:
        yield
    finally:
        os.seteuid(65534)


@pytest.mark.parametrize("name", ["missing.db", "there.db"])
@pytest.mark.parametrize("create", [True, False])
def test_a_read_only_folder_is_said_with_a_way_to_mend_it(powerless, name, create):
    path = powerless / name

    with pytest.raises(JournalError) as refused:
        open_and_close(path, create=create)

    assert str(path) in refused.value.message
    assert refused.value.hint


def test_a_read_only_file_is_said_with_a_way_to_mend_it(powerless):
    os.seteuid(0)
    powerless.chmod(0o777)
    os.seteuid(65534)

    with pytest.raises(JournalError, match="read-only") as refused:
        open_and_close(powerless / "there.db")

    assert "right to write" in refused.value.hint


def put(killed: Path, folder: Path, *suffixes: str) -> Path:
    """A copy of a journal in the folder, with these files beside it."""
    with as_root():
        for suffix in ("", *suffixes):
            copy = folder / f"archived.db{suffix}"
            copy.write_bytes(beside(killed, suffix).read_bytes())
            copy.chmod(0o644)
    return folder / "archived.db"


async def looked(path: Path) -> tuple[dict[State, int], int, int]:
    """What the looking verbs ask: how letters stand, how many have bytes, how much is damaged."""
    journal = open_journal(str(path), campaign="t3st-river", create=False, looking=True)
    try:
        tally = {state: n for state, n in (await journal.tally(MAIL)).items() if n}
        whole = [s async for s in journal.sealed(MAIL) if s.message]
        assert await journal.history(MAIL, "member2@parl.example")
        return tally, len(whole), len([damage async for damage in journal.verify()])
    finally:
        await journal.aclose()


def test_a_journal_in_a_read_only_folder_is_looked_at_and_left_as_it_is(killed, powerless):
    with as_root(), closing(sqlite3.connect(killed)) as another:
        another.execute("pragma wal_checkpoint(truncate)")
    path = put(killed, powerless, ".lock")
    before = sorted(powerless.iterdir()), path.read_bytes()

    tally, whole, damages = asyncio.run(looked(path))

    assert tally == {State.SENT: 10, State.IN_DOUBT: 1, State.WAITING: 29}
    assert whole == 40
    assert damages == 40  # their SHA-256 is invented
    assert (sorted(powerless.iterdir()), path.read_bytes()) == before


def test_a_read_only_journal_is_only_looked_at(powerless):
    for how in ({"create": False}, {"create": True}):
        with pytest.raises(JournalError, match=r"read-only|cannot be opened"):
            open_and_close(powerless / "there.db", **how)


def test_a_read_only_journal_with_a_wal_is_not_read_without_it(killed, powerless):
    path = put(killed, powerless, "-wal")  # no lock file's mark would tell what is missing

    with pytest.raises(JournalError) as refused:
        asyncio.run(looked(path))

    assert str(path) in refused.value.message


def test_a_read_only_journal_without_the_wal_it_had_is_refused(killed, powerless):
    with pytest.raises(JournalError, match="incomplete"):
        asyncio.run(looked(put(killed, powerless, ".lock")))


def test_a_read_only_journal_that_somebody_sends_from_is_not_read_as_if_at_rest(powerless):
    with as_root():
        lock = Lock(powerless / "there.db")
        lock.acquire("run-2")
    try:
        with pytest.raises(JournalError, match=r"read-only|cannot be opened"):
            asyncio.run(looked(powerless / "there.db"))
    finally:
        with as_root():
            lock.release()
