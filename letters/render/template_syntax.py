"""Why a template cannot be read, in the author's own words: the line that is wrong, and how to mend it. Pure."""

import re
from collections.abc import Collection
from difflib import get_close_matches

_TOKEN = re.compile(
    r"\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{#.*?#\}"
    r"|\{%[-+]?\s*(?P<tag>\w+)(?P<rest>.*?)[-+]?%\}|\{\{.*?\}\}|(?P<open>\{#|\{%|\{\{)",
    re.DOTALL,
)
_WITH_END = frozenset(
    {"if", "for", "block", "macro", "call", "filter", "autoescape", "with", "raw"}
)
_TAGS = frozenset(
    {"set", "endset", "include", "import", "from", "extends", "else", "elif"}
    | _WITH_END
    | {f"end{tag}" for tag in _WITH_END}
)
_NAMED = re.compile(r"No (filter|test) named '([^']*)'")
_DIGITS = re.compile(r"\b(recipient|row)\.(\d\w*)")
_UNKNOWN_TAG = re.compile(r"Encountered unknown tag '(\w+)'")
_CLOSED_BY = {"{#": "#}", "{%": "%}", "{{": "}}"}
_AS_TEXT = "put {% raw %} before it and {% endraw %} behind it"
_MEND = "mend the template at that line"


def why_unreadable(
    source: str,
    line: int,
    message: str,
    *,
    css: bool,
    filters: Collection[str],
    tests: Collection[str],
) -> tuple[int, str, str]:
    """Line, message and remedy of a template that Jinja refused at `line` with `message`.

    A note, a tag or a block that is never closed is named where it opens; Jinja names where it
    noticed.
    """
    named, tag = _NAMED.search(message), _UNKNOWN_TAG.search(message)
    if named:
        known = filters if named[1] == "filter" else tests
        return line, message, nearest_of(named[2], known, f"{named[1]}s: ")
    if tag and not css and tag[1] not in _TAGS:
        return line, message, nearest_of(tag[1], _TAGS, "tags: ")
    fault = _unclosed(source, css=css)
    if fault:
        return fault
    digits = _DIGITS.search("".join(source.split("\n")[line - 1 : line]))
    if tag:
        remedy = (
            f"leave it out, or write {{% {tag[1].removeprefix('end')} … %}} where the block begins"
        )
    elif digits:
        remedy = f'a name that begins with a digit is written {digits[1]}["{digits[2]}"]'
    else:
        remedy = f"{_AS_TEXT}: Jinja reads style sheets too" if css else _MEND
    return line, message, remedy


def nearest_of(name: str, known: Collection[str], otherwise: str) -> str:
    """A suggestion of the nearest known name, or else all of them."""
    near = get_close_matches(name, sorted(known), 1)
    return f"did you mean `{near[0]}`?" if near else otherwise + ", ".join(sorted(known))


def _unclosed(source: str, *, css: bool) -> tuple[int, str, str] | None:
    blocks: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(source):
        line = source.count("\n", 0, token.start()) + 1
        sign = token["open"]
        if sign:
            return (line, f"`{sign}` opens here and is never closed", _closing(sign, css))
        tag = token["tag"] or ""
        if tag in _WITH_END or (tag == "set" and "=" not in (token["rest"] or "")):
            blocks.append((tag, line))
        elif blocks and tag == f"end{blocks[-1][0]}":
            blocks.pop()
    if not blocks:
        return None
    tag, line = blocks[-1]
    return (
        line,
        f"the block {{% {tag} %}} opens here and is never closed",
        f"write {{% end{tag} %}} where it ends",
    )


def _closing(sign: str, css: bool) -> str:
    if css:
        return f"write a blank between {{ and {sign[1]}, or {_AS_TEXT}"
    return f"write {_CLOSED_BY[sign]} where it ends; where {sign} is meant as text, {_AS_TEXT}"
