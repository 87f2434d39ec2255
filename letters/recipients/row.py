"""One row's cells as a recipient, or as problems that name row and column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from letters.errors import Problem, Severity
from letters.forms_of_address.courtesy import gender_of
from letters.mailbox import AddressError, Mailbox, parse, shown
from letters.recipients.cells import CellProblem, find_damage, may_be_damaged, plain
from letters.recipients.header import column_letter
from letters.recipients.names import Names, complete_names
from letters.recipients.recipient import Recipient
from letters.recipients.salutations import (
    has_salutation,
    misplaced_title,
    naming_salutation,
    title_problems,
)

ReadRow = tuple[Recipient | None, tuple[Problem, ...]]
"""A row as read: its recipient, or None when there can be none, and its problems."""
ColumnProblems = list[tuple[str, CellProblem]]
Fields = Mapping[str, str]

_NAMES: Final = ("name", "first_name", "last_name")
_LOST_LETTER: Final = re.compile(r"[^\W\d_]\?[^\W\d_]")
# Columns of the program's own that hold words, each also for one language: title_fr.
_OF_WORDS: Final = re.compile(
    "(?:(?:first_|last_)?name|office|honorific|title|riding|province|address|salutation|vocative"
    "|close|envelope_lines)(?:_[a-z]{2,3})?"
)
_ZERO: Final = CellProblem(
    "spreadsheet-error",
    "there is a 0 where other rows have words: a formula gives it for an empty cell",
    "write what belongs there, or empty the cell",
)
_ONE_ADDRESS: Final = "put exactly one address in the cell, or leave it empty when there is none"

_GENDERS: Final = {
    "": "",
    **dict.fromkeys(("f", "female", "woman", "femme", "féminin", "feminin"), "f"),
    **dict.fromkeys(("m", "male", "man", "h", "homme", "masculin"), "m"),
    **dict.fromkeys(("x", "non binary", "nonbinary", "non binaire"), "x"),
}
_YES: Final = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1"})
_NO: Final = frozenset({"no", "n", "non", "false", "faux", "0"})
_LANGUAGES: Final = {
    **dict.fromkeys(("english", "anglais", "eng"), "en"),
    **dict.fromkeys(("french", "français", "francais", "fra", "fre"), "fr"),
}
_HONOURABLE: Final = re.compile(r"\bhon(ou?rable)?\b")
# These are called Honourable while in office, whether privy councillors or not.
_HONOURABLE_BY_OFFICE: Final = frozenset(
    {"senator", "speaker-commons", "speaker-senate", "premier", "governor-general"}
)


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file.

    `columns` are the normalised column names, "" for a column that is not read. `languages` are
    the ones that a row may name. `word_columns` are columns in which other rows have words
    alone.
    """

    file: str
    columns: tuple[str, ...]
    languages: tuple[str, ...]
    word_columns: frozenset[str] = frozenset()

    def read(self, row: int, cells: Sequence[str]) -> ReadRow | None:
        """Read one row; None for an empty one.

        There is no recipient when the row has too few or too many cells, has no name, or has an
        address that cannot be read.
        """
        texts, problems = self._texts(cells)
        if not any(texts):
            return None
        width = len(self.columns)
        if len(texts) < width or any(texts[width:]):
            return None, self._problems(row, "", [("", _ragged(texts, width))])
        fields = dict(zip(self.columns, texts, strict=False))
        fields.pop("", None)
        if "0" in texts:
            problems += self._zeros(fields)
        recipient = _recipient(row, fields, self.languages, problems)
        return recipient, self._problems(row, fields["email"], problems) if problems else ()

    def _texts(self, cells: Sequence[str]) -> tuple[list[str], ColumnProblems]:
        joined = "".join(cells)
        problems = list(self._damage(cells)) if may_be_damaged(joined) else []
        if joined.isascii() and joined.isprintable():
            return [cell.strip() for cell in cells], problems
        return list(map(plain, cells)), problems

    def _damage(self, cells: Sequence[str]) -> Iterator[tuple[str, CellProblem]]:
        for column, cell in zip(self.columns, cells, strict=False):
            if column and (problem := find_damage(cell)):
                yield column, problem

    def _zeros(self, fields: Fields) -> Iterator[tuple[str, CellProblem]]:
        """What a formula gives that refers to an empty cell: 0 where there should be words."""
        for column, text in fields.items():
            if text == "0":
                if _OF_WORDS.fullmatch(column):
                    yield column, _ZERO
                elif column in self.word_columns:
                    yield column, _ZERO._replace(severity=Severity.WARNING)

    def _problems(self, row: int, address: str, problems: ColumnProblems) -> tuple[Problem, ...]:
        # Only the first problem of each cell: the others follow from it.
        first = dict(reversed(problems))
        return tuple(
            Problem(
                rule=problem.rule,
                message=problem.message,
                remedy=problem.remedy,
                severity=problem.severity,
                file=self.file,
                row=row,
                column=column,
                address=address,
            )
            for column, problem in dict.fromkeys((c, first[c]) for c, _ in problems)
        )


@lru_cache(maxsize=1024)
def read_gender(text: str) -> str | None:
    """Read `f`, `m`, `x` or "" from a letter or a word, English or French; None if unknown."""
    return _GENDERS.get(text.casefold().replace("-", " "))


