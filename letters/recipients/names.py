"""A person's names: completed from the columns, and warnings where the last name is a guess.

Names have no grammar: the last name is what stands last, with its particles. Whatever else may be
a title, letters after the name, another order or another person is said, never corrected.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from letters.errors import Severity
from letters.forms_of_address.courtesy import is_courtesy_title
from letters.mailbox import shown
from letters.recipients.cells import CellProblem

# Most names: two words of ordinary letters, and initials between them.
_WORD: Final = "[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:-[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+)?"
_ORDINARY: Final = re.compile(rf"({_WORD}) (?:[A-Z]\.? )?({_WORD})")
_HONORIFIC: Final = re.compile(
    r"(?:the\s+)?(?:(?:right|rt\.?)\s+)?hon(?:\.|ou?rable|(?=\s))|l[’']hon", re.IGNORECASE
)
# Titles that are offices and ranks; abbreviations are known by their full stop.
_OFFICES: Final = frozenset(
    {
        "senator", "sénateur", "sénatrice", "chief", "elder", "judge", "juge", "councillor",
        "councilor", "cllr", "conseiller", "conseillère", "deputy", "député", "députée", "minister",
        "ministre", "premier", "president", "président", "présidente", "ambassador", "ambassadeur",
        "ambassadrice", "general", "général", "colonel", "captain", "capitaine", "commander",
        "lieutenant", "admiral", "bishop", "archbishop", "cardinal", "sheikh", "mp", "mla", "mpp",
    }
)  # fmt: skip
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]?|[^\W\d_](?:-[^\W\d_])*")
_ABBREVIATED: Final = re.compile(r"[^\W\d_]{2,}\.")
_POST_NOMINALS: Final = frozenset(
    {
        "Jr", "JR", "Sr", "SR", "II", "III", "IV", "PhD", "MD", "Esq", "PC", "CP", "QC", "KC", "CR",
        "MP", "MLA", "MPP", "MNA", "MHA", "MEP", "TD", "MSP", "MS", "OC", "CC", "CM", "CD", "OBE", "CBE",
        "MBE", "KBE", "DBE", "DSO", "FRSC", "FRS", "CPA", "CFA", "RN", "LLB", "LLM", "JD", "MBA", "MA",
        "BA", "BSc", "MSc", "DDS", "DVM", "PEng", "OQ", "CQ", "GOQ", "DPhil", "EdD", "ONB", "OOnt",
    }
)  # fmt: skip
_DOTTED: Final = re.compile(r".*\.|[A-Z][a-z]?\.[A-Z]")
_PARTICLE: Final = re.compile(
    r"de|la|las|los|du|des|d’|d'|van|von|vom|zu|zur|der|den|het|’t|'t|te|di|da|do|le|les|del|della"
    r"|delle|dello|dos|das|ten|ter|op|af|av|al|el|bin|ibn|bint|ben|st\.?|ste\.?|sainte?|santa?",
    re.IGNORECASE,
)
_JOINING: Final = frozenset({"y", "e", "i", "und", "of"})  # Ortega y Gasset; Lee of Arbutus
_TWO_PEOPLE: Final = re.compile(r"[&+/;]|\b(?:and|et|und|AND|ET|UND)\b")
# Brackets, pronouns (she/her), and what stands behind a dash.
_BESIDE: Final = re.compile(
    r"\s*(?:\(.*?(?:\)|$)|\[.*?(?:\]|$))|\s+[^\W\d_]{2,5}(?:/[^\W\d_]{2,6})+$|\s+[-–—|]\s.*$"
)
_ORDINARY_WORD: Final = re.compile(_WORD)
_CONSONANTS: Final = re.compile(r"[B-DF-HJ-NP-TV-XZ]{3,}")
_VOWEL_SECOND: Final = re.compile(r"[^AEIOU][AEIOU]")

_FILL_LAST_NAME: Final = "fill the column last_name"
_FILL_SALUTATION: Final = "fill the column salutation"


class Names(NamedTuple):
    """A person's names as a letter needs them; "" for one that is not known."""

    name: str
    first_name: str
    last_name: str


LastName = tuple[str, CellProblem | None]
"""The last name in a whole name, "" where it cannot be said, and a warning if it is a guess."""


