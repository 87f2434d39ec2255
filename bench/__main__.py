"""`python -m bench`: measure the goals of docs/performance.md and print one table.

Ends with 1 only when something could not be measured: a noisy machine is no failure.
"""

import argparse
import importlib
import json
import pkgutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `python bench/__main__.py` has only its own folder there
    sys.path.insert(0, str(ROOT))

import bench  # noqa: E402 - found by the lines above
from bench import table  # noqa: E402
from bench.measure import CannotMeasure, Figure, Plan  # noqa: E402

DOCUMENT = ROOT / "docs" / "performance.md"
FIGURES = ("<!-- figures: python -m bench --update -->", "<!-- end of the figures -->")
STAGES = ("<!-- stages: python -m bench --update -->", "<!-- end of the stages -->")
say = partial(print, file=sys.stderr, flush=True)


def goals(only: Sequence[str]) -> Iterator[str]:
    """The measurements there are, or those of them that are named."""
    names = [name for _, name, _ in pkgutil.iter_modules(bench.__path__)]
    known = [name.removeprefix("goal_") for name in names if name.startswith("goal_")]
    unknown = set(only) - set(known)
    if unknown:
        sys.exit(f"bench: not known: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return (name for name in known if not only or name in only)


def measured(plan: Plan, only: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """The figures, and what could not be measured and why."""
    figures: list[Figure] = []
    failed: list[str] = []
    for name in goals(only):
        say(f"bench: {name} …")
        try:
            figures += importlib.import_module(f"bench.goal_{name}").figures(plan)
        except (CannotMeasure, ImportError) as error:
            failed.append(f"{name}: {error}")
    return sorted(figures, key=_place), failed


def _place(figure: Figure) -> tuple[bool, int]:
    """Goals by their number, then what has none."""
    number = figure.goal.removeprefix("G")
    return (not number.isdigit(), int(number) if number.isdigit() else 0)


def block(figures: Sequence[Figure], plan: Plan) -> str:
    """The figures between their marks in the document."""
    told = f"{table.machine()}; medians of {plan.rounds} interleaved rounds."
    return "\n".join([FIGURES[0], told, "", table.markdown(figures), FIGURES[1]])


def update(plan: Plan, figures: Sequence[Figure]) -> None:
    """Put new figures and stages in the place of the old in the document."""
    from bench import stages

    text = DOCUMENT.read_text(encoding="utf-8")
    text = _replaced(text, FIGURES, block(figures, plan))
    text = _replaced(text, STAGES, "\n".join([STAGES[0], stages.table(plan), STAGES[1]]))
    DOCUMENT.write_text(text, encoding="utf-8")


def _replaced(text: str, marks: tuple[str, str], new: str) -> str:
    before, _, rest = text.partition(marks[0])
    _, _, after = rest.partition(marks[1])
    return before + new + after


def show(figures: Sequence[Figure], failed: Sequence[str], plan: Plan, form: str) -> None:
    """Print the figures in the form that was asked for."""
    if form == "json":
        machine = table.machine()
        data = {"machine": machine, "rounds": plan.rounds, "failed": failed}
        print(json.dumps({**data, "figures": table.plain_data(figures)}, ensure_ascii=False))
    elif form == "plain":
        print(f"{table.machine()}\n\n{table.plain(figures)}")
    else:
        print(block(figures, plan))


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the goals.")
    parser.add_argument("goals", nargs="*", help="some of them; by default all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    parser.add_argument("--million", action="store_true", help="with job: a million recipients too")
    group = parser.add_mutually_exclusive_group()
    for form, words in {
        "json": "for scripts",
        "markdown": "the figures as docs/performance.md has them",
        "update": "write figures and stages into docs/performance.md",
        "stages": "only where the time of a letter goes",
    }.items():
        group.add_argument(f"--{form}", dest="form", action="store_const", const=form, help=words)
    parser.set_defaults(form="plain")
    asked = parser.parse_args(arguments)
    if asked.form == "update" and (asked.goals or asked.quick):
        parser.error("--update measures every goal in full")
    return asked


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and print it."""
    asked = _asked(arguments)
    with tempfile.TemporaryDirectory(prefix="letters-bench-") as folder:
        plan = Plan(Path(folder), quick=asked.quick, million=asked.million)
        if asked.form == "stages":
            from bench import stages

            print(stages.table(plan))
            return 0
        figures, failed = measured(plan, asked.goals)
        show(figures, failed, plan, asked.form)
        if asked.form == "update" and not failed:
            update(plan, figures)
    for reason in failed:
        say(f"bench: cannot be measured: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
