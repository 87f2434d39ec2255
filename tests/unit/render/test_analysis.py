"""A letter whose template is analysed is written without rendering, and is the same as if rendered."""

from datetime import date

import pytest
from msgspec import structs

from letters.campaign.campaign import load
from letters.mailbox import parse
from letters.recipients.recipient import Recipient
from letters.render.letter import Letter, Writer

NONCE = "abcdef0123456789"
SETTINGS = """
id = "t0t0-static"
title = "A title"
languages = ["en", "fr"]
subject = "To {{ recipient.riding }}"
[sender]
name = "An Organisation"
email = "office@example.org"
postal_address = "1 Main Street"
"""
PRINTS = "{% for line in recipient.envelope_lines %}{{ line }}{{ loop.index }}\n{% endfor %}\n"


def person(number, **changes):
    fields = {"riding": f"Riding {number}", "note": "", "party": "A" if number % 2 else "B"}
    fields |= changes.pop("fields", {})
    name = f"Pat Example{number}"
    mailbox = parse(f"pat{number}@example.org", name)
    return structs.replace(
        Recipient(
            row=number + 1,
            mailbox=mailbox,
            name=name,
            fields=fields,
            first_name="Pat",
            last_name=f"Example{number}",
            office="mp",
            gender="f",
            languages=("en",),
            identity=mailbox.identity,
        ),
        **changes,
    )


PEOPLE = [
    person(1),
    person(2, fields={"note": "*starred*"}),
    person(3, privy_council=True),
    person(4, languages=("fr",)),
    person(5, languages=("en", "fr")),
    person(6, fields={"riding": ""}),
    person(7, fields={"riding": "<b>&\nx"}),
    person(8, office="senator", fields={"province": "Ontario"}),
    person(9, fields={"party": "{{ 7 * 7 }}"}),
    person(10, office="", fields={"note": "x"}),
]

TEMPLATES = {
    "only prints": "{{ recipient.salutation }}\n\n{{ recipient.riding }} and {{ recipient.party }}",
    "loops over the envelope": PRINTS + "{{ recipient.vocative }}",
    "tests a field": "{% if recipient.note %}Noted: {{ recipient.note }}{% else %}Nothing{% endif %}",
    "compares a field": "{% if recipient.party == 'A' %}first{% else %}second{% endif %}",
    "looks inside a text": "{% if recipient.party in 'A B' %}{{ recipient.name }}{% endif %}",
    "filters a field": "{{ recipient.riding | upper }} {{ recipient.note | default('none') }}",
    "sets a name": "{% set who = recipient.name %}{{ who }}",
    "counts the letters of a line": (
        "{% for line in recipient.envelope_lines %}{{ line }}{{ line | length }}{% endfor %}"
    ),
    "compares neighbours": (
        "{% for line in recipient.envelope_lines %}{{ line }}"
        "{% if loop.nextitem == 'House of Commons' %}!{% endif %}{% endfor %}"
    ),
    "prints address and language": "{{ recipient.email }} in {{ recipient.language }}",
    "unpacks each line": "{% for a, b in recipient.envelope_lines %}{{ a }}{% endfor %}",
    "prints a yes or no": "{{ recipient.privy_council }} {{ recipient.name }}",
    "calls a macro": "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(recipient.name) }}",
    "includes what prints": "{% include 'part.md.j2' %} {{ recipient.name }}",
    "includes by a name of the row": "{% include recipient.part | default('part.md.j2') %}",
    "asks for an unknown field": "{% if recipient.nothing %}x{% endif %}{{ recipient.name }}",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_letter_is_the_same_with_and_without_rendering(template, tmp_path):
    (tmp_path / "campaign.toml").write_text(SETTINGS)
    (tmp_path / "letter.md.j2").write_text(template)
    (tmp_path / "part.md.j2").write_text("part for {{ recipient.riding }}")
    campaign = load(tmp_path, tmp_path)
    writer = Writer(campaign, nonce=NONCE, today=date(2014, 1, 20))

    for recipient in [*PEOPLE, *reversed(PEOPLE)]:
        alone = Writer(campaign, nonce=NONCE, today=date(2014, 1, 20)).write(recipient)
        among_others = writer.write(recipient)

        assert texts(alone) == texts(among_others)


def texts(written):
    if isinstance(written, Letter):
        return written.subject, written.text, written.html
    return written