@lru_cache(maxsize=1024)
def read_languages(text: str, known: Sequence[str]) -> tuple[str, ...] | None:
    """Read the languages of a letter, in order: `en+fr` is both. None for one not in `known`."""
    if not text:
        return ()
    codes = tuple(map(_language, text.casefold().split("+")))
    return codes if set(codes) <= set(known) and len(set(codes)) == len(codes) else None


@lru_cache(maxsize=1024)
def read_privy_council(text: str, honorific: str, office: str) -> bool | None:
    """Read yes or no; None if unknown.

    A blank cell is a yes when the honorific is Honourable, unless the office alone gives that.
    """
    word = text.casefold()
    if not word:
        return office not in _HONOURABLE_BY_OFFICE and bool(
            _HONOURABLE.search(honorific.casefold())
        )
    return True if word in _YES else False if word in _NO else None


@lru_cache(maxsize=1024)
def read_office(text: str) -> str:
    """An office as a key: `Prime Minister` is `prime-minister`."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def _language(text: str) -> str:
    word = text.strip()
    return _LANGUAGES.get(word) or word.replace("_", "-").partition("-")[0]


def _recipient(
    row: int, fields: Fields, known: tuple[str, ...], problems: ColumnProblems
) -> Recipient | None:
    """The recipient of a row, or None; adds to `problems` what is wrong with its cells."""
    greeted = has_salutation(fields, known)
    names, name_warning = complete_names(fields, greeted=greeted)
    problems += _name_problems(fields, names)
    mailbox = _mailbox(fields["email"], "" if problems else names.name, problems)
    office = read_office(fields.get("office", ""))
    misplaced = misplaced_title(fields, known)
    title = misplaced[1] if misplaced else ""
    honorific = fields.get("honorific") or title
    gender, languages, privy_council = _attributes(fields, office, honorific, known, problems)
    recipient = Recipient(
        row=row,
        mailbox=mailbox,
        name=names.name,
        fields=fields,
        first_name=names.first_name,
        last_name=names.last_name,
        office=office,
        honorific=honorific,
        privy_council=privy_council,
        gender=gender or gender_of(honorific) or gender_of(title),
        languages=languages,
        identity=mailbox.identity if mailbox else "",
    )
    if honorific:
        problems += title_problems(recipient, misplaced, language=known[0], greeted=greeted)
    if name_warning:
        column, warning = name_warning
        problems.append((column, naming_salutation(warning, recipient, known[0])))
    return None if not names.name or (mailbox is None and fields["email"]) else recipient


def _attributes(
    fields: Fields, office: str, honorific: str, known: tuple[str, ...], problems: ColumnProblems
) -> tuple[str, tuple[str, ...], bool]:
    get = fields.get
    gender = read_gender(get("gender", ""))
    languages = read_languages(get("language", ""), known)
    council = read_privy_council(get("privy_council", ""), honorific, office)
    if gender is None:
        problems.append(("gender", _unknown("gender", fields, "f, m, x or nothing")))
    if languages is None:
        problems.append(("language", _unknown("language", fields, _choices(known))))
    if council is None:
        problems.append(("privy_council", _unknown("privy_council", fields, "yes, no or nothing")))
    return gender or "", languages or (), bool(council)


def _mailbox(text: str, name: str, problems: ColumnProblems) -> Mailbox | None:
    if not text:
        return None
    if text.startswith("="):
        message = f"“{shown(text)}” is a formula, not an address"
        problems.append(("email", CellProblem("formula", message, _ONE_ADDRESS)))
        return None
    try:
        return parse(text, name)
    except AddressError as error:
        problems.append(("email", CellProblem("address", str(error), _ONE_ADDRESS)))
    return None


def _name_problems(fields: Fields, names: Names) -> ColumnProblems:
    if not names.name:
        column = "name" if "name" in fields else "last_name"
        return [(column, _NO_NAME_FOR_ADDRESS if fields["email"] else _NO_NAME)]
    return [
        (column, problem)
        for column in _NAMES
        if (text := fields.get(column)) and (problem := _name_problem(text))
    ]


def _name_problem(text: str) -> CellProblem | None:
    if "\n" in text:
        return CellProblem(
            "line-break", f"“{shown(text)}” goes over two lines", "write it on one line"
        )
    if "?" in text and _LOST_LETTER.search(text):
        return CellProblem(
            "damaged-text", f"“{shown(text)}” lost a letter", "type the letter back in"
        )
    return None


def _ragged(texts: Sequence[str], width: int) -> CellProblem:
    if len(texts) < width:
        what = f"the row ends after {len(texts)} of {width} cells"
    else:
        extra = next(index for index in range(width, len(texts)) if texts[index])
        what = f"“{shown(texts[extra])}” in column {column_letter(extra)} is past the {width} named columns"
    return CellProblem(
        "ragged-row",
        what,
        "give every row as many cells as the header; a cell with a separator inside needs quotation marks",
    )


def _unknown(column: str, fields: Fields, choices: str) -> CellProblem:
    message = f"“{shown(fields[column])}” is not known as {column}"
    return CellProblem(column.replace("_", "-"), message, f"write {choices}")


def _choices(known: Sequence[str]) -> str:
    both = f", {'+'.join(known)}" if len(known) > 1 else ""
    return f"{', '.join(known)}{both} or nothing"


_NO_NAME_FOR_ADDRESS: Final = CellProblem(
    "no-name", "there is an address and no name", "fill in the name, or delete the row"
)
_NO_NAME: Final = CellProblem("no-name", "there is no name", "fill in the name, or delete the row")
