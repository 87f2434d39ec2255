"""`letters send --test-to ME`: chosen letters to one's own address; no journal is touched."""

import asyncio
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from letters.cli import problems, running, sending, session
from letters.cli.delivery import limiter_of
from letters.cli.output import counted, hint
from letters.cli.relay import ChosenRelay, connectable
from letters.cli.session import Desk
from letters.errors import ConfigurationError, Exit

if TYPE_CHECKING:
    from letters.cli.commands.send import Options
    from letters.journal.types import Entry
    from letters.proof.proof import Proof


OUTBOX = "maildir:outbox-test"
"""Where tests are rehearsed: among the campaign's own letters they would count as sent."""


def send_test(desk: Desk, chosen: ChosenRelay, options: "Options", address: str) -> int:
    """Send the chosen letters to `address`, each with the recipient's name in its subject."""
    from letters.journal.memory import MemoryJournal
    from letters.mailbox import AddressError, parse

    try:
        mailbox = parse(address)
    except AddressError as error:
        raise click.BadParameter(str(error), param_hint="--test-to") from None
    how = running.How.of(desk, chosen, options)
    transport = connectable(desk, chosen, pipelining=options.delivery.pipelining)
    limiter = limiter_of(desk, chosen, how.limits)
    proof = desk.proof(
        same_address=options.same_address, leaves_machine=not transport.loopback, test_to=mailbox
    )
    entries = list(_chosen(proof, options))
    problems.show(proof.report)
    if proof.report.failed:
        return Exit.DATA
    if not entries:
        hint(sending.nobody(options.only) if options.only else "no letter was chosen")
        return Exit.OK
    _confirm(len(entries), mailbox.address, transport.relay, chosen, options)
    journal = MemoryJournal()
    with asyncio.Runner() as runner:
        try:
            at = session.now()
            runner.run(journal.start(secrets.token_hex(8), relay=transport.relay, at=at))
            staged = runner.run(journal.enqueue(transport.channel, entries, at=at))
            runner.run(journal.commit())
            if options.as_json:
                sending.say_begin(desk, chosen, transport, proof.report, staged, journal=None)
            outcome = running.deliver(
                runner, journal, transport, limiter, staged, how, only=None, as_json=options.as_json
            )
            code = sending.report(
                runner, journal, transport.channel, outcome, chosen, options.as_json, is_test=True
            )
        finally:
            runner.run(running.let_go(transport, limiter))
    told = f"to {mailbox.address}: no journal was touched, nobody else was written to"
    hint(f"a test {told}" if code == Exit.OK else f"not every test letter went {told}; test again")
    return code


def _chosen(proof: "Proof", options: "Options") -> "Iterator[Entry]":
    from letters.journal.types import Entry

    for proofed in session.through(proof, options.only, options.limit):
        if proofed.message is not None:
            recipient = proofed.recipient
            yield Entry(recipient.row, recipient.name, proofed.inputs, proofed.message)


def _confirm(count: int, address: str, relay: str, chosen: ChosenRelay, options: "Options") -> None:
    import sys

    if chosen.is_rehearsal or options.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody is here to confirm", "add --yes when a script sends")
    question = f"Send {counted(count, 'test letter')} to {address} through {relay}?"
    click.confirm(question, abort=True, err=True)
