"""The letters of a channel as `letters status` prints them: text, JSON, CSV; each row as it is read."""

import csv
import json
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from letters.cli.output import say, styled
from letters.cli.session import Session
from letters.cli.standing import counts_line, doubt_lines, state_words
from letters.text import csv_cell, one_line

if TYPE_CHECKING:
    from letters.journal.types import Standing, State

_KEYS = (
    "id", "address", "name", "state", "attempts", "message_id", "sha256", "relay", "reply",
    "sent_at", "due_at",
)  # fmt: skip
_RECEIPT = (
    "id", "address", "name", "state", "sent_at", "relay", "queue_id", "message_id", "sha256",
    "attempts", "reply", "due_at",
)  # fmt: skip
_HEADINGS = ("state", "name", "id", "sent or due", "reply")
_MEASURED = 200  # rows that decide how wide the columns are


async def print_json(about: dict[str, object], letters: "AsyncIterator[Standing]") -> None:
    """Print one JSON value on one line: `about`, and in it the letters."""
    write = sys.stdout.write
    write(json.dumps(about, ensure_ascii=False)[:-1] + ', "letters": [')
    comma = ""
    async for letter in letters:
        write(comma + json.dumps(_fields(letter), ensure_ascii=False))
        comma = ", "
    write("]}\n")


def _fields(letter: "Standing") -> dict[str, object]:
    values = {key: getattr(letter, key) for key in _KEYS}
    for key in ("sent_at", "due_at"):
        values[key] = values[key].isoformat() if values[key] else None
    values["state"] = letter.state.value
    return values


async def print_csv(letters: "AsyncIterator[Standing]") -> None:
    """Print a receipt for each recipient, safe to open in a spreadsheet (P12)."""
    from letters.verdict import queue_id

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_RECEIPT)
    async for letter in letters:
        values = _fields(letter)
        words = (letter.reply or "").removeprefix("250 ")
        values["queue_id"] = queue_id(words) if letter.sent_at else ""
        writer.writerow([csv_cell(values[column]) for column in _RECEIPT])


async def print_text(
    session: Session, channel: str, tally: "dict[State, int]", letters: "AsyncIterator[Standing]"
) -> None:
    """Print a table and the counts, then each doubt, and of a rehearsal where it went."""
    from letters.journal.types import State

    if not any(tally.values()):
        say("this journal has no letter yet: nobody has been written to by it")
        return
    in_doubt: list[Standing] = []
    relay = ""

    async def watched() -> "AsyncIterator[Standing]":
        nonlocal relay
        async for letter in letters:
            relay = letter.relay or relay
            if letter.state is State.IN_DOUBT:
                in_doubt.append(letter)
            yield letter

    await _print_table(watched())
    say(counts_line(tally))
    for letter in in_doubt:
        say()
        for line in doubt_lines(session, letter, channel):
            say(line)
    if channel != "mail":
        say(f"a rehearsal in {one_line(relay or channel)}: nothing was mailed")


async def _print_table(letters: "AsyncIterator[Standing]") -> None:
    """Print columns as wide as the first rows need; a later row that is wider is not cut."""
    first: list[tuple[str, ...]] = []
    async for letter in letters:
        first.append(_row(letter))
        if len(first) == _MEASURED:
            break
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *first, strict=True)]
    say(styled(_line(_HEADINGS, widths), bold=True))
    for row in first:
        say(_line(row, widths))
    async for letter in letters:
        say(_line(_row(letter), widths))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(map(str.ljust, row, widths)).rstrip()


def _row(letter: "Standing") -> tuple[str, ...]:
    when = letter.sent_at or letter.due_at
    return (
        state_words(letter.state),
        one_line(letter.name),
        one_line(letter.id) if letter.address else "—",
        f"{when.astimezone():%Y-%m-%d %H:%M}" if when else "",
        one_line(letter.reply or ""),
    )
