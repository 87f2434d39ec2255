"""Static analysis: which templates only print their recipient, so that one rendering serves many. Pure.

If every use of `recipient` is a printed field, a loop over the envelope's lines, or an `if` on a field,
the rendered text differs from row to row only in its gaps: the wording of the first such letter is the
wording of all. Any other template, such as one that loops over `recipient.rows`, is rendered letter by
letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from jinja2 import Environment, nodes

_RECIPIENT = "recipient"
_LINES = "envelope_lines"
_NOT_TEXT = frozenset({_LINES, "privy_council", "rows"})
# Attributes of `loop` that do not depend on the items.
_COUNTS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})


@dataclass(frozen=True, slots=True)
class RecipientUse:
    """What a text depends on besides its gaps: fields tested by `if`, and the envelope's length."""

    tested: frozenset[str]
    loops: bool


class _NotStatic(Exception):
    """A template does more with its recipient than print it."""


def recipient_use(
    environment: Environment, sources: list[str], names: list[str]
) -> RecipientUse | None:
    """How the templates, with all that they include, use their recipient.

    None when they must be rendered for every letter. Raises what Jinja raises for a
    template that cannot be parsed or found.
    """
    trees = [environment.parse(source) for source in sources]
    try:
        trees += _reachable(environment, [*names, *(n for tree in trees for n in _named(tree))])
        edges = [edge for tree in trees for edge in _edges(tree)]
        lines = {_target(parent) for parent, child in edges if _is_line_loop(parent, child)}
    except _NotStatic:
        return None
    uses = [(above, name) for above, name in edges if isinstance(name, nodes.Name)]
    if not all(_allowed(above, name, edges, lines) for above, name in uses):
        return None
    tested = frozenset(
        child.attr
        for parent, child in edges
        if isinstance(parent, nodes.If) and child is parent.test and _is_field(child)
    )
    return RecipientUse(tested, bool(lines))


def _reachable(environment: Environment, names: list[str]) -> Iterator[nodes.Template]:
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        if environment.loader is None:
            raise _NotStatic
        source, _, _ = environment.loader.get_source(environment, name)
        tree = environment.parse(source)
        names += _named(tree)
        yield tree


def _named(tree: nodes.Template) -> Iterator[str]:
    """The names of the templates that this one includes, extends or imports.

    Raises _NotStatic where such a name is computed.
    """
    for kind in (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport):
        for node in tree.find_all(kind):
            name = getattr(node, "template")  # noqa: B009 - each of these kinds has one
            if not isinstance(name, nodes.Const) or not isinstance(name.value, str):
                raise _NotStatic
            yield name.value


def _edges(node: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    for child in node.iter_child_nodes():
        yield node, child
        yield from _edges(child)


def _is_field(node: nodes.Node) -> TypeGuard[nodes.Getattr]:
    return (
        isinstance(node, nodes.Getattr)
        and isinstance(node.node, nodes.Name)
        and node.node.name == _RECIPIENT
    )


def _is_line_loop(parent: nodes.Node, child: nodes.Node) -> bool:
    return (
        isinstance(parent, nodes.For)
        and child is parent.iter
        and _is_field(child)
        and child.attr == _LINES
        and parent.test is None
        and not parent.recursive
    )


def _target(loop: nodes.Node) -> str:
    target = loop.target if isinstance(loop, nodes.For) else None
    if not isinstance(target, nodes.Name):
        raise _NotStatic
    return target.name


def _allowed(
    parent: nodes.Node,
    name: nodes.Name,
    edges: list[tuple[nodes.Node, nodes.Node]],
    lines: set[str],
) -> bool:
    """Whether this use of a name prints nothing of the recipient but gaps."""
    if name.name == "loop":
        return isinstance(parent, nodes.Getattr) and parent.attr in _COUNTS
    if name.name in lines:
        return isinstance(parent, nodes.Output) or name.ctx == "store"
    if name.name != _RECIPIENT:
        return True
    if not _is_field(parent):
        return False
    above = next(grandparent for grandparent, child in edges if child is parent)
    printed = isinstance(above, nodes.Output) and parent.attr not in _NOT_TEXT
    tested = isinstance(above, nodes.If) and parent is above.test
    return printed or tested or _is_line_loop(above, parent)
