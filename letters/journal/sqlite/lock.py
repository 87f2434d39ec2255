"""One sender at a time: the lock file beside the journal, and the mark in it.

The mark, `RUN COMMITS`, remains when the sender ends or is killed: it shows that there was a sending,
and how many commits the journal must have.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from letters.errors import JournalError
from letters.private_files import FILE_MODE, permissions

TIMEOUT = 2.0  # seconds
# Windows denies reading the locked byte, the first: there the text begins behind it.
_TEXT_AT = 1 if sys.platform == "win32" else 0


@dataclass(frozen=True, slots=True)
class Mark:
    """The run that held the lock last, and how many commits it made."""

    run: str
    commits: int


class Lock:
    """The lock of one journal file; `held` and `mark` never wait."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.lock")
        self._journal = journal
        self._names = (str(journal), str(self.path))
        # As the journal's: who may write the one may lock it.
        mode = permissions(journal) & 0o666 | FILE_MODE
        self._lock = FileLock(self.path, timeout=TIMEOUT, mode=mode, thread_local=False)
        self._file = -1
        self._run = ""
        self._inodes: tuple[tuple[int, int], ...] = ()

    def acquire(self, run: str) -> None:
        """Take the lock within two seconds, or raise JournalError: another sender lives."""
        try:
            self._lock.acquire(poll_interval=0.05)
        except Timeout:
            raise self.taken() from None
        if not self.held():
            self._lock.release()
            raise JournalError(
                f"the folder {self.path.parent} does not keep locks, or the lock file was replaced",
                "put the journal on a disk of this computer, then run the same command again",
            )
        self._file = os.open(self.path, os.O_RDWR)
        self._run = run
        self._inodes = self._found()

    def taken(self) -> JournalError:
        """The error when another process has the lock."""
        return JournalError(
            f"another `letters send` is using this journal: {self._journal}",
            "wait until it has ended; meanwhile see how far it is",
            next=("status",),
        )

    def write(self, commits: int) -> None:
        """Write the mark: this run, and how many commits it has made."""
        os.lseek(self._file, _TEXT_AT, os.SEEK_SET)
        os.write(self._file, f"{self._run} {commits:010d}\n".encode())

    def require_ours(self) -> None:
        """Refuse when journal or lock file were moved or replaced since the lock was taken."""
        try:
            found = self._found()
        except OSError:
            found = ()
        if found != self._inodes:
            raise JournalError(
                f"the journal {self._journal} was moved or replaced while letters were being sent",
                "put the journal back with the files beside it, then run the same command again",
            )

    def release(self) -> None:
        """Release the lock; the mark remains."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._lock.release()

    def mark(self) -> Mark | None:
        """The mark as it stands; None when no sender ever wrote one."""
        try:
            text = self._text()
        except OSError:
            return None
        run, _, commits = text.decode("ascii", "replace").strip("\0 \n").partition(" ")
        return Mark(run, int(commits) if commits.isdecimal() else 0) if run else None

    def _text(self) -> bytes:
        with self.path.open("rb", buffering=0) as file:
            file.seek(_TEXT_AT)
            return file.read()

    def _found(self) -> tuple[tuple[int, int], ...]:
        seen = (os.stat(self._names[0]), os.stat(self._names[1]))  # noqa: PTH116 -- at every commit
        return tuple((stat.st_dev, stat.st_ino) for stat in seen)

    if sys.platform == "win32":

        def held(self) -> bool:
            """Whether a living sender has the lock."""
            try:
                with self.path.open("rb", buffering=0) as file:
                    file.read(1)
            except PermissionError:
                return True
            except OSError:
                return False
            return False

    else:

        def held(self) -> bool:
            """Whether a living sender has the lock."""
            import fcntl

            try:
                file = os.open(self.path, os.O_RDONLY)
            except OSError:
                return False
            try:
                # Shared and released at once: a sender that fails because of it tries again within its timeout.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                return False
            finally:
                os.close(file)
            return False
