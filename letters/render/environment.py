"""The Jinja environment of letters: sandboxed and strict; values from outside print as gaps.

The author's own text is `Markup`. Everything else that a template prints becomes a gap (see `gaps`), so
every operation that could change or hide a gap mark is intercepted here: filters, methods, `%`, `~`,
comparisons, slices, loops.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from datetime import date
from functools import wraps
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.compiler import Frame
from jinja2.exceptions import UndefinedError
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from markupsafe import Markup

from letters.campaign.campaign import Campaign
from letters.render import markdown, value_filters
from letters.render.bounded import BoundedCodeGenerator, BoundedEnvironment, Budget
from letters.render.continuation import enclosed
from letters.render.dates import Date
from letters.render.gaps import Datum, Empty, GapRecorder, NotReadable, compared, refuse_number
from letters.render.numbers import Number

# These filters and tests leave gap marks unchanged; any other may change them, so it is refused.
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
    "defined",
    "undefined",
    "none",
}
# These filters work on one text; given a list or an object, they would print its Python `repr`.
_TEXT_FILTERS = {
    "capitalize",
    "center",
    "e",
    "escape",
    "forceescape",
    "format",
    "indent",
    "lower",
    "replace",
    "safe",
    "string",
    "title",
    "trim",
    "truncate",
    "upper",
    "wordcount",
    "wordwrap",
}
_METHODS_THAT_KEEP_MARKS = {"format", "join", "strip", "lstrip", "rstrip"}
# `tojson`, `pprint` print data structures, `striptags`, `urlize` parse text, `random` would give
# different bytes for the same inputs.
# Filters and tests that take numbers; of a text they would make an error that says little.
_FOR_NUMBERS = {"abs", "round", "filesizeformat", "divisibleby", "even", "odd"}
_COMPARISONS = {
    "eq", "==", "equalto", "ne", "!=", "lt", "<", "lessthan", "le", "<=", "gt", ">", "greaterthan",
    "ge", ">=", "in",
}  # fmt: skip
_LONG = 1000  # characters from which on each printing of a text is counted
_NOT_OFFERED = {"tojson", "pprint", "striptags", "urlize", "random"}


class GapMarkChanged(UndefinedError):
    """A template changed a text that already contains a printed value."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} works on text in which a value was already printed")


class NotPrintable(UndefinedError):
    """A template printed a list or an object instead of one of its parts."""

    def __init__(self, value: object) -> None:
        super().__init__(f"a whole {type(value).__name__} was printed; name one of its parts")


