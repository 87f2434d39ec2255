"""Words to a person on the terminal: errors, hints, tables. Outside text is inert here (P12)."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from letters.errors import LettersError
from letters.text import one_line, visible


def styled(text: str, stream_is_err: bool = False, **style: Any) -> str:
    """Our own words in colour, where the stream is a terminal and NO_COLOR is not set."""
    stream = sys.stderr if stream_is_err else sys.stdout
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return click.style(text, **style)


def counted(count: int, noun: str) -> str:
    """A number of things: `1 letter`, `2 letters`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def say(text: str = "") -> None:
    """A result, to stdout."""
    click.echo(text)


def hint(text: str) -> None:
    """A hint or a step of progress, to stderr."""
    click.echo(text, err=True)


def say_error(error: LettersError) -> None:
    """`letters: what`, and a line how to mend it."""
    name = styled("letters:", stream_is_err=True, fg="red", bold=True)
    click.echo(f"{name} {visible(error.message)}", err=True)
    if error.hint:
        click.echo(f"  {visible(error.hint)}", err=True)


def say_json(value: object) -> None:
    """One JSON value on one line, to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table to stdout; cells are outside text. Plain columns, so that no wide import is paid."""
    shown = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *shown, strict=True)]
    for number, row in enumerate([list(headings), *shown]):
        line = "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        say(styled(line, bold=True) if number == 0 else line)
