"""What is shown before letters leave: exact numbers, relay, sender, subject, forecast."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from letters.cli.opening import OpenRun
from letters.cli.output import counted, some
from letters.cli.sending.entries import EntryStream
from letters.cli.session import now
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Staged
    from letters.proof.proof import Report

_INDENT = " " * 10
_NAMED = 20


def summary(
    run: OpenRun, staged: "Staged", stream: EntryStream, done: datetime | None
) -> Iterator[str]:
    """The lines that a person reads before saying yes; `done` is when the last letter leaves."""
    session, journal = run.session, run.journal
    settings, report = session.campaign.settings, stream.proof.report
    new = ""
    if journal.is_new:
        others = ", ".join(map(one_line, journal.other_campaigns))
        known = f"it knows only other campaigns, {others}" if others else "new"
        new = f" ({known}: nobody has been written to by this record)"
    rehearsal = "  — a rehearsal: nothing is mailed" if run.relay.is_rehearsal else ""
    letters, wordings = counted(report.letters, "letter"), counted(report.wordings, "wording")
    yield f"campaign  {settings.id}"
    yield f"list      {session.list_path}: {letters}, {wordings}"
    for sentence in session.list.detected:
        yield f"{_INDENT}{one_line(sentence)}"
    yield f"relay     {run.transport.relay}{rehearsal}"
    yield f"sender    {one_line(settings.sender.name)} <{settings.sender.email}>"
    yield f"subject   {_subjects(stream)}"
    yield f"journal   {journal.location}{new}"
    yield _INDENT + " · ".join(_counts(staged, stream))
    yield from _chosen(run, stream)
    yield from _withdrawals(staged)
    if done is not None and staged.to_send:
        from letters.limits.pace import forecast_words

        local, today = done.astimezone(), now().astimezone()
        yield f"{_INDENT}{forecast_words(staged.to_send, run.plan.limits, local, today)}"


def _chosen(run: OpenRun, stream: EntryStream) -> Iterator[str]:
    """Whom `--only` chose: its text may be in more names than the person thought of."""
    if stream.selection.only is None:
        return
    if not stream.matched:
        yield f"{_INDENT}{stream.selection.nobody(run.session.list)}"
    elif stream.names:
        names = some(list(map(one_line, stream.names)), stream.domains.total())
        yield f"{_INDENT}chosen by --only: {names}"


def _withdrawals(staged: "Staged") -> Iterator[str]:
    """Who was on the list before, and now gets no letter; it must not go unseen (P7)."""
    if not staged.withdrawn_count:
        return
    names = [one_line(name) for name in staged.withdrawn[:_NAMED]]
    count = counted(staged.withdrawn_count, "letter")
    yield f"{_INDENT}no longer on this list, so withdrawn unsent: {count}"
    yield from (f"{_INDENT}  {name}" for name in names)
    if more := staged.withdrawn_count - len(names):
        yield f"{_INDENT}  and {more} more"
    yield f"{_INDENT}(a row that is put back is sent to; to send to a part, keep the list and use --only)"


def _subjects(stream: EntryStream) -> str:
    subjects = [one_line(subject) for subject in stream.subjects]
    more = f"  (and {len(subjects) - 1} more)" if len(subjects) > 1 else ""
    return f"{subjects[0] if subjects else '—'}{more}"


def _counts(staged: "Staged", stream: EntryStream) -> Iterator[str]:
    """The counts of every summary, then those that are not zero."""
    yield f"{staged.to_send} to send"
    yield f"{staged.sent} already sent"
    yield f"{staged.not_mailable} not mailable"
    yield "0 suppressed"
    chosen = staged.to_send + staged.sent + staged.rejected + staged.in_doubt
    not_chosen = 0 if stream.selection.everything else stream.proof.report.letters - chosen
    more = {
        "rejected": staged.rejected,
        "in doubt": staged.in_doubt,
        "withdrawn": staged.withdrawn_count,
        "of the list not chosen": max(0, not_chosen),
    }
    yield from (f"{count} {name}" for name, count in more.items() if count)


def begin_event(
    run: OpenRun, staged: "Staged", report: "Report", *, is_test: bool, done: datetime | None = None
) -> dict[str, object]:
    """The same for scripts: the first event of a run."""
    session = run.session
    return {
        "event": "begin",
        "campaign": session.campaign.id,
        "list": str(session.list_path),
        "letters": report.letters,
        "wordings": report.wordings,
        "relay": run.transport.relay,
        "channel": run.channel,
        "rehearsal": run.relay.is_rehearsal,
        "journal": None if is_test else run.journal.location,
        "to_send": staged.to_send,
        "already_sent": staged.sent,
        "rejected": staged.rejected,
        "in_doubt": staged.in_doubt,
        "withdrawn": staged.withdrawn_count,
        "not_mailable": staged.not_mailable,
        "done_at": done.isoformat() if done and staged.to_send else None,
    }
