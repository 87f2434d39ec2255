"""G7: one connection at 30 ms round trip, beside aiosmtplib's `sendmail`, through a delay of ours."""

from collections.abc import Iterator

from bench import goal_delivery, sink
from bench.measure import TIMES, Figure, Limit, Plan, interleaved, ratios

_ROUND_TRIP = 30


def figures(plan: Plan) -> Iterator[Figure]:
    """Letters a second of each on one connection, and the quotient."""
    if sink.absent("G7"):
        return
    ours, theirs = plan.sized(120, 60), plan.sized(40, 20)
    with sink.sink() as far, sink.delayed(far, _ROUND_TRIP) as port:

        def rate(what: str, count: int) -> float:
            found = goal_delivery.handed(plan, what, port, count, connections=1)
            return found["letters"] / found["seconds"]

        rates = interleaved(
            plan,
            {
                "deliver": lambda _: rate("deliver", ours),
                "aiosmtplib": lambda _: rate("aiosmtplib", theirs),
            },
        )
    quotient = ratios(rates["deliver"], rates["aiosmtplib"])
    what = f"one connection at {_ROUND_TRIP} ms, from a journal / aiosmtplib sendmail"
    least = {"must": Limit(3.5, at_least=True), "aim": Limit(3.9, at_least=True)}
    yield Figure("G7", what, TIMES, quotient, **least)
    yield Figure("G7", f"one connection at {_ROUND_TRIP} ms", "letters/s", rates["deliver"])
    yield Figure("G7", f"aiosmtplib at {_ROUND_TRIP} ms", "letters/s", rates["aiosmtplib"])
