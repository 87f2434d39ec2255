"""G5, G6, G9: handing over to `smtp-sink` from a sealed journal, and without one, beside C.

Whole rates on loopback: the sink shares the cores with whoever hands over, for all sides alike.
"""

import json
import sys
from collections.abc import Iterator

from bench import people, processes, sink
from bench.measure import TIMES, Figure, Limit, Plan, interleaved, ratios

CONNECTIONS = 8
_OCTETS = 14_000
_JOB = 5_000  # letters, as in G2
_INFLATED = 20_000  # letters, of which smtp-source takes long enough to be timed


def handed(
    plan: Plan, what: str, port: int, count: int, connections: int = CONNECTIONS
) -> dict[str, float]:
    """One measurement of `handing`, in a folder of its own."""
    folder = plan.folder / f"handing-{what}"
    folder.mkdir(exist_ok=True)
    for left in folder.glob("people.db*"):
        left.unlink()
    listed = people.written(folder / "people.csv", count, "en")
    ended = processes.run(
        sys.executable, "-m", "bench.handing", what, str(port), listed, str(connections),
        folder=processes.ROOT,
    )  # fmt: skip
    return dict(json.loads(ended.output.splitlines()[-1]))


def figures(plan: Plan) -> Iterator[Figure]:
    """Letters a second of each, their quotients, CPU a letter and the journal's part of it."""
    if sink.absent("G5, G6, G9"):
        return
    count, of_source = plan.sized(10_000, 3_000), plan.sized(_INFLATED, 10_000)
    micros: dict[str, list[float]] = {"deliver": [], "wire": []}
    shares: dict[str, list[float]] = {"share": [], "of all": []}
    with sink.sink() as port:
        octets = round(handed(plan, "wire", port, 200)["octets"])

        def ours(what: str) -> float:
            found = handed(plan, what, port, count)
            micros[what].append(found["micros"])
            if what == "deliver":
                shares["share"].append(found["share"])
            return found["letters"] / found["seconds"]

        def job(_round: int) -> float:
            found = handed(plan, "deliver", port, plan.sized(_JOB, 3_000))
            shares["of all"].append(found["of all"])
            return found["letters"] / found["seconds"]

        rates = interleaved(
            plan,
            {
                "deliver": lambda _: ours("deliver"),
                "source": lambda _: sink.source(port, of_source, _OCTETS, plan.folder),
                "wire": lambda _: ours("wire"),
                "job": job,
                "equal": lambda _: sink.source(port, of_source, octets, plan.folder),
            },
        )
    delivery, alone = (
        ratios(rates["deliver"], rates["source"]),
        ratios(rates["wire"], rates["equal"]),
    )
    least = {"must": Limit(0.5, at_least=True), "aim": Limit(1, at_least=True)}
    yield Figure(
        "G5", f"delivery, {CONNECTIONS} connections / smtp-source", TIMES, delivery, **least
    )
    yield Figure("G5", "delivery from a sealed journal", "letters/s", rates["deliver"])
    yield Figure("G5", f"smtp-source -d -s 16 -l {_OCTETS}", "letters/s", rates["source"])
    yield Figure("G5", "CPU of delivery a letter", "µs", tuple(micros["deliver"]))
    least = {"must": Limit(1.1, at_least=True), "aim": Limit(1.5, at_least=True)}
    yield Figure(
        "G6", f"wire alone, {CONNECTIONS} connections / smtp-source", TIMES, alone, **least
    )
    yield Figure("G6", "wire alone", "letters/s", rates["wire"])
    yield Figure("G6", f"smtp-source -d -s 16 -l {octets}", "letters/s", rates["equal"])
    yield Figure("G6", "CPU of the wire alone a letter", "µs", tuple(micros["wire"]))
    most = {"must": Limit(25), "aim": Limit(15)}
    whole = "the journal's thread, of the CPU of the whole job"
    yield Figure("G9", whole, "%", tuple(shares["of all"]), **most)
    alone = "the journal's thread, of the CPU of delivery alone"
    yield Figure("G9", alone, "%", tuple(shares["share"]))
