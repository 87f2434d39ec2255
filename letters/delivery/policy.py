"""How a run sends (`RunOptions`), and what a verdict means for its letter and its connection. Pure.

What it means for the whole run is decided in `stop_reasons`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import structs

from letters.errors import LettersError, Parked, TooFast
from letters.journal.types import Claimed, Settlement, State
from letters.limits.limiter import Reason, Wait
from letters.retry import due, expired
from letters.verdict import Advice, Concern, Outcome, Verdict

_RECONNECT_PAUSES = (0.0, 1.0, 5.0, 15.0, 30.0)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How one run sends.

    `connections` are opened at most. `retry` are the pauses between the tries of a letter. `wait` is
    how long the run stays for letters that fall due later; None: until none is left. `only` restricts
    it to these identities. `reconnect` are the pauses, in seconds, before each attempt to open a
    connection again that the relay closed; after the last one the connection is given up.
    """

    channel: str
    connections: int = 1
    retry: Sequence[timedelta] = (timedelta(minutes=30),)
    wait: timedelta | None = timedelta(minutes=2)
    only: Collection[str] | None = None
    reconnect: Sequence[float] = _RECONNECT_PAUSES


def settlement_of(
    claimed: Claimed, verdict: Verdict, at: datetime, *, retry: Sequence[timedelta], chance: float
) -> Settlement:
    """Where a letter stands after a verdict.

    A reply about the sender or the relay (421, a refused From, an exhausted quota) leaves it waiting,
    and no try is counted (P11). A letter deferred for too long is rejected.
    """
    state, due_at = _state(claimed, verdict, at, retry, chance)
    if state is State.REJECTED and verdict.outcome is Outcome.DEFERRED:
        said = f"expired after {claimed.tries + 1} tries: {verdict.said}"
        verdict = Verdict(Outcome.REJECTED, verdict.concern, said, verdict.code, verdict.enhanced)
    return Settlement(claimed.letter, at, state, verdict, due_at)


def about_letter(verdict: Verdict) -> Verdict:
    """A reply about the sender or the relay, read as one about the letter, since it recurs for it."""
    concern = verdict.recurring or verdict.concern
    return structs.replace(verdict, concern=concern, advice=Advice.NONE, recurring=None)


def _state(
    claimed: Claimed, verdict: Verdict, at: datetime, retry: Sequence[timedelta], chance: float
) -> tuple[State, datetime | None]:
    if verdict.outcome is Outcome.IN_DOUBT:
        return State.IN_DOUBT, None
    if verdict.outcome is Outcome.SENT:
        return State.SENT, None
    if verdict.concern in {Concern.SENDER, Concern.RELAY}:
        return State.WAITING, None
    tries = claimed.tries + 1
    if verdict.outcome is Outcome.REJECTED or expired(tries, claimed.first_tried_at or at, at):
        return State.REJECTED, None
    return State.DEFERRED, due(tries, at, retry, chance)


def needs_new_connection(settlement: Settlement) -> bool:
    """Whether the connection is closed after this letter, and another opened after a pause.

    So it is when the connection was lost, when the relay closed it (421), and when the relay accepts
    nothing for now. After a request to slow down only the rate changes.
    """
    released = settlement.state in {State.WAITING, State.IN_DOUBT}
    return released and settlement.verdict.advice is Advice.NONE


def advice_of(refusal: LettersError, *, spare: bool = False) -> Advice:
    """What the whole run should do about a connection that was refused.

    If it is a `spare` one, without which the others work on, fewer connections are the answer, not a
    lower rate.
    """
    if isinstance(refusal, Parked):
        return Advice.PARK
    return Advice.SLOW if isinstance(refusal, TooFast) and not spare else Advice.NONE


def exceeds_longest_wait(wait: Wait, now: datetime, longest: timedelta | None) -> bool:
    """Whether the run ends instead of waiting; a pace is waited for, however long it takes."""
    if wait.reason in {Reason.PACE, Reason.DOMAIN, Reason.THROTTLE} or longest is None:
        return False
    return wait.until > now + longest
