"""G2, G3, G4: the whole job, CSV to the last 250, durable: `letters send` beside whole programs.

Every program sends the English letter, of 17,000 octets, to the same list. redmail and yagmail are
told without limits. A rival that is not installed, and G4 where Go or its modules cannot be had, are
left out and said to be. `--million` is a run of ours alone, and G8.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench import people, processes, rival_go, rivals_mail, sink
from bench.measure import TIMES, CannotMeasure, Figure, Limit, Plan, interleaved, ratios

_CONNECTIONS = "8"
_FEW, _MILLION = 1_000, 1_000_000
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Rival:
    """A whole program: what it is called, how many letters it is given, and by which command."""

    goal: str
    name: str
    count: int
    command: Sequence[str | Path]
    limits: dict[str, Limit] = field(default_factory=dict)

    def rate(self, _round: int) -> float:
        """Letters a second, from its start to its end."""
        return self.count / processes.run(*self.command, folder=processes.ROOT).seconds


def figures(plan: Plan) -> Iterator[Figure]:
    """Letters a second of each program, start to end, and the quotients."""
    if sink.absent("G2, G3, G4"):
        return
    count, ours = plan.sized(5_000, 1_000), "letters send"
    with tempfile.TemporaryDirectory(dir=plan.folder) as name, sink.sink() as port:
        folder = Path(name)
        rivals = list(_rivals(plan, folder, port, count))
        rates = interleaved(
            plan,
            {ours: lambda _: count / _sent(folder, port, count).seconds}
            | {rival.name: rival.rate for rival in rivals},
        )
        for rival in rivals:
            over, what = ratios(rates[ours], rates[rival.name]), f"{ours} / {rival.name}"
            yield Figure(rival.goal, what, TIMES, over, **rival.limits)
            what = f"{rival.name}, {rival.count:,} recipients"
            yield Figure(rival.goal, what, "letters/s", rates[rival.name])
        yield Figure("G2", f"{ours}, {count:,} recipients", "letters/s", rates[ours])
        if plan.million:
            yield from _million(folder, port)


def _rivals(plan: Plan, folder: Path, port: int, count: int) -> Iterator[Rival]:
    """Those that can be had here; the slow ones are given fewer letters."""
    few = plan.sized(_FEW, 200)
    of, said = rivals_mail.words(folder), folder / "words.json"
    said.write_text(json.dumps(of), encoding="utf-8")

    def loop(library: str, number: int) -> list[str | Path]:
        return [sys.executable, "-m", "bench.rivals_mail", library, *arguments(number)]

    def arguments(number: int) -> list[str | Path]:
        return [str(port), _listed(folder, number), said]

    (mailmerge,) = processes.scripts(plan.folder, "mailmerge")
    settings = rivals_mail.mailmerge(folder, port, of)
    merged: list[str | Path] = [mailmerge, *settings, _listed(folder, count)]
    yield Rival("G2", "mailmerge", count, merged, _least(25, 40))
    looped = loop("smtplib", count)
    yield Rival("G3", "smtplib and EmailMessage", count, looped, _least(15, 25))
    for library in filter(_installed, ("redmail", "yagmail")):
        yield Rival("G3", library, few, loop(library, few))
    program = rival_go.built(plan.folder)
    if program:
        built = [program, *arguments(count)]
        yield Rival("G4", "Go and smtppool", count, built, _least(1, 1.6))


def _least(must: float, aim: float) -> dict[str, Limit]:
    return {"must": Limit(must, at_least=True), "aim": Limit(aim, at_least=True)}


def _installed(library: str) -> bool:
    if find_spec(library):
        return True
    print(f"bench: {library} left out: not installed (group bench)", file=sys.stderr)
    return False


def _listed(folder: Path, count: int) -> Path:
    path = folder / f"people-{count}.csv"
    return path if path.exists() else people.written(path, count, "en")


def _sent(
    folder: Path, port: int, count: int, *under: str | Path, limit: float = processes.LIMIT
) -> processes.Ended:
    """One `letters send` with a journal and a ledger of its own, run under another command."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        ended = processes.run(
            "env", f"LETTERS_STATE={fresh}", f"PYTHONPATH={processes.ROOT}", *under,
            sys.executable, "-m", "letters", "send", "--yes", "--connections", _CONNECTIONS,
            "-c", "genocide-prevention", "-r", _listed(folder, count),
            "--journal", f"sqlite:{fresh}/journal.db", "--relay", f"smtp+plain://127.0.0.1:{port}",
            folder=Path(fresh), limit=limit,
        )  # fmt: skip
    if f"sent {count} now" not in ended.output:
        raise CannotMeasure(f"letters send: {ended.output.splitlines()[-1:]}")
    return ended


def _million(folder: Path, port: int, count: int = _MILLION) -> Iterator[Figure]:
    """The rate of one long run, and its peak of resident memory beside that of a short one."""
    (_, least), (rate, most) = _peaked(folder, port, _FEW), _peaked(folder, port, count)
    yield Figure("G2", f"letters send, {count:,} recipients", "letters/s", (rate,))
    what, over = "memory, letters send", (most / least,)
    limits = {"must": Limit(1.3), "aim": Limit(1.1)}
    yield Figure("G8", f"{what}: {count:,} / {_FEW:,} recipients", TIMES, over, **limits)
    yield Figure("G8", f"{what}, {_FEW:,} recipients", "MB", (least,))
    yield Figure("G8", f"{what}, {count:,} recipients", "MB", (most,))


def _peaked(folder: Path, port: int, count: int) -> tuple[float, float]:
    """Letters a second of one `letters send`, and the megabytes of its peak."""
    peak = processes.ROOT / "bench" / "peak.py"
    ended = _sent(folder, port, count, sys.executable, peak, limit=_HOUR)
    return count / ended.seconds, int(ended.output.split()[-1]) * 1024 / 1e6
