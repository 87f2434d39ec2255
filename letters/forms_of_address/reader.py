"""How an office-holder is addressed: envelope, salutation, vocative, close. Leans on `errors`.

The rules are data, one file a country (`ca.toml`), read at first use. Here one is chosen by
office, language, gender and rank, and filled with one person's name.
"""

import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct

from letters.errors import LettersError

__all__ = ["FormOfAddress", "Unmatched", "form_of_address", "offices"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_PLACEHOLDERS = frozenset(
    ("name", "last_name", "title", "riding", "province", "of_province", "member", "appel")
)
_GENDERS = {"f": "f", "F": "f", "m": "m", "M": "m"}
_REPLACEABLE = ("salutation", "vocative", "close", "envelope_lines")
_COLUMNS = (*_REPLACEABLE, "title", "riding", "province", "address")


class FormOfAddress(Struct, frozen=True):
    """The forms that one letter to one person needs, in the letter's language.

    `salutation` opens the letter, `vocative` addresses the reader in mid-letter, `close` ends it;
    each carries its own punctuation. `full_style` is the person in one line, for tables.
    """

    envelope_lines: tuple[str, ...]
    salutation: str
    vocative: str
    close: str
    full_style: str


class Unmatched(ValueError):
    """No rule fits this person: `message` says why, `remedy` how to mend the row."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def form_of_address(
    *,
    office: str,
    language: str,
    name: str,
    last_name: str,
    gender: str = "",
    privy_council: bool = False,
    honorific: str = "",
    fields: Mapping[str, str] = _NOTHING,
    country: str = "ca",
    signatories: int = 1,
) -> FormOfAddress:
    """Return the forms of address for one person; raises `Unmatched` where no rule fits.

    `fields` are the row's columns: `title`, `riding`, `province` and `address` go into the
    envelope; `salutation`, `vocative`, `close` and `envelope_lines` (line breaks between lines)
    replace a form. A column named for a language (`title_fr`) goes before the bare one.
    A gender other than `f` and `m` gives the neutral forms. More than one of `signatories` makes
    the French « Je vous prie » a « Nous vous prions ».
    """
    columns = _columns(language)

    def cell(column: str) -> str:
        return fields.get(columns[column]) or fields.get(column, "")

    own = {form: cell(form) for form in _REPLACEABLE}
    if all(own.values()):
        return _written_by_hand(own)
    rank = _rank(honorific, privy_council=privy_council)
    gender = _GENDERS.get(gender, "x")
    rule = _rule(_Case(country, office, language, gender, rank, cell("province"), signatories > 1))
    return _filled(rule, " ".join(name.split()), " ".join(last_name.split()), cell, own)


def offices(country: str = "ca") -> tuple[str, ...]:
    """Return the offices that have forms of address, in the order of the data file."""
    return tuple(_book(country)["office"])


class _Case(NamedTuple):
    """What chooses a rule."""

    country: str
    office: str
    language: str
    gender: str
    rank: str
    province: str
    several: bool


@dataclass(frozen=True, slots=True)
class _Text:
    """One form with its placeholders, and their names."""

    text: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """The forms of one office for one language, gender, rank and province, not yet filled."""

    label: str
    style: _Text
    salutation: _Text
    vocative: _Text
    close: _Text
    lines: tuple[_Text, ...]
    postal: tuple[str, ...]
    words: Mapping[str, str]


@lru_cache(maxsize=16)
def _columns(language: str) -> Mapping[str, str]:
    """Return what each column is called when it is meant for one language."""
    return {column: f"{column}_{language}" for column in _COLUMNS}


def _filled(
    rule: _Rule, name: str, last_name: str, cell: Callable[[str], str], own: Mapping[str, str]
) -> FormOfAddress:
    values = {
        **rule.words,
        "name": name,
        "last_name": last_name,
        "title": cell("title"),
        "riding": cell("riding"),
    }
    if own["salutation"]:
        values["appel"] = own["salutation"].rstrip(" ,:")
    style = _fill(rule, rule.style, values)
    return FormOfAddress(
        envelope_lines=_lines(own["envelope_lines"])
        or (style, *_present(rule.lines, values), *(_lines(cell("address")) or rule.postal)),
        salutation=own["salutation"] or _fill(rule, rule.salutation, values),
        vocative=own["vocative"] or _fill(rule, rule.vocative, values),
        close=own["close"] or _fill(rule, rule.close, values),
        full_style=style,
    )


def _fill(rule: _Rule, form: _Text, values: Mapping[str, str]) -> str:
    if not form.needs:
        return form.text
    for column in form.needs:
        if not values[column]:
            raise Unmatched(
                f"{rule.label} needs the column {column}, which is empty",
                f"fill {column} in this row, or write the form itself into a column of its own "
                f"({', '.join(_REPLACEABLE)})",
            )
    return form.text.format_map(values)


def _present(lines: tuple[_Text, ...], values: Mapping[str, str]) -> Iterator[str]:
    """Fill the lines of an envelope; one that waits for an empty column falls away."""
    for line in lines:
        if all(values[column] for column in line.needs):
            yield line.text.format_map(values)


def _lines(cell: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in cell.splitlines() if line.strip()) if cell else ()


def _written_by_hand(own: Mapping[str, str]) -> FormOfAddress:
    lines = _lines(own["envelope_lines"])
    return FormOfAddress(lines, own["salutation"], own["vocative"], own["close"], lines[0])


def _rank(honorific: str, *, privy_council: bool) -> str:
    """Return the rank that changes a style: "", "pc" (privy councillor) or "right"."""
    title = honorific.casefold()
    if title and ("right" in title or "très" in title or title.startswith("rt")):
        return "right"
    return "pc" if privy_council else ""


@lru_cache(maxsize=256)
def _rule(case: _Case) -> _Rule:
    book = _book(case.country)
    forms = _forms(book, case.office, case.language)
    tongue = book["language"][case.language]
    label = f"a form of address for office '{case.office}' in {tongue['name']}"
    code = book["codes"].get(case.province.casefold(), "")
    if forms.get("by_province") and not code:
        raise _unknown_province(label, case.province, book)
    merged = _merged(forms, case.rank, code)
    chosen = {key: _choose(value, case.gender) for key, value in merged.items()}
    close = tongue["close"][chosen["close"]]["several" if case.several else "one"]
    return _Rule(
        label=label,
        style=_text(chosen["style"]),
        salutation=_text(chosen["salutation"]),
        vocative=_text(chosen["vocative"]),
        close=_text(close),
        lines=tuple(_text(line) for line in chosen["lines"]),
        postal=tuple(tongue["postal"].get(chosen["postal"], ())),
        words=_words(book, case, code, chosen.get("appel", "")),
    )


def _words(book: Mapping[str, Any], case: _Case, code: str, appel: str) -> Mapping[str, str]:
    province = book["province"].get(code, {}).get(case.language, {})
    return {
        "appel": appel,
        "province": province.get("name", case.province),
        "of_province": province.get("of", ""),
        "member": province.get("member", ""),
    }


def _forms(book: Mapping[str, Any], office: str, language: str) -> dict[str, Any]:
    """Return one office's table for one language, laid over the office that it is `like`."""
    entry = book["office"].get(office)
    tongue = book["language"].get(language)
    if tongue is None:
        raise Unmatched(
            f"no forms of address in language '{language}'",
            f"write one of {', '.join(book['language'])} into the column language",
        )
    if entry is None:
        raise Unmatched(
            f"no form of address for office '{office}' in {tongue['name']}"
            if office
            else "the row names no office, and the form of address needs one",
            f"write one of these into the column office: {', '.join(book['office'])}",
        )
    like = _forms(book, entry["like"], language) if "like" in entry else tongue["default"]
    return {**like, **entry[language]}


def _unknown_province(label: str, place: str, book: Mapping[str, Any]) -> Unmatched:
    known = ", ".join(province["en"]["name"] for province in book["province"].values())
    said = f"'{place}' is none" if place else "the column is empty"
    return Unmatched(f"{label} needs a province, and {said}", f"province is one of {known}")


def _merged(forms: Mapping[str, Any], rank: str, code: str) -> dict[str, Any]:
    """Lay the special over the general: rank, then province, then rank in that province."""
    merged = dict(forms)
    for place in (forms, forms.get(code, {})):
        merged |= place
        if rank:
            merged |= place.get("pc", {})
        merged |= place.get(rank, {})
    return merged


def _choose(value: Any, gender: str) -> Any:
    return value[gender] if isinstance(value, dict) and gender in value else value


def _text(text: str) -> _Text:
    return _Text(text, tuple(_names(text)))


def _names(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@lru_cache(maxsize=8)
def _book(country: str) -> Mapping[str, Any]:
    """Read a country's rules; an unknown placeholder in them is a `LettersError`."""
    file = resources.files(__package__) / f"{country}.toml"
    if not (country.isalpha() and file.is_file()):
        raise Unmatched(f"no forms of address for country '{country}'", "country is one of ca")
    book = tomllib.loads(file.read_text(encoding="utf-8"))
    _check(book, file.name)
    book["codes"] = {
        alias.casefold(): code
        for code, province in book["province"].items()
        for alias in (code, province["en"]["name"], province["fr"]["name"], *province["also"])
    }
    return book


def _check(value: Any, place: str) -> None:
    """Walk every string of the data file below `place`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(inner, f"{place}: {key}" if place.endswith(".toml") else f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            _check(inner, place)
    elif isinstance(value, str) and (unknown := set(_names(value)) - _PLACEHOLDERS):
        raise LettersError(
            f"{place}: unknown placeholder {{{min(unknown)}}}",
            f"placeholders are {', '.join(sorted(_PLACEHOLDERS))}",
        )
