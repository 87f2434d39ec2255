"""The transport of rehearsals: every letter becomes a file in a Maildir.

The file `.letters-id` in the folder names its channel; an emptied folder is a new channel. Maildir as
its author specifies it: written and synced in `tmp`, renamed into `new` (https://cr.yp.to/proto/maildir.html).
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from letters.errors import ConfigurationError, JournalError
from letters.message.message import Message
from letters.private_files import make_private_folder, open_private, write_private
from letters.text import usable_everywhere
from letters.verdict import Concern, Outcome, Verdict

_FOLDERS = ("cur", "new", "tmp")
_ID = ".letters-id"
_USED = "used"


def maildir_channel(path: Path) -> str | None:
    """Name the channel of a Maildir without touching it; None when it has none yet, or no more."""
    with suppress(OSError):
        name, used, _ = ((path / _ID).read_text("ascii", "replace") + "\n\n").split("\n", 2)
        whole = name and all((path / folder).is_dir() for folder in _FOLDERS)
        if whole and (not used or _letters(path)):
            return f"maildir:{name}"
    return None


def _letters(path: Path) -> bool:
    return any(any((path / folder).iterdir()) for folder in ("new", "cur"))


def _fresh_id() -> str:
    return os.urandom(10).hex()


class MaildirTransport:
    """Hands over into a Maildir, made when it is not there.

    Raises ConfigurationError for a folder that holds something else, JournalError when it cannot
    be written. `fresh_id` names a new channel.
    """

    account = None
    loopback = True

    def __init__(self, path: Path, *, fresh_id: Callable[[], str] = _fresh_id) -> None:
        self._path = path.absolute()
        self._refuse_other_things()
        try:
            self.channel = maildir_channel(self._path) or self._prepare(fresh_id())
        except OSError as error:
            raise _unwritable(self._path, error) from None

    @property
    def relay(self) -> str:
        """The folder's full path as a URL."""
        return f"maildir:{self._path}"

    def _refuse_other_things(self) -> None:
        if self._path.exists() and not self._path.is_dir():
            raise ConfigurationError(
                f"{self._path} is a file, not a folder",
                "Name another folder: maildir:FOLDER.",
            )
        with suppress(OSError):
            held = {entry.name for entry in self._path.iterdir()} - {_ID}
            if held and not held.issuperset(_FOLDERS) and not held.issubset(_FOLDERS):
                raise ConfigurationError(
                    f"{self._path} holds files and is not a Maildir",
                    "Name a new or empty folder: maildir:FOLDER.",
                )

    def _prepare(self, name: str) -> str:
        for folder in _FOLDERS:
            make_private_folder(self._path / folder)
        write_private(self._path / _ID, f"{name}\n".encode())
        return f"maildir:{name}"

    async def open(self) -> "MaildirConnection":
        """Open a connection; raises JournalError when the folder cannot be written."""
        try:
            return await asyncio.to_thread(self._open)
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def _open(self) -> "MaildirConnection":
        probe = self._path / "tmp" / f"probe-{os.getpid()}"
        _write(probe, b"\n")
        probe.unlink()
        return MaildirConnection(self._path)

    async def aclose(self) -> None:
        """Do nothing: connections share nothing."""


class MaildirConnection:
    """One connection into a Maildir; every letter gets its final name by a rename."""

    def __init__(self, path: Path) -> None:
        self.closed = False
        self._path = path
        self._marked = False
        self._files_read = {entry.name.split(":")[0]: entry for entry in (path / "cur").iterdir()}

    async def offer(self, message: Message) -> Verdict | None:
        """Accept: a folder refuses no letter."""
        del message
        return None

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Write the letter durably; the same Message-ID replaces the same file."""
        del then
        content, name = message.content, file_name(message.message_id)
        try:
            await asyncio.to_thread(self._deliver, name, content)
        except OSError as error:
            self.closed = True
            return Verdict(Outcome.DEFERRED, Concern.RELAY, f"cannot write: {error.strerror}")
        return Verdict(Outcome.SENT, said=name)

    def _deliver(self, name: str, content: bytes) -> None:
        written = self._path / "tmp" / name
        place = self._files_read.get(name) or self._path / "new" / name
        try:
            _write(written, content)
            written.replace(place)
        except OSError:
            written.unlink(missing_ok=True)
            raise
        _sync_folder(place.parent)
        self._mark_used()

    def _mark_used(self) -> None:
        # Without the mark, a folder that was never used would look like an emptied one.
        if not self._marked:
            with (self._path / _ID).open("a", encoding="ascii") as file:
                file.write(f"{_USED}\n")
            self._marked = True

    async def aclose(self) -> None:
        """Close the connection."""
        self.closed = True


def file_name(message_id: str) -> str:
    """A file name made of a Message-ID, without characters that mean something to Maildir or file system."""
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    safe = usable_everywhere(re.sub(r"[^A-Za-z0-9@._=+-]|^\.", "_", bare)[:120])
    if safe == bare:
        return safe
    return f"{safe}-{hashlib.sha256(bare.encode()).hexdigest()[:16]}"


def _write(path: Path, content: bytes) -> None:
    with open_private(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    # Windows cannot sync a directory; the rename has to suffice there.
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{path} cannot be written: {error.strerror or error}",
        "Free disk space or get permission to write there, or name another folder: maildir:FOLDER.",
    )
