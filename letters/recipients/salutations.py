"""How a row's person is greeted: courtesy titles in its columns, and the salutation that it gives.

A courtesy title in a column that holds an office or a whole line is read as an honorific, and said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from letters.errors import Severity
from letters.forms_of_address.courtesy import is_courtesy_title, is_usual, unranked
from letters.forms_of_address.reader import FormOfAddress, Unmatched, form_of_address
from letters.mailbox import shown
from letters.recipients.cells import CellProblem
from letters.recipients.recipient import Recipient

_MEANT: Final = {
    "title": "the title of an office",
    "salutation": "a whole line, such as “Dear Ms. Lee:”",
    "vocative": "a whole line, such as “Ms. Lee,”",
}


def has_salutation(fields: Mapping[str, str], languages: Sequence[str]) -> bool:
    """Whether the row has a salutation of its own; a courtesy title is none."""
    for column in _salutations(languages):
        text = fields.get(column)
        if text and not is_courtesy_title(text):
            return True
    return False


def misplaced_title(fields: Mapping[str, str], languages: Sequence[str]) -> tuple[str, str] | None:
    """The column that holds a courtesy title where the forms of address need other words, and it."""
    for column in _columns(languages):
        text = fields.get(column)
        if text and is_courtesy_title(text):
            return column, text
    return None


def title_problems(
    recipient: Recipient, misplaced: tuple[str, str] | None, *, language: str, greeted: bool
) -> Iterator[tuple[str, CellProblem]]:
    """Warnings, each with its column: a courtesy title that is misplaced or that no form prints.

    `greeted`: the row has a salutation of its own, so that the forms need not print a title.
    """
    if misplaced:
        column, title = misplaced
        remedy = (
            "call the column by another name"
            if recipient.fields.get("honorific")
            else "write it into the column honorific"
        )
        what = _MEANT[column.partition("_")[0]]
        message = f"“{shown(title)}” is read as a courtesy title, not as {what}"
        warning = _warning(message, f"{remedy}; {column} is for {what}")
        yield column, naming_salutation(warning, recipient, language)
    elif unranked(recipient.honorific) and not greeted:
        forms = [_form(name, recipient, language) for name in ("salutation", "full_style")]
        if all(forms) and not _says_title(forms, recipient, _language(recipient, language)):
            message = f"no form of address prints “{shown(recipient.honorific)}” for this office"
            warning = _warning(message, "fill the column salutation, or empty honorific")
            yield "honorific", naming_salutation(warning, recipient, language)


def forms_of(recipient: Recipient, language: str, *, signatories: int = 1) -> FormOfAddress:
    """The forms of address of one recipient in a language. Raises Unmatched when no rule fits."""
    return form_of_address(
        office=recipient.office,
        language=language,
        name=recipient.name,
        last_name=recipient.last_name,
        gender=recipient.gender,
        privy_council=recipient.privy_council,
        honorific=recipient.honorific,
        fields=recipient.fields,
        signatories=signatories,
    )


def _form(name: str, recipient: Recipient, language: str) -> str:
    """One form of address by its name, in the row's first language, else in `language`; "" if none."""
    try:
        return str(getattr(forms_of(recipient, _language(recipient, language)), name))
    except Unmatched:
        return ""


def naming_salutation(warning: CellProblem, recipient: Recipient, language: str) -> CellProblem:
    """`warning`, with the salutation that the row gives; without one, the last name."""
    if salutation := _form("salutation", recipient, language):
        given = f"the salutation is “{shown(salutation)}”"
    elif recipient.last_name:
        given = f"the last name is read as “{shown(recipient.last_name)}”"
    else:
        given = "the last name is left empty"
    return warning._replace(message=f"{warning.message}; {given}")


def _says_title(forms: Sequence[str], recipient: Recipient, language: str) -> bool:
    """Whether these forms say what the honorific says, in these or in other words."""
    title = unranked(recipient.honorific)
    words = re.sub("[.:,]", "", " ".join(forms).casefold()).split()
    return is_usual(title, recipient.gender, language) or set(title.split()) <= set(words)


def _language(recipient: Recipient, otherwise: str) -> str:
    return recipient.languages[0] if recipient.languages else otherwise


@lru_cache(maxsize=16)
def _salutations(languages: Sequence[str]) -> tuple[str, ...]:
    return ("salutation", *(f"salutation_{language}" for language in languages))


@lru_cache(maxsize=16)
def _columns(languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        f"{column}{ending}"
        for ending in ("", *(f"_{one}" for one in languages))
        for column in _MEANT
    )


def _warning(message: str, remedy: str) -> CellProblem:
    return CellProblem("courtesy-title", message, remedy, Severity.WARNING)
