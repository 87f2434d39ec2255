"""The header row: which separator, which columns, under which names. Leans on `files`, `cells`."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from letters.errors import RecipientsError
from letters.mailbox import shown
from letters.recipients.cells import damage, plain
from letters.recipients.csv import TextFile, declared_separator, records

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_EMAIL_TOO: Final = frozenset(
    {
        "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "address_email",
        "courriel", "adresse_courriel", "adresse_de_courriel", "adresse_électronique",
        "adresse_e_mail", "adresse_email",
    }
)  # fmt: skip
_NAME_HINT: Final = "add a column `name`, or both `first_name` and `last_name`"


@dataclass(frozen=True, slots=True)
class Header:
    """The header row as read: `columns` by normalised name, "" for one without a name."""

    row: int
    separator: str
    declared: bool
    columns: tuple[str, ...]
    said: tuple[str, ...]


def read_header(file: TextFile) -> Header:
    """Read the header row of `file`.

    Raises RecipientsError naming the columns when they cannot be told apart, or have no `email`
    or no name.
    """
    declared = declared_separator(file)
    separator, row, cells = _header_row(file, declared)
    where = f"{file.path}, row {row}"
    _refuse_data(where, cells)
    _refuse_damage(where, cells)
    names = _trimmed([normalised(cell) for cell in cells])
    _refuse_duplicates(where, names, cells)
    columns, renamed = _with_email(where, names, cells)
    if not ("name" in columns or {"first_name", "last_name"} <= set(columns)):
        raise _missing(where, "`name`", ("name", "last_name"), columns, _NAME_HINT)
    said = (*_separator_said(separator, declared), *renamed, *_nameless_said(columns))
    return Header(row, separator, declared is not None, columns, said)


def normalised(header: str) -> str:
    """Make a column's name fit for templates: lower case, `_` for anything but letters, digits."""
    text = unicodedata.normalize("NFC", plain(header).casefold())
    return re.sub(r"[\W_]+", "_", text).strip("_")


def letter(index: int) -> str:
    """Name a column as spreadsheets do, counting from 0: A, B, … Z, AA."""
    above, rest = divmod(index, 26)
    return (letter(above - 1) if above else "") + chr(ord("A") + rest)


def _header_row(file: TextFile, declared: str | None) -> tuple[str, int, list[str]]:
    if declared:
        return declared, *_first_row(file, declared, declared=True)
    found: list[tuple[tuple[bool, int], str, int, list[str]]] = []
    failure: RecipientsError | None = None
    for separator in _SEPARATORS:
        try:
            row, cells = _first_row(file, separator)
        except RecipientsError as error:
            failure = failure or error
        else:
            found.append((_fitness(cells), separator, row, cells))
    if not found and failure:
        raise failure
    _, separator, row, cells = max(found, key=lambda candidate: candidate[0])
    return separator, row, cells


def _first_row(file: TextFile, separator: str, *, declared: bool = False) -> tuple[int, list[str]]:
    for row, cells in records(file, separator, declared=declared):
        if any(map(plain, cells)):
            return row, cells
    raise RecipientsError(f"{file.path}: the file is empty", "it needs a row of column names")


def _fitness(cells: Sequence[str]) -> tuple[bool, int]:
    names = {normalised(cell) for cell in cells}
    return "email" in names or not names.isdisjoint(_EMAIL_TOO), len(cells)


def _refuse_data(where: str, cells: Sequence[str]) -> None:
    for index, cell in enumerate(cells):
        if "@" in cell:
            raise RecipientsError(
                f"{where}, column {letter(index)}: “{shown(cell)}” stands where column names belong",
                "put a row of column names above it: email,name",
            )


def _refuse_damage(where: str, cells: Sequence[str]) -> None:
    for index, cell in enumerate(cells):
        if harm := damage(cell):
            raise RecipientsError(
                f"{where}, column {letter(index)} “{shown(cell)}”: {harm.message}", harm.remedy
            )


def _refuse_duplicates(where: str, names: Sequence[str], cells: Sequence[str]) -> None:
    places = defaultdict(list)
    for index, name in enumerate(names):
        places[name].append(f"{letter(index)} “{shown(plain(cells[index]))}”")
    twice = [" and ".join(same) for name, same in places.items() if name and len(same) > 1]
    if twice:
        raise RecipientsError(
            f"{where}: columns of one name: {'; '.join(twice)}",
            "rename or delete all but one of each",
        )


def _with_email(
    where: str, names: Sequence[str], cells: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rename the one column that means `email`, saying so."""
    if "email" in names:
        return tuple(names), ()
    meant = [index for index, name in enumerate(names) if name in _EMAIL_TOO]
    if not meant:
        hint = "call the column that holds the addresses `email`"
        raise _missing(where, "`email`", ("email",), names, hint)
    if len(meant) > 1:
        several = " and ".join(f"{letter(index)} “{shown(plain(cells[index]))}”" for index in meant)
        raise RecipientsError(
            f"{where}: columns {several} could each be `email`", "call the right one `email`"
        )
    columns = list(names)
    columns[meant[0]] = "email"
    return tuple(columns), (f"Addresses read from column “{plain(cells[meant[0]])}”.",)


def _missing(
    where: str, what: str, wanted: Sequence[str], columns: Sequence[str], hint: str
) -> RecipientsError:
    named = [name for name in columns if name]
    close = [name for want in wanted for name in difflib.get_close_matches(want, named, 1)]
    question = f" (did you mean “{close[0]}”?)" if close else ""
    return RecipientsError(
        f"{where}: no column {what}{question}; there are: {', '.join(map(shown, named))}", hint
    )


def _trimmed(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


def _separator_said(separator: str, declared: str | None) -> tuple[str, ...]:
    name = _SEPARATORS.get(separator, f"“{separator}”")
    if declared:
        return (f"Cells are separated by {name}, as its first line sep= says.",)
    return () if separator == "," else (f"Cells are separated by {name}.",)


def _nameless_said(columns: Sequence[str]) -> tuple[str, ...]:
    nameless = [letter(index) for index, name in enumerate(columns) if not name]
    return (f"Not read, having no name: column {', '.join(nameless)}.",) if nameless else ()
