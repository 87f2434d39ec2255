"""Writing the pages of a batch to a folder, or the whole batch to one file. Leans on `pages`."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar, TextIO

from letters.errors import ConfigurationError, Exit, LettersError
from letters.preview.overview import About, Wordings
from letters.preview.pages import FOLDER, INDEX, Page, folded, single
from letters.proof.proof import Proofed, Report

MARKER = ".letters-preview"
_GENERATOR = b'<meta name="generator" content="letters preview">'
_HEAD = 1000
_OURS = re.compile(r"\d{4,}-[a-z0-9-]+\.(?:html|eml)")


class ExportError(LettersError):
    """The pages cannot be written there."""

    exit_code: ClassVar[Exit] = Exit.IO


def export(pages: Iterable[Page], folder: Path) -> int:
    """Write pages under `folder`, in place of an earlier export; return how many.

    The index comes last, so that an export that broke off has none. Raises ConfigurationError for
    a folder that holds anything else, ExportError when the disk refuses.
    """
    with _told(folder):
        _make_room(folder)
        written = 0
        for page in pages:
            (folder / page.path).write_bytes(page.content)
            written += 1
    return written


def export_single(
    batch: Iterable[Proofed], about: About, report: Report, file: Path, *, at: datetime
) -> None:
    """Write the whole batch as one page that needs no other file.

    Raises ConfigurationError for a file that is no earlier preview, ExportError when the disk
    refuses.
    """
    wordings = Wordings()
    with _told(file):
        _refuse_another_file(file)
    with _told(file), TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        sealed = (one for one in wordings.watch(batch) if one.message and one.letter)
        lengths = [spool.write(folded(one, number, at=at)) for number, one in enumerate(sealed, 1)]
        spool.seek(0)
        with file.open("w", encoding="utf-8", errors="backslashreplace") as out:
            out.writelines(single(_spooled(spool, lengths), about, wordings, report, at=at))


def _spooled(spool: TextIO, lengths: Iterable[int]) -> Iterator[str]:
    return (spool.read(length) for length in lengths)


def _refuse_another_file(file: Path) -> None:
    if file.is_dir():
        raise ConfigurationError(f"{file} is a folder", "name a file with --single")
    if file.exists() and _GENERATOR not in file.read_bytes()[:_HEAD]:
        raise ConfigurationError(
            f"{file} is there already, and it is no earlier preview",
            "name a new file with --single: this one is left alone",
        )


def _make_room(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a folder", "name a new folder with --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise ConfigurationError(
            f"{folder} is not empty, and it is no earlier preview",
            "name a new folder with --out: what stands there is left alone",
        )
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("Written by `letters preview --out`; replaced by the next.\n")
    (folder / INDEX).unlink(missing_ok=True)
    for earlier in (folder / FOLDER).iterdir():
        if _OURS.fullmatch(earlier.name):
            earlier.unlink()


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"{error.filename or place}: {error.strerror or error}",
            "name a place with --out or --single where you may write, and where there is room",
        ) from None
