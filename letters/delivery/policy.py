"""How one run sends, and what a verdict means for its letter and for the run. Pure.

Leans on `schedule`, `verdict`, `errors` and the journal's types.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from letters.delivery.circuit_breaker import EQUAL_REJECTIONS, Doubts
from letters.errors import ALL_WAIT, LettersError, Parked, RelayRefused, RelayUnavailable, TooFast
from letters.journal.types import Claimed, Settlement, State
from letters.limits.limiter import Reason, Wait
from letters.retry import due, expired
from letters.verdict import Advice, Concern, Outcome, Verdict

SLOWED = 12
"""So many pleas to slow down in a row, and no letter taken between them, park the run."""

LET_GO = "the relay let go of a connection; it is tried again"
"""Why a run waits for a connection."""

_REOPEN_PAUSES = (0.0, 1.0, 5.0, 15.0, 30.0)
_LATER = f"run the same command again later; {ALL_WAIT}"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How one run sends.

    `connections` at most so many connections. `retry` are the pauses before each next try. `wait` is how
    long to stay, once no letter may leave, for those that may later; None: until none is left.
    `only` restricts the run to these identities. `reopen` are the pauses, in seconds, before each
    try to reach again a relay that let go.
    """

    channel: str
    connections: int = 1
    retry: Sequence[timedelta] = (timedelta(minutes=30),)
    wait: timedelta | None = timedelta(minutes=2)
    only: Collection[str] | None = None
    reopen: Sequence[float] = _REOPEN_PAUSES


def settlement_of(
    claimed: Claimed, verdict: Verdict, at: datetime, *, retry: Sequence[timedelta], chance: float
) -> Settlement:
    """Where a letter stands after a verdict; a deferral past its time is a rejection."""
    state, due_at = _state(claimed, verdict, at, retry, chance)
    if state is State.REJECTED and verdict.outcome is Outcome.DEFERRED:
        said = f"expired after {claimed.tries + 1} tries: {verdict.said}"
        verdict = Verdict(Outcome.REJECTED, verdict.concern, said, verdict.code, verdict.enhanced)
    return Settlement(claimed.letter, at, state, verdict, due_at)


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


def said_by(relay: str, verdict: Verdict) -> str:
    """The relay's words, with its name and its code."""
    return " ".join(f"{relay} said: {verdict.code or ''} {verdict.enhanced} {verdict.said}".split())


def fault_of(
    settlement: Settlement,
    *,
    relay: str,
    slowed: int,
    doubts: Doubts,
    quota_frees: datetime,
) -> LettersError | None:
    """Why the run cannot go on after this letter; None when it can.

    `slowed` counts the pleas since a letter was last taken; `quota_frees` is when a used up quota
    allows the next.
    """
    if settlement.state is State.IN_DOUBT and doubts.too_many:
        said = said_by(relay, settlement.verdict)
        row = doubts.in_a_row > doubts.connections
        many = f"{doubts.in_a_row} letters in a row" if row else f"{doubts.letters} letters"
        return RelayUnavailable(
            f"the relay took {many} and did not say that it had; {said}",
            "find out what became of them (`letters status`) before you go on",
        )
    if settlement.state is not State.WAITING:
        return None
    return _of_sender(settlement, said_by(relay, settlement.verdict), slowed, quota_frees)


def _of_sender(
    settlement: Settlement, said: str, slowed: int, quota_frees: datetime
) -> LettersError | None:
    """What a reply about the sender or the relay, which released its letter, means for the run."""
    verdict = settlement.verdict
    if verdict.outcome is Outcome.REJECTED:
        return RelayRefused(
            f"the relay takes no mail from this sender; {said}",
            f"mend it with your mail provider, then run the same command again; {ALL_WAIT}",
        )
    if verdict.advice is Advice.PARK:
        return Parked(f"the account's quota is used up; {said}", _on(quota_frees))
    if verdict.advice is Advice.SLOW:
        return _keeps_asking(said) if slowed >= SLOWED else None
    if verdict.concern is Concern.SENDER:
        return Parked(f"the relay asks this account to come back later; {said}", _LATER)
    return None


def _on(quota_frees: datetime) -> str:
    until = f"{quota_frees.astimezone():%Y-%m-%d at %H:%M}"
    return f"run the same command again on {until}; {ALL_WAIT}"


def _keeps_asking(said: str) -> LettersError:
    return Parked(f"the relay keeps asking to slow down; {said}", _LATER)


def advice_of(refusal: LettersError, *, spare: bool = False) -> Advice:
    """What the whole run should do about a connection that was refused.

    To a `spare` one, that the others do without, fewer connections are the answer, not a lower rate.
    """
    if isinstance(refusal, Parked):
        return Advice.PARK
    return Advice.SLOW if isinstance(refusal, TooFast) and not spare else Advice.NONE


def fault_of_opening(refusal: LettersError, *, slowed: int, quota_frees: datetime) -> LettersError:
    """Why a run that cannot do without it ends after a connection was refused; as in `fault_of`."""
    advice = advice_of(refusal)
    if advice is Advice.PARK:
        return Parked(refusal.message, _on(quota_frees))
    if advice is Advice.SLOW and slowed >= SLOWED:
        return _keeps_asking(refusal.message)
    return refusal


def at_a_loss(relay: str) -> LettersError:
    """The error of a run whose connections were all let go of, and nothing came of any."""
    return RelayUnavailable(f"{relay} lets go of every connection", _LATER)


def refused_alike(verdict: Verdict, relay: str) -> LettersError:
    """The error of a run in which one recipient after another was rejected in the same words."""
    return RelayRefused(
        f"{EQUAL_REJECTIONS} letters in a row were rejected alike; {said_by(relay, verdict)}",
        "find out whether it is you whom the relay refuses; then `letters retry --rejected`, or the "
        "same command again to go on with the others",
    )


def lost_too_often(verdict: Verdict, relay: str, times: int) -> LettersError:
    """The error of a run whose last connection the relay let go so many times in a row."""
    kind = Parked if verdict.code else RelayUnavailable
    return kind(f"the relay let go {times} times in a row; {said_by(relay, verdict)}", _LATER)


def too_long(wait: Wait, now: datetime, patience: timedelta | None) -> bool:
    """Whether a person does not stay for it; a pace is waited for, however long it takes."""
    if wait.reason in {Reason.PACE, Reason.DOMAIN, Reason.THROTTLE} or patience is None:
        return False
    return wait.until > now + patience


def waits_too_long(wait: Wait, leaves: datetime | None) -> LettersError:
    """The error of a run whose next letter may leave later than a person cares to wait.

    `leaves` is when it would, by all that limits the account.
    """
    what = "the quota is used up" if wait.reason is Reason.QUOTA else "letters leave at set hours"
    until = max(wait.until, leaves or wait.until).astimezone()
    return Parked(
        f"{what}: the next letter may leave at {until:%Y-%m-%d %H:%M}",
        "run the same command again then, or let it wait: --wait all",
    )
