"""A Jinja environment in which templates can do only a bounded amount of work.

A campaign folder may come from somebody else. Loops, calls and texts are counted while a letter is
rendered, and an operation that would make a huge text is refused before it makes it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sized
from functools import wraps
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, markup_join
from jinja2.sandbox import SandboxedEnvironment

from letters.campaign.campaign import Campaign
from letters.campaign.file_names import composed
from letters.render.continuation import unenclosed
from letters.render.loader import CampaignLoader
from letters.render.tag_lines import without_tag_lines

STEPS = 100_000
"""Loop rounds and calls that the templates of one letter may make."""
CHARACTERS = 1_000_000
"""Characters that they may make and print."""
# The first letters of a batch may cost much more than the later ones do.
_BATCH_STEPS, _STEPS_A_LETTER = 2_000_000, 1_000
_BATCH_CHARACTERS, _CHARACTERS_A_LETTER = 10_000_000, 50_000
_WIDTH = 10_000
_BITS = 10_000
_POWER = 100
_SUM_START = 3  # the environment, the items and the attribute come first
_SEARCHED = 8  # characters or items looked through in the time that one is made
_WITH_WIDTH = frozenset(
    {"center", "ljust", "rjust", "zfill", "expandtabs", "indent", "batch", "slice"}
)
_WIDE = re.compile(r"\d{5,}")
_COMPUTED_WIDTH = re.compile(r"%[^a-zA-Z%]*\*|\{[^{}]*\{")


class TooCostly(Exception):
    """The templates do more work than a letter needs."""


class Budget:
    """Counts the work of one batch's templates; `next_letter` begins a letter."""

    def __init__(self) -> None:
        self._letters = 0
        self._batch_steps = self._batch_characters = 0
        self._steps = self._characters = 0

    def next_letter(self) -> None:
        """Add up the last letter. Raises TooCostly when the batch as a whole costs too much."""
        self._batch_steps += self._steps
        self._batch_characters += self._characters
        self._steps = self._characters = 0
        most_steps = _BATCH_STEPS + _STEPS_A_LETTER * self._letters
        most_characters = _BATCH_CHARACTERS + _CHARACTERS_A_LETTER * self._letters
        self._letters += 1
        if self._batch_steps > most_steps or self._batch_characters > most_characters:
            raise TooCostly(
                f"the letters of this batch need {self._batch_steps:,} loop rounds and calls and "
                f"{self._batch_characters:,} characters so far"
            )

    def step(self, characters: int = 0) -> None:
        """Count a loop round or a call, and the characters that it makes. Raises TooCostly."""
        self._steps += 1
        self._characters += characters
        if self._steps > STEPS:
            raise TooCostly(f"more than {STEPS:,} loop rounds and calls in one letter")
        if self._characters > CHARACTERS:
            _refuse_text()

    def check(self, characters: int) -> None:
        """Raise TooCostly when so many characters are more than one letter may make."""
        if self._characters + characters > CHARACTERS:
            _refuse_text()


def _refuse_text() -> NoReturn:
    raise TooCostly(f"more than {CHARACTERS:,} characters in one letter")


class UnknownName(StrictUndefined):
    """A name that does not exist; using it raises, and says which object lacked it."""

    @property
    def _undefined_message(self) -> str:
        if not isinstance(self._undefined_name, str):
            return str(super()._undefined_message)
        where = getattr(self._undefined_obj, "place", "here")
        return self._undefined_hint or f"`{self._undefined_name}` is not known {where}"


class BoundedCodeGenerator(CodeGenerator):
    """Makes compiled templates count each loop round, call and inclusion."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        _counted(node)
        for block in node.find_all(nodes.Block):
            _counted(block)
        super().visit_Template(node, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        _counted(node)
        super().visit_For(node, frame)

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:
        _counted(node)
        super().visit_Macro(node, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        _counted(node)
        super().visit_CallBlock(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if not isinstance(node.node, nodes.EnvironmentAttribute):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        # Our own hook, which no template can name: it needs no look at what is called.
        self.write(f"environment.{node.node.name}(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.concatenated((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        node.expr = _compared(node.expr)
        for operand in node.ops:
            operand.expr = _compared(operand.expr)
        super().visit_Compare(node, frame)


def _counted(
    node: nodes.Template | nodes.Block | nodes.For | nodes.Macro | nodes.CallBlock,
) -> None:
    """Let the body count itself, and the template's own text in it, each time that it runs."""
    size = sum(len(text.data) for part in node.body for text in part.find_all(nodes.TemplateData))
    call = nodes.Call(
        nodes.EnvironmentAttribute("step"), [nodes.Const(size)], [], None, None, lineno=node.lineno
    )
    node.body.insert(0, nodes.ExprStmt(call, lineno=node.lineno))


def _compared(node: nodes.Expr) -> nodes.Expr:
    hook = nodes.EnvironmentAttribute("compared")
    return nodes.Call(hook, [node], [], None, None, lineno=node.lineno)


