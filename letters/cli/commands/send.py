"""`letters send`: proof, seal, show, ask, hand over."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from letters.cli import problems, running, sending, session
from letters.cli.delivery import Delivery, delivery_options, limiter_of
from letters.cli.output import counted, hint, say, say_json
from letters.cli.relay import ChosenRelay, choose, connectable, relay_option
from letters.cli.session import Desk
from letters.errors import ChangedSinceSealing, ConfigurationError, Exit, LettersError

if TYPE_CHECKING:
    from letters.journal.interface import Journal
    from letters.journal.types import Entry, Staged
    from letters.proof.proof import Proof, Report
    from letters.transport.interface import Transport

NAMED = 10


@dataclass
class Options:
    """What a person asked `send` to do."""

    only: str | None
    limit: int | None
    wait: timedelta | None
    changed: str
    same_address: str | None
    as_json: bool
    yes: bool
    delivery: Delivery

    @property
    def whole(self) -> bool:
        """Whether the command means the entire list, which may withdraw letters."""
        return self.only is None and self.limit is None


@dataclass
class Batch:
    """The list as it streams from the proof into the journal, and what to show of it."""

    proof: "Proof"
    options: Options
    identities: set[str] = field(default_factory=set)
    subjects: dict[str, None] = field(default_factory=dict)
    domains: Counter[str] = field(default_factory=Counter)
    full: bool = False
    met: bool = False

    def entries(self) -> Iterator["Entry"]:
        """Every chosen row that can be enqueued; none once the proof has failed.

        Once the batch is `full`, the letters behind `--limit` are proofed and no longer noted.
        """
        from letters.journal.types import Entry

        for proofed in self.proof:
            if self.proof.report.failed or not session.chosen(proofed, self.options.only):
                continue
            self.met = True
            message, recipient = proofed.message, proofed.recipient
            if message is not None and not self.full:
                if not self.options.whole:
                    self.identities.add(message.identity)
                self.domains[message.envelope.domain] += 1
                if len(self.subjects) < NAMED:
                    self.subjects[message.subject] = None
            elif message is None and recipient.mailbox is not None:
                continue
            yield Entry(recipient.row, recipient.name, proofed.inputs, message)

    def domains_of(self, letters: int) -> dict[str, int] | None:
        """How many of so many letters go to each receiving domain; None where some left before."""
        return dict(self.domains) if self.domains.total() == letters else None


def _wait(_ctx: click.Context, _parameter: click.Parameter, value: str) -> timedelta | None:
    from letters.retry import duration

    if value == "all":
        return None
    try:
        return duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}, or all") from None


@click.command(
    epilog="\b\nExamples:\n"
    "  letters send                                  rehearse into ./outbox\n"
    "  letters send --test-to me@example.org --limit 3 --relay smtp://me@mail.example.org\n"
    "  letters send --relay smtp://me@mail.example.org:587\n"
)
@session.campaign_option
@session.recipients_option
@relay_option
@session.journal_option
@session.only_option
@session.limit_option
@delivery_options
@click.option(
    "--wait", callback=_wait, default="2 min", show_default=True, metavar="DURATION|all",
    help="How long to stay for what falls due, and for quota or window to let letters leave.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Proof and numbers; no journal, nothing handed over.")
@click.option(
    "--test-to", metavar="ADDRESS", help="Send the chosen letters to yourself; no journal."
)
@click.option("--reseal", is_flag=True, help="Send changed letters as they are now.")
@click.option("--keep", is_flag=True, help="Send changed letters as they were sealed.")
@session.same_address_option
@session.format_option("text", "json")
@click.option("--yes", is_flag=True, help="Do not ask.")
def send(
    campaign: str | None,
    recipients: str | None,
    relay: str | None,
    journal: str | None,
    only: str | None,
    limit: int | None,
    connections: int | None,
    pace: str | None,
    quota: str | None,
    window: str | None,
    no_pipelining: bool,
    wait: timedelta | None,
    dry_run: bool,
    test_to: str | None,
    reseal: bool,
    keep: bool,
    same_address: str | None,
    format_: str,
    yes: bool,
) -> int:
    """Hand every letter over, each once; without a relay, rehearse into a Maildir.

    Every letter is written, sealed and proofed before the first connection. Run it again after
    whatever stopped it: nobody is written to twice, and a letter that may have been taken is in
    doubt until you say what became of it.
    """
    if reseal and keep:
        raise click.UsageError("--reseal and --keep cannot be used together")
    desk = Desk(campaign, recipients)
    changed = "reseal" if reseal else "keep" if keep else "ask"
    delivery = Delivery(connections, pace, quota, window, pipelining=not no_pipelining)
    options = Options(only, limit, wait, changed, same_address, format_ == "json", yes, delivery)
    if dry_run:
        return _dry_run(desk, choose(desk, relay), options)
    if test_to:
        from letters.cli.test_to import OUTBOX, send_test

        return send_test(desk, choose(desk, relay, outbox=OUTBOX), options, test_to)
    return _send(desk, choose(desk, relay), options, journal)


def _dry_run(desk: Desk, chosen: ChosenRelay, options: Options) -> int:
    running.How.of(desk, chosen, options)  # what cannot be is told as by a run
    proof = desk.proof(same_address=options.same_address, leaves_machine=not chosen.parsed.loopback)
    kinds = Counter(entry.message is not None for entry in Batch(proof, options).entries())
    letters, absent = kinds[True], kinds[False]
    if options.limit is not None:
        letters = min(letters, options.limit)
    _show(proof)
    if options.as_json:
        say_json({"event": "dry-run", "letters": letters, "not_mailable": absent})
    else:
        say(f"{counted(letters, 'letter')} would be sent, {absent} not mailable: a dry run")
    if options.only is not None and not absent and not kinds[True]:
        hint(sending.nobody(options.only))
    return Exit.OK


def _show(proof: "Proof") -> None:
    """Say what the proof found; raises ProofFailed when nothing may leave."""
    problems.show(proof.report)
    if proof.report.failed:
        raise ProofFailed(proof.report)


def _send(desk: Desk, chosen: ChosenRelay, options: Options, journal_url: str | None) -> int:
    how = running.How.of(desk, chosen, options)
    transport = connectable(desk, chosen, pipelining=options.delivery.pipelining)
    limiter = limiter_of(desk, chosen, how.limits)
    journal = desk.open_journal(journal_url, create=True)
    with running.event_loop() as runner:
        try:
            run = secrets.token_hex(8)
            runner.run(journal.start(run, relay=transport.relay, at=session.now()))
            staged, batch = _staged(runner, desk, journal, transport, options)
            domains = batch.domains_of(staged.to_send)
            done = runner.run(limiter.forecast(staged.to_send, now=session.now(), domains=domains))
            forecast = sending.forecast_line(staged.to_send, how.limits, done)
            warnings = (*journal.warnings, *limiter.warnings)
            if not _agreed(
                desk, chosen, transport, journal, staged, batch, options, forecast, warnings
            ):
                hint("nothing was sent")
                return Exit.INTERRUPTED
            runner.run(journal.commit())
            if options.as_json:
                sending.say_begin(
                    desk, chosen, transport, batch.proof.report, staged,
                    journal=journal.location, done=done,
                )  # fmt: skip
            only = None if options.whole else batch.identities
            outcome = running.deliver(
                runner, journal, transport, limiter, staged, how, only=only, as_json=options.as_json
            )
            return sending.report(
                runner, journal, transport.channel, outcome, chosen, options.as_json
            )
        finally:
            runner.run(running.let_go(journal, transport, limiter))


def _staged(
    runner: asyncio.Runner, desk: Desk, journal: "Journal", transport: "Transport", options: Options
) -> "tuple[Staged, Batch]":
    """Stage the whole list in one transaction; nothing holds yet (P5)."""
    from letters.journal.types import Changed

    channel, at = transport.channel, session.now().astimezone()
    proof = desk.proof(
        same_address=options.same_address,
        day=runner.run(journal.sealed_on(channel)) or at.date(),
        leaves_machine=not transport.loopback,
    )
    batch = Batch(proof, options)
    entries = batch.entries()
    staged = runner.run(
        journal.enqueue(
            channel,
            entries,
            at=at,
            whole=options.whole,
            changed=Changed(options.changed),
            limit=options.limit,
        )
    )
    batch.full = True
    for _ in entries:  # behind --limit too, every letter is proofed
        pass
    _show(proof)
    if staged.changed_count and options.changed == "ask":
        raise ChangedSinceSealing(
            f"not sent, and no longer as sealed: {counted(staged.changed_count, 'letter')}: "
            f"{sending.some(staged.changed, staged.changed_count)}",
            "--reseal sends them as they are now, --keep as they were sealed",
        )
    return staged, batch


class ProofFailed(LettersError):
    """The proof found errors; nothing was sealed and nobody was connected to."""

    exit_code = Exit.DATA

    def __init__(self, report: "Report") -> None:
        super().__init__(
            f"{problems.found(report)}; nothing was sent",
            "mend them, look again with `letters check`, then send",
        )


def _agreed(
    desk: Desk,
    chosen: ChosenRelay,
    transport: "Transport",
    journal: "Journal",
    staged: "Staged",
    batch: Batch,
    options: Options,
    forecast: str,
    warnings: Sequence[str],
) -> bool:
    """Show exact numbers and ask; a rehearsal and `--yes` need no answer."""
    for line in sending.summary(desk, chosen, transport, journal, staged, batch):
        hint(line) if options.as_json else say(line)
    if forecast:
        hint(forecast) if options.as_json else say(forecast)
    for warning in warnings:
        hint(f"warning: {warning}")
    if chosen.is_rehearsal or options.yes or not staged.to_send:
        return True
    import sys

    if not sys.stdin.isatty():
        raise ConfigurationError("nobody is here to confirm", "add --yes when a script sends")
    question = f"Send {counted(staged.to_send, 'letter')} through {transport.relay}?"
    return click.confirm(question, err=True)