def complete_names(
    fields: Mapping[str, str], *, greeted: bool = False
) -> tuple[Names, tuple[str, CellProblem] | None]:
    """Complete the columns `name`, `first_name` and `last_name` from each other.

    With them comes a warning and its column, when the last name is a guess or is not written as a
    letter should print it. `greeted`: the row has a salutation of its own.
    """
    get = fields.get
    name, first, last = get("name", ""), get("first_name", ""), get("last_name", "")
    if last:
        whole = name or f"{first} {last}".strip()
        if name and not first and name.endswith(last):
            first = name[: -len(last)].rstrip()
        warning = None if greeted else _given_problem(whole, "" if name else first, last)
        return Names(whole, first, last), warning
    if not name:
        return Names(first, first, last), None
    last, problem = read_name(name)
    if greeted and problem and _FILL_SALUTATION in problem.remedy:
        problem = None
    if not first and last and name.endswith(last):
        first = name[: -len(last)].rstrip()
    return Names(name, first, last), (("name", problem) if problem else None)


def read_name(name: str) -> LastName:
    """The last name in `name`: its last word with its particles, without what is no name."""
    found = _ORDINARY.fullmatch(name)
    if found and found[2] not in _POST_NOMINALS and not _is_title(found[1]):
        return found[2], None
    said = shown(name)
    bare = _BESIDE.sub("", name).strip() or name
    before, comma, behind = bare.partition(",")
    words = (before if comma and _are_post_nominals(before, behind) else bare).split()
    if _TWO_PEOPLE.search(bare) and len(words) > 1:
        return words[-1], _two_people(said)
    if bare != name:
        remedy = f"take the rest out of the name, or {_FILL_LAST_NAME}"
        return _guess(words, f"“{said}” is more than a name", remedy)
    if comma and "," in "".join(words):
        return "", _warning("the last name is uncertain: there is a comma in the name")
    if comma:
        remedy = f"write them into a column of their own, or {_FILL_LAST_NAME}"
        return _guess(words, f"there are letters after the name in “{said}”", remedy)
    return _read_words(said, words)


def _read_words(said: str, words: list[str]) -> LastName:
    if len(words) > 1 and _HONORIFIC.match(said):
        remedy = "put it in the column honorific, and take it out of the name"
        return _guess(words, f"“{said}” begins with an honorific", remedy)
    if len(words) > 1 and _is_title(words[0]):
        remedy = f"take it out of the name, and {_FILL_LAST_NAME}"
        return _guess(words, f"“{said}” begins with a title", remedy)
    if _behind_name(words, len(words)):
        remedy = f"take it out of the name, or {_FILL_LAST_NAME}"
        return _guess(words, f"the last word of “{said}” is not a last name", remedy)
    if problem := _spelling_problem(said, words):
        return _last_name(words), problem
    if len(words) > 2 and _is_uncertain(words):  # noqa: PLR2004 - a first name and two more words
        return _guess(words, f"the last name of “{said}” may have more than one word")
    return _last_name(words), None


def _guess(words: Sequence[str], message: str, remedy: str = _FILL_LAST_NAME) -> LastName:
    return _last_name(words), _warning(message, remedy)


def _last_name(words: Sequence[str]) -> str:
    """The last word with the particles before it, without letters after the name."""
    end = len(words)
    while _behind_name(words, end):
        end -= 1
    capitals = [word for word in words[: end - 1] if _is_family_name(word)]
    if capitals and not words[end - 1].isupper():  # DUPONT Marie
        return " ".join(capitals)
    start = end - 1
    if "of" in words[1:start]:  # Lord Lee of Arbutus
        return words[words.index("of", 1) - 1]
    # A capitalised particle that comes first is a first name: Van Nguyen, Di Smith.
    while start > 0 and _is_particle(words[start - 1]) and (start > 1 or words[0].islower()):
        start -= 1
    return " ".join(words[start:end])


