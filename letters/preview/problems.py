"""Problems of a proof, grouped and worded for people: in `check`, on the terminal, on pages. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from letters.errors import Problem, Severity

if TYPE_CHECKING:
    from letters.proof.proof import Report

_RANGE = 3  # this many rows one after the other are written as a range
_LISTED = 20  # problems of one rule with one remedy; of the others only the rows


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Problems that differ only in row and address, in the order of their rows."""

    problems: tuple[Problem, ...]

    @property
    def problem(self) -> Problem:
        """What they have in common: the first of them, without the address if there are several."""
        first = self.problems[0]
        return first if len(self.problems) == 1 else replace(first, address="")

    @property
    def rows(self) -> tuple[int, ...]:
        """Their rows, each once."""
        return _rows(self.problems)

    @property
    def where(self) -> str:
        """Where to look, in one line: file, rows, column, address, template with its line."""
        file = Path(self.problem.file).name if self.problem.file else ""
        return " · ".join(_places(self.problem, file, rows(self.rows)))


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """The problems of one rule with one severity."""

    severity: Severity
    rule: str
    groups: tuple[ProblemGroup, ...]

    @property
    def heading(self) -> str:
        """The rule and how many problems it found: `empty-field (2)`."""
        return f"{self.rule} ({sum(len(group.problems) for group in self.groups)})"

    def lines(self) -> Iterator[str]:
        """One line for each problem, below them how to mend them; many are cut to their rows."""
        problems = [problem for group in self.groups for problem in group.problems]
        by_remedy = sorted(problems, key=lambda p: (p.remedy, p.row or 0))
        for remedy, same in groupby(by_remedy, key=lambda p: p.remedy):
            alike = list(same)
            for problem in alike[:_LISTED]:
                where = ", ".join(_places(problem, problem.file, rows(_rows([problem]))))
                yield f"{where}: {problem.message}" if where else problem.message
            if more := alike[_LISTED:]:
                yield f"… and {len(more)} more: {rows(_rows(more))}".removesuffix(": ")
            yield f"  → {remedy}"


def by_rule(problems: Iterable[Problem]) -> list[RuleGroup]:
    """Group problems by severity and rule: errors first, then by the rule's name."""
    ordered = sorted(problems, key=_severity_and_rule)
    return [
        RuleGroup(found[0].severity, found[0].rule, tuple(_alike(found)))
        for found in (list(same) for _, same in groupby(ordered, key=_severity_and_rule))
    ]


def grouped(problems: Iterable[Problem]) -> list[ProblemGroup]:
    """The groups of all rules, in the order of `by_rule`."""
    return [group for rule in by_rule(problems) for group in rule.groups]


def _severity_and_rule(problem: Problem) -> tuple[bool, str]:
    return problem.severity is not Severity.ERROR, problem.rule


def _alike(problems: Sequence[Problem]) -> Iterator[ProblemGroup]:
    alike: dict[Problem, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(replace(problem, row=None, address=""), []).append(problem)
    for found in alike.values():
        yield ProblemGroup(tuple(sorted(found, key=lambda p: p.row or 0)))


def _rows(problems: Iterable[Problem]) -> tuple[int, ...]:
    return tuple(sorted({problem.row for problem in problems if problem.row}))


def _places(problem: Problem, file: str, row: str) -> Iterator[str]:
    line = f":{problem.line}" if problem.line else ""
    parts = (
        file,
        row,
        problem.column and f"column {problem.column}",
        problem.address and f"<{problem.address}>",
        problem.template and f"{problem.template}{line}",
    )
    return filter(None, parts)


def rows(numbers: Sequence[int]) -> str:
    """Row numbers in words, ascending: `row 7`, `rows 2–9, 12`; "" for none."""
    if not numbers:
        return ""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    shown = ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) >= _RANGE else ", ".join(map(str, run)) for run in ranges
    )
    return f"{'row' if len(numbers) == 1 else 'rows'} {shown}"


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 letter`, `1,200 letters`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def totals(report: "Report") -> str:
    """How many problems and warnings a proof found: `1 problem and 2 warnings`; "" for none."""
    errors, warnings = report.counts[Severity.ERROR], report.counts[Severity.WARNING]
    kinds = ((errors, "problem"), (warnings, "warning"))
    return " and ".join(count(number, noun) for number, noun in kinds if number)


def conclusion(report: "Report") -> str:
    """What the problems mean for the batch, in one sentence."""
    found = totals(report)
    if not found:
        return "No problems."
    if report.counts[Severity.ERROR]:
        return f"{found}: nothing can be sent until mended."
    if report.failed:
        return f"{found}: it can be sent, but not with --strict."
    return f"{found}: it can be sent."


def unlisted(report: "Report") -> int:
    """How many problems were counted but not kept."""
    return report.counts.total() - len(report.problems)
