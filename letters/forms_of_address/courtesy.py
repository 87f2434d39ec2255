"""Courtesy titles: what stands before a name, says no office, and sometimes a gender."""

import re
from functools import lru_cache
from typing import Final

_GENDERED: Final = {
    **dict.fromkeys(("mr", "mister", "m", "monsieur", "herr", "señor", "signor"), "m"),
    **dict.fromkeys(("ms", "mrs", "miss", "mme", "mlle", "madame", "mademoiselle", "madam"), "f"),
    **dict.fromkeys(("frau", "señora", "señorita", "signora"), "f"),
    **dict.fromkeys(("sra", "srta", "dame", "lady"), "f"),
    **dict.fromkeys(("sir", "lord"), "m"),
}
_OTHERS: Final = frozenset(
    {
        "mx", "dr", "dre", "dra", "doctor", "docteur", "docteure", "prof", "professor", "professeur",
        "professeure", "rev", "reverend", "révérend", "révérende", "father", "rabbi", "imam", "mgr",
        "maître",
    }
)  # fmt: skip
# The words of a rank, which decides a style (`reader.py`).
_RANKS: Final = frozenset(
    {
        "hon", "honourable", "honorable", "l’hon", "l'hon", "l’honorable", "l'honorable", "the", "le",
        "la", "rt", "right", "très", "tres",
    }
)  # fmt: skip
# What a form of address prints for the gender, whatever the list calls it.
_USUAL: Final = {
    "en": frozenset({"mr", "mister", "m", "monsieur", "ms", "mme", "madame", "madam", "mx"}),
    "fr": frozenset(_GENDERED) - {"sir", "lord", "dame", "lady"},
}
_BETWEEN: Final = re.compile(r"[\s.,&/]+")
# An abbreviation in any language, of one word: Cllr. Ing. Dott.
_ABBREVIATED: Final = re.compile(r"[^\W\d_]{2,5}\.")


@lru_cache(maxsize=1024)
def is_courtesy_title(text: str) -> bool:
    """Whether the whole text is one courtesy title or several: `Dr.`, `Mr`, `Hon. Dr.`, `Mme`."""
    words = _words(text)
    known = bool(words) and all(
        word in _GENDERED or word in _OTHERS or word in _RANKS for word in words
    )
    return known or _ABBREVIATED.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def gender_of(title: str) -> str:
    """The gender, `f` or `m`, that a courtesy title says; "" when it says none, or two."""
    genders = {_GENDERED[word] for word in _words(title) if word in _GENDERED}
    return genders.pop() if len(genders) == 1 else ""


@lru_cache(maxsize=1024)
def unranked(honorific: str) -> str:
    """An honorific without the words of a rank, casefolded, without full stops: "" for `Hon.`."""
    return " ".join(word for word in _words(honorific) if word not in _RANKS)


@lru_cache(maxsize=1024)
def is_usual(title: str, gender: str, language: str) -> bool:
    """Whether a form for this gender prints what `title` says, in its own words: Mr, M., Mme."""
    words = _words(title)
    return (
        bool(words)
        and gender_of(title) in {"", gender}
        and all(word in _USUAL.get(language, ()) for word in words)
    )


def _words(title: str) -> list[str]:
    return [word for word in _BETWEEN.split(title.casefold()) if word]
