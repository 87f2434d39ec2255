"""A letter in doubt as people see it: what to look for, and the command that ends the doubt."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from letters.cli import next_command
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Standing


def doubt(letter: "Standing", channel: str) -> Iterator[str]:
    """The lines to say of a letter in doubt: Message-ID, when, by which relay, how to end it."""
    yield f"in doubt  {one_line(letter.name)} <{one_line(letter.id)}>: did it arrive?"
    yield f"          Message-ID {one_line(letter.message_id or '')}"
    if letter.begun_at:
        yield f"          begun {letter.begun_at.astimezone():%Y-%m-%d %H:%M:%S}"
    yield f"          relay {one_line(letter.relay or '')}"
    if letter.reply:
        yield f"          {one_line(letter.reply)}"
    yield f"          {_command(letter.id, channel)}    (or --resend)"


def _command(id_: str, channel: str) -> str:
    """`letters resolve` for this letter, in the campaign and journal that were given as flags."""
    words = next_command.flags("resolve", channel)
    # An address may look like an option.
    words = [*words, "--sent", "--", id_] if id_.startswith("-") else [id_, *words, "--sent"]
    return one_line(shlex.join(["letters", "resolve", *words]))
