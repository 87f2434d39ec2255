"""The Jinja environment of letters: sandboxed, strict, and deaf to what data contain.

Whatever is printed and is not the author's own text becomes a gap (DESIGN 4). Leans on `gaps`,
`markdown` and `errors`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, pass_context
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from letters import markdown
from letters.campaign import Campaign
from letters.gaps import Datum, Empty, Pen

# Of these a marked text comes out with its marks whole; any other filter would act on the marks.
_KEEP_MARKS = {
    "safe",
    "escape",
    "e",
    "forceescape",
    "trim",
    "indent",
    "join",
    "default",
    "d",
    "string",
}
_KEEPING_METHODS = {"format", "join", "strip", "lstrip", "rstrip"}
# `tojson`, `pprint`: shows of data, not words. `striptags`, `urlize`: parsers. `random`: same
# inputs, same bytes.
_NOT_OFFERED = {"tojson", "pprint", "striptags", "urlize", "random"}


class MarkChanged(UndefinedError):
    """A template changed a text in which a value had already been printed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} works on text in which a value was already printed")


class NotPrintable(UndefinedError):
    """A template printed a list or an object instead of one of its parts."""


class Shown:
    """What templates may look at: named values, and nothing else of the object."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def names(self) -> list[str]:
        """The names a template may ask for."""
        return list(self._values)

    def lookup(self, name: str) -> Any:
        """The value by this name; raises KeyError."""
        return self._values[name]


class Unknown(StrictUndefined):
    """A name that does not exist; using it raises, and says which object lacked it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{self._undefined_name}` is not known here"


class LetterEnvironment(SandboxedEnvironment):
    """Renders letters; `pen` belongs to the letter being written and must be set before."""

    pen: Pen

    def __init__(self, campaign: Campaign, *, escape: bool = True) -> None:
        super().__init__(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in campaign.folders]),
            undefined=Unknown,
            autoescape=escape,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        for name in _NOT_OFFERED:
            self.filters.pop(name, None)
        self.filters["markdown"] = _markdown
        self.filters = {name: self._guarded(name, f) for name, f in self.filters.items()}
        self.tests = {name: self._guarded(name, f) for name, f in self.tests.items()}
        for name in ("lipsum", "cycler"):
            self.globals.pop(name, None)

    def marked(self, value: object) -> bool:
        """Whether this is the author's text with a value already printed into it."""
        return type(value) is Markup and self.pen.nonce in value

    def _guarded(self, name: str, function: Any) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if name not in _KEEP_MARKS and any(map(self.marked, args)):
                raise MarkChanged(f"`{name}`")
            result = function(*args, **kwargs)
            if type(result) is str:
                return Datum(result, self.pen, _source(args), quoted=name == "urlencode")
            return result

        return call

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja's hook for `obj.attribute`; our own objects answer for themselves."""
        if isinstance(obj, Shown):
            try:
                return obj.lookup(attribute)
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Jinja's hook for `obj[argument]`."""
        if isinstance(obj, Shown):
            return self.getattr(obj, str(argument))
        if self.marked(obj):
            raise MarkChanged("an index")
        return super().getitem(obj, argument)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Jinja's hook for calls: text that a call returns is a value like any other."""
        owner = getattr(obj, "__self__", None)
        if self.marked(owner) and obj.__name__ not in _KEEPING_METHODS:
            raise MarkChanged(f"`.{obj.__name__}()`")
        result = super().call(context, obj, *args, **kwargs)
        if type(result) is str or (type(result) is Datum and result.pen is None):
            return Datum(result, self.pen, _source((owner, *args)))
        return result


def _source(args: tuple[Any, ...]) -> str:
    return next((arg.source for arg in args if isinstance(arg, Datum)), "")


@pass_context  # with a context, Jinja cannot evaluate it while compiling, before there is a letter
def _finalize(context: Context, value: Any) -> Any:
    """What `{{ value }}` prints: the author's text, digits, or a gap."""
    kind = type(value)
    if kind is Markup or isinstance(value, Empty | StrictUndefined):
        return value
    if kind is not Datum:
        if value is None:
            return ""
        if kind is int or kind is float:
            return Markup(value)  # noqa: S704 - digits
        if not isinstance(value, (str, bool, date)):
            raise NotPrintable(f"a whole {kind.__name__} was printed; name one of its parts")
        environment: LetterEnvironment = context.environment  # type: ignore[assignment]
        value = Datum(str(value), environment.pen)
    return value if context.eval_ctx.autoescape else value.__html__()


def _markdown(text: Any) -> Markup:
    if not isinstance(text, Markup):
        raise MarkChanged("`markdown` is for the author's own text; it")
    return Markup(markdown.html(str(text)))  # noqa: S704 - the author's own text


class PlainEnvironment(SandboxedEnvironment):
    """Renders the layout, once a wording, around a body that is already HTML."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in campaign.folders]),
            undefined=Unknown,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
