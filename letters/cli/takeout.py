"""Letters written out of a journal: one mbox file, or a folder of .eml files. Leans on `message`."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from letters.errors import ConfigurationError
from letters.message.message import Message

_FROM = re.compile(rb"^(?=>*From )", re.MULTILINE)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IN_NAMES = re.compile(r"[^\w.+@-]")


class Takeout(Protocol):
    """A place that letters are written to, one after another."""

    count: int

    def write(self, message: Message) -> None:
        """Add one letter."""
        ...


def _taken(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{path} is there already", "name another place with --out PATH")


def _content(message: Message) -> bytes:
    """The bytes as they left; without a `Date:` line when they never did."""
    return message.content if message.date else message.undated


class MboxFile:
    """An mbox file as RFC 4155 has it, quoted as mboxrd: lines end in LF, `From ` gets a `>`.

    Raises ConfigurationError when the file exists. What fails half-way leaves no file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def __enter__(self) -> Self:
        try:
            self._file: BinaryIO = self.path.open("xb")
        except FileExistsError:
            raise _taken(self.path) from None
        return self

    def write(self, message: Message) -> None:
        """Add one letter."""
        when = (message.date or _NEVER).astimezone(UTC)
        body = _FROM.sub(b">", _content(message).replace(b"\r\n", b"\n"))
        line = f"From {message.envelope.sender} {when:%a %b} {when.day:2} {when:%H:%M:%S %Y}\n"
        self._file.write(
            b"%b%b%b\n" % (line.encode(), body, b"" if body.endswith(b"\n") else b"\n")
        )
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind:
            self.path.unlink()


class EmlFolder:
    """A folder with a file a letter, byte for byte, numbered in list order.

    Raises ConfigurationError when the folder holds anything.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def __enter__(self) -> Self:
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise _taken(self.path)
        self.path.mkdir(exist_ok=True)
        return self

    def write(self, message: Message) -> None:
        """Add one letter."""
        self.count += 1
        recipient = _NOT_IN_NAMES.sub("_", message.envelope.recipient)[:100]
        with (self.path / f"{self.count:04}-{recipient}.eml").open("xb") as file:
            file.write(_content(message))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was written: each file is whole."""
