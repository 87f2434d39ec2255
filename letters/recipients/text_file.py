"""The encoding of a file, and its text. Both are streamed: the file is never whole in memory."""

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from letters.errors import RecipientsError
from letters.recipients.encodings import codec_named

SAVE_AS_UTF8: Final = "save the list again as “CSV UTF-8 (comma delimited)”"

_CHUNK: Final = 1 << 16
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_FORMATS: Final = {
    b"PK\x03\x04": "a spreadsheet (xlsx, ods) or another zip file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (xls)",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that can be read as text. Made by `examine`.

    `codec` is Python's name of its encoding. `notes` says in sentences what was found out about it;
    it is empty for plain UTF-8. `stamp` is size and modification time (ns) at the examination.
    `guessed`: windows-1252 was taken because nobody said which encoding it is.
    """

    path: Path
    codec: str
    notes: tuple[str, ...]
    stamp: tuple[int, int]
    guessed: bool = False

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """Open the file as text, its line ends unchanged.

        The five bytes that a guessed windows-1252 does not define are read as lone surrogates (PEP 383).
        Raises RecipientsError when the file has changed since it was examined.
        """
        errors = "surrogateescape" if self.guessed else "strict"
        with _open(self.path) as stream:
            if _stamp(stream) != self.stamp:
                raise self.changed()
            with TextIOWrapper(stream, encoding=self.codec, errors=errors, newline="") as text:
                yield text

    def changed(self) -> RecipientsError:
        """The error for a file that another program writes while it is read."""
        return RecipientsError(
            f"{self.path}: the file was changed while it was being read", "run it again"
        )


def examine(path: Path, encoding: str | None = None) -> TextFile:
    """Find the encoding of the file at `path`, or read it in the named `encoding`.

    Raises RecipientsError when it is not text, or not in that encoding, and ConfigurationError when
    there is no such encoding.
    """
    with _open(path) as stream:
        stamp = _stamp(stream)
        if not stamp[0]:
            raise RecipientsError(f"{path}: the file is empty", "it needs a row of column names")
        head = stream.read(4)
        if other := _OTHER_FORMATS.get(head):
            raise RecipientsError(f"{path}: this is {other}, not CSV", SAVE_AS_UTF8)
        if encoding:
            codec = _with_mark(codec_named(encoding), head)
            _require(path, codec, encoding)
            return TextFile(path, codec, (f"Read as {encoding}, as it was named.",), stamp)
        if head.startswith(_UTF16):
            _require(path, "utf-16", "UTF-16")
            return TextFile(path, "utf-16", ("Read as UTF-16, by its byte order mark.",), stamp)
        stream.seek(0)
        line = _first_line_not_utf8(path, stream)
    if line:
        note = f"Read as windows-1252, because line {line} is not UTF-8."
        return TextFile(path, "cp1252", (note,), stamp, guessed=True)
    if head.startswith(codecs.BOM_UTF8):
        return TextFile(path, "utf-8-sig", ("Read as UTF-8, with a byte order mark.",), stamp)
    return TextFile(path, "utf-8", (), stamp)


def _with_mark(codec: str, head: bytes) -> str:
    """The codec that takes a byte order mark off, where there is one."""
    if codec == "utf-8" and head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if codec.startswith("utf-16") and head.startswith(_UTF16) else codec


def _require(path: Path, codec: str, name: str) -> None:
    """Raise RecipientsError for the first line that is not in this encoding, or has a NUL."""
    decoder = codecs.getincrementaldecoder(codec)()
    line, ending, chunk = 1, "", b"-"
    with _open(path) as stream:
        while chunk:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(codec, "ignore")
                line += before.count(ending or ("\n" if "\n" in before else "\r"))
                hint = "name another encoding, or none: UTF-8 and windows-1252 are recognised"
                raise RecipientsError(f"{path}, line {line}: this is not {name}", hint) from None
            ending = ending or ("\n" if "\n" in text else "\r")
            if (place := text.find("\0")) >= 0:
                raise _nul(path, line + text.count(ending, 0, place))
            line += text.count(ending)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise RecipientsError(f"{path} is a folder", "name the recipients file inside it")
        # A pipe can be read only once, and the list is read again for every proof.
        if not stat.S_ISREG(mode):
            raise RecipientsError(f"{path} is not a regular file", "save the list as a file first")
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    with stream:
        yield stream


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns


def _first_line_not_utf8(path: Path, stream: BinaryIO) -> int | None:
    """The number of the first line that is not UTF-8. Raises RecipientsError for a NUL anywhere."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, bad, ending = 1, None, b""
    while chunk := stream.read(_CHUNK):
        # Excel for Mac may end its lines with CR alone.
        ending = ending or (b"\n" if b"\n" in chunk else b"\r")
        if (place := chunk.find(0)) >= 0:
            raise _nul(path, line + chunk.count(ending, 0, place))
        if bad is None and (before := _bytes_before_error(decoder, chunk)) is not None:
            bad = line + before.count(ending)
        line += chunk.count(ending)
    return line if bad is None and decoder.getstate()[0] else bad


def _bytes_before_error(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bytes | None:
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
        f"{path}, line {line}: there is a NUL byte; this is UTF-16 or no text at all",
        f"{SAVE_AS_UTF8}, or name its encoding: --encoding utf-16-le",
    )
