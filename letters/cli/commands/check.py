"""`letters check`: write, seal and proof every letter, and say what is wrong."""

from typing import TYPE_CHECKING

import click

from letters.cli import next_command, problems, session
from letters.cli.output import hint, say, say_json
from letters.cli.session import Desk
from letters.errors import Exit
from letters.text import one_line

if TYPE_CHECKING:
    from letters.proof.proof import Report


@click.command(
    epilog="\b\nExamples:\n"
    "  letters check -c save-the-river\n"
    "  letters check -r members.csv --strict --format json\n"
)
@session.campaign_option
@session.recipients_option
@session.same_address_option
@click.option("--strict", is_flag=True, help="A warning counts as a problem.")
@session.format_option("text", "json")
def check(
    campaign: str | None,
    recipients: str | None,
    same_address: str | None,
    strict: bool,
    format_: str,
) -> int:
    """Write and seal every letter, and say what is wrong. Nothing is sent, nothing is kept."""
    desk = Desk(campaign, recipients)
    proof = desk.proof(same_address=same_address, strict=strict)
    for _ in proof:
        pass
    if format_ == "json":
        say_json(_as_json(proof.report))
    else:
        _say(desk, proof.report)
    return session.exit_code(proof.report)


def _as_json(report: "Report") -> dict[str, object]:
    return {
        "letters": report.letters,
        "wordings": report.wordings,
        "not_mailable": report.not_mailable,
        "problems": problems.as_json(report.problems),
    }


def _say(desk: Desk, report: "Report") -> None:
    from letters.preview.overview import conclusion, headline

    say(f"{one_line(desk.campaign.id)} to {one_line(str(desk.list_path))}")
    for said in desk.list.detected:
        say(one_line(said))
    problems.show(report, to_stdout=True)
    say(headline(report))
    say(conclusion(report))
    if session.exit_code(report) == Exit.OK:
        hint(f"next: {next_command.command('preview', desk.campaign_name, desk.recipients_name)}")
