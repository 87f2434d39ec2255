"""Dates that a template reads from a cell: compared as dates, printed by language."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple, Self

from letters.mailbox import shown
from letters.render.gaps import Datum, GapRecorder, NotReadable
from letters.render.languages import locale, months, weekdays, word_of

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")
_YEAR_LAST = re.compile(r"(\d\d?)([-/. ])(\d\d?)\2(\d{4})(?: \d\d?:\d\d(?::\d\d)?)?")
_WORD = re.compile(r"\d+|[^\W\d_]+|[^\s,./-]")
# Articles, prepositions and the ends of ordinals, as `word_of` gives them.
_SMALL_WORDS = frozenset(
    [
        "le",
        "the",
        "of",
        "de",
        "del",
        "el",
        "den",
        "der",
        "am",
        "di",
        "st",
        "nd",
        "rd",
        "th",
        "er",
        "re",
    ]
)
_ISO = "write it as 2014-01-09 in the cell"
_YEAR_DIGITS = 4
_DAY_DIGITS = 2


class Date(date):
    """A date in a template, printed as its language writes it: always a gap."""

    language = ""
    recorder: GapRecorder | None = None
    source = ""

    @classmethod
    def of(cls, day: date, language: str, recorder: GapRecorder, source: str) -> Self:
        """The same day, with how it is printed and the field it was read from."""
        self = cls(day.year, day.month, day.day)
        self.language = language
        self.recorder = recorder
        self.source = source
        return self

    def __str__(self) -> str:
        return printed(self, self.language) if self.language else self.isoformat()

    def __format__(self, spec: str, /) -> str:
        return self.strftime(spec) if spec else str(self)

    def __html__(self) -> str:
        return Datum(str(self), self.recorder, self.source).__html__()


def _wrapped(name: str) -> Callable[..., Any]:
    method = getattr(date, name)

    def call(self: Date, other: Any) -> Any:
        if isinstance(other, str):
            raise NotReadable.as_text(other, "date")
        return method(self, other)

    call.__name__ = name
    return call


for _operator in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Date, f"__{_operator}__", _wrapped(f"__{_operator}__"))
Date.__hash__ = date.__hash__  # type: ignore[method-assign]


def printed(day: date, language: str) -> str:
    """A date in words: `January 9, 2014`, `9 janvier 2014`, `1er mai 2014`. Raises NotReadable."""
    from babel.dates import format_date

    in_locale = locale(language)
    text = format_date(date(day.year, day.month, day.day), "long", locale=in_locale)
    if in_locale.language == "fr" and day.day == 1:  # the CLDR has no ordinals
        text = f"1er{text[1:]}"
    return text.replace("\u202f", "\u00a0")


def read_date(value: str, languages: Sequence[str]) -> date:
    """Read a date: the year first, or a month in words of one of the languages.

    Day and month in digits are read where only one order makes a date. Raises NotReadable, which
    has both readings where there are two; the first language is that of the letter.
    """
    source = value.source if isinstance(value, Datum) else ""
    text = " ".join(str(value).split())
    readings = _readings(text, languages)
    if len(readings) == 1:
        return readings.pop()
    if not readings:
        raise NotReadable("date", f"“{shown(text)}” is not a date", _ISO, source)
    one, other = sorted(readings)
    language = languages[0]
    raise NotReadable(
        "date",
        f"“{shown(text)}” may be {printed(one, language)} or {printed(other, language)}",
        f"write {one.isoformat()} or {other.isoformat()} in the cell",
        source,
    )


def _readings(text: str, languages: Sequence[str]) -> set[date]:
    if found := _YEAR_FIRST.fullmatch(text):
        return _days((found[1], found[3], found[4]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = found[1], found[3], found[4]
        return _days((year, second, first), (year, first, second))
    words = [word_of(word) for word in _WORD.findall(text)]
    read = (_in_words(words, language) for language in languages)
    return {day for day in read if day}


def _days(*candidates: tuple[str, str, str]) -> set[date]:
    """The dates among these years, months and days."""
    days = set()
    for year, month, day in candidates:
        try:
            days.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return days


class _Words(NamedTuple):
    numbers: list[str]
    months: list[int]
    weekdays: list[int]


def _in_words(words: Sequence[str], language: str) -> date | None:
    """The date that words and digits of one language say; None if they say none."""
    found = _Words([], [], [])
    for word in words:
        if word.isdecimal():
            found.numbers.append(word)
        elif word in months(language):
            found.months.append(months(language)[word])
        elif word in weekdays(language):
            found.weekdays.append(weekdays(language)[word])
        elif word not in _SMALL_WORDS:
            return None
    years = [n for n in found.numbers if len(n) == _YEAR_DIGITS]
    days = [n for n in found.numbers if len(n) <= _DAY_DIGITS]
    if not len(years) == len(days) == len(found.months) == len(found.numbers) - 1 == 1:
        return None
    read = _days((years[0], str(found.months[0]), days[0]))
    day = read.pop() if read else None
    return day if day and set(found.weekdays) <= {day.weekday()} else None
