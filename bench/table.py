"""The figures as a table: for a terminal, as Markdown, as JSON. Pure, save for `machine`."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.measure import Figure, Limit

HEADINGS = ("goal", "figure", "median", "min–max", "must", "aim", "met")
_NUMERIC = range(2, 6)


def machine() -> str:
    """Cores, Python and kernel: what a figure depends on first."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores, {python}, {platform.system()} {kernel}"


def cells(figure: Figure) -> tuple[str, ...]:
    """One line of the table."""
    low, high = min(figure.samples), max(figure.samples)
    spread = f"{_number(low, figure.unit)}–{_number(high, figure.unit)}"
    return (
        figure.goal,
        figure.what,
        f"{_number(figure.value, figure.unit)} {figure.unit}",
        spread if len(figure.samples) > 1 else "",
        _limit(figure.must, figure.unit),
        _limit(figure.aim, figure.unit),
        figure.met,
    )


def _number(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value:.4g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _limit(limit: Limit | None, unit: str) -> str:
    return f"{'≥' if limit.at_least else '≤'} {limit.value:g} {unit}" if limit else ""


def plain(figures: Sequence[Figure]) -> str:
    """A table for a terminal."""
    lines = [HEADINGS, *map(cells, figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def aligned(line: tuple[str, ...]) -> str:
        parts = [
            cell.rjust(width) if column in _NUMERIC else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    return "\n".join(map(aligned, lines))


def markdown(figures: Sequence[Figure]) -> str:
    """The same table for a document."""
    rule = ("---:" if column in _NUMERIC else "---" for column in range(len(HEADINGS)))
    lines = [HEADINGS, tuple(rule), *map(cells, figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain_data(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """The figures for a script."""
    return [{**asdict(figure), "median": figure.value, "met": figure.met} for figure in figures]
