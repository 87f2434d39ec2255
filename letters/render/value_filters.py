"""The filters that read a value: `number`, `date`, `int`, `float`. None of them guesses."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import Undefined, pass_environment

from letters.mailbox import shown
from letters.render.dates import Date, read_date
from letters.render.gaps import Datum, NotReadable
from letters.render.numbers import Number, read_number

_INT = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?")
_DECIMAL_BASE = 10


@pass_environment
def number(environment: Any, value: Any, written_in: str = "") -> Any:
    """The number that a cell, or the author, writes; `written_in` is a language code."""
    if isinstance(value, Number):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(value, environment.language)
    text = _text(value, "number")
    language = str(written_in) or environment.language
    recorder = environment.recorder if isinstance(text, Datum) else None
    read = read_number(text, language, said=bool(written_in))
    return Number(read, environment.language, recorder, _source(text))


@pass_environment
def day(environment: Any, value: Any, written_in: str = "") -> Any:
    """The date that a cell, or the author, writes; `written_in` is a language code."""
    if isinstance(value, date):
        return Date.of(value, environment.language, environment.recorder, _source(value))
    text = _text(value, "date")
    languages = (str(written_in),) if written_in else environment.languages
    read = read_date(text, languages)
    return Date.of(read, environment.language, environment.recorder, _source(text))


def integer(value: Any, default: int | None = None, base: int = 10) -> int:
    """The integer that a text of plain digits is; `default` is for a text without any digit."""
    if not isinstance(value, str | Undefined):
        return int(_computed(value))
    text = str(value).strip()
    if base == _DECIMAL_BASE and _INT.fullmatch(text):
        return int(text)
    if base != _DECIMAL_BASE:
        try:
            return int(text, base)
        except ValueError:
            pass
    return int(_otherwise(value, default, "a whole number in plain digits"))


def floating(value: Any, default: float | None = None) -> float:
    """The number that a text such as `1234.5` is; `default` is for a text without any digit."""
    if not isinstance(value, str | Undefined):
        return float(_computed(value))
    text = str(value).strip()
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(_otherwise(value, default, "a number in plain digits"))


def _otherwise(value: Any, default: float | None, what: str) -> float:
    text = str(value)
    if default is not None and not any(map(str.isdigit, text)):
        return default
    message = f"“{shown(text)}” is not {what}"
    raise NotReadable(
        "number", message, "`{value} | number` reads it by its language", _source(value)
    )


def _computed(value: Any) -> Any:
    if not isinstance(value, int | float | Decimal):
        raise NotReadable("number", f"a {type(value).__name__} is not a number", "name one value")
    return value


def _text(value: Any, kind: str) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises
    if not isinstance(value, str):
        raise NotReadable(kind, f"a {type(value).__name__} is not a {kind}", "name one value")
    return value


def _source(value: Any) -> str:
    return getattr(value, "source", "")
