"""Where letters stand, in words: a state, the counts of all states, a letter in doubt."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from letters.cli.next_command import resolve_command
from letters.cli.session import Session
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Standing, State


def state_words(state: "State") -> str:
    """A state as people read it: `in doubt`."""
    return state.value.replace("_", " ")


def named(letter: "Standing") -> str:
    """A letter's recipient and id: `Ann Lee <ann@parl.example>`, safe to print."""
    return f"{one_line(letter.name)} <{one_line(letter.id)}>"


def counts_line(tally: "Mapping[State, int]") -> str:
    """The counts that are not zero, and their total: `4 in all: 3 sent, 1 not mailable`."""
    words = [f"{count} {state_words(state)}" for state, count in tally.items() if count]
    return f"{sum(tally.values())} in all: " + (", ".join(words) or "none")


def doubt_lines(session: Session, letter: "Standing", channel: str) -> Iterator[str]:
    """A letter in doubt: Message-ID, when, by which relay, and the command that ends the doubt."""
    yield f"in doubt  {named(letter)}: did it arrive?"
    yield f"          Message-ID {one_line(letter.message_id or '')}"
    if letter.begun_at:
        yield f"          begun {letter.begun_at.astimezone():%Y-%m-%d %H:%M:%S}"
    yield f"          relay {one_line(letter.relay or '')}"
    if letter.reply:
        yield f"          {one_line(letter.reply)}"
    yield f"          {resolve_command(session, letter.id, channel)}    (or --resend)"
