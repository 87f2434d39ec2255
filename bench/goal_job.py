"""G2, G3: the whole job, CSV to the last 250, durable: `letters send` beside whole programs.

G4, a program in Go, is left out where Go's modules cannot be had; see docs/performance.md.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import people, processes, rivals_mail, sink
from bench.measure import TIMES, CannotMeasure, Figure, Limit, Plan, interleaved, ratios

_LANES = "8"


def figures(plan: Plan) -> Iterator[Figure]:
    """Letters a second of each program, start to end, and the quotients."""
    if sink.absent("G2, G3"):
        return
    (mailmerge,) = processes.scripts(plan.folder, "mailmerge")
    count = plan.sized(5_000, 1_000)
    with tempfile.TemporaryDirectory(dir=plan.folder) as name, sink.sink() as port:
        folder = Path(name)
        listed = people.written(folder / "people.csv", count)
        of = rivals_mail.words(folder)
        said = folder / "words.json"
        said.write_text(json.dumps(of), encoding="utf-8")
        arguments = rivals_mail.mailmerge(folder, port, of)

        def rate(*command: str | Path) -> float:
            return count / processes.run(*command, folder=processes.ROOT).seconds

        rates = interleaved(
            plan,
            {
                "letters": lambda _: count / _sent(folder, port, listed, count),
                "mailmerge": lambda _: rate(mailmerge, *arguments, listed),
                "smtplib": lambda _: rate(
                    sys.executable, "-m", "bench.rivals_mail", str(port), listed, said
                ),
            },
        )
        if plan.million:
            yield _million(folder, port)
    least = {"must": Limit(25, at_least=True), "aim": Limit(40, at_least=True)}
    over = ratios(rates["letters"], rates["mailmerge"])
    yield Figure("G2", f"letters send / mailmerge, {count:,} recipients", TIMES, over, **least)
    yield Figure("G2", "letters send", "letters/s", rates["letters"])
    yield Figure("G2", "mailmerge", "letters/s", rates["mailmerge"])
    least = {"must": Limit(15, at_least=True), "aim": Limit(25, at_least=True)}
    over = ratios(rates["letters"], rates["smtplib"])
    yield Figure("G3", "letters send / smtplib and EmailMessage", TIMES, over, **least)
    yield Figure("G3", "smtplib and EmailMessage", "letters/s", rates["smtplib"])


def _sent(folder: Path, port: int, listed: Path, count: int) -> float:
    """Seconds of one `letters send` with a journal and a ledger of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        ended = processes.run(
            "env", f"LETTERS_STATE={fresh}", f"PYTHONPATH={processes.ROOT}",
            sys.executable, "-m", "letters", "send", "--yes", "--lanes", _LANES,
            "-c", "genocide-prevention", "-r", listed, "--journal", f"sqlite:{fresh}/journal.db",
            "--relay", f"smtp+plain://127.0.0.1:{port}",
            folder=Path(fresh),
        )  # fmt: skip
    if f"sent {count} now" not in ended.output:
        raise CannotMeasure(f"letters send: {ended.output.splitlines()[-1:]}")
    return ended.seconds


def _million(folder: Path, port: int) -> Figure:
    count = 1_000_000
    listed = people.written(folder / "million.csv", count)
    return Figure(
        "G2", "letters send, a million", "letters/s", (count / _sent(folder, port, listed, count),)
    )
