"""A parliament of 338: `letters check`, and a rehearsal by `letters send`, whole processes."""

from collections.abc import Iterator
from pathlib import Path

from bench import people, processes
from bench.measure import CannotMeasure, Figure, Limit, Plan, interleaved

_MEMBERS = 338


def figures(plan: Plan) -> Iterator[Figure]:
    """Seconds from the command to its end, each time in a folder of its own."""
    (letters,) = processes.scripts(plan.folder, "letters")
    members = people.written(plan.folder / "members.csv", _MEMBERS)
    chosen = ("-c", "genocide-prevention", "-r", members)

    def check(_number: int) -> float:
        return processes.run(letters, "check", *chosen, folder=plan.folder).seconds

    def rehearse(number: int) -> float:
        fresh = plan.folder / f"rehearsal-{number}"
        fresh.mkdir(exist_ok=True)
        ended = processes.run(letters, "send", *chosen, folder=fresh)
        _require(fresh / "outbox")
        return ended.seconds

    rehearse(plan.rounds)
    sent = interleaved(plan, {"send": rehearse})["send"]
    limits = {"must": Limit(2), "aim": Limit(2)}
    yield Figure("338", "letters send, 338 letters into a fresh Maildir", "s", sent, **limits)
    checked = interleaved(plan, {"check": check})["check"]
    yield Figure("338", "letters check, 338 letters", "s", checked, Limit(1), Limit(1))


def _require(maildir: Path) -> None:
    found = sum(1 for _ in (maildir / "new").iterdir())
    if found != _MEMBERS:
        raise CannotMeasure(f"the rehearsal left {found} letters, not {_MEMBERS}")