class TemplateObject:
    """An object as templates see it: named values, and no other attribute."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def lookup(self, name: str) -> Any:
        """The value by this name; raises KeyError."""
        return self._values[name]

    def __str__(self) -> NoReturn:
        raise NotPrintable(self)


class _LetterCodeGenerator(BoundedCodeGenerator):
    """Makes compiled templates call the environment for slices and loops.

    Jinja offers no hook for these operations.
    """

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.unmarked(")
        self.visit(node.node, frame)
        self.write(")[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        unmarked = nodes.EnvironmentAttribute("unmarked")
        node.iter = nodes.Call(unmarked, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)


class LetterEnvironment(BoundedEnvironment):
    """Renders letters; `recorder` must be set to that of the letter being written, `language` to its own.

    Without `escape`, for subjects and plain text, the author's strings are printed as typed.
    """

    recorder: GapRecorder
    language: str
    intercepted_binops = BoundedEnvironment.intercepted_binops | {"-", "/", "//"}
    code_generator_class = _LetterCodeGenerator

    def __init__(self, campaign: Campaign, budget: Budget, *, escape: bool = True) -> None:
        super().__init__(campaign, budget, finalize=_finalize, keep_trailing_newline=True)
        languages = campaign.settings.languages
        self._languages = {one: (one, *(o for o in languages if o != one)) for one in languages}
        self._author = Markup.escape if escape else Markup
        for name in _NOT_OFFERED:
            self.filters.pop(name, None)
        self.filters |= {
            "markdown": _markdown,
            "join": self._join,
            "replace": self._bounded("replace", _replace),
            "attr": lambda obj, name: self.getattr(obj, str(name)),
            "number": value_filters.number,
            "date": value_filters.day,
            "int": self._bounded("int", value_filters.integer),
            "float": self._bounded("float", value_filters.floating),
        }
        self.filters = {name: self._guarded(name, f) for name, f in self.filters.items()}
        self.tests = {name: self._guarded(name, f) for name, f in self.tests.items()}
        for name in ("lipsum", "cycler"):
            self.globals.pop(name, None)

    @property
    def languages(self) -> tuple[str, ...]:
        """The campaign's languages, that of the letter first."""
        return self._languages[self.language]

    def marked(self, value: object) -> bool:
        """Whether this is the author's text with a value already printed into it."""
        return type(value) is Markup and self.recorder.nonce in value

    def _guarded(self, name: str, function: Any) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if name not in _KEEP_MARKS and any(map(self.marked, args)):
                raise GapMarkChanged(f"`{name}`")
            if name in _TEXT_FILTERS:
                _require_texts(args)
            if name in _FOR_NUMBERS and isinstance(args[0], Datum):
                raise NotReadable.as_text(args[0], "number")
            if name in _COMPARISONS:
                args = tuple(map(self.compared, args))
            result = function(*args, **kwargs)
            if type(result) is str:
                return Datum(result, self.recorder, _source(args), quoted=name == "urlencode")
            return result

        return call

    def concatenated(self, parts: Iterable[Any]) -> str:
        """The result of `~` and `join`: printed values become gap marks, the author's strings stay as typed."""
        texts = [self._printed(part) for part in parts]
        self.budget.step(sum(map(len, texts)))
        if all(type(text) is str for text in texts):
            return "".join(texts)
        return Markup().join(t if type(t) is Markup else self._author(t) for t in texts)

    def _printed(self, value: Any) -> str:
        kind = type(value)
        if kind is str or kind is Markup:
            return value  # type: ignore[no-any-return]
        if kind is int or kind is float or isinstance(value, Undefined):
            return str(value)
        if kind is Number and value.recorder is None:
            return str(value)
        return "" if value is None else Markup(_datum(value, self.recorder).__html__())  # noqa: S704 - a mark

    def _join(self, value: Any, d: str = "", attribute: str | int | None = None) -> str:
        if isinstance(value, str | Undefined):
            return str(d).join(str(value))
        if attribute is not None:
            value = map(make_attrgetter(self, attribute), value)
        return self.concatenated(_separated(value, d))

    def unmarked(self, value: Any) -> Any:
        """Return a value that is compared, sliced or looped over; raises GapMarkChanged for marked text."""
        if self.marked(value):
            raise GapMarkChanged("a comparison, a slice or a loop")
        return value

    def compared(self, value: Any) -> Any:
        """Return a value that is compared; raises GapMarkChanged for marked text."""
        value = super().compared(self.unmarked(value))
        return compared(value) if type(value) is Datum else value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Jinja's hook for operators: what `%` makes is a value from outside."""
        for text, other in ((left, right), (right, left)):
            if isinstance(text, Datum) and not (operator == "%" and "%" in text):
                refuse_number(text, other)
        if operator != "%":
            return super().call_binop(context, operator, left, right)
        if self.marked(left):
            raise GapMarkChanged("`%`")
        result = super().call_binop(context, operator, left, right)
        return (
            Datum(result, self.recorder, _source((left, right))) if type(result) is str else result
        )

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Jinja's hook: of a Datum, templates may use only the attributes that every `str` has."""
        allowed = (
            hasattr(str, attr)
            if isinstance(obj, Datum)
            else hasattr(date, attr)
            if isinstance(obj, Date)
            else not isinstance(obj, Number)
        )
        return allowed and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja's hook for `obj.attribute`."""
        if isinstance(obj, TemplateObject):
            try:
                return obj.lookup(attribute)
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Jinja's hook for `obj[argument]`."""
        if isinstance(obj, TemplateObject):
            return self.getattr(obj, str(argument))
        if self.marked(obj):
            raise GapMarkChanged("an index")
        return super().getitem(obj, argument)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Jinja's hook for calls: a text that a call returns is a value from outside."""
        owner = getattr(obj, "__self__", None)
        if self.marked(owner) and obj.__name__ not in _METHODS_THAT_KEEP_MARKS:
            raise GapMarkChanged(f"`.{obj.__name__}()`")
        result = super().call(context, obj, *args, **kwargs)
        if type(result) is str or (type(result) is Datum and result.recorder is None):
            return Datum(result, self.recorder, _source((owner, *args, kwargs)))
        return result


def _source(args: Iterable[Any]) -> str:
    """The `source` of the first Datum among these or inside them; "" if there is none."""
    for arg in args:
        within = arg.values() if isinstance(arg, dict) else arg
        found = (
            arg.source
            if isinstance(arg, Datum | Number | Date)
            else _source(within)
            if isinstance(within, list | tuple | ValuesView)
            else ""
        )
        if found:
            return found
    return ""


@pass_context  # with a context, Jinja cannot evaluate it while compiling, before there is a letter
def _finalize(context: Context, value: Any) -> Any:
    """What `{{ value }}` prints: the author's text, digits, or a gap."""
    kind = type(value)
    environment: LetterEnvironment = context.environment  # type: ignore[assignment]
    if (kind is Markup or kind is Datum) and len(value) > _LONG:
        environment.step(len(value))
    if kind is Markup:
        return Markup(enclosed(value)) if "\n" in value else value  # noqa: S704 - the author's own text
    if isinstance(value, Empty | StrictUndefined):
        return value
    if kind is not Datum:
        if value is None:
            return ""
        if kind is int or kind is float or (kind is Number and value.recorder is None):
            return Markup(str(value))  # noqa: S704 - digits
        value = _datum(value, environment.recorder)
    return value if context.eval_ctx.autoescape else value.__html__()


def _datum(value: Any, recorder: GapRecorder) -> Datum:
    if isinstance(value, Datum):
        return value
    if not isinstance(value, (str, bool, date, Number)):
        raise NotPrintable(value)
    return Datum(str(value), recorder, _source((value,)))


def _require_texts(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, TemplateObject | Iterable) and not isinstance(value, str | Undefined):
            raise NotPrintable(value)


def _separated(parts: Iterable[Any], separator: Any) -> Iterator[Any]:
    for number, part in enumerate(parts):
        if number:
            yield separator
        yield part


def _replace(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    text = text if isinstance(text, str) else str(text)
    return text.replace(str(old), new, -1 if count is None else count)  # type: ignore[no-any-return]


def _markdown(text: Any) -> Markup:
    if not isinstance(text, Markup):
        raise GapMarkChanged("`markdown` is for the author's own text; it")
    return Markup(markdown.html(str(text)))  # noqa: S704 - the author's own text
