"""Where the last word of a name is not its last name: what a letter would greet wrongly. Pure.

Leans on `cells`.
"""

import re
from typing import Final

from letters.errors import Severity
from letters.mailbox import shown
from letters.recipients.cells import Fault

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
_FILL: Final = "fill the column last_name"


def doubt(name: str) -> Fault | None:
    """Say why the last word of `name` is doubtful as a last name, as a warning; None if it is not."""
    words = name.split()
    if len(words) < 2:  # noqa: PLR2004 - one word is all there is
        return None
    if "," in name:
        return _fault("the last name cannot be told, because there is a comma in the name")
    if _HONORIFIC.match(name):
        return _fault(
            f"“{shown(name)}” begins with an honorific",
            "put it in the column honorific, and take it out of the name",
        )
    if _TITLE.match(name):
        return _fault(
            f"“{shown(name)}” begins with a title", f"take it out of the name, and {_FILL}"
        )
    return _of_last_words(name, words)


def _of_last_words(name: str, words: list[str]) -> Fault | None:
    last, before = words[-1], words[-2]
    if last in _POST_NOMINALS or _DOTTED.fullmatch(last):
        return _fault(f"the last word of “{shown(name)}” is not a last name")
    # A first word in capitals is a first name: Van Nguyen, Di Smith.
    if _PARTICLE.fullmatch(before) and (len(words) > 2 or before.islower()):  # noqa: PLR2004 - a third
        return _fault(f"the last name of “{shown(name)}” may have more than one word")
    if name.isupper() and max(map(len, words)) > 1:
        return _fault(
            f"“{shown(name)}” is all in capitals, and would be printed so",
            f"write it as the letter should, and {_FILL}",
        )
    return None


def _fault(message: str, remedy: str = _FILL) -> Fault:
    return Fault("last-name", message, remedy, Severity.WARNING)
