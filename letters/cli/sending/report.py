"""What is shown after a run: how many were sent, who was not written to and why, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from letters.cli.next_command import command, commands
from letters.cli.opening import OpenRun
from letters.cli.output import say, say_error, say_json
from letters.cli.sending.run import RunResult
from letters.cli.standing import counts_line, doubt_lines, named, state_words
from letters.errors import ALL_WAIT, Exit, LettersError
from letters.journal.types import Standing, State
from letters.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 50  # rejected and deferred letters that are named
_NOTHING_KEPT = "nothing of a test is kept"


@dataclass(frozen=True)
class RunReport:
    """The report of a run.

    Nothing of a test is kept: its report names neither a command nor the time of a next try.
    """

    run: OpenRun
    result: RunResult
    is_test: bool = False

    def print(self, *, as_json: bool) -> Exit:
        """Print it, as the last JSON event or for people; return the run's exit code."""
        run, result = self.run, self.result
        tally = run.run(run.journal.tally(run.channel))
        hint, next_commands = self._mending(result.error)
        if as_json:
            say_json(
                {
                    "event": "end",
                    "counts": {state.value: count for state, count in tally.items()},
                    "exit_code": int(result.exit_code),
                    "error": result.error.message if result.error else None,
                    "hint": hint if result.error else None,
                    "next": next_commands,
                }
            )
        else:
            self._print_text(tally)
        if result.error:
            say_error(result.error.message, hint, next_commands)
        return result.exit_code

    def _mending(self, error: LettersError | None) -> tuple[str, list[str]]:
        """The hint and the commands that mend what stopped the run."""
        if error is None:
            return "", []
        if not self.is_test:
            return error.hint, commands(self.run.session, error.next, self.run.channel)
        if error.next:
            return f"{_NOTHING_KEPT}: try it again later", []
        return error.hint.replace(ALL_WAIT, _NOTHING_KEPT), []

    def _print_text(self, tally: "Mapping[State, int]") -> None:
        relay, sent = self.run.relay, self.result.sent
        say(f"{'rehearsed' if relay.is_rehearsal else 'sent'} {sent} now; {counts_line(tally)}")
        for letter in self._not_sent(tally):
            for line in self._letter_lines(letter):
                say(f"  {line}")
        hidden = tally[State.REJECTED] + tally[State.DEFERRED] - _SHOWN
        if hidden > 0:
            session, channel = self.run.session, self.run.channel
            where = "" if self.is_test else f": {command(session, 'status', channel)}"
            say(f"  … and {hidden} more{where}")
        if relay.is_rehearsal and sent:
            say(f"the letters are in {relay.base / relay.parsed.folder}/new; nothing was mailed")

    def _not_sent(self, tally: "Mapping[State, int]") -> list[Standing]:
        """Every letter in doubt, then some of the rejected and the deferred."""
        rejected = min(tally[State.REJECTED], _SHOWN)
        deferred = min(tally[State.DEFERRED], _SHOWN - rejected)
        missing = {
            State.IN_DOUBT: tally[State.IN_DOUBT],
            State.REJECTED: rejected,
            State.DEFERRED: deferred,
        }
        found: dict[State, list[Standing]] = {state: [] for state in missing}

        async def find() -> None:
            async for letter in self.run.journal.letters(self.run.channel):
                if missing.get(letter.state):
                    missing[letter.state] -= 1
                    found[letter.state].append(letter)
                    if not any(missing.values()):
                        break

        if any(missing.values()):
            self.run.run(find())
        return list(chain(*found.values()))

    def _letter_lines(self, letter: Standing) -> Iterator[str]:
        if letter.state is State.IN_DOUBT and not self.is_test:
            yield from doubt_lines(self.run.session, letter, self.run.channel)
            return
        name = one_line(letter.name) if self.is_test else named(letter)
        reply = f": {one_line(letter.reply)}" if letter.reply else ""
        due = ""
        if letter.state is State.DEFERRED and letter.due_at and not self.is_test:
            due = f"; due {letter.due_at.astimezone():%Y-%m-%d %H:%M}"
        yield f"{state_words(letter.state):9} {name}{reply}{due}"
