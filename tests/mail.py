"""Invented campaigns and recipients, and letters made of them, for every test."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from letters.campaign.campaign import Campaign, load
from letters.errors import Problem
from letters.mailbox import parse
from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.recipients.names import complete_names
from letters.recipients.recipient import Recipient
from letters.recipients.row import read_gender, read_languages, read_office, read_privy_council
from letters.render.gaps import Datum
from letters.render.letter import Letter, Writer

NONCE = "a1b2c3d4e5f60718"
TODAY = date(2014, 1, 13)
DATE = datetime(2014, 1, 13, 14, 30, tzinfo=UTC)

SETTINGS = """\
id = "t3st-river"
title.en = "Keep the river clean"
title.fr = "Gardons la rivière propre"
languages = ["en", "fr"]

[sender]
name = "Friends of the River"
email = "office@river.example"
organisation = "Friends of the River, Gander"
postal_address = "12 Quay St. N., Gander"

[subject]
en = "The river in {{ recipient.riding }}"
fr = "La rivière de {{ recipient.riding }}"

[[demand]]
id = "stop"
en = "Stop the *spills*."
fr = "Arrêtez les *déversements*."

[[demand]]
id = "pay"
en = "Pay for the cleaning:"
fr = "Payez le nettoyage :"
points.en = ["of the banks;", "of the bed."]
points.fr = ["des rives ;", "du lit."]

[[signatory]]
name = "Noor Simmonds"
title.en = "Chair"
title.fr = "Présidente"
"""
ENGLISH = """\
{{ recipient.salutation }}

The river in **{{ recipient.riding }}** is ill. See [our report](https://river.example/report).

{% for demand in demands %}
{{ demand.number }}. {{ demand.text }}
{% for point in demand.points %}
   - {{ point }}
{% endfor %}
{% endfor %}

{{ recipient.close }}

{{ campaign.sender.postal_address }}
"""
FRENCH = """\
{{ recipient.salutation }}

La rivière de **{{ recipient.riding }}** est malade. Voyez [le rapport](https://river.example/rapport).

{% for demand in demands %}
{{ demand.number }}. {{ demand.text }}
{% for point in demand.points %}
   - {{ point }}
{% endfor %}
{% endfor %}

{{ recipient.close }}

{{ campaign.sender.postal_address }}
"""
FILES = {"campaign.toml": SETTINGS, "letter.en.md.j2": ENGLISH, "letter.fr.md.j2": FRENCH}


def write_campaign(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """Write the small bilingual campaign, with these files instead of or beside its own."""
    for name, content in {**FILES, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def make_campaign(
    folder: Path, body: str | None = None, *, subject: str | None = None, **files: str | bytes
) -> Campaign:
    """The small campaign with this English letter and subject; file names have `__` for a dot."""
    changed: dict[str, str | bytes] = {k.replace("__", "."): v for k, v in files.items()}
    if body is not None:
        changed["letter.en.md.j2"] = body
    if subject is not None:
        line = f"en = '''{subject}'''"
        own = str(changed.get("campaign.toml", SETTINGS))
        changed["campaign.toml"] = re.sub(
            r'(?<=\[subject\]\n)en = ".*"', lambda _: line, own, count=1
        )
    return load(write_campaign(folder, changed), folder)


def make_recipient(**overrides: str | int) -> Recipient:
    """A member of parliament who does not exist; every keyword is a cell, but `row`."""
    fields = {
        "email": "ann.lee@parl.example",
        "name": "Ann Lee",
        "office": "mp",
        "honorific": "",
        "privy_council": "",
        "gender": "f",
        "language": "en",
        "riding": "Gander—Exploits",
        "province": "Newfoundland and Labrador",
        "party": "",
    }
    row = int(overrides.pop("row", 2))
    fields |= {key: str(value) for key, value in overrides.items()}
    names, _ = complete_names(fields)
    mailbox = parse(fields["email"]) if fields["email"] else None
    return Recipient(
        row=row,
        mailbox=mailbox,
        name=names.name,
        fields=fields,
        first_name=names.first_name,
        last_name=names.last_name,
        office=read_office(fields["office"]),
        honorific=fields["honorific"],
        privy_council=bool(
            read_privy_council(fields["privy_council"], fields["honorific"], fields["office"])
        ),
        gender=read_gender(fields["gender"]) or "",
        languages=read_languages(fields["language"], ("en", "fr")) or (),
        identity=mailbox.identity if mailbox else "",
    )


def make_writer(campaign: Campaign, nonce: str = NONCE) -> Writer:
    """A writer of this campaign's letters."""
    return Writer(campaign, nonce=nonce, today=TODAY)


def written(campaign: Campaign, recipient: Recipient | None = None) -> Letter:
    """The letter to one recipient; it must be one."""
    letter = make_writer(campaign).write(recipient or make_recipient())
    assert isinstance(letter, Letter), letter
    return letter


def refused(campaign: Campaign, recipient: Recipient | None = None) -> Problem:
    """The problem that stops the letter to one recipient, in writing or in sealing."""
    recipient = recipient or make_recipient()
    letter = make_writer(campaign).write(recipient)
    if isinstance(letter, Problem):
        return letter
    message = Sealer(campaign).seal(letter, recipient.identity)
    assert isinstance(message, Problem), letter.text
    return message


def sealed(campaign: Campaign, recipient: Recipient | None = None) -> Message:
    """The message to one recipient, dated; it must be one."""
    recipient = recipient or make_recipient()
    message = Sealer(campaign).seal(written(campaign, recipient), recipient.identity)
    assert isinstance(message, Message), message
    return message.dated(DATE)


def read_back(content: bytes) -> EmailMessage:
    """The message as Python's own parser reads it, which is not our composer."""
    parsed = message_from_bytes(content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def parts(content: bytes) -> tuple[str, str]:
    """Plain text and HTML as Python's own parser reads them, lines ending in `\\n`."""
    parsed = read_back(content)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert text is not None
    assert html is not None
    return (
        text.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n"),
        html.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n"),
    )


def datum(value: str, *, quoted: bool = False) -> Datum:
    """A value that belongs to no letter, for what only looks at its text."""
    return Datum(value, quoted=quoted)
