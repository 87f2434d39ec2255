"""The shipped campaign, a list of rows as the program reads them, and a proof of both."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec.structs

from bench import people
from letters.campaign.campaign import SHIPPED, Campaign, load
from letters.proof.proof import Proof
from letters.recipients.csv import RecipientsFile
from letters.recipients.row import ReadRow

NONCE = "b3c1f0e2d4a59687"
TODAY = date(2014, 1, 10)


def campaign(subject: str = "") -> Campaign:
    """The shipped campaign; with `subject`, under another subject in every language."""
    shipped = load(SHIPPED / "genocide-prevention", Path.cwd())
    if not subject:
        return shipped
    settings = msgspec.structs.replace(shipped.settings, subject=subject)
    return Campaign(shipped.folder, shipped.home, settings)


def rows(folder: Path, count: int) -> list[ReadRow]:
    """So many invented recipients, read from a file as every command reads them."""
    path = people.written(folder / f"rows-{count}.csv", count)
    return list(RecipientsFile(path, languages=("en", "fr")))


def proof(letters_of: Campaign, of: Sequence[ReadRow] | RecipientsFile) -> Proof:
    """A proof, not yet iterated."""
    return Proof(letters_of, of, nonce=NONCE, today=TODAY)
