"""`Recipient`: one person to be written to."""

from collections.abc import Mapping

from msgspec import Struct

from letters.mailbox import Mailbox, named_identity


class Recipient(Struct, frozen=True, kw_only=True):
    """One person to be written to, as one row of the recipients file describes them.

    `row` counts as a spreadsheet does (the header is row 1). `mailbox` is None when the row has no
    address: the recipient is *not mailable*, which is no error. `fields` holds every column by its
    normalised name (lower case, `_` for spaces), trimmed and in NFC, `""` for an empty cell; the
    other attributes are the columns that the program itself uses. `languages` is empty when the
    row names none. `identity` is the address without differences of case, "" without an address.
    `others` are the further rows of the address that share this one's letter (`--same-address
    merge`), in list order.
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
    others: "tuple[Recipient, ...]" = ()


def each_identity(recipient: Recipient) -> str:
    """The identity of a recipient for `--same-address each`; "" without an address."""
    return named_identity(recipient.identity, recipient.name) if recipient.identity else ""
