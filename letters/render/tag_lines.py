"""Lines of a template that hold nothing but tags leave no line; a tag beside text removes nothing. Pure."""

import re

# A raw block, or a tag or comment. `raw` is one token, since nothing in it is a tag.
_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL
)
_OWN_CONTROL = ("-%}", "-#}", "+%}", "+#}")  # the author says what becomes of the line end
_LINE_END = "{#\n#}"  # a comment that contains it


def without_tag_lines(source: str) -> str:
    """A template whose lines of nothing but tags and comments leave no line.

    The line end moves into a comment, so that errors name the same lines as before.
    A tag beside other text keeps its line end: Jinja's own `trim_blocks` would remove it, and join two
    paragraphs.
    """
    parts: list[str] = []
    position = 0
    while (start := _line_of_tags(source, position)) is not None:
        begin, tags, end = start
        parts += (source[position:begin], tags)
        position = end
    return "".join((*parts, source[position:]))


def _line_of_tags(source: str, position: int) -> tuple[int, str, int] | None:
    """The next line that has only tags: where it begins, what replaces it, and where it ends."""
    while tag := _TAG.search(source, position):
        line = source.rfind("\n", 0, tag.start()) + 1
        tags, end = [tag[0]], tag.end()
        while more := _TAG.match(source, _after_blanks(source, end)):
            tags.append(more[0])
            end = more.end()
        rest = _after_blanks(source, end)
        alone = not source[line : tag.start()].strip(" \t") and line >= position
        if alone and rest == len(source):
            return line, "".join(tags), rest
        if alone and source[rest] == "\n" and not tags[-1].endswith(_OWN_CONTROL):
            return line, "".join((*tags, _LINE_END)), rest + 1
        position = end
    return None


def _after_blanks(source: str, position: int) -> int:
    while position < len(source) and source[position] in " \t":
        position += 1
    return position
