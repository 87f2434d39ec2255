"""Files and folders that their owner alone can read, whatever the umask.

Everything that holds names, addresses or letters is made by these functions. What is there already
keeps its permissions: it may be shared on purpose.
"""

import os
from pathlib import Path
from typing import BinaryIO, Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


def open_private(path: Path, *, new: bool = False) -> BinaryIO:
    """Open a file for writing, its earlier content gone; with `new` FileExistsError if it is there."""
    return open(path, "xb" if new else "wb", opener=_opener)


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file."""
    with open_private(path) as file:
        file.write(content)


def append_private(path: Path, content: bytes) -> None:
    """Add to the end of a file in one write, so that what two processes add does not mix."""
    with open(path, "ab", buffering=0, opener=_opener) as file:
        file.write(content)


def make_private_file(path: Path) -> None:
    """Make an empty file where there is none: SQLite makes its own as the umask says."""
    if not path.exists():
        path.touch(FILE_MODE)


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it, where there are none."""
    if not path.parent.exists():
        make_private_folder(path.parent)
    path.mkdir(FOLDER_MODE, exist_ok=True)


def permissions(path: Path) -> int:
    """The permission bits of a file, 0 where there is none."""
    return path.stat().st_mode & 0o777 if path.exists() else 0


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)
