"""How numbers and dates are written in a language, as Babel (the Unicode CLDR) knows it.

Babel is imported here, by the first letter that reads or prints such a value.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from letters.render.gaps import NotReadable
from letters.text import without_accents

if TYPE_CHECKING:
    from babel import Locale

_SHORTEST = 3  # letters of a month's name that are enough when no other month begins so


@lru_cache(maxsize=64)
def locale(language: str) -> "Locale":
    """The locale of a language code such as `en` or `fr-CA`. Raises NotReadable for an unknown one."""
    from babel import Locale, UnknownLocaleError

    for code in (language, language.partition("-")[0]):
        try:
            return Locale.parse(code, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise NotReadable(
        "language",
        f"how numbers and dates are written in {language!r} is not known",
        'name a language that is, such as "en", or print the cell as it is',
    )


@lru_cache(maxsize=64)
def separators(language: str) -> tuple[str, str]:
    """What stands between groups of digits, and before decimals; a no-break space is a space."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    group = get_group_symbol(locale(language)).replace("\u00a0", " ").replace("\u202f", " ")
    return group.replace("’", "'"), get_decimal_symbol(locale(language))


@lru_cache(maxsize=64)
def months(language: str) -> dict[str, int]:
    """The names of months in a language, whole and short, each with its number, by `word_of`."""
    from babel.dates import get_month_names

    return _names(language, get_month_names, first=1)


@lru_cache(maxsize=64)
def weekdays(language: str) -> dict[str, int]:
    """The names of weekdays in a language, whole and short; Monday is 0."""
    from babel.dates import get_day_names

    return _names(language, get_day_names, first=0)


def word_of(text: str) -> str:
    """A word as the names of months and weekdays are compared: without case, accents and full stops."""
    return without_accents(text).replace(".", "")


def _names(language: str, names_of: object, *, first: int) -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            named = names_of(width, context, locale(language))  # type: ignore[operator]
            for number in range(first, len(named) + first):
                name = word_of(named[number])
                for length in range(_SHORTEST, max(len(name), _SHORTEST) + 1):
                    found.setdefault(name[:length], set()).add(number)
                found.setdefault(name, set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}
