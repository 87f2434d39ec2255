"""`letters new`: write a campaign folder that a volunteer can edit."""

import secrets
from pathlib import Path

import click

from letters.cli.next_command import command
from letters.cli.output import hint, say
from letters.cli.session import Session
from letters.text import one_line


@click.command(
    epilog="\b\nExamples:\n"
    "  letters new save-the-river\n"
    "  letters new save-the-lake --from save-the-river\n"
)
@click.argument("name")
@click.option(
    "--from", "source", metavar="CAMPAIGN", help="Copy its letter and settings, not its people."
)
def new(name: str, source: str | None) -> None:
    """Write a campaign folder NAME that you can edit, with notes that explain it."""
    from letters.campaign import scaffold
    from letters.campaign.campaign import SETTINGS, find, load

    folder = Path(name)
    campaign_id = scaffold.new_id(folder, secrets.token_bytes(5))
    if source is None:
        scaffold.write_new(folder, campaign_id)
        edit = f"{SETTINGS}, letter.en.md.j2, letter.fr.md.j2 and recipients.csv"
    else:
        here = Path.cwd()
        scaffold.copy_new(folder, campaign_id, load(find(source, here), here))
        edit = f"{SETTINGS} and the letter, and put your list there as recipients.csv"
    say(one_line(str(folder)))
    hint(f"The campaign {campaign_id} is there. Edit {edit}; then, one after the other:")
    for verb in ("check", "preview", "send"):
        hint(f"  {command(Session(campaign_flag=name), verb)}")
