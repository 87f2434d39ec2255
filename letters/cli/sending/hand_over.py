"""From the question to the report: what a sending and a test have in common."""

from datetime import datetime
from typing import TYPE_CHECKING

from letters.cli.opening import OpenRun
from letters.cli.output import confirm, counted, hint, say_json
from letters.cli.sending.flags import SendFlags
from letters.cli.sending.progress import progress
from letters.cli.sending.report import RunReport
from letters.cli.sending.run import run_mailer
from letters.cli.sending.summary import begin_event
from letters.errors import Exit

if TYPE_CHECKING:
    from letters.journal.types import Staged
    from letters.proof.proof import Report


def confirmed(run: OpenRun, flags: SendFlags, letters: str, withdrawn: int = 0) -> bool:
    """Ask before letters leave or are withdrawn; a rehearsal and `--yes` need no answer.

    `letters` says which leave, "" for none; `withdrawn` is how many the list no longer has.
    """
    send = f"send {letters} through {run.transport.relay}" if letters else ""
    withdraw = f"withdraw {counted(withdrawn, 'letter')}" if withdrawn else ""
    question = " and ".join(filter(None, (send, withdraw)))
    if not question or run.relay.is_rehearsal or flags.yes:
        return True
    question = f"{question[0].upper()}{question[1:]}?"
    if confirm(question, without_terminal="add --yes when a script sends"):
        return True
    hint("nothing was sent and nothing withdrawn" if withdrawn else "nothing was sent")
    return False


def hand_over(
    run: OpenRun,
    flags: SendFlags,
    staged: "Staged",
    proofed: "Report",
    *,
    only: set[str] | None = None,
    done: datetime | None = None,
    is_test: bool = False,
) -> Exit:
    """Commit what was staged, run the mailer with progress, and print how it ended.

    `only` restricts the run to these identities; `done` is the forecast of its end.
    """
    run.run(run.journal.commit())
    if flags.as_json:
        say_json(begin_event(run, staged, proofed, is_test=is_test, done=done))
    with progress(staged.to_send, run.transport.relay, as_json=flags.as_json) as shown:
        result = run_mailer(run, shown, wait=flags.wait, only=only)
    return RunReport(run, result, is_test=is_test).print(as_json=flags.as_json)