class BoundedEnvironment(SandboxedEnvironment):
    """Jinja's sandbox, in which also time and memory are bounded; raises TooCostly.

    `used` collects the names of the templates that are rendered, with all that they include.
    """

    code_generator_class = BoundedCodeGenerator
    intercepted_binops = frozenset({"%", "*", "**", "+"})

    def __init__(self, campaign: Campaign, budget: Budget, **options: Any) -> None:
        # Without `optimized`, no part of a template is computed while it is compiled.
        super().__init__(
            loader=CampaignLoader(campaign),
            undefined=UnknownName,
            autoescape=True,
            auto_reload=False,
            optimized=False,
            **{"finalize": _counted_print, **options},
        )
        self.budget = budget
        self.used: set[str] = set()
        self.filters = {name: self._bounded(name, f) for name, f in self.filters.items()}

    def preprocess(self, source: Any, name: str | None = None, filename: str | None = None) -> str:
        """Jinja's hook before a template is parsed."""
        text = unenclosed(str(source)).replace("\r\n", "\n").replace("\r", "\n")
        return without_tag_lines(super().preprocess(text, name, filename))

    def _load_template(self, name: str, globals: Any) -> Template:  # noqa: A002 - Jinja's name
        template = super()._load_template(name, globals)
        self.used.add(composed(str(name)))
        return template

    def step(self, characters: int) -> None:
        """What a loop's or a macro's body calls first (`BoundedCodeGenerator`)."""
        self.budget.step(characters)

    def concatenated(self, parts: Iterable[Any]) -> str:
        """The result of `~`."""
        texts = list(parts)
        self.budget.step(_length(texts))
        return markup_join(texts)

    def compared(self, value: Any) -> Any:
        """Return a value that is compared."""
        if isinstance(value, (str, list, tuple)):
            self.budget.step(len(value) // _SEARCHED)
        return value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Jinja's hook for `%`, `*`, `**` and `+`."""
        if operator == "%" and isinstance(left, str):
            self._check_format(left, right if isinstance(right, tuple) else (right,))
        elif operator == "*":
            self._check_repetition(left, right)
        elif operator == "+" and isinstance(left, Sized) and isinstance(right, Sized):
            self.budget.check(len(left) + len(right))
        elif operator == "**" and not (isinstance(right, (int, float)) and abs(right) <= _POWER):
            raise TooCostly(f"a power over {_POWER}")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > _BITS:
            raise TooCostly("a number of thousands of digits")
        return self._counted_result(result)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Jinja's hook for calls."""
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            self._check_operation(obj.__name__, (owner, *args), kwargs)
        return self._counted_result(super().call(context, obj, *args, **kwargs))

    def _bounded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            self._check_operation(name, args, kwargs)
            return self._counted_result(function(*args, **kwargs))

        return call

    def _counted_result(self, result: Any) -> Any:
        self.budget.step(len(result) if isinstance(result, (str, list, tuple)) else 0)
        return result

    def _check_operation(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Refuse a filter or a text's method, given its text first, that would make a huge text."""
        given = (*args, *kwargs.values())
        self.budget.step(
            sum(len(a) // _SEARCHED for a in given if isinstance(a, (str, list, tuple)))
        )
        text = next((arg for arg in given if isinstance(arg, str)), "")
        if name in _WITH_WIDTH:
            width = max((n for n in given if isinstance(n, int)), default=1)
            if width > _WIDTH:
                raise TooCostly(f"a width of {width:,} in `{name}`")
            self.budget.check(width * (text.count("\t") + text.count("\n") + 1))
        elif name == "replace":
            texts = [str(arg) for arg in given if isinstance(arg, str)]
            if len(texts) > 2:  # noqa: PLR2004 - the text, the old part and the new part
                self.budget.check(len(text) + text.count(texts[1]) * len(texts[2]))
        elif name in {"format", "format_map"}:
            self._check_format(text, given[1:])
        elif name == "join":
            items = next((a for a in given if isinstance(a, (list, tuple))), ())
            self.budget.check(_length(items) + len(text) * len(items))
        elif name == "sum" and isinstance(
            args[-1] if len(args) > _SUM_START else kwargs.get("start"), Sized
        ):
            raise TooCostly("`sum` of anything but numbers")

    def _check_format(self, text: str, values: Iterable[Any]) -> None:
        values = list(values)
        inner = [v for value in values if isinstance(value, Mapping) for v in value.values()]
        numbers = [n for n in (*values, *inner) if isinstance(n, int)]
        wide = max(map(abs, numbers), default=0) > _WIDTH and _COMPUTED_WIDTH.search(text)
        if wide or _WIDE.search(text):
            raise TooCostly(f"a width of more than {_WIDTH:,}")
        longest = max((len(v) for v in (*values, *inner) if isinstance(v, str)), default=0)
        self.budget.check(len(text) + (text.count("%") + text.count("{")) * longest)

    def _check_repetition(self, left: Any, right: Any) -> None:
        for repeated, times in ((left, right), (right, left)):
            if isinstance(repeated, (str, list, tuple)) and isinstance(times, int):
                self.budget.check(len(repeated) * times)


@pass_context  # with a context, Jinja cannot evaluate it while compiling
def _counted_print(context: Context, value: Any) -> Any:
    if isinstance(value, str):
        context.environment.budget.step(len(value))  # type: ignore[attr-defined]
    return value


def _length(items: Iterable[Any]) -> int:
    return sum(len(item) for item in items if isinstance(item, str))
