"""The data file of forms of address, `ca.toml`, read at first use and checked."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from letters.errors import LettersError

_KNOWN_PLACEHOLDERS = frozenset(
    ("name", "last_name", "title", "riding", "province", "of_province", "member", "appel")
)


def placeholders(text: str) -> Iterator[str]:
    """The names in braces in one form."""
    return (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@lru_cache(maxsize=1)
def forms_data() -> Mapping[str, Any]:
    """The data file; `codes` maps every name of a province, casefolded, to its code.

    Raises LettersError for an unknown placeholder.
    """
    file = resources.files(__package__) / "ca.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    check_placeholders(data, file.name)
    data["codes"] = {
        alias.casefold(): code
        for code, province in data["province"].items()
        for alias in (code, province["en"]["name"], province["fr"]["name"], *province["also"])
    }
    return data


def check_placeholders(value: Any, place: str) -> None:
    """Raise LettersError for an unknown placeholder in any text of the data file below `place`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            check_placeholders(
                inner, f"{place}: {key}" if place.endswith(".toml") else f"{place}.{key}"
            )
    elif isinstance(value, list):
        for inner in value:
            check_placeholders(inner, place)
    elif isinstance(value, str) and (unknown := set(placeholders(value)) - _KNOWN_PLACEHOLDERS):
        raise LettersError(
            f"{place}: unknown placeholder {{{min(unknown)}}}",
            f"placeholders are {', '.join(sorted(_KNOWN_PLACEHOLDERS))}",
        )
