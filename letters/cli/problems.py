"""Printing what a proof found, for people and for scripts, and the exit code that it means."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from letters.cli.output import styled
from letters.errors import Exit, Problem, ProofFailed, Severity
from letters.preview.problems import by_rule, count, totals, unlisted
from letters.text import one_line

if TYPE_CHECKING:
    from letters.proof.proof import Report

_KEYS = (
    "severity", "rule", "file", "row", "column", "template", "line", "address", "message", "remedy",
)  # fmt: skip


def print_problems(report: "Report", *, to_stderr: bool) -> None:
    """Print the problems grouped by rule, errors first; nothing when there are none."""
    for rule in by_rule(report.problems):
        colour = "red" if rule.severity is Severity.ERROR else "yellow"
        severity = styled(rule.severity.value, stream_is_err=to_stderr, fg=colour, bold=True)
        click.echo(f"{severity}: {rule.heading}", err=to_stderr)
        for line in rule.lines():
            click.echo(f"  {one_line(line)}", err=to_stderr)
    if more := unlisted(report):
        click.echo(f"… and {count(more, 'more problem')}", err=to_stderr)


def require_sound(report: "Report") -> None:
    """Print the problems to stderr; raises ProofFailed when nothing may be sent."""
    print_problems(report, to_stderr=True)
    if report.failed:
        raise ProofFailed(
            f"{totals(report)}; nothing was sent",
            "mend them, then look again",
            next=["check"],
        )


def exit_code(report: "Report") -> Exit:
    """What `check` and `preview` end with."""
    return Exit.DATA if report.failed else Exit.OK


def as_json(report: "Report") -> dict[str, object]:
    """A proof's numbers and problems, as `check --format json` prints them."""
    return {
        "letters": report.letters,
        "wordings": report.wordings,
        "not_mailable": report.not_mailable,
        "problems": problems_as_json(report.problems),
    }


def problems_as_json(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Problems with every key; None for what does not apply."""
    return [{key: getattr(problem, key) or None for key in _KEYS} for problem in problems]
