"""`letters` as a library: the programs of docs/library.md run, and its names are those that are promised."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import letters

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/library.md").read_text(encoding="utf-8")
SENDER, PREVIEWER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """A folder with the campaign that `letters new` writes."""
    command = [sys.executable, "-m", "letters", "new", "save-the-river"]
    subprocess.run(command, cwd=tmp_path, check=True, env=environment(), capture_output=True)
    return tmp_path


def environment():
    return {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PATH": ""}


def run(program, folder):
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, cwd=folder, env=environment() | {"HOME": str(folder)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sender_sends_everybody_once_however_often_it_is_run(folder):
    first = run(SENDER, folder)
    again = run(SENDER, folder)

    assert "<State.SENT: 'sent'>: 3" in first
    assert again == first
    assert len(list((folder / "outbox/new").iterdir())) == 3


def test_the_previewer_shows_every_letter_and_writes_nothing(folder):
    before = sorted(folder.rglob("*"))

    shown = run(PREVIEWER, folder)

    assert "Amara Okafor: The Arbutus River" in shown
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("program", [SENDER, PREVIEWER], ids=["sender", "previewer"])
def test_the_programs_are_fifteen_lines_and_mypy_accepts_them(program, tmp_path):
    lines = [line for line in program.splitlines() if line.strip()]
    assert len(lines) <= 15

    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", str(file)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment() | {"MYPYPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_a_proof_with_a_problem_sends_nothing(folder):
    file = folder / "save-the-river/recipients.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",mp,", ",mayor,"), encoding="utf-8")
    program = SENDER.replace("print(asyncio.run(", "try: asyncio.run(").replace(
        '"maildir:outbox")))', '"maildir:outbox"))\nexcept letters.ProofFailed as e: print(e)'
    )

    assert "nothing was sent" in run(program, folder)
    assert list((folder / "outbox/new").iterdir()) == []


def test_the_public_names_are_those_of_the_page_and_all_can_be_imported():
    named = set(re.findall(r"`(\w+)", PAGE.partition("## The names")[2])) - {"sqlite", "smtp", "smtps", "maildir", "enqueue", "send", "report", "proof"}  # fmt: skip

    assert named == set(letters.__all__)
    for name in letters.__all__:
        assert getattr(letters, name).__name__ == name
    with pytest.raises(AttributeError, match="Leter"):
        letters.Leter  # noqa: B018


def test_importing_the_library_loads_nothing_heavy():
    program = (
        "import sys, letters; print({'jinja2', 'sqlite3', 'asyncio', 'msgspec'} & set(sys.modules))"
    )

    assert run(program, ROOT).strip() == "set()"
