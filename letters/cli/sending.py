"""What `send` says before and after: exact numbers, forecast, outcomes, who was not written to."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from letters.cli import next_command
from letters.cli.output import counted, say, say_json
from letters.cli.relay import ChosenRelay
from letters.cli.running import Outcome
from letters.errors import ALL_WAIT
from letters.text import one_line

if TYPE_CHECKING:
    from letters.cli.commands.send import Batch
    from letters.cli.session import Desk
    from letters.journal.interface import Journal
    from letters.journal.types import Staged, Standing
    from letters.limits.pace import Limits
    from letters.proof.proof import Report
    from letters.transport.interface import Transport

_NAMED = 10
_SHOWN = 50  # rejected and deferred letters below the sum


def some(names: Sequence[str], count: int) -> str:
    """The first few of many names."""
    shown = ", ".join(map(one_line, names[:_NAMED]))
    return f"{shown} and {count - _NAMED} more" if count > _NAMED else shown


def summary(
    desk: "Desk",
    chosen: ChosenRelay,
    transport: "Transport",
    journal: "Journal",
    staged: "Staged",
    batch: "Batch",
) -> Iterator[str]:
    """The lines a person reads before saying yes: exact numbers, relay, sender, subject."""
    settings, report = desk.campaign.settings, batch.proof.report
    subjects = [one_line(subject) for subject in batch.subjects]
    new = " (new: nobody has been written to by this record)" if journal.is_new else ""
    rehearsal = "  — a rehearsal: nothing is mailed" if chosen.is_rehearsal else ""
    letters, wordings = counted(report.letters, "letter"), counted(report.wordings, "wording")
    yield f"campaign  {settings.id}"
    yield f"list      {desk.list_path}: {letters}, {wordings}"
    for sentence in desk.list.detected:
        yield f"          {one_line(sentence)}"
    yield f"relay     {transport.relay}{rehearsal}"
    yield f"sender    {one_line(settings.sender.name)} <{settings.sender.email}>"
    more = f"  (and {len(subjects) - 1} more)" if len(subjects) > 1 else ""
    yield f"subject   {subjects[0] if subjects else '—'}{more}"
    yield f"journal   {journal.location}{new}"
    counts = {
        "to send": staged.to_send, "already sent": staged.sent, "not mailable": staged.not_mailable,
        "suppressed": 0,
    }  # fmt: skip
    extra = {
        "rejected": staged.rejected,
        "in doubt": staged.in_doubt,
        "withdrawn": staged.withdrawn_count,
        "of the list not chosen": 0 if batch.options.whole else _rest(report.letters, staged),
    }
    counts |= {name: count for name, count in extra.items() if count}
    yield "          " + " · ".join(f"{count} {name}" for name, count in counts.items())
    if batch.options.only is not None and not batch.met:
        yield f"          {nobody(batch.options.only)}"
    if staged.withdrawn_count:
        yield f"          withdrawn, no longer on the list: {some(staged.withdrawn, staged.withdrawn_count)}"


def nobody(only: str) -> str:
    """What to say when `--only` chose nobody."""
    return f"no recipient's name or address holds “{one_line(only)}”"


def _rest(letters: int, staged: "Staged") -> int:
    chosen = staged.to_send + staged.sent + staged.rejected + staged.in_doubt
    return max(0, letters - chosen)


def forecast_line(letters: int, limits: "Limits", done: datetime | None) -> str:
    """`338 letters at 30/min: done 14:20`; "" when nothing limits them."""
    if done is None or not letters:
        return ""
    from letters.cli.session import now
    from letters.limits.pace import forecast_words

    return f"          {forecast_words(letters, limits, done.astimezone(), now().astimezone())}"


def say_begin(
    desk: "Desk",
    chosen: ChosenRelay,
    transport: "Transport",
    proofed: "Report",
    staged: "Staged",
    *,
    journal: str | None,
    done: datetime | None = None,
) -> None:
    """The first event of a run: what `summary` says, for scripts; `journal` None: a test."""
    say_json(
        {
            "event": "begin",
            "campaign": desk.campaign.id,
            "list": str(desk.list_path),
            "letters": proofed.letters,
            "wordings": proofed.wordings,
            "relay": transport.relay,
            "channel": transport.channel,
            "rehearsal": chosen.is_rehearsal,
            "journal": journal,
            "to_send": staged.to_send,
            "already_sent": staged.sent,
            "rejected": staged.rejected,
            "in_doubt": staged.in_doubt,
            "withdrawn": staged.withdrawn_count,
            "not_mailable": staged.not_mailable,
            "done_at": done.isoformat() if done and staged.to_send else None,
        }
    )


def report(
    runner: asyncio.Runner,
    journal: "Journal",
    channel: str,
    outcome: Outcome,
    chosen: ChosenRelay,
    as_json: bool,
    *,
    is_test: bool = False,
) -> int:
    """Say where things stand: who was not written to and why, and the command for each doubt.

    Of a test nothing is kept: neither a command nor a time is told.
    """
    from letters.cli.output import say_error
    from letters.journal.types import State

    tally = runner.run(journal.tally(channel))
    if outcome.error is not None:
        hint = outcome.error.hint
        outcome.error.hint = (
            _hint_of_test(hint) if is_test else next_command.completed(hint, channel)
        )
    if as_json:
        say_json(
            {
                "event": "end",
                "counts": {state.value: count for state, count in tally.items()},
                "exit_code": int(outcome.code),
                "error": outcome.error.message if outcome.error else None,
                "hint": outcome.error.hint if outcome.error else None,
            }
        )
    else:
        verb = "rehearsed" if chosen.is_rehearsal else "sent"
        say(f"{verb} {outcome.sent} now; " + counts_line(tally))
        if any(tally[state] for state in (State.DEFERRED, State.REJECTED, State.IN_DOUBT)):
            runner.run(_name_the_rest(journal, channel, tally, is_test=is_test))
        if chosen.is_rehearsal and outcome.sent:
            say(f"the letters are in {chosen.base / chosen.parsed.folder}/new; nothing was mailed")
    if outcome.error is not None:
        say_error(outcome.error)
    return outcome.code


def _hint_of_test(hint: str) -> str:
    """What may be said of a test: nothing waits, and a command would act on the real record."""
    hint = hint.replace(ALL_WAIT, "nothing of a test is kept")
    return "nothing of a test is kept: try it again later" if "`letters " in hint else hint


def counts_line(tally: dict[Any, int]) -> str:
    """The counts that are not zero, in words, and their total."""
    words = [f"{count} {state.value.replace('_', ' ')}" for state, count in tally.items() if count]
    return f"{sum(tally.values())} in all: " + (", ".join(words) or "none")


async def _name_the_rest(
    journal: "Journal", channel: str, tally: dict[Any, int], *, is_test: bool
) -> None:
    """Name every doubt, then some of the rejected and the deferred, and say how many more."""
    from letters.journal.types import State

    rejected, deferred = tally[State.REJECTED], tally[State.DEFERRED]
    missing = {
        State.IN_DOUBT: tally[State.IN_DOUBT],
        State.REJECTED: min(rejected, _SHOWN),
        State.DEFERRED: min(deferred, max(0, _SHOWN - rejected)),
    }
    found: dict[State, list[Standing]] = {state: [] for state in missing}
    async for letter in journal.letters(channel):
        if missing.get(letter.state):
            missing[letter.state] -= 1
            found[letter.state].append(letter)
            if not any(missing.values()):
                break
    for letter in itertools.chain(*found.values()):
        for line in _rest_lines(letter, channel, is_test=is_test):
            say(line)
    if rejected + deferred > _SHOWN:
        where = "" if is_test else next_command.completed(": `letters status`", channel)
        say(f"  … and {rejected + deferred - _SHOWN} more{where}")


def _rest_lines(letter: "Standing", channel: str, *, is_test: bool) -> Iterator[str]:
    from letters.cli.doubt import doubt
    from letters.journal.types import State

    if letter.state is State.IN_DOUBT and not is_test:
        yield from (f"  {line}" for line in doubt(letter, channel))
        return
    line = f"  {letter.state.value.replace('_', ' '):9} {one_line(letter.name)}"
    if not is_test:
        line += f" <{one_line(letter.id)}>"
    if letter.reply:
        line += f": {one_line(letter.reply)}"
    if letter.state is State.DEFERRED and letter.due_at and not is_test:
        line += f"; due {letter.due_at.astimezone():%Y-%m-%d %H:%M}"
    yield line
