"""`letters journal` and the receipts of `letters status`, as a person runs them."""

import asyncio
import csv
import io
import json
import mailbox
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from letters.cli.app import run
from letters.journal.open import open_journal
from letters.journal.types import MAIL, Beginning, Entry, Settlement, State
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Concern, Outcome, Verdict
from tests.mail import write_campaign

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
RELAY = "smtp://relay.example.org:587"
PLATE = Plate((b"Subject: Prevention\r\n\r\nDear ", b",\r\n>From here on\r\nyours\r\n"))
SENT = Verdict(Outcome.SENT, said="Ok: queued as 4F1A2B3C4D", code=250, enhanced="2.0.0")
NOT_NOW = Verdict(Outcome.DEFERRED, said="greylisted\x1b[2J", code=451, enhanced="4.2.0")
BUSY = Verdict(Outcome.DEFERRED, Concern.RELAY, "too busy", 421, "4.3.2")
NEVER = Verdict(Outcome.REJECTED, said="no such person", code=550, enhanced="5.1.1")
LOST = Verdict(Outcome.IN_DOUBT, Concern.RELAY, "connection lost")
WITHOUT_DATE = re.compile(rb"^Date: [^\r\n]*\r?\n")


def entry(row: int, name: str, plate: Plate = PLATE) -> Entry:
    who = re.sub(r"\W", "", name).lower()
    sealed = Message(
        envelope=Envelope("office@example.org", f"{who}@parl.example"),
        identity=f"{who}@parl.example",
        name=name,
        subject="Prevention",
        message_id=f"<{who}@example.org>",
        sha256="",
        head=f"Message-ID: <{who}@example.org>\r\n".encode(),
        fillings=(name.encode(),),
        plate=plate,
    )
    digest = sha256(sealed.undated).hexdigest()
    return Entry(row, name, "inputs", replace(sealed, sha256=digest))


LIST = [
    entry(2, "Rae"), entry(3, "Abbott"), entry(4, "Cotler"), entry(5, "Dewar"), entry(6, "=Evil()"),
    Entry(7, "No Address", "", None),
]  # fmt: skip


