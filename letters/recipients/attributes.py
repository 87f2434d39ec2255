"""What a cell means to the program: gender, languages, Privy Council, names. Pure.

Each reader gives None for what it does not know; a blank cell always means something.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

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
# These are Honourable while in office, privy councillors or not (DOMAIN 1a).
_HONOURABLE_BY_OFFICE: Final = frozenset(
    {"senator", "speaker-commons", "speaker-senate", "premier", "governor-general"}
)


class Names(NamedTuple):
    """A person's names as a letter needs them."""

    name: str
    first_name: str
    last_name: str


@lru_cache(maxsize=1024)
def gender(text: str) -> str | None:
    """Read `f`, `m`, `x` or "" from a letter or a word, English or French."""
    return _GENDERS.get(text.casefold().replace("-", " "))


@lru_cache(maxsize=1024)
def languages(text: str, known: Sequence[str]) -> tuple[str, ...] | None:
    """Read the languages a person is written to in, in order: `en+fr` is both."""
    if not text:
        return ()
    codes = tuple(map(_language, text.casefold().split("+")))
    return codes if set(codes) <= set(known) and len(set(codes)) == len(codes) else None


@lru_cache(maxsize=1024)
def privy_council(text: str, honorific: str, office: str) -> bool | None:
    """Read yes or no; a blank cell follows the honorific, unless the office alone gives it."""
    word = text.casefold()
    if not word:
        return office not in _HONOURABLE_BY_OFFICE and bool(
            _HONOURABLE.search(honorific.casefold())
        )
    return True if word in _YES else False if word in _NO else None


@lru_cache(maxsize=1024)
def office(text: str) -> str:
    """Make an office a key: `Prime Minister` is `prime-minister`."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def names(fields: Mapping[str, str]) -> Names:
    """Complete what the columns give: the last name is else the last word of the name.

    It stays empty when a comma in the name makes the last word doubtful.
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


def _language(text: str) -> str:
    word = text.strip()
    return _LANGUAGES.get(word) or word.replace("_", "-").partition("-")[0]
