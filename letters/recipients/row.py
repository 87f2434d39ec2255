"""Rows: one row's cells become a recipient, or problems that name row and column. Pure.

Leans on `mailbox`, `cells`, `attributes`, `last_names`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from letters.errors import Problem
from letters.mailbox import AddressError, Mailbox, parse, shown
from letters.recipients import attributes
from letters.recipients.cells import Fault, damage, plain, suspicious
from letters.recipients.header import letter
from letters.recipients.names import doubt
from letters.recipients.recipient import Recipient

Row = tuple[Recipient | None, tuple[Problem, ...]]
Faults = list[tuple[str, Fault]]
Fields = Mapping[str, str]

_NAMES: Final = ("name", "first_name", "last_name")
_LOST_LETTER: Final = re.compile(r"[^\W\d_]\?[^\W\d_]")
_ONE_ADDRESS: Final = "put exactly one address in the cell, or leave it empty when there is none"


@dataclass(frozen=True, slots=True)
class RowReader:
    """How the rows of one file are read; `columns` holds "" for a column that is not."""

    file: str
    columns: tuple[str, ...]
    languages: tuple[str, ...]
    mac_doubt: bool = False

    def read(self, row: int, cells: Sequence[str]) -> Row | None:
        """Read one row; None for a wholly empty one.

        There is no recipient when the row is ragged, nameless, or its address cannot be read.
        """
        texts, faults = self._texts(cells)
        if not any(texts):
            return None
        width = len(self.columns)
        if len(texts) < width or any(texts[width:]):
            return None, self._problems(row, "", [("", _ragged(texts, width))])
        fields = dict(zip(self.columns, texts, strict=False))
        fields.pop("", None)
        recipient = _recipient(row, fields, self.languages, faults)
        return recipient, self._problems(row, fields["email"], faults) if faults else ()

    def _texts(self, cells: Sequence[str]) -> tuple[list[str], Faults]:
        joined = "".join(cells)
        faults = list(self._damages(cells)) if self.mac_doubt or suspicious(joined) else []
        if joined.isascii() and joined.isprintable():
            return [cell.strip() for cell in cells], faults
        return list(map(plain, cells)), faults

    def _damages(self, cells: Sequence[str]) -> Iterator[tuple[str, Fault]]:
        for column, cell in zip(self.columns, cells, strict=False):
            if column and (fault := damage(cell, mac_doubt=self.mac_doubt)):
                yield column, fault

    def _problems(self, row: int, address: str, faults: Faults) -> tuple[Problem, ...]:
        first = dict(reversed(faults))  # of one cell's faults the first: the others follow from it
        return tuple(
            Problem(
                rule=fault.rule,
                message=fault.message,
                remedy=fault.remedy,
                severity=fault.severity,
                file=self.file,
                row=row,
                column=column,
                address=address,
            )
            for column, fault in dict.fromkeys((c, first[c]) for c, _ in faults)
        )


def _recipient(
    row: int, fields: Fields, known: tuple[str, ...], faults: Faults
) -> Recipient | None:
    """Build the recipient, adding to `faults` what stands in the way."""
    names = attributes.names(fields)
    faults += _name_faults(fields, names)
    mailbox = _mailbox(fields["email"], "" if faults else names.name, faults)
    office = attributes.office(fields.get("office", ""))
    gender, languages, privy_council = _attributes(fields, office, known, faults)
    if not fields.get("last_name") and (doubtful := doubt(names.name)):
        faults.append(("name", doubtful))
    if not names.name or (mailbox is None and fields["email"]):
        return None
    return Recipient(
        row=row,
        mailbox=mailbox,
        name=names.name,
        fields=fields,
        first_name=names.first_name,
        last_name=names.last_name,
        office=office,
        honorific=fields.get("honorific", ""),
        privy_council=privy_council,
        gender=gender,
        languages=languages,
        identity=mailbox.identity if mailbox else "",
    )


def _attributes(
    fields: Fields, office: str, known: tuple[str, ...], faults: Faults
) -> tuple[str, tuple[str, ...], bool]:
    get = fields.get
    gender = attributes.gender(get("gender", ""))
    languages = attributes.languages(get("language", ""), known)
    council = attributes.privy_council(get("privy_council", ""), get("honorific", ""), office)
    if gender is None:
        faults.append(("gender", _unknown("gender", fields, "f, m, x or nothing")))
    if languages is None:
        faults.append(("language", _unknown("language", fields, _choices(known))))
    if council is None:
        faults.append(("privy_council", _unknown("privy_council", fields, "yes, no or nothing")))
    return gender or "", languages or (), bool(council)


def _mailbox(text: str, name: str, faults: Faults) -> Mailbox | None:
    if not text:
        return None
    if text.startswith("="):
        message = f"“{shown(text)}” is a formula, not an address"
        faults.append(("email", Fault("formula", message, _ONE_ADDRESS)))
        return None
    try:
        return parse(text, name)
    except AddressError as error:
        faults.append(("email", Fault("address", str(error), _ONE_ADDRESS)))
    return None


def _name_faults(fields: Fields, names: attributes.Names) -> Faults:
    if not names.name:
        column = "name" if "name" in fields else "last_name"
        return [(column, _NO_NAME_FOR_ADDRESS if fields["email"] else _NO_NAME)]
    return [
        (column, fault)
        for column in _NAMES
        if (text := fields.get(column)) and (fault := _name_fault(text))
    ]


def _name_fault(text: str) -> Fault | None:
    if "\n" in text:
        return Fault("line-break", f"“{shown(text)}” goes over two lines", "write it on one line")
    if "?" in text and _LOST_LETTER.search(text):
        return Fault("damaged-text", f"“{shown(text)}” lost a letter", "type the letter back in")
    return None


def _ragged(texts: Sequence[str], width: int) -> Fault:
    if len(texts) < width:
        what = f"the row ends after {len(texts)} of {width} cells"
    else:
        extra = next(index for index in range(width, len(texts)) if texts[index])
        what = (
            f"“{shown(texts[extra])}” in column {letter(extra)} is past the {width} named columns"
        )
    return Fault(
        "ragged-row",
        what,
        "give every row as many cells as the header; a cell with a separator inside needs quotation marks",
    )


def _unknown(column: str, fields: Fields, choices: str) -> Fault:
    message = f"“{shown(fields[column])}” is not known as {column}"
    return Fault(column.replace("_", "-"), message, f"write {choices}")


def _choices(known: Sequence[str]) -> str:
    both = f", {'+'.join(known)}" if len(known) > 1 else ""
    return f"{', '.join(known)}{both} or nothing"


_NO_NAME_FOR_ADDRESS: Final = Fault(
    "no-name", "there is an address and no name", "fill in the name, or delete the row"
)
_NO_NAME: Final = Fault("no-name", "there is no name", "fill in the name, or delete the row")
