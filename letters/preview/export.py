"""Writing the pages of a batch to a folder, or the whole batch to one file."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar, TextIO

from letters.errors import ConfigurationError, Exit, LettersError
from letters.preview.overview import CampaignSummary, Wordings
from letters.preview.pages import FOLDER, INDEX, PreviewFile, collapsed_letter, single_page
from letters.private_files import make_private_folder, open_private, write_private
from letters.proof.proof import Proofed, Report

MARKER = ".letters-preview"
_GENERATOR = b'<meta name="generator" content="letters preview">'
_HEAD = 1000
_PAGE_NAME = re.compile(r"\d{4,}-[a-z0-9-]+\.(?:html|eml)")


class ExportError(LettersError):
    """The pages cannot be written at that place."""

    exit_code: ClassVar[Exit] = Exit.IO


def export(pages: Iterable[PreviewFile], folder: Path) -> int:
    """Write the pages into `folder`, replacing an earlier export; return how many there are.

    The index is written last: without it the export is not complete. Raises ConfigurationError for
    a folder with other files, ExportError when a file cannot be written.
    """
    with _disk_errors(folder):
        _make_room(folder)
        written = 0
        for page in pages:
            write_private(folder / page.path, page.content)
            written += 1
    return written


def export_single(
    batch: Iterable[Proofed], summary: CampaignSummary, report: Report, file: Path, *, at: datetime
) -> None:
    """Write the whole batch as one page that needs no other file.

    Raises ConfigurationError when `file` exists and is no earlier preview, ExportError when it
    cannot be written.
    """
    wordings = Wordings()
    with _disk_errors(file):
        _refuse_another_file(file)
    with _disk_errors(file), TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        sealed = (one for one in wordings.watch(batch) if one.message and one.letter)
        lengths = [
            spool.write(collapsed_letter(one, number, at=at))
            for number, one in enumerate(sealed, 1)
        ]
        spool.seek(0)
        with TextIOWrapper(open_private(file), "utf-8", "backslashreplace") as out:
            out.writelines(single_page(_pieces(spool, lengths), summary, wordings, report, at=at))


def _pieces(spool: TextIO, lengths: Iterable[int]) -> Iterator[str]:
    return (spool.read(length) for length in lengths)


def _refuse_another_file(file: Path) -> None:
    if file.is_dir():
        raise ConfigurationError(f"{file} is a folder", "name a file with --single")
    if file.exists() and _GENERATOR not in file.read_bytes()[:_HEAD]:
        raise ConfigurationError(
            f"{file} is there already, and it is not an earlier preview",
            "name a new file with --single: this one is not changed",
        )


def _make_room(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a folder", "name a new folder with --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise ConfigurationError(
            f"{folder} is not empty, and it is not an earlier preview",
            "name a new folder with --out: the files in it are not changed",
        )
    make_private_folder(folder / FOLDER)
    write_private(folder / MARKER, b"Written by `letters preview --out`; replaced by the next.\n")
    (folder / INDEX).unlink(missing_ok=True)
    for earlier in (folder / FOLDER).iterdir():
        if _PAGE_NAME.fullmatch(earlier.name):
            earlier.unlink()


@contextmanager
def _disk_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"{error.filename or place}: {error.strerror or error}",
            "name a place with --out or --single where you may write, and where there is room",
        ) from None
