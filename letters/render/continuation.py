"""Texts of several lines keep their place: in a quotation, a list item or a table's row. Pure.

What a template prints over several lines stands between `START` and `END` until `placed` indents it.
"""

import re

START, END = "\x0e", "\x0f"
_LEAD = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))[ \t]?)*[ \t]*")
_HEADING = re.compile(r"#{1,6}[ \t]")
_ENDS = str.maketrans("", "", START + END)


def continuation(line: str) -> str:
    """What the next line begins with, when a text in this line goes on there: `> `, or blanks."""
    lead = _LEAD.match(line)
    return re.sub(r"[^\s>]", " ", lead[0]) if lead else ""


def enclosed(text: str) -> str:
    """A printed text, between `START` and `END` if it has several lines."""
    return f"{START}{text}{END}" if "\n" in text else text


def unenclosed(text: str) -> str:
    """A rendered text without `START` and `END`."""
    return text.translate(_ENDS) if START in text or END in text else text


def placed(text: str) -> str:
    """A rendered Markdown or plain text, in which all enclosed texts are indented by their place."""
    while (start := text.rfind(START)) >= 0 and (end := text.find(END, start)) >= 0:
        line = max(text.rfind("\n", 0, start), text.rfind(START, 0, start)) + 1
        inner = _indented(text[line:start], text[start + 1 : end])
        text = text[:start] + inner + text[end + 1 :]
    return unenclosed(text)


def _indented(before: str, text: str) -> str:
    if before.startswith("|"):
        return "<br>".join(line for line in text.split("\n") if line.strip())
    if _HEADING.match(before):
        return " ".join(text.split("\n"))
    prefix = continuation(before)
    if not prefix:
        return text
    first, *rest = text.split("\n")
    return "\n".join((first, *((prefix + line).rstrip(" ") for line in rest)))
