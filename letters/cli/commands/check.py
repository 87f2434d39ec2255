"""`letters check`: write, seal and proof every letter, and say what is wrong."""

from typing import TYPE_CHECKING

import click

from letters.cli import options
from letters.cli.next_command import command
from letters.cli.output import hint, say, say_json
from letters.cli.problems import as_json, exit_code, print_problems
from letters.cli.session import Session
from letters.errors import Exit
from letters.text import one_line

if TYPE_CHECKING:
    from letters.proof.proof import Report


@click.command(
    epilog="\b\nExamples:\n"
    "  letters check -c save-the-river\n"
    "  letters check -r members.csv --strict --format json\n"
)
@options.session("campaign", "recipients", "encoding")
@options.same_address
@click.option("--strict", is_flag=True, help="A warning counts as a problem.")
@options.output_format("text", "json")
def check(session: Session, same_address: str | None, strict: bool, format_: str) -> Exit:
    """Write and seal every letter, and say what is wrong. Nothing is sent, nothing is kept."""
    proof = session.proof(same_address=same_address, strict=strict)
    for _ in proof:
        pass
    if format_ == "json":
        say_json(as_json(proof.report))
    else:
        _print(session, proof.report)
    return exit_code(proof.report)


def _print(session: Session, report: "Report") -> None:
    from letters.preview.overview import headline
    from letters.preview.problems import conclusion

    say(f"{one_line(session.campaign.id)} to {one_line(str(session.list_path))}")
    for sentence in session.list.detected:
        say(one_line(sentence))
    print_problems(report, to_stderr=False)
    say(headline(report))
    say(conclusion(report))
    if not report.failed:
        hint(f"next: {command(session, 'preview')}")
