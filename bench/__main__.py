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
START, END = "<!-- figures: python -m bench --update -->", "<!-- end of the figures -->"
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
    """What stands in the document between its two marks."""
    told = f"{table.machine()}; medians of {plan.rounds} interleaved rounds."
    return f"{START}\n{told}\n\n{table.markdown(figures)}\n{END}"


def update(document: Path, new: str) -> None:
    """Put a new block in the place of the old."""
    before, _, rest = document.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    document.write_text(before + new + after, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the goals.")
    parser.add_argument("goals", nargs="*", help="some of them; by default all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for scripts")
    form.add_argument("--markdown", action="store_true", help="the block of docs/performance.md")
    form.add_argument("--update", action="store_true", help="write that block into the document")
    form.add_argument("--stages", action="store_true", help="where the time of a letter goes")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="letters-bench-") as folder:
        plan = Plan(Path(folder), quick=asked.quick, say=say)
        if asked.stages:
            from bench import stages

            print(stages.table(plan))
            return 0
        figures, failed = measured(plan, asked.goals)
        if asked.json:
            machine = table.machine()
            data = {"machine": machine, "rounds": plan.rounds, "failed": failed}
            print(json.dumps({**data, "figures": table.plain_data(figures)}, ensure_ascii=False))
        elif asked.markdown or asked.update:
            print(block(figures, plan))
        else:
            print(f"{table.machine()}\n\n{table.plain(figures)}")
        if asked.update and not failed:
            update(DOCUMENT, block(figures, plan))
    for reason in failed:
        say(f"bench: cannot be measured: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
