"""Tables: a CSV file as recipients, streamed. Leans on `files`, `columns`, `rows`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from letters.errors import Problem, RecipientsError
from letters.recipients.cells import plain, undecodable
from letters.recipients.csv import SAVE_AS_UTF8, examine, records
from letters.recipients.header import letter, read_header
from letters.recipients.recipient import Recipient
from letters.recipients.row import RowReader


class RecipientsFile:
    """A recipients file that can be read again and again, one row at a time.

    `detected` says in sentences what was not taken for granted, `columns` the normalised names in
    order. Iterating yields a recipient or None, and the problems of that row; wholly empty rows
    are left out. Both opening and iterating raise RecipientsError when the file as a whole cannot
    be read without guessing.
    """

    def __init__(self, path: Path, *, languages: Sequence[str] = ("en", "fr")) -> None:
        self.path = Path(path)
        self._file = examine(self.path)
        self._header = read_header(self._file)
        self._rows = RowReader(
            str(path), self._header.columns, tuple(languages), self._file.codec == "cp1252"
        )
        self.detected = (*self._file.said, *self._header.said)
        self.columns = tuple(filter(None, self._header.columns))
        if self._file.codec == "cp1252":
            self._refuse_undefined_bytes()
        self._refuse_no_rows()

    def __iter__(self) -> Iterator[tuple[Recipient | None, tuple[Problem, ...]]]:
        read = self._rows.read
        for row, cells in self._data():
            if (result := read(row, cells)) is not None:
                yield result

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        return records(self._file, self._header.separator, declared=self._header.declared)

    def _data(self) -> Iterator[tuple[int, list[str]]]:
        data = self._records()
        for row, _ in data:
            if row == self._header.row:
                break
        return data

    def _refuse_no_rows(self) -> None:
        if not any(any(map(plain, cells)) for _, cells in self._data()):
            raise RecipientsError(
                f"{self.path}: the list is empty, there is nothing under the column names",
                "put one row for each recipient",
            )

    def _refuse_undefined_bytes(self) -> None:
        for row, cells in self._records():
            for index, cell in enumerate(cells):
                if undecodable(cell):
                    raise RecipientsError(
                        f"{self.path}, row {row}, column {letter(index)}: "
                        "this is neither UTF-8 nor windows-1252",
                        f"{SAVE_AS_UTF8}; on a Mac, plain “CSV” is an older encoding",
                    )
