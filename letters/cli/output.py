"""What a command prints, and the one question it asks: results, hints, errors, JSON, yes or no."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from letters.errors import ConfigurationError
from letters.text import visible


def styled(text: str, stream_is_err: bool = False, **style: Any) -> str:
    """Our own words in colour, where the stream is a terminal and NO_COLOR is not set."""
    stream = sys.stderr if stream_is_err else sys.stdout
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return click.style(text, **style)


def counted(count: int, noun: str) -> str:
    """A number of things: `1 letter`, `2 letters`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str], count: int | None = None, most: int = 10) -> str:
    """The first `most` of `count` names, which are safe to print, and how many more there are."""
    shown, count = names[:most], len(names) if count is None else count
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return ", ".join(shown) + more


def say(text: str = "") -> None:
    """Print a result to stdout."""
    click.echo(text)


def say_json(value: object) -> None:
    """Print one JSON value on one line to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))


def hint(text: str) -> None:
    """Print a hint, a warning or a step of progress to stderr."""
    click.echo(text, err=True)


def say_error(message: str, remedy: str = "", commands: Sequence[str] = ()) -> None:
    """Print an error to stderr: `letters: what`, and below it how to mend it.

    `commands` are whole commands that help, ready to be pasted.
    """
    name = styled("letters:", stream_is_err=True, fg="red", bold=True)
    hint(f"{name} {visible(message)}")
    if remedy and len(commands) == 1:
        hint(f"  {visible(remedy)}: {commands[0]}")
        return
    if remedy:
        hint(f"  {visible(remedy)}{':' if commands else ''}")
    for command in commands:
        hint(f"  {command}")


def confirm(question: str, *, without_terminal: str) -> bool:
    """Ask a person for yes or no; no is the default.

    Raises ConfigurationError, with `without_terminal` as its hint, where stdin is no terminal, and
    click.Abort for Ctrl-C.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "this needs a yes, and there is no terminal to ask on", without_terminal
        )
    return click.confirm(question, err=True)
