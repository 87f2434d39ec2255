"""Gaps: how a recipient's data are printed without ever being parsed.

A value from outside (a cell of the list, a form of address) is a `Datum`, a `str` whose `__html__` is not
its text but a *gap mark*: letters and digits that pass unchanged through Markdown, HTML and CSS. Jinja
calls `__html__` wherever it prints. So the rendered template contains marks instead of data, one Markdown
and HTML conversion serves all letters that differ only in their data (the *wording*), and a name like
`<b>*x*` never reaches a parser. Afterwards each mark is replaced by its value, encoded for the place
where it is: HTML text, attribute, URL, plain text, header (`wording`).

A mark is the nonce of the run (16 random hex digits, so that no data can imitate it), the serial number of
the letter and the ordinal of the value, all in lower-case hex. `letter` checks every rendered text: a mark
that is missing, changed or of another letter is a problem, and nothing is sent.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn, Self, cast

from jinja2 import Undefined
from jinja2.exceptions import UndefinedError

from letters.mailbox import shown

SERIAL = 8
ORDINAL = 4
_LAST = 16**ORDINAL - 1


class GapRecorder:
    """Records the values that one letter prints, in order, and gives each its mark.

    `values[n]` is the value of the mark with ordinal n; `prefix` is what all marks of this letter begin with.
    """

    __slots__ = ("nonce", "prefix", "values")

    def __init__(self, nonce: str, serial: int) -> None:
        self.nonce = nonce
        self.prefix = f"{nonce}{serial & 0xFFFFFFFF:08x}"
        self.values: list[Datum] = []

    def mark(self, value: "Datum") -> str:
        """Record a value and return its mark. Raises OverflowError beyond 65,536 values in one letter."""
        ordinal = len(self.values)
        if ordinal > _LAST:
            raise OverflowError("a letter prints more than 65,536 values")
        self.values.append(value)
        return f"{self.prefix}{ordinal:04x}"


class RowField(str):
    """The name of a field of one of several merged rows, with the number of that row."""

    __slots__ = ("row",)
    row: int

    def __new__(cls, name: str, row: int) -> Self:
        """Name a field of a row."""
        self = super().__new__(cls, name)
        self.row = row
        return self


def row_of(field: str, otherwise: int) -> int:
    """The row that a problem with this field is about."""
    return field.row if isinstance(field, RowField) else otherwise


class Datum(str):
    """Text from outside. It prints as a gap mark; its methods return Datums of the same letter.

    `source` says where it came from ("riding", "salutation"); `quoted` that it went through
    `urlencode` and must not be percent-encoded again.
    """

    __slots__ = ("quoted", "recorder", "source")
    recorder: GapRecorder | None
    source: str
    quoted: bool

    def __new__(
        cls,
        value: str = "",
        recorder: GapRecorder | None = None,
        source: str = "",
        *,
        quoted: bool = False,
    ) -> Self:
        """Create a value; without a recorder it cannot be printed (UndefinedError)."""
        self = super().__new__(cls, value)
        self.recorder = recorder
        self.source = source
        self.quoted = quoted
        return self

    def __html__(self) -> str:
        if self.recorder is None:
            raise UndefinedError("a value without a letter was printed")
        return self.recorder.mark(self)

    def like(self, result: object) -> Any:
        """Make every string within `result` a Datum of the same letter and source."""
        if type(result) is str:
            return Datum(result, self.recorder, self.source)
        if isinstance(result, (list, tuple)):
            return type(result)(self.like(item) for item in result)
        return result

    def __iter__(self) -> Iterator[str]:
        return (Datum(character, self.recorder, self.source) for character in str(self))

    def __radd__(self, other: str) -> "Datum":
        if not isinstance(other, str):
            raise NotReadable.as_text(self, "number")
        return cast(Datum, self.like(str(other) + str(self)))

    def __rmod__(self, other: str) -> "Datum":
        return cast(Datum, self.like(str(other) % str(self)))


def _wrapped(name: str) -> Callable[..., Any]:
    method = getattr(str, name)

    def call(self: Datum, *args: Any, **kwargs: Any) -> Any:
        return self.like(method(self, *args, **kwargs))

    call.__name__ = name
    return call


for _name in [
    "__add__",
    "__getitem__",
    "__mod__",
    "__mul__",
    "__rmul__",
    "capitalize",
    "casefold",
    "center",
    "expandtabs",
    "format",
    "format_map",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
]:
    setattr(Datum, _name, _wrapped(_name))


class _Compared(Datum):
    """A Datum in a comparison: one with a number or a date is an error, and no answer."""

    __slots__ = ()


def _comparison(name: str) -> Callable[..., Any]:
    method = getattr(str, name)

    def call(self: _Compared, other: Any) -> Any:
        refuse_number(self, other)
        return method(self, other)

    return call


for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(_Compared, _name, _comparison(_name))
_Compared.__hash__ = str.__hash__  # type: ignore[method-assign]


def compared(value: Datum) -> Datum:
    """The same value, which raises NotReadable when it is compared with a number or a date."""
    return _Compared(value, value.recorder, value.source)


def refuse_number(text: str, other: object) -> None:
    """Raise NotReadable when a text meets a number or a date in an operation."""
    if isinstance(other, date):
        raise NotReadable.as_text(text, "date")
    if isinstance(other, int | float | Decimal) and not isinstance(other, bool):
        raise NotReadable.as_text(text, "number")


class Empty(Undefined):
    """A recipient's empty field: false, and replaced by `default`, but a problem once printed."""

    __slots__ = ()

    def _fail(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise EmptyFieldUsed(self._undefined_name or "")

    def __eq__(self, other: object) -> bool:
        return other == "" or isinstance(other, Empty)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._fail()

    __str__ = __format__ = _fail


for _name, _method in vars(Undefined).items():
    if _method is Undefined.__call__:
        setattr(Empty, _name, Empty.__str__)


class EmptyFieldUsed(UndefinedError):
    """A template printed a field that is empty in this row; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the field `{field}` is empty")
        self.field = field


class NotReadable(UndefinedError):
    """A text that is not the number or the date that a template takes it for.

    `kind` is "number" or "date", `field` the field it comes from, "" for the author's own. `{value}` in
    the remedy stands for the expression of that field.
    """

    def __init__(self, kind: str, message: str, remedy: str, field: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.remedy = remedy
        self.field = field

    @classmethod
    def as_text(cls, text: str, kind: str) -> Self:
        """The error for a text that is used as a number or a date without being read as one."""
        message = f"“{shown(str(text))}” is a text, and is used as a {kind}"
        return cls(kind, message, f"write `{{value}} | {kind}`", getattr(text, "source", ""))
