"""The sending itself: proof, seal, show, ask, hand over."""

from typing import TYPE_CHECKING

from letters.cli.opening import OpenRun, open_run
from letters.cli.output import counted, hint, say, some
from letters.cli.problems import require_sound
from letters.cli.relay import choose_relay
from letters.cli.sending.entries import EntryStream
from letters.cli.sending.flags import SendFlags
from letters.cli.sending.hand_over import confirmed, hand_over
from letters.cli.sending.summary import summary
from letters.cli.session import Session, now
from letters.errors import ChangedSinceSealing, Exit
from letters.text import one_line

if TYPE_CHECKING:
    from letters.journal.types import Staged


def send_letters(session: Session, flags: SendFlags) -> Exit:
    """Hand over every chosen letter that was not sent before, each once."""
    with open_run(session, choose_relay(session), flags.delivery) as run:
        stream, staged = _stage(run, flags)
        letters, domains = staged.to_send, stream.domains_of(staged.to_send)
        done = run.run(run.limiter.forecast(letters, now=now(), domains=domains))
        for line in summary(run, staged, stream, done):
            hint(line) if flags.as_json else say(line)
        for warning in (*run.journal.warnings, *run.limiter.warnings):
            hint(f"warning: {warning}")
        leaving = counted(letters, "letter") if letters else ""
        if not confirmed(run, flags, leaving, staged.withdrawn_count):
            return Exit.INTERRUPTED
        only = None if flags.selection.everything else stream.identities
        return hand_over(run, flags, staged, stream.proof.report, only=only, done=done)


def _stage(run: OpenRun, flags: SendFlags) -> "tuple[EntryStream, Staged]":
    """Stage the whole list in one transaction, which is not committed yet (P5).

    Raises ProofFailed and ChangedSinceSealing.
    """
    from letters.journal.types import Changed

    at = now().astimezone()
    proof = run.session.proof(
        same_address=flags.same_address,
        day=run.run(run.journal.sealed_on(run.channel)) or at.date(),
        leaves_machine=not run.transport.loopback,
    )
    stream = EntryStream(proof, flags.selection)
    entries = stream.entries()
    staged = run.run(
        run.journal.enqueue(
            run.channel,
            entries,
            at=at,
            whole=flags.selection.everything,
            changed=Changed(flags.changed),
            limit=flags.selection.limit,
        )
    )
    stream.full = True
    for _ in entries:  # behind --limit too, every letter is proofed
        pass
    require_sound(proof.report)
    if staged.changed_count and flags.changed == "ask":
        names = some([one_line(name) for name in staged.changed], staged.changed_count)
        count = counted(staged.changed_count, "letter")
        raise ChangedSinceSealing(
            f"not sent, and no longer as sealed: {count}: {names}",
            "--reseal sends them as they are now, --keep as they were sealed",
        )
    return stream, staged
