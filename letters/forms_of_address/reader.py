"""How an office-holder is addressed: envelope, salutation, vocative, close.

The rules are data (`ca.toml`), read at first use. One is chosen by office, language, gender, rank
and province, and its placeholders are filled with one person's names.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from msgspec import Struct

from letters.forms_of_address.courtesy import is_courtesy_title
from letters.forms_of_address.data import forms_data, placeholders

_NOTHING: Mapping[str, str] = MappingProxyType({})
_GENDERS = {"f": "f", "F": "f", "m": "m", "M": "m"}
_REPLACEABLE = ("salutation", "vocative", "close", "envelope_lines")
_NO_COURTESY = ("title", "salutation", "vocative")
_OWN_FORMS = f"fill the columns {', '.join(_REPLACEABLE)} in this row"
_SIMILARITY = 0.82  # an office is suggested from this ratio of difflib on
_COLUMNS = (*_REPLACEABLE, "title", "riding", "province", "address")


class FormOfAddress(Struct, frozen=True):
    """The forms of address of one letter, in its language, each with its punctuation.

    `salutation` opens the letter, `vocative` addresses the reader within it, `close` ends it.
    `full_style` is the person in one line, with titles and post-nominal letters.
    """

    envelope_lines: tuple[str, ...]
    salutation: str
    vocative: str
    close: str
    full_style: str


class Unmatched(ValueError):
    """No rule fits this person: `message` says why, `remedy` how to correct the row, `row` which one."""

    row: int | None = None

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
    signatories: int = 1,
) -> FormOfAddress:
    """The forms of address for one person. Raises Unmatched when no rule fits.

    `office` is a key of the data file, such as `mp`; `language` is `en` or `fr`. Any gender but `f`
    and `m` gives the neutral forms. `fields` are the row's columns: `title`, `riding`, `province`
    and `address` are used in the envelope; `salutation`, `vocative`, `close` and `envelope_lines`
    (one line each) replace a form, and are enough without a rule for what a letter prints. A column
    with a language in its name (`title_fr`) is preferred in that language; a courtesy title (`Mr`,
    `Dr.`) in one of them is passed over. With more than one of `signatories` the French close is in
    the plural.
    """
    columns = _columns(language)

    def cell(column: str) -> str:
        text = fields.get(columns[column]) or fields.get(column, "")
        return "" if column in _NO_COURTESY and is_courtesy_title(text) else text

    own = {form: cell(form) for form in _REPLACEABLE}
    if all(own.values()):
        return _from_columns(own)
    rank = _rank(honorific, privy_council=privy_council)
    gender = _GENDERS.get(gender, "x")
    try:
        rule = _rule(_Case(office, language, gender, rank, cell("province"), signatories > 1))
    except Unmatched as unmatched:
        if not any(own.values()):
            raise
        # It answers as a FormOfAddress does, and raises for what the letter may never ask.
        return cast(FormOfAddress, _OwnForms(own, unmatched))
    return _fill_rule(rule, " ".join(name.split()), " ".join(last_name.split()), cell, own)


class _OwnForms:
    """The forms that a row's own columns give, where no rule fits: any other raises Unmatched."""

    def __init__(self, own: Mapping[str, str], unmatched: Unmatched) -> None:
        self._own = own
        self._unmatched = unmatched

    def __getattr__(self, name: str) -> str | tuple[str, ...]:
        column = "envelope_lines" if name == "full_style" else name
        text = self._own[column]
        if not text:
            raise Unmatched(
                f"the letter uses {column}, but {self._unmatched.message}",
                f"fill the column {column} in this row; or: {self._unmatched.remedy}",
            )
        lines = _lines(text)
        forms: dict[str, str | tuple[str, ...]] = {"envelope_lines": lines, "full_style": lines[0]}
        return forms.get(name, text)


class _Case(NamedTuple):
    """What a rule is chosen by. `several`: more than one person signs."""

    office: str
    language: str
    gender: str
    rank: str
    province: str
    several: bool


@dataclass(frozen=True, slots=True)
class _Form:
    """One form, and the names of the placeholders in it."""

    text: str
    placeholders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """The forms for one case, their placeholders not yet filled.

    `label` names the case in problems. `postal` are the lines of the postal address; `words` are
    the placeholders that the data file gives.
    """

    label: str
    style: _Form
    salutation: _Form
    vocative: _Form
    close: _Form
    lines: tuple[_Form, ...]
    postal: tuple[str, ...]
    words: Mapping[str, str]


@lru_cache(maxsize=16)
def _columns(language: str) -> Mapping[str, str]:
    """What each column is called when it is meant for one language only."""
    return {column: f"{column}_{language}" for column in _COLUMNS}


def _fill_rule(
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
        or (style, *_fill_lines(rule.lines, values), *(_lines(cell("address")) or rule.postal)),
        salutation=own["salutation"] or _fill(rule, rule.salutation, values),
        vocative=own["vocative"] or _fill(rule, rule.vocative, values),
        close=own["close"] or _fill(rule, rule.close, values),
        full_style=style,
    )


