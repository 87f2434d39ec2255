"""How people name letters: the address, or `ADDRESS#2` where several share it."""

from collections.abc import Sequence

from letters.mailbox import folded

RESOLVED = {True: "sent", False: "send again"}
"""A person's word on a letter in doubt, as the journal writes it."""


def id_of(address: str, ordinal: int) -> str:
    """The name of the `ordinal`-th letter of an address, counted from 1 in list order."""
    return address if ordinal == 1 else f"{address}#{ordinal}"


def address_and_ordinal(name: str) -> tuple[str, int]:
    """What `id_of` joined. A `#` within the local part belongs to the address."""
    address, _, ordinal = name.strip().rpartition("#")
    if "@" in address and ordinal.isdecimal():
        return address, int(ordinal)
    return name.strip(), 1


def known_as(
    identity: str, address: str, name: str, others: Sequence[tuple[str, str]]
) -> str | None:
    """The identity under which a letter that is not known by `identity` is known; None: it is new.

    A row that has its address for itself is known by it, one that shares it by address and name; it
    stays one letter when its list gains or loses the other row. `address` is folded, `others` are
    identity and name of the letters of this address that are not on the list by themselves.
    """
    alone = identity == address
    for other, called_then in others:
        if folded(called_then) == folded(name) and (alone or other == address):
            return other
    return others[0][0] if alone and others else None


def id_of_row(row: int) -> str:
    """The name of a row that has no address, and so no letter."""
    return f"row {row}"


def called(name: str, address: str) -> str:
    """A letter as it is named to people: `name <address>`."""
    return f"{name} <{address}>" if name else address


def reply_line(code: int, enhanced: str, said: str) -> str:
    """A verdict's words as the relay's line had them: `550 5.1.1 no such person`."""
    return " ".join(filter(None, (str(code) if code else "", enhanced, said)))


def by_word(word: str) -> str:
    """What stands as the reply of a letter that a person resolved."""
    return f"resolved by a person: {word}"
