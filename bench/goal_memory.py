"""G8: the peak of resident memory with many recipients against 1,000, each a process of its own.

To 100,000 recipients here: a million is asked of `letters send` itself, with `job --million`.
"""

import sys
from collections.abc import Iterator

from bench import people, processes
from bench.measure import TIMES, CannotMeasure, Figure, Limit, Plan, interleaved, ratios

_FEW = 1_000
_LOADS = {"read": "reading", "enqueue": "proof, seal, enqueue"}


def figures(plan: Plan) -> Iterator[Figure]:
    """The quotient of both peaks, and each in MB, for reading alone and for all of it."""
    many = plan.sized(100_000, 10_000)

    def load(name: str, count: int, number: int) -> float:
        path = people.written(plan.folder / f"{name}-{count}-{number}.csv", count)
        ended = processes.run(
            sys.executable, "-m", "bench.loads", name, path, folder=processes.ROOT
        )
        done, peak = map(int, ended.output.split())
        for file in plan.folder.glob(f"{path.stem}.*"):
            file.unlink()
        if done != count:
            raise CannotMeasure(f"{_LOADS[name]}: {done:,} letters of {count:,}")
        return peak * 1024 / 1e6

    for name, words in _LOADS.items():
        samples = interleaved(
            plan,
            {str(count): lambda n, c=count, x=name: load(x, c, n) for count in (_FEW, many)},  # type: ignore[misc]
        )
        few, most = samples[str(_FEW)], samples[str(many)]
        what = f"memory, {words}: {many:,} / {_FEW:,} recipients"
        yield Figure("G8", what, TIMES, ratios(most, few), Limit(1.3), Limit(1.1))
        yield Figure("G8", f"memory, {words}, {_FEW:,} recipients", "MB", few)
        yield Figure("G8", f"memory, {words}, {many:,} recipients", "MB", most)
