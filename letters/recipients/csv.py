"""A recipients file as bytes and as records: which encoding, which rows. Leans on `errors`.

Everything streams: a file of a million rows is never in memory.
"""

import codecs
import csv
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from letters.errors import RecipientsError

SAVE_AS_UTF8: Final = "save the list again as “CSV UTF-8 (comma delimited)”"

_CHUNK: Final = 1 << 16
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_KINDS: Final = {
    b"PK\x03\x04": "a spreadsheet (xlsx, ods) or another zip file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (xls)",
    b"%PDF": "a PDF",
}
_DECLARED: Final = re.compile(r'"?sep=([^\w"])"?[\r\n]*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that can be read as text: `codec` for Python, `said` for a person.

    Under `cp1252` the five bytes it leaves undefined are read as lone surrogates. `stamp` tells
    whether the file is still the one that was examined.
    """

    path: Path
    codec: str
    said: tuple[str, ...]
    stamp: tuple[int, int]


def examine(path: Path) -> TextFile:
    """Find the encoding of the file at `path`. Raises RecipientsError when it is no text."""
    with _opened(path) as stream:
        stamp = _stamp(stream)
        if not stamp[0]:
            raise RecipientsError(f"{path}: the file is empty", "it needs a row of column names")
        head = stream.read(4)
        _refuse_other_kinds(path, head)
        stream.seek(0)
        line = _first_line_not_utf8(path, stream)
    if line:
        said = f"Read as windows-1252, because line {line} is not UTF-8."
        return TextFile(path, "cp1252", (said,), stamp)
    if head.startswith(codecs.BOM_UTF8):
        return TextFile(path, "utf-8-sig", ("Read as UTF-8, with a byte order mark.",), stamp)
    return TextFile(path, "utf-8", (), stamp)


def declared_separator(file: TextFile) -> str | None:
    """Read the separator that a first line `sep=;` declares, as Excel understands it."""
    with _text(file) as stream:
        match = _DECLARED.fullmatch(stream.readline(16))
    return match[1] if match else None


def records(
    file: TextFile, separator: str, *, declared: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with its number as a spreadsheet counts; `declared` leaves out `sep=`.

    A record with line breaks inside quotation marks is one row. Raises RecipientsError naming the
    row in which quotation marks go wrong, or when the file is no longer the one examined.
    """
    row = 0
    with _text(file) as stream:
        if declared:
            stream.readline()
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            for row, cells in enumerate(reader, start=1):
                yield row, cells
        except csv.Error as error:
            raise _bad_quotation(file.path, row + 1, str(error)) from None
        except UnicodeDecodeError:
            raise _changed(file.path) from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise RecipientsError(f"{path} is a folder", "name the recipients file inside it")
        # A pipe could be read only once, and the list is read again for every proof.
        if not stat.S_ISREG(mode):
            raise RecipientsError(f"{path} is not a regular file", "save the list as a file first")
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    with stream:
        yield stream


@contextmanager
def _text(file: TextFile) -> Iterator[TextIO]:
    errors = "surrogateescape" if file.codec == "cp1252" else "strict"
    with _opened(file.path) as stream:
        if _stamp(stream) != file.stamp:
            raise _changed(file.path)
        with TextIOWrapper(stream, encoding=file.codec, errors=errors, newline="") as text:
            yield text


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    if head.startswith(_UTF16):
        raise RecipientsError(f"{path}: this is UTF-16 (“Unicode text”)", SAVE_AS_UTF8)
    if kind := _OTHER_KINDS.get(head):
        raise RecipientsError(f"{path}: this is {kind}, not CSV", SAVE_AS_UTF8)


def _first_line_not_utf8(path: Path, stream: BinaryIO) -> int | None:
    """Find the first line that is not UTF-8, looking through the whole file for NUL."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, bad, ending = 1, None, b""
    while chunk := stream.read(_CHUNK):
        # An Excel for Mac may end its lines with CR alone.
        ending = ending or (b"\n" if b"\n" in chunk else b"\r")
        if (place := chunk.find(0)) >= 0:
            raise _nul(path, line + chunk.count(ending, 0, place))
        if bad is None and (before := _before_damage(decoder, chunk)) is not None:
            bad = line + before.count(ending)
        line += chunk.count(ending)
    return line if bad is None and decoder.getstate()[0] else bad


def _before_damage(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bytes | None:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        return error.object[: error.start]
    return None


def _unreadable(path: Path, error: OSError | ValueError) -> RecipientsError:
    if isinstance(error, FileNotFoundError):
        return RecipientsError(f"{path}: there is no such file", "name the list with -r FILE")
    why = getattr(error, "strerror", None) or str(error)
    return RecipientsError(f"{path} cannot be read: {why}", "look at its place and permissions")


def _nul(path: Path, line: int) -> RecipientsError:
    return RecipientsError(
        f"{path}, line {line}: there is a NUL byte; this is UTF-16 or no text at all", SAVE_AS_UTF8
    )


def _changed(path: Path) -> RecipientsError:
    return RecipientsError(f"{path}: the file was changed while it was being read", "run it again")


def _bad_quotation(path: Path, row: int, said: str) -> RecipientsError:
    if said.startswith("unexpected end"):
        what = "a quotation mark is opened in this row and never closed"
    elif said.startswith("field larger"):
        what = f"a cell is longer than {csv.field_size_limit():,} characters; a quotation mark is likely never closed"
    else:
        what = "a quoted cell goes on after its closing quotation mark"
    return RecipientsError(
        f"{path}, row {row}: {what}",
        "a cell in quotation marks ends with one; a quotation mark inside it is written twice",
    )
