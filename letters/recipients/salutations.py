"""The salutation that a row gives, for warnings about what the program can only guess."""

from collections.abc import Mapping

from letters.forms_of_address.courtesy import is_courtesy_title
from letters.forms_of_address.reader import FormOfAddress, Unmatched, form_of_address
from letters.mailbox import shown
from letters.recipients.cells import CellProblem
from letters.recipients.recipient import Recipient


def has_salutation(fields: Mapping[str, str]) -> bool:
    """Whether the row has a salutation of its own; a courtesy title is none."""
    text = fields.get("salutation", "")
    return bool(text) and not is_courtesy_title(text)


def form_of(recipient: Recipient, language: str) -> FormOfAddress | None:
    """The forms of address of a row in its first language, else in `language`; None if none fit."""
    try:
        return form_of_address(
            office=recipient.office,
            language=recipient.languages[0] if recipient.languages else language,
            name=recipient.name,
            last_name=recipient.last_name,
            gender=recipient.gender,
            privy_council=recipient.privy_council,
            honorific=recipient.honorific,
            fields=recipient.fields,
        )
    except Unmatched:
        return None


def naming_salutation(warning: CellProblem, recipient: Recipient, language: str) -> CellProblem:
    """`warning`, with the salutation that the row gives; without one, the last name."""
    if form := form_of(recipient, language):
        given = f"the salutation is “{shown(form.salutation)}”"
    elif recipient.last_name:
        given = f"the last name is read as “{shown(recipient.last_name)}”"
    else:
        given = "the last name is left empty"
    return warning._replace(message=f"{warning.message}; {given}")
