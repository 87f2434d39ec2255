"""Problems for people, grouped by rule, and for scripts."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING

import click

from letters.cli.output import counted, styled
from letters.errors import Problem, Severity
from letters.text import one_line

if TYPE_CHECKING:
    from letters.proof.proof import Report

_SHOWN = 20


def show(report: "Report", *, to_stdout: bool = False) -> None:
    """Print the problems grouped by rule, errors first; nothing when there is none."""

    def line(text: str) -> None:
        click.echo(text, err=not to_stdout)

    ordered = sorted(report.problems, key=lambda p: (p.severity is not Severity.ERROR, p.rule))
    for (severity, rule), group in groupby(ordered, key=lambda p: (p.severity, p.rule)):
        _group(line, severity, rule, list(group), on_stderr=not to_stdout)
    hidden = report.counts.total() - len(report.problems)
    if hidden:
        line(f"… and {hidden} more problems")


def _group(
    line: Callable[[str], None],
    severity: Severity,
    rule: str,
    group: list[Problem],
    *,
    on_stderr: bool,
) -> None:
    colour = "red" if severity is Severity.ERROR else "yellow"
    heading = styled(severity.value, stream_is_err=on_stderr, fg=colour, bold=True)
    line(f"{heading}: {rule} ({len(group)})")
    by_remedy = groupby(sorted(group, key=lambda p: p.remedy), key=lambda p: p.remedy)
    for remedy, same in by_remedy:
        problems = sorted(same, key=lambda p: p.row or 0)
        for problem in problems[:_SHOWN]:
            line(f"  {where(problem)}{one_line(problem.message)}")
        if len(problems) > _SHOWN:
            rows = ", ".join(str(p.row) for p in problems[_SHOWN:] if p.row)
            line(f"  … and {len(problems) - _SHOWN} more: rows {rows}")
        line(f"    → {one_line(remedy)}")


def found(report: "Report") -> str:
    """How many problems there are and how many warnings: `1 problem and 2 warnings`."""
    errors, warnings = report.counts[Severity.ERROR], report.counts[Severity.WARNING]
    words = [counted(errors, "problem")] if errors else []
    words += [counted(warnings, "warning")] if warnings else []
    return " and ".join(words)


def where(problem: Problem) -> str:
    """Where a problem is: file, row, column, address, template and line."""
    parts = [
        problem.file,
        f"row {problem.row}" if problem.row else "",
        f"column {problem.column}" if problem.column else "",
        f"<{problem.address}>" if problem.address else "",
        _template(problem),
    ]
    shown = ", ".join(one_line(part) for part in parts if part)
    return f"{shown}: " if shown else ""


def _template(problem: Problem) -> str:
    if not problem.template:
        return ""
    return f"{problem.template}:{problem.line}" if problem.line else problem.template


def as_json(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Problems as `check --format json` shows them; null for what does not apply."""
    keys = (
        "severity", "rule", "file", "row", "column", "template", "line", "address", "message",
        "remedy",
    )  # fmt: skip
    return [{key: getattr(problem, key) or None for key in keys} for problem in problems]
