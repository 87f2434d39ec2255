"""What holds names, addresses and letters can be read by its owner alone, whatever the umask."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.acceptance.desk import desk, row, rows, url
from tests.relay import Fault, Relay

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")


@pytest.fixture(params=[0o000, 0o022], ids=["umask-000", "umask-022"])
def office(request, tmp_path):
    """A campaign folder that was there before, and commands that inherit this umask."""
    made = desk(tmp_path / "river", 3, connections=1)
    before = os.umask(request.param)
    yield made
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in (folder, *folder.rglob("*"))}


def test_everything_that_the_commands_write_is_its_owners_alone(office):
    state = office.folder.parent / "deep" / "state"
    before = everything(office.folder)

    def run(*arguments, code=0):
        office.run(*arguments, code=code, LETTERS_STATE=str(state))

    run("preview", "--out", "looked/at")
    run("preview", "--single", "all.html")
    run("send", "--yes")
    run("send", "--yes", "--relay", "maildir:far/away")
    run("send", "--yes", "--test-to", "me@example.org")
    with Relay() as relay:
        run("send", "--yes", "--relay", url(relay), "--pace", "900/min")
    run("journal", "export", "--out", "sent.mbox")
    run("journal", "export", "--format", "eml", "--out", "sent")
    run("status")
    made = everything(office.folder, state.parent) - before

    assert {path.name for path in made} >= {
        "journal.db", "journal.db.lock", "ledger.db", "outbox", "far", "outbox-test", "index.html",
        "all.html", "sent.mbox", "sent",
    }  # fmt: skip
    wrong = {str(path): oct(mode(path)) for path in made if mode(path) & 0o077}
    assert wrong == {}
    assert {mode(path) for path in made if path.is_file()} == {0o600}
    assert {mode(path) for path in made if path.is_dir()} == {0o700}


def test_the_side_files_that_a_killed_sender_leaves_are_its_owners_alone(office):
    before = everything(office.folder)
    fault = Fault("dot", "hang", nth=2, times=1)
    with Relay(fault) as relay:
        office.kill_when(
            lambda: relay.faults[fault],
            "the second letter's dot",
            *("send", "--yes", "--relay", url(relay)),
        )
    made = everything(office.folder) - before

    assert {path.name for path in made} >= {"journal.db", "journal.db-wal", "journal.db.lock"}
    assert {mode(path) for path in made} == {0o600}


def test_a_journal_that_others_can_read_is_left_so_and_warned_about(office):
    office.run("send", "--yes")
    office.write_list([*rows(3), row(4)])
    (office.folder / "journal.db").chmod(0o640)
    (office.folder / "journal.db.lock").unlink()

    done = office.run("send", "--yes")

    said = next(line for line in done.stderr.splitlines() if "chmod" in line)
    assert "journal.db" in said
    assert mode(office.folder / "journal.db") == 0o640  # a colleague of the group goes on reading
    assert mode(office.folder / "journal.db.lock") == 0o640
    remedy = said.partition("chmod ")[2].split()
    shutil.os.chmod(remedy[1], int(remedy[0], 8))
    assert "chmod" not in office.run("send", "--yes").stderr


def test_a_new_campaigns_example_of_secrets_is_its_owners_alone(office):
    office.run("new", "../lake")
    office.run("new", "../mountain", "--from", str(office.folder))

    for name in ("lake", "mountain"):
        assert mode(office.folder.parent / name / ".env.example") == 0o600
