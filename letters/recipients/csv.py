"""`RecipientsFile`: a CSV file, its separator, its recipients and their problems."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Final

from letters.errors import RecipientsError
from letters.mailbox import shown
from letters.recipients.cells import has_undecodable, plain
from letters.recipients.encodings import IMPROBABLE, readings
from letters.recipients.header import column_letter, has_address_column, read_header
from letters.recipients.row import ReadRow, RowReader
from letters.recipients.text_file import SAVE_AS_UTF8, TextFile, examine

_SEPARATORS: Final = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", "^": "caret", "~": "tilde",
    ":": "colon",
}  # fmt: skip
# Excel's own declaration, in a first line of its own.
_DECLARATION: Final = re.compile(r'"?sep=([^\w"])"?[\r\n]*', re.IGNORECASE)

_FIRST_ROWS: Final = 100

NumberedRows = Iterator[tuple[int, list[str]]]


class RecipientsFile:
    """A recipients file in CSV. It can be iterated again and again, and reads one row at a time.

    Iterating yields for each row a recipient or None, and the row's problems; empty rows are left
    out. `detected` says in sentences what was found out about encoding, separator and columns.
    `languages` are those of the campaign: a row with another one is a problem. `encoding` is the
    file's; without one it is UTF-8, UTF-16 with a byte order mark, or windows-1252.

    Opening and iterating raise RecipientsError when the file as a whole cannot be read without
    guessing, and ConfigurationError for an encoding that does not exist.
    """

    def __init__(
        self, path: Path, *, languages: Sequence[str] = ("en", "fr"), encoding: str | None = None
    ) -> None:
        self.path = Path(path)
        file = examine(self.path, encoding)
        self._table = _open_table(file)
        where = f"{file.path}, row {self._table.header_row}"
        header = read_header(where, self._table.header, self._table.separator)
        self.detected = (*file.notes, *self._table.notes, *header.notes)
        if file.guessed:
            self._refuse_another_encoding()
        self._refuse_no_rows()
        words = self._word_columns(header.columns)
        self._reader = RowReader(str(path), header.columns, tuple(languages), words)

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

    def _refuse_another_encoding(self) -> None:
        """Refuse what windows-1252 does not define, and words that another encoding reads better."""
        found = [
            (row, index, cell)
            for row, cells in self._table.rows()
            for index, cell in enumerate(cells)
            if not cell.isascii() and (has_undecodable(cell) or IMPROBABLE.search(cell))
        ]
        words = [_odd_word(cell) for _, _, cell in found]
        number, others = readings(words) if words else (0, {})
        if others:
            row, index, _ = found[number]
            raise _other_readings(self.path, row, index, words[number], others)
        for row, index, cell in found:
            if has_undecodable(cell):
                raise RecipientsError(
                    f"{self.path}, row {row}, column {column_letter(index)}: "
                    "this is neither UTF-8 nor windows-1252",
                    f"{SAVE_AS_UTF8}, or name its encoding: --encoding NAME",
                )


@dataclass(frozen=True, slots=True)
class _Table:
    """A text file as rows of cells, and where its header is.

    `in_quotes`: each row stands as a whole in quotation marks, as one cell.
    """

    file: TextFile
    separator: str
    declared: bool
    header_row: int
    header: tuple[str, ...]
    in_quotes: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Which separator was found, unless it is an undeclared comma."""
        name = _SEPARATORS.get(self.separator, f"“{self.separator}”")
        if self.in_quotes:
            return (f"Each row is in quotation marks; in them cells are separated by {name}.",)
        if self.declared:
            return (f"Cells are separated by {name}, as its first line sep= says.",)
        return () if self.separator == "," else (f"Cells are separated by {name}.",)

    def rows(self) -> NumberedRows:
        """Every row with its number, the header too."""
        if not self.in_quotes:
            return _rows(self.file, self.separator, declared=self.declared)
        return self._rows_in_quotes()

    def _rows_in_quotes(self) -> NumberedRows:
        for row, cells in _rows(self.file, ",", declared=False):
            yield row, _inner_cells(self.file.path, row, cells, self.separator)

    def below_header(self) -> NumberedRows:
        """The rows after the header."""
        rows = self.rows()
        for row, _ in rows:
            if row == self.header_row:
                break
        return rows


def _odd_word(cell: str) -> str:
    """The first word of a cell that windows-1252 can hardly have meant."""
    words = cell.split()
    return next((word for word in words if has_undecodable(word) or IMPROBABLE.search(word)), cell)


def _other_readings(
    path: Path, row: int, index: int, word: str, others: Mapping[str, str]
) -> RecipientsError:
    here = "cannot read it" if has_undecodable(word) else f"reads “{shown(word)}”"
    there = ", ".join(f"{name} reads “{shown(text)}”" for name, text in others.items())
    names = [*others, *([] if has_undecodable(word) else ["windows-1252"])]
    return RecipientsError(
        f"{path}, row {row}, column {column_letter(index)}: windows-1252 {here}, {there}",
        f"name the right encoding: {' or '.join(f'--encoding {name}' for name in names)}; "
        f"or {SAVE_AS_UTF8}",
    )


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
    found = max(candidates, key=_fitness)
    if not has_address_column(found.header):
        found = max((found, *_tables_in_quotes(file)), key=_fitness)
    return found


def _fitness(table: _Table) -> tuple[bool, int]:
    """How well a header reads: whether it names the addresses, and how many columns it has."""
    return has_address_column(table.header), len(table.header)


def _tables_in_quotes(file: TextFile) -> Iterator[_Table]:
    try:
        row, header = _first_row(file, ",")
        if len(header) == 1:
            for separator in _SEPARATORS:
                inner = tuple(_inner_cells(file.path, row, header, separator))
                yield _Table(file, separator, False, row, inner, in_quotes=True)
    except RecipientsError:
        return


def _inner_cells(path: Path, row: int, cells: Sequence[str], separator: str) -> list[str]:
    """The cells of a row that stands in one cell; a row that does not stays as it is."""
    if len(cells) != 1:
        return list(cells)
    reader = csv.reader(StringIO(cells[0], newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return next(reader, [])
    except csv.Error as error:
        raise _bad_quotation(path, row, str(error)) from None


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


def read_recipients(
    file: str | Path, *, languages: Sequence[str] = ("en", "fr"), encoding: str | None = None
) -> RecipientsFile:
    """The recipients in a CSV file, read row by row; `languages` are those of the campaign.

    Raises RecipientsError when the file cannot be read without guessing, and ConfigurationError for
    an encoding that does not exist.
    """
    return RecipientsFile(Path(file), languages=languages, encoding=encoding)
