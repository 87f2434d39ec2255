"""The row of column names: which column holds what, under which name."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from letters.errors import RecipientsError
from letters.mailbox import shown
from letters.recipients.cells import find_damage, plain

# Other names of the column `email`, normalised.
_EMAIL_SYNONYMS: Final = frozenset(
    {
        "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "address_email",
        "courriel", "adresse_courriel", "adresse_de_courriel", "adresse_électronique",
        "adresse_e_mail", "adresse_email",
    }
)  # fmt: skip
_NAME_HINT: Final = (
    "call the column that holds the names `name`, or two columns `first_name` and `last_name`"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns by normalised name, "" for one without a name; `notes` says what was unusual."""

    columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_header(where: str, cells: Sequence[str], separator: str = ",") -> Header:
    """Read the header's cells; `where` names file and row in errors, which show `separator`.

    Raises RecipientsError naming the columns when two have the same name, one is damaged, or there
    is none for the address or for the name.
    """
    _refuse_data(where, cells, separator)
    _refuse_damage(where, cells)
    names = _without_empty_end([normalised(cell) for cell in cells])
    _refuse_duplicates(where, names, cells)
    columns, renamed = _with_email(where, names, cells)
    if not ("name" in columns or {"first_name", "last_name"} <= set(columns)):
        raise _missing(where, "`name`", ("name", "last_name"), columns, _NAME_HINT)
    return Header(columns, (*renamed, *_note_nameless(columns)))


def has_address_column(cells: Sequence[str]) -> bool:
    """Whether one of these column names is `email` or another name for it."""
    names = {normalised(cell) for cell in cells}
    return "email" in names or not names.isdisjoint(_EMAIL_SYNONYMS)


def normalised(header: str) -> str:
    """A column's name as templates use it: lower case, `_` for all but letters and digits."""
    text = unicodedata.normalize("NFC", plain(header).casefold())
    return re.sub(r"[\W_]+", "_", text).strip("_")


def column_letter(index: int) -> str:
    """The name of a column in a spreadsheet, counting from 0: A, B, … Z, AA."""
    above, rest = divmod(index, 26)
    return (column_letter(above - 1) if above else "") + chr(ord("A") + rest)


def _refuse_data(where: str, cells: Sequence[str], separator: str) -> None:
    for index, cell in enumerate(cells):
        if "@" in cell:
            width = max(2, len(cells))
            names = [f"column_{column_letter(number).lower()}" for number in range(width)]
            names[index], names[0 if index else 1] = "email", "name"
            raise RecipientsError(
                f"{where}, column {column_letter(index)}: “{shown(cell)}” is in the row of column names",
                f"put a row of column names above it, such as {separator.join(names)}",
            )


def _refuse_damage(where: str, cells: Sequence[str]) -> None:
    for index, cell in enumerate(cells):
        if problem := find_damage(cell):
            raise RecipientsError(
                f"{where}, column {column_letter(index)} “{shown(cell)}”: {problem.message}",
                problem.remedy,
            )


def _refuse_duplicates(where: str, names: Sequence[str], cells: Sequence[str]) -> None:
    same_name = defaultdict(list)
    for index, name in enumerate(names):
        same_name[name].append(f"{column_letter(index)} “{shown(plain(cells[index]))}”")
    twice = [" and ".join(found) for name, found in same_name.items() if name and len(found) > 1]
    if twice:
        raise RecipientsError(
            f"{where}: columns of one name: {'; '.join(twice)}",
            "rename or delete all but one of each",
        )


def _with_email(
    where: str, names: Sequence[str], cells: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns with the address column named `email`, and a note if it had another name."""
    if "email" in names:
        return tuple(names), ()
    found = [index for index, name in enumerate(names) if name in _EMAIL_SYNONYMS]
    if not found:
        hint = "call the column that holds the addresses `email`"
        if len(names) == 1:
            hint = (
                "if the cells of a row are separated by another character than , ; | or a tab, name it "
                f"in a first line of its own, such as sep=#; else {hint}"
            )
        raise _missing(where, "`email`", ("email",), names, hint)
    if len(found) > 1:
        several = " and ".join(
            f"{column_letter(index)} “{shown(plain(cells[index]))}”" for index in found
        )
        raise RecipientsError(
            f"{where}: columns {several} could each be `email`", "call the right one `email`"
        )
    columns = list(names)
    columns[found[0]] = "email"
    return tuple(columns), (f"Addresses read from column “{plain(cells[found[0]])}”.",)


def _missing(
    where: str, what: str, expected: Sequence[str], columns: Sequence[str], hint: str
) -> RecipientsError:
    named = [name for name in columns if name]
    close = [name for one in expected for name in difflib.get_close_matches(one, named, 1)]
    question = f" (did you mean “{close[0]}”?)" if close else ""
    return RecipientsError(
        f"{where}: no column {what}{question}; there are: {', '.join(map(shown, named))}", hint
    )


def _without_empty_end(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


def _note_nameless(columns: Sequence[str]) -> tuple[str, ...]:
    nameless = [column_letter(index) for index, name in enumerate(columns) if not name]
    return (f"Not read, having no name: column {', '.join(nameless)}.",) if nameless else ()
