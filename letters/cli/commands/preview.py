"""`letters preview`: look at the letters as they will be sent, in the terminal or as pages."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli import options
from letters.cli.looking import Looking
from letters.cli.problems import exit_code
from letters.cli.selection import Selection
from letters.cli.session import Session, now, today
from letters.errors import Exit

if TYPE_CHECKING:
    from letters.proof.proof import Report


@click.command(
    epilog="\b\nExamples:\n"
    "  letters preview\n"
    "  letters preview --only dewar --part source\n"
    "  letters preview --out pages          then open pages/index.html\n"
)
@options.session("campaign", "recipients", "encoding")
@options.same_address
@options.selection
@click.option(
    "--part",
    type=click.Choice(["text", "html", "headers", "source"]),
    help="Show nothing but this part of each letter.",
)
@click.option("--out", metavar="DIR", help="Write an index, a page and an .eml for each letter.")
@click.option("--single", metavar="FILE", help="Write all letters as one page.")
@click.option("--groups", is_flag=True, help="One letter of each wording, what differs marked.")
@click.option("--salutations", is_flag=True, help="How each recipient is addressed, one a line.")
def preview(
    session: Session,
    same_address: str | None,
    selection: Selection,
    part: str | None,
    out: str | None,
    single: str | None,
    groups: bool,
    salutations: bool,
) -> Exit:
    """Look at the letters as they will be sent. Looking never sends, and needs no network."""
    looking = Looking(session, selection, same_address, now(), today())
    forms: dict[str, Callable[[], Report]] = {}
    if part:
        forms["--part"] = partial(looking.part, part)
    if out:
        forms["--out"] = partial(looking.pages, Path(out))
    if single:
        forms["--single"] = partial(looking.single_page, Path(single))
    if groups:
        forms["--groups"] = looking.groups
    if salutations:
        forms["--salutations"] = looking.salutations
    if len(forms) > 1:
        raise click.UsageError("{} and {} cannot be used together.".format(*forms))
    (show,) = forms.values() or [looking.overview]
    return exit_code(show())
