"""What every measurement shares: limits, figures, rounds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

ROUNDS = 5
QUICK_ROUNDS = 2
TIMES = "\N{MULTIPLICATION SIGN}"
"""The unit of a ratio."""


class CannotMeasure(Exception):
    """A measurement could not be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure should reach: at most `value`, or at least."""

    value: float
    at_least: bool = False

    def admits(self, value: float) -> bool:
        """Whether the figure reaches it."""
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: a sample a round, and what the goal asks of their median.

    A figure without limits is only told.
    """

    goal: str
    what: str
    unit: str
    samples: tuple[float, ...]
    must: Limit | None = None
    aim: Limit | None = None

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.samples)

    @property
    def met(self) -> str:
        """The most that is reached: `aim`, `must`, `no`; nothing for a figure without limits."""
        if self.aim and self.aim.admits(self.value):
            return "aim"
        if self.must and self.must.admits(self.value):
            return "must"
        return "no" if self.must or self.aim else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure, and a folder of the run's own to do it in."""

    folder: Path
    quick: bool = False
    million: bool = False

    @property
    def rounds(self) -> int:
        """How often everything is measured."""
        return QUICK_ROUNDS if self.quick else ROUNDS

    def sized(self, full: int, quick: int) -> int:
        """A size of this plan."""
        return quick if self.quick else full


class Goal(Protocol):
    """What a module `goal_*` offers."""

    def figures(self, plan: Plan) -> Iterator[Figure]:
        """Measure; raises CannotMeasure."""
        ...


def interleaved(
    plan: Plan, rivals: Mapping[str, Callable[[int], float]]
) -> dict[str, tuple[float, ...]]:
    """Samples of every rival, a round at a time, each round in the other order than the last.

    What disturbs the machine for a while so meets all of them; each is told its round.
    """
    samples: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(plan.rounds):
        names = list(rivals)
        for name in names if number % 2 == 0 else reversed(names):
            samples[name].append(rivals[name](number))
    return {name: tuple(values) for name, values in samples.items()}


def ratios(over: tuple[float, ...], under: tuple[float, ...]) -> tuple[float, ...]:
    """The quotient of each round, so that both sides met the same machine."""
    return tuple(a / b for a, b in zip(over, under, strict=True))
