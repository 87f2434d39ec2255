"""Numbers that a template reads from a cell: compared and calculated with exactly, printed by language."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Self

from jinja2.exceptions import UndefinedError

from letters.mailbox import shown
from letters.render.gaps import Datum, GapRecorder, NotReadable
from letters.render.languages import separators

_LONGEST = 28  # digits that a Decimal calculates with
_SIMPLE = str.maketrans("\u00a0\u202f\u2009\u2007’−", "    '-")
# A no-break space; many fonts of mail programs have no narrow one, and show a box.
_PRINTED = {" ": "\u00a0", "'": "’"}
_GROUPED = re.compile(r"[1-9]\d{0,2}([ .,'])\d{3}(?:\1\d{3})*(?:(?!\1)([.,])\d+)?")
_UNGROUPED = re.compile(r"\d+(?:([.,])\d+)?")
_GROUPS = re.compile(r"[ .,'](?=\d{3}(?!\d))")
_ALONE = "write the number alone in the cell, such as 1234.5; signs and words go into the template"


class Number(Decimal):
    """A number in a template, printed as its language writes it.

    `recorder` is None for the author's own number; any other is a value from outside and prints as a
    gap. `source` is the field it was read from. What is calculated with one is one too.
    """

    __slots__ = ("language", "recorder", "source")
    language: str
    recorder: GapRecorder | None
    source: str

    def __new__(
        cls,
        value: Decimal | float | str,
        language: str,
        recorder: GapRecorder | None = None,
        source: str = "",
    ) -> Self:
        """Create a number. Raises NotReadable for one of too many digits."""
        self = super().__new__(cls, repr(value) if isinstance(value, float) else value)
        if not self.is_finite() or (self and abs(self.adjusted()) > _LONGEST):
            raise NotReadable("number", "a number has too many digits", _ALONE, source)
        self.language = language
        self.recorder = recorder
        self.source = source
        return self

    def __str__(self) -> str:
        group, decimal = separators(self.language)
        # As the cell has them: Babel's own patterns drop zeros, and some languages' groups.
        printed: dict[str, str | int | None] = {",": _PRINTED.get(group, group), ".": decimal}
        return f"{Decimal(self):,f}".translate(str.maketrans(printed))

    def __format__(self, spec: str, /) -> str:  # type: ignore[override]
        return format(Decimal(self), spec) if spec else str(self)

    def __html__(self) -> str:
        return (
            Datum(str(self), self.recorder, self.source).__html__() if self.recorder else str(self)
        )

    def like(self, result: Any, other: Any = None) -> Any:
        """Make the result of a calculation with `other` a Number, a value from outside if one of them is."""
        if type(result) is not Decimal:
            return result
        recorder, source = self.recorder, self.source
        if isinstance(other, Number):
            recorder, source = recorder or other.recorder, source or other.source
        return Number(result, self.language, recorder, source)


def _wrapped(name: str) -> Callable[..., Any]:
    method = getattr(Decimal, name)

    def call(self: Number, *others: Any) -> Any:
        operands = [Decimal(repr(o)) if isinstance(o, float) else o for o in others]
        if any(isinstance(other, str) for other in others):
            raise NotReadable.as_text(others[0], "number")
        try:
            return self.like(method(self, *operands), *others[:1])
        except ArithmeticError:
            raise UndefinedError(
                "a calculation has no result: it divides by 0, or is too large"
            ) from None

    call.__name__ = name
    return call


for _operator in [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "radd",
    "rsub",
    "rmul",
    "rtruediv",
    "rfloordiv",
    "rmod",
    "rpow",
    "neg",
    "pos",
    "abs",
    "round",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
]:
    setattr(Number, f"__{_operator}__", _wrapped(f"__{_operator}__"))
Number.__hash__ = Decimal.__hash__  # type: ignore[method-assign]


def read_number(value: str, language: str, *, said: bool = False) -> Decimal:
    """Read a number as it is written in a language; `said`: the template names that language.

    Groups of digits and decimals that can be read in one way alone are read in every language: `1 234`,
    `1.234,5`. Raises NotReadable.
    """
    source = value.source if isinstance(value, Datum) else ""
    text = str(value).translate(_SIMPLE).strip()
    sign, digits = ("-", text[1:]) if text[:1] == "-" else ("", text.removeprefix("+"))
    grouped, ungrouped = _GROUPED.fullmatch(digits), _UNGROUPED.fullmatch(digits)
    if len(digits) > _LONGEST or not (grouped or ungrouped):
        raise NotReadable("number", f"“{shown(text)}” is not a number", _ALONE, source)
    as_groups = sign + _GROUPS.sub("", digits) if grouped and ungrouped else ""
    if ungrouped and ungrouped[1]:
        group, decimal = separators(language)
        as_decimals = sign + digits.replace(",", ".")
        if grouped and ungrouped[1] == group:
            return Decimal(as_groups)
        if ungrouped[1] == decimal and (said or not grouped):
            return Decimal(as_decimals)
        raise _doubtful(text, language, as_groups, as_decimals, source)
    if grouped:
        whole, point, decimals = digits.rpartition(grouped[2]) if grouped[2] else (digits, "", "")
        return Decimal(f"{sign}{_GROUPS.sub('', whole)}{'.' if point else ''}{decimals}")
    return Decimal(sign + digits)


def _doubtful(
    text: str, language: str, as_groups: str, as_decimals: str, source: str
) -> NotReadable:
    """The error for a separator that the language does not have there."""
    groups, decimals = ("en", "fr") if "," in text else ("de", "en")
    remedy = f'`{{value}} | number("{decimals}")` reads {as_decimals}'
    if not as_groups:
        message = f"“{shown(text)}” is not written as numbers are in {language}"
        return NotReadable("number", message, remedy, source)
    message = f"“{shown(text)}” may be {as_groups} or {as_decimals}"
    return NotReadable(
        "number", message, f'`{{value}} | number("{groups}")` reads {as_groups}, {remedy}', source
    )
