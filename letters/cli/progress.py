"""The progress bar of a sending: rate, sent, deferred, rejected, time left. Terminal only."""

from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from letters.journal.types import State

if TYPE_CHECKING:
    from letters.journal.types import Claimed, Settlement

_SHOWN = (State.SENT, State.DEFERRED, State.REJECTED, State.IN_DOUBT)


class Bar:
    """A bar on stderr; a context manager. Letters that were released count for nothing."""

    def __init__(self, total: int) -> None:
        self._progress = Progress(
            TextColumn("handing over"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}{task.fields[others]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=total, rate="", others="")
        self._counts: Counter[State] = Counter()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def settled(self, claimed: "Claimed", settlement: "Settlement") -> None:
        """Count a letter where it stands now."""
        if claimed.tries and self._counts[State.DEFERRED]:
            self._counts[State.DEFERRED] -= 1
        self._counts[settlement.state] += 1
        done = (
            self._counts[State.SENT] + self._counts[State.REJECTED] + self._counts[State.IN_DOUBT]
        )
        speed = self._progress.tasks[0].speed
        words = [
            f", {self._counts[s]} {s.value.replace('_', ' ')}" for s in _SHOWN if self._counts[s]
        ]
        self._progress.update(
            self._task,
            completed=done,
            rate=f"{speed * 60:.0f}/min" if speed else "",
            others="".join(words),
        )

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(text, markup=False, highlight=False)
