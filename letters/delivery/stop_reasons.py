"""Why a run stops before every letter is settled: each reason, as the error that it raises. Pure.

Only `after_letter` and `after_refused_connection` decide; the others are the errors of decisions
made where they are called.
"""

from datetime import datetime

from letters.delivery.circuit_breaker import EQUAL_REJECTIONS, LostAnswers
from letters.delivery.policy import advice_of
from letters.errors import ALL_WAIT, LettersError, Parked, RelayRefused, RelayUnavailable
from letters.journal.types import Settlement, State
from letters.limits.limiter import Reason, Wait
from letters.verdict import Advice, Concern, Outcome, Verdict, is_about_ehlo_name

MAX_SLOW_DOWNS = 12
"""So many rate-limit replies in a row, with no letter accepted between them, stop the run."""

_EHLO = (
    "give a full name of this machine that it accepts: --ehlo-name mail.example.org, or "
    f"LETTERS_EHLO_NAME; {ALL_WAIT}"
)
_LATER = f"run the same command again later; {ALL_WAIT}"


def after_letter(
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
    reply = _reply(relay, settlement.verdict)
    if settlement.state is State.IN_DOUBT and lost.too_many:
        row = lost.in_a_row > lost.connections
        many = f"{lost.in_a_row} letters in a row" if row else f"{lost.letters} letters"
        return RelayUnavailable(
            f"the relay received {many} and did not say whether it accepted them; {reply}",
            "find out what became of them before you go on",
            next=("status",),
        )
    if settlement.state is not State.WAITING:
        return None
    return _about_sender_or_relay(settlement.verdict, reply, slow_downs, quota_frees)


def _about_sender_or_relay(
    verdict: Verdict, reply: str, slow_downs: int, quota_frees: datetime
) -> LettersError | None:
    if verdict.concern is Concern.SENDER and is_about_ehlo_name(verdict.said):
        kind = RelayRefused if verdict.outcome is Outcome.REJECTED else Parked
        return kind(f"the relay does not accept the name that it was told in EHLO; {reply}", _EHLO)
    if verdict.outcome is Outcome.REJECTED:
        return RelayRefused(
            f"the relay takes no mail from this sender; {reply}",
            "ask your mail provider for the cause and remove it, then run the same command again; "
            f"{ALL_WAIT}",
        )
    if verdict.advice is Advice.PARK:
        return Parked(f"the account's quota is used up; {reply}", _again_on(quota_frees))
    if verdict.advice is Advice.SLOW:
        return _keeps_asking(reply) if slow_downs >= MAX_SLOW_DOWNS else None
    if verdict.concern is Concern.SENDER:
        return Parked(f"the relay asks this account to come back later; {reply}", _LATER)
    return None  # for example 421: another connection is opened, see `needs_new_connection`


def after_refused_connection(
    refusal: LettersError, *, slow_downs: int, quota_frees: datetime
) -> LettersError:
    """The error of a run that needs the refused connection; arguments as of `after_letter`."""
    advice = advice_of(refusal)
    if advice is Advice.PARK:
        return Parked(refusal.message, _again_on(quota_frees))
    if advice is Advice.SLOW and slow_downs >= MAX_SLOW_DOWNS:
        return _keeps_asking(refusal.message)
    return refusal


def closed_too_often(verdict: Verdict, relay: str, times: int) -> LettersError:
    """The last connection was closed so many times in a row."""
    kind = Parked if verdict.code else RelayUnavailable
    reply = _reply(relay, verdict)
    return kind(f"the relay closed the connection {times} times in a row; {reply}", _LATER)


def equal_rejections(verdict: Verdict, relay: str) -> LettersError:
    """One recipient after another was rejected in the same words."""
    return RelayRefused(
        f"{EQUAL_REJECTIONS} letters in a row were rejected alike; {_reply(relay, verdict)}",
        "find out whether the relay refuses you, and not these recipients; then run the same command "
        "again to go on with the others, or let the rejected letters wait again",
        next=("retry --rejected",),
    )


def next_letter_too_late(wait: Wait, leaves: datetime | None) -> LettersError:
    """The next letter may leave later than the run may wait.

    `leaves` is when it may, by all that limits the account.
    """
    what = "the quota is used up" if wait.reason is Reason.QUOTA else "letters leave at set hours"
    until = max(wait.until, leaves or wait.until).astimezone()
    return Parked(
        f"{what}: the next letter may leave at {until:%Y-%m-%d %H:%M}",
        "run the same command again then, or let it wait: --wait all",
    )


def _again_on(quota_frees: datetime) -> str:
    until = f"{quota_frees.astimezone():%Y-%m-%d at %H:%M}"
    return f"run the same command again on {until}; {ALL_WAIT}"


def _keeps_asking(reply: str) -> LettersError:
    return Parked(f"the relay keeps asking to slow down; {reply}", _LATER)


def _reply(relay: str, verdict: Verdict) -> str:
    """The relay's reply, with the relay's name and the code."""
    return " ".join(f"{relay} said: {verdict.code or ''} {verdict.enhanced} {verdict.said}".split())
