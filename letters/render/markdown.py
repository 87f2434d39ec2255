"""The author's Markdown, turned once a wording into HTML and into real plain text. Pure.

CommonMark and tables, without what letter writers do not mean: a line of dashes under a text makes no
heading, an indented line no code. No typographer, so that quotes stay as typed. Bare addresses are links.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.reference import reference

from letters.render.addresses_in_text import bare_address
from letters.render.plain_text import ROW, URL_END, URL_START, plain_text

# Characters with a meaning in Markdown or HTML; those inside a mailbox or a URL are left alone.
_SPECIAL = re.compile(
    r"[\\`*\[\]<>|]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)|^[-+=~#]|(?<=^\d)[.)]|(?<=^\d\d)[.)]",
    re.MULTILINE,
)
_NO_MARKS = str.maketrans("", "", f"{URL_START}{URL_END}{ROW}")
_SHORT = 45  # characters of a line that was meant as a line of its own
_MARK = re.compile(r"[0-9a-f]{28}")
_MARK_AS = "x" * 12  # a value of usual length


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").disable(["lheading", "code"])
    parser.block.ruler.at("reference", _reference)
    parser.inline.ruler.at("text", bare_address)
    return parser


def _reference(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """markdown-it's rule for the addresses of links, which takes no footnote for one."""
    if state.src.startswith("[^", state.bMarks[line] + state.tShift[line]):
        return False
    return reference(state, line, end, silent)


def html(text: str) -> str:
    """Markdown as an HTML fragment."""
    return str(_parser().render(text))


def escape(text: str) -> str:
    """Escape text so that it appears as typed in Markdown and in HTML within it; line breaks become `<br>`."""
    return _SPECIAL.sub(lambda sign: f"&#{ord(sign[0])};", text).replace("\n", "<br>")


def plain(text: str) -> str:
    """Markdown as plain text, for people and for comparing."""
    return marked_plain(text).translate(_NO_MARKS)


def marked_plain(text: str) -> str:
    """Markdown as plain text with marks around URLs and before rows (`plain_text`), to fill its gaps."""
    return plain_text(_parser().parse(text))


def joined_lines(text: str) -> Iterator[str]:
    """Paragraphs of short lines that Markdown joins to one, though each was meant as a line."""
    tokens = _parser().parse(text)
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and any(
            c.type == "softbreak" for c in token.children or ()
        ):
            lines = [_MARK.sub(_MARK_AS, line).strip() for line in token.content.split("\n")]
            if all(len(line) <= _SHORT for line in lines):
                yield " / ".join(_MARK.sub("…", line).strip() for line in token.content.split("\n"))