async def told(path: Path) -> None:
    """One letter sent on the third try, one rejected, one in doubt, one sent, one waiting."""
    journal = open_journal(str(path), campaign="t3st-river", create=True)
    await journal.start("run-1", relay=RELAY, at=NOON)
    await journal.enqueue(MAIL, LIST, at=NOON)
    await journal.commit()

    async def hand_over(verdict: Verdict, state: State, at: datetime, begins: bool = True) -> None:
        (claimed,) = await journal.claim(MAIL, 1, now=at)
        if begins:
            await journal.advance([], [Beginning(claimed.letter, at, at)])
        due = at if state is State.DEFERRED else None
        await journal.advance([Settlement(claimed.letter, at, state, verdict, due)], [])

    await hand_over(BUSY, State.WAITING, NOON, begins=False)
    await hand_over(NOT_NOW, State.DEFERRED, NOON)
    await hand_over(SENT, State.SENT, NOON + timedelta(minutes=5))
    await hand_over(NEVER, State.REJECTED, NOON, begins=False)
    await hand_over(LOST, State.IN_DOUBT, NOON)
    (dewar, _) = await journal.claim(MAIL, 2, now=NOON)
    await journal.release([dewar.letter + 1])
    await journal.advance([], [Beginning(dewar.letter, NOON, NOON)])
    await journal.advance([Settlement(dewar.letter, NOON, State.SENT, SENT)], [])
    await journal.finish(at=NOON)
    await journal.aclose()


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A campaign folder with five letters in its journal."""
    folder = write_campaign(tmp_path / "river")
    asyncio.run(told(folder / "journal.db"))
    monkeypatch.chdir(folder)
    return folder


def said(capsys, *arguments: str, code: int = 0) -> tuple[str, str]:
    assert run(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize("verb", ["show", "export", "prune", "check"])
def test_every_verb_has_help_with_an_example(capsys, verb):
    out, _ = said(capsys, "journal", verb, "--help")

    assert "Example" in out
    assert f"letters journal {verb}" in out


# show


@pytest.mark.usefixtures("office")
def test_show_prints_every_attempt_with_the_relays_reply(capsys):
    out, _ = said(capsys, "journal", "show", "Rae@parl.example")

    assert "Rae <rae@parl.example>: sent" in out
    for words in (
        "<rae@example.org>",
        str(LIST[0].message.sha256),
        "attempt 1",
        "refused before its data",
        "deferred 421 4.3.2 (about the relay); counts as no try",
        "attempt 2",
        "deferred 451 4.2.0 (about the recipient)",
        "greylisted\\x1b[2J",
        "attempt 3",
        "sent 250 2.0.0",
        "Ok: queued as 4F1A2B3C4D",
        "queue id 4F1A2B3C4D",
        f"{RELAY}, run run-1",
    ):
        assert words in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("office")
def test_show_for_scripts_has_every_field(capsys):
    out, _ = said(capsys, "journal", "show", "rae@parl.example", "--format", "json")

    letter = json.loads(out)
    last = letter.pop("attempts")[-1]
    assert letter == {
        "id": "rae@parl.example",
        "address": "rae@parl.example",
        "name": "Rae",
        "state": "sent",
        "message_id": "<rae@example.org>",
        "sha256": LIST[0].message.sha256,
        "date": "2014-01-09T12:00:00+00:00",
        "due_at": None,
        "pruned_at": None,
    }
    assert last == {
        "run": "run-1",
        "relay": RELAY,
        "begun_at": "2014-01-09T12:05:00+00:00",
        "ended_at": "2014-01-09T12:05:00+00:00",
        "counted": True,
        "outcome": "sent",
        "concern": "recipient",
        "code": 250,
        "enhanced": "2.0.0",
        "reply": "Ok: queued as 4F1A2B3C4D",
        "queue_id": "4F1A2B3C4D",
        "resolved": None,
        "resolved_at": None,
    }


@pytest.mark.usefixtures("office")
def test_show_says_who_was_never_tried_and_who_is_in_doubt(capsys):
    never, _ = said(capsys, "journal", "show", "evil@parl.example")
    doubt, _ = said(capsys, "journal", "show", "cotler@parl.example")

    assert "none yet" in never
    assert "never tried" in never
    assert "no answer" in doubt
    assert "in doubt" in doubt


@pytest.mark.usefixtures("office")
def test_show_says_that_a_person_resolved_a_doubt(capsys):
    said(capsys, "resolve", "cotler@parl.example", "--sent")

    out, _ = said(capsys, "journal", "show", "cotler@parl.example")

    assert "resolved by a person" in out


@pytest.mark.usefixtures("office")
def test_show_of_an_unknown_address_ends_with_65(capsys):
    _, err = said(capsys, "journal", "show", "nobody@parl.example", code=65)

    assert "no letter goes to nobody@parl.example" in err


# export


def test_the_mbox_holds_what_was_sent_and_other_programs_read_it(office, capsys):
    out, _ = said(capsys, "journal", "export", "--out", "sent.mbox")

    assert "2 letters in sent.mbox" in out
    box = mailbox.mbox(office / "sent.mbox")
    rae, dewar = list(box)
    box.close()
    assert rae["Message-ID"] == "<rae@example.org>"
    assert rae["Date"] == "Thu, 09 Jan 2014 12:00:00 +0000"
    assert dewar["Message-ID"] == "<dewar@example.org>"
    content = (office / "sent.mbox").read_bytes()
    assert content.startswith(b"From office@example.org Thu Jan  9 12:00:00 2014\nDate: ")
    assert content.count(b"\n>>From here on\n") == 2
    assert b"\r" not in content


def test_the_files_are_the_sealed_bytes_with_their_date(office, capsys):
    said(capsys, "journal", "export", "--format", "eml", "--out", "sent")

    files = sorted((office / "sent").iterdir())
    assert [file.name for file in files] == [
        "0001-rae@parl.example.eml",
        "0002-dewar@parl.example.eml",
    ]
    for file, sealed in zip(files, (LIST[0], LIST[3]), strict=True):
        content = file.read_bytes()
        assert content.startswith(b"Date: Thu, 09 Jan 2014 12:00:00 +0000\r\n")
        assert sha256(WITHOUT_DATE.sub(b"", content)).hexdigest() == sealed.message.sha256


def test_all_letters_are_exported_and_one_that_never_left_has_no_date(office, capsys):
    out, _ = said(capsys, "journal", "export", "--format", "eml", "--state", "all")

    assert "5 letters in letters-eml" in out
    files = {file.name: file.read_bytes() for file in (office / "letters-eml").iterdir()}
    assert files["0005-evil@parl.example.eml"] == LIST[4].message.undated


@pytest.mark.parametrize("format_", ["mbox", "eml"])
def test_an_export_overwrites_nothing(office, capsys, format_):
    said(capsys, "journal", "export", "--format", format_, "--out", "there")
    files = sorted(p for p in [office / "there", *(office / "there").glob("*")] if p.is_file())
    before = [file.read_bytes() for file in files]

    _, err = said(capsys, "journal", "export", "--format", format_, "--out", "there", code=78)

    assert "there is there already" in err
    assert [file.read_bytes() for file in files] == before


# prune


@pytest.mark.usefixtures("office")
def test_pruning_asks_first_and_a_script_must_say_yes(capsys):
    _, err = said(capsys, "journal", "prune", code=78)

    assert "add --yes" in err
    assert "2 letters" in said(capsys, "journal", "export")[0]


def test_after_pruning_show_is_complete_and_export_names_what_is_missing(office, capsys):
    before, _ = said(capsys, "status", "--format", "json")

    out, _ = said(capsys, "journal", "prune", "--yes")

    assert re.search(r"pruned 3 letters; freed \d", out)
    assert said(capsys, "status", "--format", "json")[0] == before
    shown, _ = said(capsys, "journal", "show", "rae@parl.example")
    assert "queued as 4F1A2B3C4D" in shown
    assert "bytes       pruned" in shown
    out, err = said(capsys, "journal", "export", "--out", "sent.mbox")
    assert "0 letters in sent.mbox" in out
    assert "2 letters not here, their bytes were pruned: rae@parl.example, dewar@" in err
    assert "; what is known of each: letters journal show ADDRESS\n" in err
    assert said(capsys, "journal", "prune", "--yes")[0] == "nothing to prune\n"
    assert b"Dear Rae" not in (office / "journal.db").read_bytes()


def test_a_rehearsal_that_is_pruned_and_repeated_writes_no_letter_twice(
    tmp_path, monkeypatch, capsys
):
    folder = write_campaign(tmp_path / "river")
    people = "email,name,office,language,gender,riding\n" + "".join(
        f"m{n}@parl.example,Member {n},mp,en,x,Gander {n}\n" for n in range(5)
    )
    (folder / "recipients.csv").write_text(people)
    monkeypatch.chdir(folder)
    said(capsys, "send")
    written = {file.name for file in (folder / "outbox" / "new").iterdir()}

    assert "pruned 5 letters" in said(capsys, "journal", "prune", "--yes")[0]
    said(capsys, "send")

    assert len(written) == 5
    assert {file.name for file in (folder / "outbox" / "new").iterdir()} == written
    assert "5 sent" in said(capsys, "status")[0]


# check


def test_check_says_that_a_journal_is_sound(office, capsys):
    out, _ = said(capsys, "journal", "check")

    assert out == f"{office / 'journal.db'} is sound\n"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "update blocks set content = cast(content || x'00' as blob)",
            "block 1 does not hold the bytes",
        ),
        (
            "update sealed set own = cast(own || ' ' as blob) where letter = 1",
            "are not the sealed ones",
        ),
        ("update sealed set own = cast(own as text) where letter = 1", "its bytes cannot be read"),
        ("update sealed set own = x'41' where letter = 1", "does not fit its plate"),
        ("delete from sealed where letter = 2", "its bytes are not there"),
        ("update letters set message_id = '<other@example.org>' where letter = 1", "another Mess"),
        ("update letters set state = 'waiting' where letter = 3", "an attempt is in doubt"),
        ("update letters set state = 'sent' where letter = 5", "sent, but no attempt ended so"),
        ("update letters set state = 'waiting' where letter = 1", "last attempt ended as sent"),
        ("update letters set date = null where letter = 1", "the date it left with is missing"),
        ("update letters set attempt = null where letter = 1", "its last attempt is another"),
        ("update letters set due_at = 'x' where letter = 5", "when it is due"),
        ("update attempts set run = 'nobody' where letter = 1", "needs a row of runs"),
    ],
)
def test_check_names_the_damage_and_how_to_mend_it(office, capsys, statement, words):
    connection = sqlite3.connect(office / "journal.db")
    connection.executescript(statement)
    connection.close()

    out, err = said(capsys, "journal", "check", code=74)

    assert words in out
    assert "is damaged" in err
    assert "put a sound copy in its place" in err


def test_a_file_with_an_overwritten_page_is_damaged(office, capsys):
    content = bytearray((office / "journal.db").read_bytes())
    content[5 * 4096 : 6 * 4096] = bytes(4096)
    (office / "journal.db").write_bytes(content)

    _, err = said(capsys, "journal", "check", code=74)

    assert "damaged" in err


# receipts


@pytest.mark.usefixtures("office")
def test_a_receipt_for_each_recipient(capsys):
    out, _ = said(capsys, "status", "--format", "csv")

    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert rows["Rae"] == {
        "id": "rae@parl.example",
        "address": "rae@parl.example",
        "name": "Rae",
        "state": "sent",
        "sent_at": "2014-01-09T12:05:00+00:00",
        "relay": RELAY,
        "queue_id": "4F1A2B3C4D",
        "message_id": "<rae@example.org>",
        "sha256": LIST[0].message.sha256,
        "attempts": "2",
        "reply": "250 2.0.0 Ok: queued as 4F1A2B3C4D",
        "due_at": "",
    }
    assert [row["queue_id"] for row in rows.values()].count("") == len(rows) - 2
    assert rows["'=Evil()"]["state"] == "waiting"
    assert rows["No Address"]["state"] == "not_mailable"


@pytest.mark.usefixtures("office")
def test_the_json_of_status_has_the_documented_keys(capsys):
    out, _ = said(capsys, "status", "--format", "json")

    told = json.loads(out)
    assert out.count("\n") == 1
    assert list(told) == ["campaign", "channel", "journal", "counts", "letters"]
    assert list(told["counts"]) == [
        "total", "waiting", "open", "deferred", "sent", "rejected", "in_doubt", "withdrawn",
        "not_mailable", "suppressed",
    ]  # fmt: skip
    assert {tuple(letter) for letter in told["letters"]} == {
        ("id", "address", "name", "state", "attempts", "message_id", "sha256", "relay", "reply",
         "sent_at", "due_at")
    }  # fmt: skip
    assert told["counts"]["total"] == len(told["letters"]) == 6


def test_a_long_list_is_printed_with_its_columns_aligned(tmp_path, monkeypatch, capsys):
    folder = write_campaign(tmp_path / "river")

    async def story() -> None:
        journal = open_journal(str(folder / "journal.db"), campaign="t3st-river", create=True)
        await journal.enqueue(MAIL, [entry(n, f"Member{n:04}") for n in range(2, 902)], at=NOON)
        await journal.commit()
        await journal.aclose()

    asyncio.run(story())
    monkeypatch.chdir(folder)

    out, _ = said(capsys, "status")

    heading, *rows, counts = out.splitlines()
    assert len(rows) == 900
    assert {row.index("Member") for row in rows} == {heading.index("name")}
    assert counts == "900 in all: 900 waiting"
