"""Letters written to files by `letters journal export`: one mbox file, or a folder of .eml files.

A letter is written as it left, or without a `Date:` line if it never did.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from letters.errors import ConfigurationError
from letters.message.message import Message
from letters.private_files import FOLDER_MODE, open_private
from letters.text import file_name

_FROM = re.compile(rb"^(?=>*From )", re.MULTILINE)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # in the mbox line of a letter that never left

Write = Callable[[Message], None]


@contextmanager
def mbox_file(path: Path) -> Iterator[Write]:
    """A new mbox file (RFC 4155), quoted as mboxrd: lines end in LF, `From ` gets a `>`.

    Raises ConfigurationError when the file exists. A failure inside deletes the file.
    """
    try:
        file = open_private(path, new=True)
    except FileExistsError:
        raise _exists(path) from None

    def write(message: Message) -> None:
        when = (message.date or _NEVER).astimezone(UTC)
        body = _FROM.sub(b">", _content(message).replace(b"\r\n", b"\n"))
        line = f"From {message.envelope.sender} {when:%a %b} {when.day:2} {when:%H:%M:%S %Y}\n"
        end = b"" if body.endswith(b"\n") else b"\n"
        file.write(b"%b%b%b\n" % (line.encode(), body, end))

    try:
        with file:
            yield write
    except BaseException:
        path.unlink()
        raise


@contextmanager
def eml_folder(path: Path) -> Iterator[Write]:
    """A new or empty folder with a file for each letter, byte for byte, numbered in list order.

    Raises ConfigurationError when the folder holds anything. A failure inside deletes nothing, as
    every file is whole.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise _exists(path)
    path.mkdir(FOLDER_MODE, exist_ok=True)
    numbers = count(1)

    def write(message: Message) -> None:
        name = f"{next(numbers):04}-{file_name(message.envelope.recipient)}.eml"
        with open_private(path / name, new=True) as file:
            file.write(_content(message))

    yield write


def _exists(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{path} is there already", "name another place with --out PATH")


def _content(message: Message) -> bytes:
    return message.content if message.date else message.undated
