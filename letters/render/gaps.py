"""Data that print as gaps: no value from outside ever meets a template's, Markdown's or HTML's parser.

A `Datum` behaves as its text, but where Jinja would escape it (DESIGN 4) it leaves a *gap mark*:
letters and digits that pass unharmed through Markdown, HTML and CSS. Leans on nothing of ours.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self, cast

from jinja2 import Undefined
from jinja2.exceptions import UndefinedError

SERIAL = 8
ORDINAL = 4
_LAST = 16**ORDINAL - 1


class Pen:
    """What one letter prints: every `mark` it hands out stands for one value of this letter.

    A mark is the run's nonce, the letter's serial and the value's ordinal, in lower-case hex.
    Raises OverflowError past 65,536 values in one letter.
    """

    __slots__ = ("nonce", "prefix", "values")

    def __init__(self, nonce: str, serial: int) -> None:
        self.nonce = nonce
        self.prefix = f"{nonce}{serial & 0xFFFFFFFF:08x}"
        self.values: list[Datum] = []

    def mark(self, value: "Datum") -> str:
        """Write a value down and return the mark that stands for it."""
        ordinal = len(self.values)
        if ordinal > _LAST:
            raise OverflowError("a letter prints more than 65,536 values")
        self.values.append(value)
        return f"{self.prefix}{ordinal:04x}"


class Datum(str):
    """Text from outside. It prints as a gap; its methods give Datums of the same letter.

    `source` says where it came from ("riding", "salutation"); `quoted` that it went through
    `urlencode` and must not be percent-encoded again.
    """

    __slots__ = ("pen", "quoted", "source")
    pen: Pen | None
    source: str
    quoted: bool

    def __new__(
        cls, value: str = "", pen: Pen | None = None, source: str = "", *, quoted: bool = False
    ) -> Self:
        """Give `value` a pen; only a value with a pen can be printed."""
        self = super().__new__(cls, value)
        self.pen = pen
        self.source = source
        self.quoted = quoted
        return self

    def __html__(self) -> str:
        if self.pen is None:
            raise UndefinedError("a value without a letter was printed")
        return self.pen.mark(self)

    def like(self, result: object) -> Any:
        """Make every string within `result` a Datum of the same letter and source."""
        if type(result) is str:
            return Datum(result, self.pen, self.source)
        if isinstance(result, (list, tuple)):
            return type(result)(self.like(item) for item in result)
        return result

    def __iter__(self) -> Iterator[str]:
        return (Datum(character, self.pen, self.source) for character in str(self))

    def __radd__(self, other: str) -> "Datum":
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
