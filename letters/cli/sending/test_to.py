"""A test: the chosen letters to one's own address, each with its recipient's name in the subject."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from letters.cli.opening import open_run
from letters.cli.output import counted, hint
from letters.cli.problems import print_problems
from letters.cli.relay import choose_relay
from letters.cli.sending.flags import SendFlags
from letters.cli.sending.hand_over import confirmed, hand_over
from letters.cli.session import Session, now
from letters.errors import Exit

if TYPE_CHECKING:
    from letters.cli.selection import Selection
    from letters.journal.types import Entry
    from letters.mailbox import Mailbox
    from letters.proof.proof import Proof

OUTBOX = "maildir:outbox-test"
"""Where a test is rehearsed: among the campaign's own letters it would count as sent."""


def send_test(session: Session, flags: SendFlags, address: str) -> Exit:
    """Send the chosen letters to `address`; the campaign's journal is not opened."""
    mailbox = _mailbox(address)
    relay = choose_relay(session, outbox=OUTBOX)
    with open_run(session, relay, flags.delivery, is_test=True) as run:
        proof = session.proof(
            same_address=flags.same_address,
            leaves_machine=not run.transport.loopback,
            test_to=mailbox,
        )
        entries = _entries(proof, flags.selection)
        staged = run.run(run.journal.enqueue(run.channel, entries, at=now()))
        print_problems(proof.report, to_stderr=True)
        if proof.report.failed:
            return Exit.DATA
        if not staged.to_send:
            nobody = flags.selection.nobody(session.list) if flags.selection.only else ""
            hint(nobody or "no letter was chosen")
            return Exit.OK
        letters = counted(staged.to_send, "test letter")
        if not confirmed(run, flags, f"{letters} to {mailbox.address}"):
            return Exit.INTERRUPTED
        code = hand_over(run, flags, staged, proof.report, is_test=True)
    where = f"to {mailbox.address}: no journal was touched, nobody else was written to"
    hint(
        f"a test {where}" if code == Exit.OK else f"not every test letter went {where}; test again"
    )
    return code


def _mailbox(address: str) -> "Mailbox":
    from letters.mailbox import AddressError, parse

    try:
        return parse(address)
    except AddressError as error:
        raise click.BadParameter(str(error), param_hint="--test-to") from None


def _entries(proof: "Proof", selection: "Selection") -> "Iterator[Entry]":
    from letters.journal.types import Entry

    for proofed in selection.chosen(proof):
        if proofed.message is not None:
            recipient = proofed.recipient
            yield Entry(recipient.row, recipient.name, proofed.inputs, proofed.message)
