"""How a run sends (`RunOptions`), and what a verdict means for its letter and for the run. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from letters.delivery.circuit_breaker import EQUAL_REJECTIONS, LostAnswers
from letters.errors import ALL_WAIT, LettersError, Parked, RelayRefused, RelayUnavailable, TooFast
from letters.journal.types import Claimed, Settlement, State
from letters.limits.limiter import Reason, Wait
from letters.retry import due, expired
from letters.verdict import Advice, Concern, Outcome, Verdict

MOST_SLOW_DOWNS = 12
"""So many rate-limit replies in a row, and no letter accepted between them, end the run."""

RECONNECTING = "the relay closed a connection; it is opened again"
"""What a run tells while it waits before it opens a connection again."""

_RECONNECT_PAUSES = (0.0, 1.0, 5.0, 15.0, 30.0)
_LATER = f"run the same command again later; {ALL_WAIT}"


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


def error_after_letter(
    settlement: Settlement,
    *,
    relay: str,
    slow_downs: int,
    lost: LostAnswers,
    quota_frees: datetime,
) -> LettersError | None:
    """Why the run cannot go on after this letter; None when it can.

    `slow_downs` counts the rate-limit replies since a letter was last accepted; `quota_frees` is when
    an exhausted quota allows the next letter.
    """
    if settlement.state is State.IN_DOUBT and lost.too_many:
        said = said_by(relay, settlement.verdict)
        row = lost.in_a_row > lost.connections
        many = f"{lost.in_a_row} letters in a row" if row else f"{lost.letters} letters"
        return RelayUnavailable(
            f"the relay took {many} and did not say that it had; {said}",
            "find out what became of them before you go on",
            next=("status",),
        )
    if settlement.state is not State.WAITING:
        return None
    return _about_sender(settlement, said_by(relay, settlement.verdict), slow_downs, quota_frees)


def _about_sender(
    settlement: Settlement, said: str, slow_downs: int, quota_frees: datetime
) -> LettersError | None:
    """What a reply about the sender or the relay, which released its letter, means for the run."""
    verdict = settlement.verdict
    if verdict.outcome is Outcome.REJECTED:
        return RelayRefused(
            f"the relay takes no mail from this sender; {said}",
            f"mend it with your mail provider, then run the same command again; {ALL_WAIT}",
        )
    if verdict.advice is Advice.PARK:
        return Parked(f"the account's quota is used up; {said}", _again_on(quota_frees))
    if verdict.advice is Advice.SLOW:
        return _always_slow_down(said) if slow_downs >= MOST_SLOW_DOWNS else None
    if verdict.concern is Concern.SENDER:
        return Parked(f"the relay asks this account to come back later; {said}", _LATER)
    return None


def _again_on(quota_frees: datetime) -> str:
    until = f"{quota_frees.astimezone():%Y-%m-%d at %H:%M}"
    return f"run the same command again on {until}; {ALL_WAIT}"


def _always_slow_down(said: str) -> LettersError:
    return Parked(f"the relay keeps asking to slow down; {said}", _LATER)


def advice_of(refusal: LettersError, *, spare: bool = False) -> Advice:
    """What the whole run should do about a connection that was refused.

    If it is a `spare` one, without which the others work on, fewer connections are the answer, not a
    lower rate.
    """
    if isinstance(refusal, Parked):
        return Advice.PARK
    return Advice.SLOW if isinstance(refusal, TooFast) and not spare else Advice.NONE


def error_after_refusal(
    refusal: LettersError, *, slow_downs: int, quota_frees: datetime
) -> LettersError:
    """The error of a run that needs the refused connection; as in `error_after_letter`."""
    advice = advice_of(refusal)
    if advice is Advice.PARK:
        return Parked(refusal.message, _again_on(quota_frees))
    if advice is Advice.SLOW and slow_downs >= MOST_SLOW_DOWNS:
        return _always_slow_down(refusal.message)
    return refusal


def every_connection_closed(relay: str) -> LettersError:
    """The error of a run in which every connection was closed before a letter was settled."""
    return RelayUnavailable(f"{relay} closes every connection", _LATER)


def equal_rejections(verdict: Verdict, relay: str) -> LettersError:
    """The error of a run in which one recipient after another was rejected in the same words."""
    return RelayRefused(
        f"{EQUAL_REJECTIONS} letters in a row were rejected alike; {said_by(relay, verdict)}",
        "find out whether the relay refuses you, not them; then run the same command again to go on "
        "with the others, or let the rejected letters wait again",
        next=("retry --rejected",),
    )


def closed_too_often(verdict: Verdict, relay: str, times: int) -> LettersError:
    """The error of a run whose last connection was closed so many times in a row."""
    kind = Parked if verdict.code else RelayUnavailable
    said = said_by(relay, verdict)
    return kind(f"the relay closed the connection {times} times in a row; {said}", _LATER)


def too_long(wait: Wait, now: datetime, longest: timedelta | None) -> bool:
    """Whether the run ends instead of waiting; a pace is waited for, however long it takes."""
    if wait.reason in {Reason.PACE, Reason.DOMAIN, Reason.THROTTLE} or longest is None:
        return False
    return wait.until > now + longest


def waits_too_long(wait: Wait, leaves: datetime | None) -> LettersError:
    """The error of a run whose next letter may leave later than the run may wait.

    `leaves` is when it may, by all that limits the account.
    """
    what = "the quota is used up" if wait.reason is Reason.QUOTA else "letters leave at set hours"
    until = max(wait.until, leaves or wait.until).astimezone()
    return Parked(
        f"{what}: the next letter may leave at {until:%Y-%m-%d %H:%M}",
        "run the same command again then, or let it wait: --wait all",
    )
