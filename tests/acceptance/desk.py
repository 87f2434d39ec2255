"""A campaign folder for the tests, with a list and `letters` as a command."""

import asyncio
import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from letters.errors import JournalError
from letters.journal.open import open_journal
from letters.journal.types import MAIL, Standing, State
from tests.mail import write_campaign

ROOT = Path(__file__).parents[2]
PATIENCE = 30
COLUMNS = ("email", "name", "office", "gender", "language", "riding")
DATE = re.compile(rb"^Date: [^\r\n]*\r\n", re.MULTILINE)


def row(number: int, **cells: str) -> dict[str, str]:
    """One invented member of parliament; riding and name stand in no other row."""
    return {
        "email": f"m{number:03}@parl.example",
        "name": f"Member{number:03} Ofriver{number:03}",
        "office": "mp",
        "gender": "x",
        "language": "fr" if number % 3 == 0 else "en",
        "riding": f"Canary{number:03}—Ouest",
    } | cells


def rows(count: int) -> list[dict[str, str]]:
    return [row(number) for number in range(1, count + 1)]


def address(number: int) -> str:
    return row(number)["email"]


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something to become true, for as long as a slow machine may need."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"this did not happen: {what}"
        time.sleep(0.002)


@dataclass(frozen=True)
class Desk:
    """A campaign folder in which commands are run; `connections` None: as many as by default."""

    folder: Path
    connections: int | None = None

    def write_list(self, listed: Iterable[dict[str, str]], name: str = "recipients.csv") -> None:
        with (self.folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(listed)

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "letters", *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith("LETTERS_")}
        state = {"LETTERS_STATE": str(self.folder.parent / f"{self.folder.name}.state")}
        connections = {"LETTERS_CONNECTIONS": str(self.connections)} if self.connections else {}
        return own | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | state | connections | more

    def start(
        self, *arguments: str, cwd=None, stdout=subprocess.PIPE, encoding="utf-8", **environment
    ):
        """Start a command; its output waits in pipes."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=cwd or self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            encoding=encoding,
        )

    def run(self, *arguments: str, code: int | None = 0, cwd: Path | None = None, **environment):
        """Run a command to its end; `code` is what it must exit with, None: anything."""
        started = self.start(*arguments, cwd=cwd, **environment)
        out, err = started.communicate(timeout=60)
        done = subprocess.CompletedProcess(arguments, started.returncode, out, err)
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{out}\n{err}"
        assert "Traceback" not in err, err
        return done

    def send(self, relay, *arguments: str, code: int | None = 0, **environment):
        return self.run(
            "send", "--yes", "--relay", url(relay), *arguments, code=code, **environment
        )

    def kill_when(self, true: Callable[[], object], what: str, *arguments: str) -> None:
        """Start a command, wait for a moment, and kill it with SIGKILL."""
        started = self.start(*arguments)
        try:
            until(lambda: true() or started.poll() is not None, what)
        finally:
            kill(started)

    def standings(self, channel: str = MAIL) -> dict[str, Standing]:
        """How every letter stands, as another process sees it; nobody while there is no journal."""
        return asyncio.run(_standings(self.folder / "journal.db", channel))

    def states(self, channel: str = MAIL) -> dict[str, State]:
        return {name: letter.state for name, letter in self.standings(channel).items()}

    def in_doubt(self) -> set[str]:
        return {name for name, state in self.states().items() if state is State.IN_DOUBT}

    def status(self, *arguments: str):
        return json.loads(self.run("status", "--format", "json", *arguments).stdout)

    def rehearsed(self, outbox: str = "outbox") -> dict[str, bytes]:
        """The newest letter of a rehearsal to each recipient, without its date."""
        files = sorted((self.folder / outbox / "new").iterdir(), key=lambda f: f.stat().st_mtime_ns)
        return {recipient(content): undated(content) for content in map(Path.read_bytes, files)}


async def _standings(path: Path, channel: str) -> dict[str, Standing]:
    try:
        journal = open_journal(str(path), campaign="t3st-river", create=False)
    except JournalError as error:
        if "there is no journal" in error.message:  # a kill may come between file and tables
            return {}
        raise
    try:
        return {letter.id: letter async for letter in journal.letters(channel)}
    finally:
        await journal.aclose()


def desk(folder: Path, count: int = 5, connections: int | None = None) -> Desk:
    """A desk with the small campaign and a list of so many recipients."""
    made = Desk(write_campaign(folder), connections)
    made.write_list(rows(count))
    return made


def url(relay, login: str = "") -> str:
    return f"smtp+plain://{login}127.0.0.1:{relay.port}"


def kill(started: subprocess.Popen) -> None:
    """End a process that we started, as a power cut would."""
    started.kill()
    started.communicate()


def recipient(content: bytes) -> str:
    found = re.search(
        rb"^To: (?:[^\r\n]|\r\n[ \t])*?<?([\w.+#-]+@[\w.-]+)>?\r\n", content, re.MULTILINE
    )
    assert found, content[:500]
    return found[1].decode()


def undated(content: bytes) -> bytes:
    """A letter without its `Date:` line, of which it has exactly one."""
    head, separator, body = content.partition(b"\r\n\r\n")
    shorter, count = DATE.subn(b"", head + b"\r\n")
    assert count == 1
    return shorter.removesuffix(b"\r\n") + separator + body


def taken(relay) -> dict[str, list[bytes]]:
    """What the relay took, by envelope recipient."""
    letters: dict[str, list[bytes]] = {}
    for accepted in relay.accepted:
        (to,) = accepted.recipients
        letters.setdefault(to, []).append(accepted.content)
    return letters
