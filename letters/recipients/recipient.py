"""Who is written to: the `Recipient`, one row of the recipients file. Leans on `mailbox`.

`tables` reads them from CSV, by way of `files`, `columns`, `cells`, `attributes`, `last_names`, `rows`.
"""

from collections.abc import Mapping

from msgspec import Struct

from letters.mailbox import Mailbox, folded


class Recipient(Struct, frozen=True, kw_only=True):
    """One person to be written to, as one row of the recipients file has them.

    `row` counts as a spreadsheet does (the header is row 1). `mailbox` is None when the row has no
    address: *not mailable*, a normal state. `fields` holds every column by its normalised name
    (lower case, `_` for spaces), trimmed and NFC, `""` for an empty cell; the attributes below
    are those of them that the program itself reads. `languages` is empty when the row names none.
    """

    row: int
    mailbox: Mailbox | None
    name: str
    fields: Mapping[str, str]
    first_name: str = ""
    last_name: str = ""
    office: str = ""
    honorific: str = ""
    privy_council: bool = False
    gender: str = ""
    languages: tuple[str, ...] = ()
    identity: str = ""


def each_identity(recipient: Recipient) -> str:
    """Tell apart recipients who share one address: its identity, then the name, casefolded.

    It is what `--same-address each` takes for identity; "" without an address.
    """
    return f"{recipient.identity} {folded(recipient.name)}" if recipient.identity else ""
