"""G10: `letters --help` beside `mailmerge --help`, whole processes as pip installs them."""

from collections.abc import Iterator
from pathlib import Path

from bench import processes
from bench.measure import TIMES, Figure, Limit, Plan, interleaved, ratios

_REPEATS = 5


def figures(plan: Plan) -> Iterator[Figure]:
    """The quotient of both, and each in milliseconds; a sample is the best of five."""
    letters, mailmerge = processes.scripts(plan.folder, "letters", "mailmerge")

    def best(command: Path) -> float:
        runs = (processes.run(command, "--help", folder=plan.folder) for _ in range(_REPEATS))
        return min(ended.seconds for ended in runs) * 1e3

    best(letters), best(mailmerge)
    samples = interleaved(
        plan, {"letters": lambda _: best(letters), "mailmerge": lambda _: best(mailmerge)}
    )
    quotient = ratios(samples["letters"], samples["mailmerge"])
    yield Figure(
        "G10", "letters --help / mailmerge --help", TIMES, quotient, Limit(0.6), Limit(0.45)
    )
    yield Figure("G10", "letters --help", "ms", samples["letters"])
    yield Figure("G10", "mailmerge --help", "ms", samples["mailmerge"])
