"""One letter's history as `letters journal show` prints it: text, and JSON values."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from letters.cli.standing import named, state_words
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Attempt, History


def history_lines(history: "History") -> Iterator[str]:
    """Where the letter stands, and every attempt with the relay's own words."""
    letter = history.standing
    yield f"{named(letter)}: {state_words(letter.state)}"
    yield f"  Message-ID  {letter.message_id}"
    yield f"  SHA-256     {letter.sha256}"
    yield f"  Date        {_local(history.date) or 'none yet'}"
    if letter.due_at:
        yield f"  due         {_local(letter.due_at)}"
    if history.pruned_at:
        yield f"  bytes       pruned {_local(history.pruned_at)}"
    for number, attempt in enumerate(history.attempts, start=1):
        yield from _attempt_lines(number, attempt)
    if not history.attempts:
        yield "  never tried"


def _attempt_lines(number: int, attempt: "Attempt") -> Iterator[str]:
    from letters.verdict import queue_id

    verdict = attempt.verdict
    begun = _local(attempt.begun_at) or "refused before its data"
    ended = _local(attempt.ended_at) or "no answer"
    yield f"  attempt {number}   {begun} → {ended}, {attempt.relay}, run {attempt.run}"
    if verdict:
        codes = " ".join(filter(None, (str(verdict.code or ""), verdict.enhanced)))
        not_counted = "" if attempt.counted else "; counts as no try"
        yield f"      {verdict.outcome.value} {codes} (about the {verdict.concern.value}){not_counted}"
        if verdict.said:
            yield f"      {one_line(verdict.said)}"
        if attempt.begun_at and (queue := queue_id(verdict.said)):
            yield f"      queue id {one_line(queue)}"
    if attempt.resolved:
        yield f"      resolved by a person, {_local(attempt.resolved_at)}: {attempt.resolved}"


def history_as_json(history: "History") -> dict[str, object]:
    """The same for scripts; instants in ISO 8601, None for what is not known."""
    letter = history.standing
    return {
        "id": letter.id,
        "address": letter.address,
        "name": letter.name,
        "state": letter.state.value,
        "message_id": letter.message_id,
        "sha256": letter.sha256,
        "date": _iso(history.date),
        "due_at": _iso(letter.due_at),
        "pruned_at": _iso(history.pruned_at),
        "attempts": [_attempt_as_json(attempt) for attempt in history.attempts],
    }


def _attempt_as_json(attempt: "Attempt") -> dict[str, object]:
    from letters.verdict import queue_id

    verdict = attempt.verdict
    return {
        "run": attempt.run,
        "relay": attempt.relay,
        "begun_at": _iso(attempt.begun_at),
        "ended_at": _iso(attempt.ended_at),
        "counted": attempt.counted,
        "outcome": verdict.outcome.value if verdict else None,
        "concern": verdict.concern.value if verdict else None,
        "code": verdict.code if verdict else None,
        "enhanced": verdict.enhanced if verdict else None,
        "reply": verdict.said if verdict else None,
        "queue_id": (queue_id(verdict.said) if verdict and attempt.begun_at else "") or None,
        "resolved": attempt.resolved or None,
        "resolved_at": _iso(attempt.resolved_at),
    }


def _local(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}" if at else ""


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