def _fill(rule: _Rule, form: _Form, values: Mapping[str, str]) -> str:
    if not form.placeholders:
        return form.text
    for column in form.placeholders:
        if not values[column]:
            raise Unmatched(
                f"{rule.label} needs the column {column}, which is empty",
                f"fill {column} in this row, or write the form itself into a column of its own "
                f"({', '.join(_REPLACEABLE)})",
            )
    return form.text.format_map(values)


def _fill_lines(lines: tuple[_Form, ...], values: Mapping[str, str]) -> Iterator[str]:
    """Fill the lines of an envelope, without those that need an empty column."""
    for line in lines:
        if all(values[column] for column in line.placeholders):
            yield line.text.format_map(values)


def _lines(cell: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in cell.splitlines() if line.strip()) if cell else ()


def _from_columns(own: Mapping[str, str]) -> FormOfAddress:
    lines = _lines(own["envelope_lines"])
    return FormOfAddress(lines, own["salutation"], own["vocative"], own["close"], lines[0])


def _rank(honorific: str, *, privy_council: bool) -> str:
    """The rank that changes a style: "", "pc" (privy councillor) or "right" (Right Honourable)."""
    title = honorific.casefold()
    if title and ("right" in title or "très" in title or title.startswith("rt")):
        return "right"
    return "pc" if privy_council else ""


@lru_cache(maxsize=256)
def _rule(case: _Case) -> _Rule:
    data = forms_data()
    forms = _office_table(data, case.office, case.language)
    language = data["language"][case.language]
    label = f"a form of address for office '{case.office}' in {language['name']}"
    code = data["codes"].get(case.province.casefold(), "")
    if forms.get("by_province") and not code:
        raise _unknown_province(label, case.province, data)
    merged = _merged(forms, case.rank, code)
    chosen = {key: _choose(value, case.gender) for key, value in merged.items()}
    close = language["close"][chosen["close"]]["several" if case.several else "one"]
    return _Rule(
        label=label,
        style=_form(chosen["style"]),
        salutation=_form(chosen["salutation"]),
        vocative=_form(chosen["vocative"]),
        close=_form(close),
        lines=tuple(_form(line) for line in chosen["lines"]),
        postal=tuple(language["postal"].get(chosen["postal"], ())),
        words=_words(data, case, code, chosen.get("appel", "")),
    )


def _words(data: Mapping[str, Any], case: _Case, code: str, appel: str) -> Mapping[str, str]:
    province = data["province"].get(code, {}).get(case.language, {})
    return {
        "appel": appel,
        "province": province.get("name", case.province),
        "of_province": province.get("of", ""),
        "member": province.get("member", ""),
    }


def _office_table(data: Mapping[str, Any], office: str, language: str) -> dict[str, Any]:
    """One office's table for one language, completed from the office named by `like`."""
    entry = data["office"].get(office)
    words = data["language"].get(language)
    if words is None:
        raise Unmatched(
            f"no forms of address in language '{language}'",
            f"{_OWN_FORMS}; there are forms in {', '.join(data['language'])}",
        )
    if entry is None:
        raise _unknown_office(office, data["office"], words["name"])
    like = _office_table(data, entry["like"], language) if "like" in entry else words["default"]
    return {**like, **entry[language]}


def _unknown_office(office: str, known: Mapping[str, Any], language: str) -> Unmatched:
    if not office:
        return Unmatched(
            "the row names no office, and the form of address needs one",
            f"write one of these into the column office: {', '.join(known)}; or {_OWN_FORMS}",
        )
    near = get_close_matches(office, known, 1, _SIMILARITY)
    question = f"did you mean {near[0]} in the column office? Else " if near else ""
    return Unmatched(
        f"no form of address for office '{office}' in {language}",
        f"{question}{_OWN_FORMS}; offices with forms are {', '.join(known)}",
    )


def _unknown_province(label: str, place: str, data: Mapping[str, Any]) -> Unmatched:
    known = ", ".join(province["en"]["name"] for province in data["province"].values())
    reason = f"'{place}' is not one" if place else "the column is empty"
    return Unmatched(
        f"{label} needs a province, and {reason}",
        f"write one of these into the column province: {known}",
    )


def _merged(forms: Mapping[str, Any], rank: str, code: str) -> dict[str, Any]:
    """Replace general forms by special ones: by rank, by province, by rank in that province."""
    merged = dict(forms)
    for special in (forms, forms.get(code, {})):
        merged |= special
        if rank:
            merged |= special.get("pc", {})
        merged |= special.get(rank, {})
    return merged


def _choose(value: Any, gender: str) -> Any:
    return value[gender] if isinstance(value, dict) and gender in value else value


def _form(text: str) -> _Form:
    return _Form(text, tuple(placeholders(text)))
