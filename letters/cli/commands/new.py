"""`letters new`: write a campaign folder that a volunteer can edit."""

import secrets
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli.next_command import command
from letters.cli.output import hint, say
from letters.cli.session import Session
from letters.text import one_line

if TYPE_CHECKING:
    from letters.campaign.campaign import Campaign


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
        campaign = load(find(source, here), here)
        _open_files(campaign)
        scaffold.copy_new(folder, campaign_id, campaign)
        edit = f"{SETTINGS} and the letter, and put your list there as recipients.csv"
    say(one_line(str(folder)))
    hint(f"The campaign {campaign_id} is there. Edit {edit}; then, one after the other:")
    for verb in ("check", "preview", "send"):
        hint(f"  {command(Session(campaign_flag=name), verb)}")


def _open_files(campaign: "Campaign") -> None:
    """Write the letters to the campaign's own list, so that all that they read is copied."""
    from letters.errors import LettersError
    from letters.proof.proof import Proof
    from letters.recipients.csv import read_recipients

    if campaign.recipients_file is None:
        return
    with suppress(LettersError):  # the copy may be made to mend it
        rows = read_recipients(campaign.recipients_file, languages=campaign.settings.languages)
        deque(Proof(campaign, rows), maxlen=0)
