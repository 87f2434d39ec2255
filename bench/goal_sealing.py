"""G1: proof and seal a letter of the shipped campaign, beside a composer on `EmailMessage`.

CPU time of one process, after the first hundred letters of each batch. The rows are read before and
kept out of the garbage collector's rounds, for both sides: a command streams them.
"""

import gc
import time
from collections.abc import Iterator
from email.headerregistry import Address

from bench import batch, rival
from bench.measure import TIMES, CannotMeasure, Figure, Limit, Plan, interleaved, ratios
from letters.proof.proof import Proofed

_FIRST = 100


def figures(plan: Plan) -> Iterator[Figure]:
    """Microseconds a letter, and how many times as long the rival takes."""
    ours, theirs = plan.sized(2000, 500), plan.sized(300, 100)
    each = _FIRST + ours
    campaign, rows = batch.campaign(), batch.rows(plan.folder, each * plan.rounds + 2 * theirs)
    sender = Address("Invented Institute", "letters", "example.org")
    known = list(batch.proof(campaign, rows[each * plan.rounds :]))
    _require(known)

    def seal(number: int) -> float:
        proof = iter(batch.proof(campaign, rows[number * each : (number + 1) * each]))
        for _ in range(_FIRST):
            next(proof)
        start = time.process_time()
        count = sum(1 for _ in proof)
        return (time.process_time() - start) / count * 1e6

    def compose(number: int) -> float:
        chosen = known[number : number + theirs]
        start = time.process_time()
        for proofed in chosen:
            if proofed.letter and proofed.message:
                rival.composed(proofed.letter, proofed.message, sender)
        return (time.process_time() - start) / len(chosen) * 1e6

    compose(0)
    gc.freeze()
    try:
        samples = interleaved(plan, {"letters": seal, "EmailMessage": compose})
    finally:
        gc.unfreeze()
    own, other = samples["letters"], samples["EmailMessage"]
    yield Figure("G1", "proof and seal a letter", "µs", own, Limit(200), Limit(100))
    times = ratios(other, own)
    more = {"must": Limit(8, at_least=True), "aim": Limit(20, at_least=True)}
    yield Figure("G1", "Jinja and EmailMessage / proof and seal", TIMES, times, **more)
    yield Figure("G1", "the same words by Jinja and EmailMessage", "µs", other)


def _require(known: list[Proofed]) -> None:
    failed = next((p for p in known if p.message is None), None)
    if failed:
        raise CannotMeasure(f"a letter was not sealed: {failed.problems}")
    wordings = {p.letter.wording.number: p.letter for p in known if p.letter}
    if not all(map(rival.is_equal, wordings.values())):
        raise CannotMeasure("the rival's templates do not render the letters' words")
