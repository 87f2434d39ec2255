"""`RecipientsFile`: a CSV file, its separator, its recipients and their problems."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from letters.errors import RecipientsError
from letters.recipients.cells import has_undecodable, plain
from letters.recipients.header import column_letter, has_address_column, read_header
from letters.recipients.row import ReadRow, RowReader
from letters.recipients.text_file import SAVE_AS_UTF8, TextFile, examine

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
# Excel's own declaration, in a first line of its own.
_DECLARATION: Final = re.compile(r'"?sep=([^\w"])"?[\r\n]*', re.IGNORECASE)

_FIRST_ROWS: Final = 100

NumberedRows = Iterator[tuple[int, list[str]]]


class RecipientsFile:
    """A recipients file in CSV. It can be iterated again and again, and reads one row at a time.

    Iterating yields for each row a recipient or None, and the row's problems; empty rows are left
    out. `detected` says in sentences what was found out about encoding, separator and columns.
    `languages` are those of the campaign: a row with another one is a problem.

    Opening and iterating raise RecipientsError when the file as a whole cannot be read without
    guessing.
    """

    def __init__(self, path: Path, *, languages: Sequence[str] = ("en", "fr")) -> None:
        self.path = Path(path)
        file = examine(self.path)
        self._table = _open_table(file)
        header = read_header(f"{file.path}, row {self._table.header_row}", self._table.header)
        self.detected = (*file.notes, *self._table.notes, *header.notes)
        windows_1252 = file.codec == "cp1252"
        if windows_1252:
            self._refuse_undefined_bytes()
        self._refuse_no_rows()
        self._reader = RowReader(
            str(path),
            header.columns,
            tuple(languages),
            # A Mac's old encoding, read as windows-1252, gives wrong letters rather than an error.
            mac_roman=windows_1252,
            word_columns=self._word_columns(header.columns),
        )

    def __iter__(self) -> Iterator[ReadRow]:
        read = self._reader.read
        for row, cells in self._table.below_header():
            if (result := read(row, cells)) is not None:
                yield result

    def _refuse_no_rows(self) -> None:
        if not any(any(map(plain, cells)) for _, cells in self._table.below_header()):
            raise RecipientsError(
                f"{self.path}: the list is empty, there is nothing under the column names",
                "put one row for each recipient",
            )

    def _word_columns(self, columns: Sequence[str]) -> frozenset[str]:
        """The columns whose cells, in the first rows, are words: each has a letter, or is 0 or empty."""
        words: set[str] = set()
        others: set[str] = set()
        for _, cells in islice(self._table.below_header(), _FIRST_ROWS):
            for column, cell in zip(columns, map(str.strip, cells), strict=False):
                if cell not in {"", "0"}:
                    (words if any(map(str.isalpha, cell)) else others).add(column)
        return frozenset(words - others)

    def _refuse_undefined_bytes(self) -> None:
        for row, cells in self._table.rows():
            for index, cell in enumerate(cells):
                if has_undecodable(cell):
                    raise RecipientsError(
                        f"{self.path}, row {row}, column {column_letter(index)}: "
                        "this is neither UTF-8 nor windows-1252",
                        f"{SAVE_AS_UTF8}; on a Mac, plain “CSV” is an older encoding",
                    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A text file as rows of cells, and where its header is."""

    file: TextFile
    separator: str
    declared: bool
    header_row: int
    header: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Which separator was found, unless it is an undeclared comma."""
        name = _SEPARATORS.get(self.separator, f"“{self.separator}”")
        if self.declared:
            return (f"Cells are separated by {name}, as its first line sep= says.",)
        return () if self.separator == "," else (f"Cells are separated by {name}.",)

    def rows(self) -> NumberedRows:
        """Every row with its number, the header too."""
        return _rows(self.file, self.separator, declared=self.declared)

    def below_header(self) -> NumberedRows:
        """The rows after the header."""
        rows = self.rows()
        for row, _ in rows:
            if row == self.header_row:
                break
        return rows


def _open_table(file: TextFile) -> _Table:
    """Find the separator: the declared one, else the one under which the header reads best."""
    with file.open() as text:
        match = _DECLARATION.fullmatch(text.readline(16))
    if match:
        return _Table(file, match[1], True, *_first_row(file, match[1], declared=True))
    candidates: list[_Table] = []
    failure: RecipientsError | None = None
    for separator in _SEPARATORS:
        try:
            candidates.append(_Table(file, separator, False, *_first_row(file, separator)))
        except RecipientsError as error:
            failure = failure or error
    if not candidates and failure:
        raise failure
    return max(candidates, key=lambda table: (has_address_column(table.header), len(table.header)))


def _first_row(
    file: TextFile, separator: str, *, declared: bool = False
) -> tuple[int, tuple[str, ...]]:
    for row, cells in _rows(file, separator, declared=declared):
        if any(map(plain, cells)):
            return row, tuple(cells)
    raise RecipientsError(f"{file.path}: the file is empty", "it needs a row of column names")


def _rows(file: TextFile, separator: str, *, declared: bool) -> NumberedRows:
    """Every row with its number as a spreadsheet counts, without a `sep=` line.

    A record with line breaks inside quotation marks is one row. Raises RecipientsError naming the
    row in which quotation marks go wrong, or when the file has changed since it was examined.
    """
    row = 0
    with file.open() as text:
        if declared:
            text.readline()
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            for row, cells in enumerate(reader, start=1):
                yield row, cells
        except csv.Error as error:
            raise _bad_quotation(file.path, row + 1, str(error)) from None
        except UnicodeDecodeError:
            raise file.changed() from None


def _bad_quotation(path: Path, row: int, reason: str) -> RecipientsError:
    if reason.startswith("unexpected end"):
        what = "a quotation mark is opened in this row and never closed"
    elif reason.startswith("field larger"):
        what = f"a cell is longer than {csv.field_size_limit():,} characters; a quotation mark is likely never closed"
    else:
        what = "a quoted cell goes on after its closing quotation mark"
    return RecipientsError(
        f"{path}, row {row}: {what}",
        "a cell in quotation marks ends with one; a quotation mark inside it is written twice",
    )


def read_recipients(file: str | Path, *, languages: Sequence[str] = ("en", "fr")) -> RecipientsFile:
    """The recipients in a CSV file, read row by row; `languages` are those of the campaign.

    Raises RecipientsError when the file cannot be read without guessing.
    """
    return RecipientsFile(Path(file), languages=languages)
