"""`letters send`: hand the letters over; or rehearse, test, or look what would be sent."""

from datetime import timedelta

import click

from letters.cli import options
from letters.cli.delivery import DeliveryFlags
from letters.cli.selection import Selection
from letters.cli.sending.dry_run import dry_run as run_dry
from letters.cli.sending.flags import SendFlags
from letters.cli.sending.send import send_letters
from letters.cli.sending.test_to import send_test
from letters.cli.session import Session
from letters.errors import Exit


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
@options.session("campaign", "recipients", "encoding", "relay", "journal")
@options.selection
@options.delivery
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
@options.same_address
@options.output_format("text", "json")
@options.yes
def send(
    session: Session,
    selection: Selection,
    delivery: DeliveryFlags,
    wait: timedelta | None,
    dry_run: bool,
    test_to: str | None,
    reseal: bool,
    keep: bool,
    same_address: str | None,
    format_: str,
    yes: bool,
) -> Exit:
    """Hand every letter over, each once; without a relay, rehearse into a Maildir.

    Every letter is written, sealed and proofed before the first connection. Run it again after
    whatever stopped it: nobody is written to twice, and a letter that may have been taken is in
    doubt until you say what became of it.
    """
    if reseal and keep:
        raise click.UsageError("--reseal and --keep cannot be used together")
    changed = "reseal" if reseal else "keep" if keep else "ask"
    as_json = format_ == "json"
    flags = SendFlags(selection, delivery, wait, changed, same_address, as_json, yes)
    if dry_run:
        return run_dry(session, flags)
    if test_to:
        return send_test(session, flags, test_to)
    return send_letters(session, flags)
