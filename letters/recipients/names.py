"""A person's names, and names whose last word may not be the last name."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from letters.errors import Severity
from letters.mailbox import shown
from letters.recipients.cells import CellProblem

_HONORIFIC: Final = re.compile(
    r"(?:the\s+)?(?:(?:right|rt\.?)\s+)?hon(?:\.|ou?rable|(?=\s))|l[’']hon", re.IGNORECASE
)
_TITLE: Final = re.compile(
    r"(?:the|rt\.?|dr\.?|mr\.?|mrs\.?|ms\.?|mme\.?|sen\.|senator|sénat(?:eur|rice))\s",
    re.IGNORECASE,
)
_POST_NOMINALS: Final = frozenset(
    {"Jr", "JR", "Sr", "SR", "II", "III", "IV", "PC", "MP", "QC", "KC", "CP", "PhD", "MD", "Esq"}
)
_DOTTED: Final = re.compile(r".*\.|[A-Z][a-z]?\.[A-Z]")
_PARTICLE: Final = re.compile(
    r"de|la|du|des|van|von|der|den|di|da|le|del|della|dos|ten|ter|ste?\.?|sainte?", re.IGNORECASE
)
_FILL_COLUMN: Final = "fill the column last_name"


class Names(NamedTuple):
    """A person's names as a letter needs them; "" for one that is not known."""

    name: str
    first_name: str
    last_name: str


def complete_names(fields: Mapping[str, str]) -> Names:
    """Complete the columns `name`, `first_name` and `last_name` from each other.

    Without a `last_name` the last word of the name is taken; it stays empty when there is a comma
    in the name, since then the last word may be a first name or a title.
    """
    name = fields.get("name", "")
    first = fields.get("first_name", "")
    last = fields.get("last_name", "")
    if not name:
        return Names(f"{first} {last}".strip(), first, last)
    if not last and "," not in name:
        last = name.split()[-1]
    if not first and last and name.endswith(last):
        first = name[: -len(last)].rstrip()
    return Names(name, first, last)


def last_name_problem(name: str) -> CellProblem | None:
    """A warning when the last word of `name` may not be the last name; None otherwise."""
    words = name.split()
    if len(words) < 2:  # noqa: PLR2004 - a single word is taken as it is
        return None
    if "," in name:
        return _warning("the last name is uncertain, because there is a comma in the name")
    if _HONORIFIC.match(name):
        return _warning(
            f"“{shown(name)}” begins with an honorific",
            "put it in the column honorific, and take it out of the name",
        )
    if _TITLE.match(name):
        return _warning(
            f"“{shown(name)}” begins with a title", f"take it out of the name, and {_FILL_COLUMN}"
        )
    return _last_words_problem(name, words)


def _last_words_problem(name: str, words: list[str]) -> CellProblem | None:
    last, before = words[-1], words[-2]
    if last in _POST_NOMINALS or _DOTTED.fullmatch(last):
        return _warning(f"the last word of “{shown(name)}” is not a last name")
    # A capitalised particle that comes first is a first name: Van Nguyen, Di Smith.
    if _PARTICLE.fullmatch(before) and (len(words) > 2 or before.islower()):  # noqa: PLR2004 - not the first word
        return _warning(f"the last name of “{shown(name)}” may have more than one word")
    if name.isupper() and max(map(len, words)) > 1:
        return _warning(
            f"“{shown(name)}” is all in capitals, and would be printed so",
            f"write it as the letter should, and {_FILL_COLUMN}",
        )
    return None


def _warning(message: str, remedy: str = _FILL_COLUMN) -> CellProblem:
    return CellProblem("last-name", message, remedy, Severity.WARNING)