def _spelling_problem(said: str, words: Sequence[str]) -> CellProblem | None:
    """A warning when a name is in capitals or in small letters, as a whole or in part."""
    remedy = f"write it as the letter should, and {_FILL_LAST_NAME}"
    capitals = [word for word in words if _is_shouted(word)]
    if said.isupper() and any(map(_is_family_name, words)):
        return _warning(f"“{said}” is all in capitals, and would be printed so", remedy)
    if _is_small(words[-1]) or (_is_small(words[0]) and not _is_particle(words[0])):
        return _warning(f"“{said}” is in small letters, and would be printed so", remedy)
    if len(words) > 1 and capitals and capitals[-1] == words[-1]:
        what = "a last name in capitals, or letters after the name"
        return _warning(f"“{words[-1]}” in “{said}” may be {what}", remedy)
    if capitals and any(map(_is_family_name, words)):
        return _warning(f"“{capitals[0]}” in “{said}” may be the last name", remedy)
    return None


def _given_problem(name: str, first: str, last: str) -> tuple[str, CellProblem] | None:
    """The warning about a name whose last name has a column of its own, and perhaps the first name."""
    if _TWO_PEOPLE.search(_BESIDE.sub("", name)) and " " in name:
        return "name", _two_people(shown(name))
    if first and not _ORDINARY_WORD.fullmatch(first):
        words = first.split()
        odd = _BESIDE.search(first) or _spelling_problem(first, words)
        if odd or (len(words) > 1 and _is_title(words[0])):
            return "first_name", _given(f"“{shown(first)}” would be printed so")
    if _ORDINARY_WORD.fullmatch(last):
        return None
    words, said = last.split(), shown(last)
    if _BESIDE.search(last) or "," in last or words[-1] in _POST_NOMINALS:
        return "last_name", _given(f"“{said}” is more than a last name")
    if problem := _spelling_problem(said, words):
        return "last_name", _given(problem.message)
    return None


def _given(message: str) -> CellProblem:
    remedy = f"write the name alone, as the letter should print it, or {_FILL_SALUTATION}"
    return _warning(message, remedy)


def _two_people(said: str) -> CellProblem:
    return _warning(
        f"“{said}” may be more than one person",
        f"write one row for each and send with --same-address each, or {_FILL_SALUTATION}",
    )


def _are_post_nominals(before: str, behind: str) -> bool:
    """Whether all that stands behind the comma are letters after a name: Ann Lee, MLA, P.C."""
    letters = behind.replace(",", " ").split()
    return (
        " " in before.strip()
        and not before.isupper()
        and bool(letters)
        and all(
            word in _POST_NOMINALS or _is_shouted(word) or _DOTTED.fullmatch(word)
            for word in letters
        )
    )


def _is_title(word: str) -> bool:
    return (
        word.casefold() in _OFFICES or is_courtesy_title(word) or bool(_ABBREVIATED.fullmatch(word))
    ) and not _INITIALS.fullmatch(word)


def _behind_name(words: Sequence[str], end: int) -> bool:
    """Whether the last of `words[:end]` are letters after a name, or a word such as Jr."""
    last = words[end - 1]
    return end > 1 and (
        last in _POST_NOMINALS
        or _DOTTED.fullmatch(last) is not None
        or (end > 2 and _CONSONANTS.fullmatch(last) is not None)  # noqa: PLR2004 - Marie SMRZ
    )


def _is_particle(word: str) -> bool:
    return _PARTICLE.fullmatch(word) is not None or (
        word.casefold() in _JOINING and word.islower() and word != "of"
    )


def _is_uncertain(words: Sequence[str]) -> bool:
    """Whether words in the middle leave open where the last name begins."""
    return any(_is_small(word) and not _PARTICLE.fullmatch(word) for word in words[1:-1]) or bool(
        _PARTICLE.fullmatch(words[-2]) and not words[-2].islower()
    )


def _is_shouted(word: str) -> bool:
    return word.isupper() and len(word) > 1 and not _INITIALS.fullmatch(word)


def _is_family_name(word: str) -> bool:
    """Whether a word in capitals can be a family name: JJ and AJ are initials."""
    return _is_shouted(word) and (len(word) > 2 or _VOWEL_SECOND.fullmatch(word) is not None)  # noqa: PLR2004


def _is_small(word: str) -> bool:
    """Whether a word begins with a small letter that has a capital, and has no capital at all."""
    return word.islower() and word[0] != word[0].title()


def _warning(message: str, remedy: str = _FILL_LAST_NAME) -> CellProblem:
    return CellProblem("last-name", message, remedy, Severity.WARNING)
