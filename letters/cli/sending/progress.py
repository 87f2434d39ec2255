"""What is shown while letters leave: a bar on a terminal, JSON events for scripts, else the waits."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from letters.cli.output import hint, say_json
from letters.cli.standing import state_words
from letters.journal.types import Claimed, Settlement, State
from letters.verdict import queue_id

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_SHOWN = (State.SENT, State.DEFERRED, State.REJECTED, State.IN_DOUBT)


class Progress(Protocol):
    """Is called by the mailer while it runs."""

    def settled(self, claimed: Claimed, settlement: Settlement) -> None:
        """An attempt has ended."""

    def waiting(self, until: datetime, why: str) -> None:
        """No letter may leave before `until`."""


@contextmanager
def progress(letters: int, relay: str, *, as_json: bool) -> Iterator[Progress]:
    """The progress of a run of so many letters, in the form that fits stderr and `--format`."""
    if as_json:
        yield _Events(relay)
    elif not sys.stderr.isatty() or not letters:
        yield _Waits()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        with RichProgress(
            TextColumn("handing over"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}{task.fields[others]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            yield _Bar(bar, letters)


class _Waits:
    """Prints nothing but the waits."""

    def settled(self, claimed: Claimed, settlement: Settlement) -> None:
        pass

    def waiting(self, until: datetime, why: str) -> None:
        hint(_wait_words(until, why))


class _Bar:
    """Rate, sent, deferred, rejected and time left; a letter that was released does not count."""

    def __init__(self, bar: "RichProgress", letters: int) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=letters, rate="", others="")
        self._counts: Counter[State] = Counter()

    def settled(self, claimed: Claimed, settlement: Settlement) -> None:
        counts = self._counts
        if claimed.tries and counts[State.DEFERRED]:
            counts[State.DEFERRED] -= 1
        counts[settlement.state] += 1
        speed = self._bar.tasks[0].speed
        words = [f", {counts[state]} {state_words(state)}" for state in _SHOWN if counts[state]]
        self._bar.update(
            self._task,
            completed=counts[State.SENT] + counts[State.REJECTED] + counts[State.IN_DOUBT],
            rate=f"{speed * 60:.0f}/min" if speed else "",
            others="".join(words),
        )

    def waiting(self, until: datetime, why: str) -> None:
        self._bar.console.print(_wait_words(until, why), markup=False, highlight=False)


def _wait_words(until: datetime, why: str) -> str:
    time = f"{until.astimezone():%Y-%m-%d %H:%M:%S}"
    return f"waiting until {time} ({why}); Ctrl-C leaves letters waiting"


class _Events:
    """Prints each as one JSON value on one line."""

    def __init__(self, relay: str) -> None:
        self._relay = relay

    def settled(self, claimed: Claimed, settlement: Settlement) -> None:
        message, verdict = claimed.message, settlement.verdict
        sent = settlement.state is State.SENT
        say_json(
            {
                "event": "settled",
                "address": message.envelope.recipient,
                "name": message.name,
                "state": settlement.state.value,
                "at": settlement.at.isoformat(),
                "message_id": message.message_id,
                "relay": self._relay,
                "queue_id": (queue_id(verdict.said) if sent else "") or None,
                "code": verdict.code,
                "enhanced": verdict.enhanced,
                "reply": verdict.said,
                "due_at": settlement.due_at.isoformat() if settlement.due_at else None,
            }
        )

    def waiting(self, until: datetime, why: str) -> None:
        say_json({"event": "waiting", "until": until.isoformat(), "why": why})
