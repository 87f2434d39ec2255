"""Sealing: a letter becomes bytes that every relay takes and every reader reads back."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from letters.errors import Problem
from letters.mailbox import parse
from letters.message.message import Envelope, Message
from letters.message.sealer import Sealer
from tests.mail import (
    DATE,
    SETTINGS,
    make_recipient,
    make_writer,
    parts,
    read_back,
    refused,
    sealed,
    written,
)

INJECTION = "=?utf-8?q?a=0ABcc=3A_evil=40example=2Eorg?="


def header(content: bytes, name: str) -> str:
    """A header as Python's older decoder has it: its newer one adds blanks to long names."""
    raw = message_from_bytes(content, policy=policy.compat32)[name]
    return str(make_header(decode_header(raw)))


def settings(**sender: str) -> str:
    text = SETTINGS
    for key, value in sender.items():
        text = re.sub(rf"(?m)^{key} = .*\n", "", text, count=1)
        text = text.replace("[sender]\n", f"[sender]\n{key} = '{value}'\n", 1)
    return text


def well_formed(message: Message) -> None:
    content = message.content
    head, _, body = content.partition(b"\r\n\r\n")
    assert content.isascii()
    assert b"\0" not in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert not any(line.startswith((b".", b"From ")) for line in body.split(b"\r\n"))
    assert message.size == len(content)


def test_a_message_reads_back_as_it_was_written(campaign):
    made = campaign()
    letter = written(made, make_recipient(name="Hélène Côté-Roy", language="fr"))
    message = Sealer(made).seal(letter, "x").dated(DATE)

    read = read_back(message.content)

    assert parts(message.content) == (letter.text, letter.html)
    assert read["Subject"] == letter.subject
    assert [(a.display_name, a.addr_spec) for a in read["To"].addresses] == [
        ("Hélène Côté-Roy", "ann.lee@parl.example")
    ]
    assert [(a.display_name, a.addr_spec) for a in read["From"].addresses] == [
        ("Friends of the River", "office@river.example")
    ]
    assert read["Content-Language"] == "fr"
    assert read["MIME-Version"] == "1.0"
    assert read["Date"].datetime == DATE
    well_formed(message)


def test_each_header_occurs_once_and_there_is_no_cc(campaign):
    message = sealed(campaign(campaign__toml=settings(reply_to="answers@river.example")))

    assert read_back(message.content).keys() == [
        *("Date", "Message-ID", "From", "Reply-To", "To", "Subject", "Content-Language"),
        *("MIME-Version", "Content-Type"),
    ]


def test_the_envelope_has_one_sender_and_one_recipient(campaign):
    message = sealed(campaign(), make_recipient(email="Ann.Lee@Bücher.Example"))

    assert message.envelope == Envelope("office@river.example", "Ann.Lee@xn--bcher-kva.example")
    [to] = read_back(message.content)["To"].addresses
    assert to.addr_spec == message.envelope.recipient


def test_the_sender_may_have_a_domain_of_any_script(campaign):
    made = campaign(campaign__toml=settings(email="bureau@rivière.example", name="Zoé <x>, & co"))

    message = sealed(made)

    [sender] = read_back(message.content)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (
        "Zoé <x>, & co",
        "bureau@xn--rivire-6ua.example",
    )
    assert message.message_id.endswith("@xn--rivire-6ua.example>")
    well_formed(message)


def test_a_mailbox_that_is_not_ascii_is_written_as_it_is(campaign):
    message = sealed(campaign(), make_recipient(email="zoé@parl.example"))

    assert "<zoé@parl.example>\r\n" in message.content.decode()
    assert message.envelope.recipient == "zoé@parl.example"


@pytest.mark.parametrize("length", range(60, 201))
def test_subjects_with_dashes_and_accents_decode_exactly_at_every_length(campaign, length):
    riding = ("Parry Gap—Tillbrook, Beau-Rivage—Châteauneuf, Les Îles—Côté " * 5)[:length].strip()
    made = campaign("x", subject="Open letter — {{ recipient.riding }}")

    message = sealed(made, make_recipient(riding=riding))

    assert read_back(message.content)["Subject"] == f"Open letter — {riding}"
    assert message.subject == f"Open letter — {riding}"
    well_formed(message)


@pytest.mark.parametrize(
    "name",
    [
        "Tom <b>&",
        'Ann "The Voice" Lee',
        "Lee, Ann",
        "Ann (Gander) Lee",
        "Ann; Lee: x",
        "Ann \\ Lee",
        "Ann <evil@example.org>",
        "evil@example.org",
        INJECTION,
        "Renée Łukasz",
        "x" * 120,
        "Marie-Ève—Île " * 9 + "Roy",
    ],
)
def test_a_name_never_changes_who_is_written_to(campaign, name):
    message = sealed(campaign("{{ recipient.name }}"), make_recipient(name=name))

    [to] = read_back(message.content)["To"].addresses
    assert to.addr_spec == message.envelope.recipient == "ann.lee@parl.example"
    raw = message_from_bytes(message.content, policy=policy.compat32)["To"]
    assert str(make_header(decode_header(parseaddr(raw)[0]))) == name
    assert read_back(message.content).keys().count("To") == 1
    assert "Bcc" not in read_back(message.content)
    well_formed(message)


def test_an_encoded_word_in_a_cell_is_text_in_the_subject(campaign):
    made = campaign("x", subject="For {{ recipient.riding }}")

    message = sealed(made, make_recipient(riding=INJECTION))

    assert read_back(message.content)["Subject"] == f"For {INJECTION}"
    assert b"evil@" not in message.content
    assert "Bcc" not in read_back(message.content)


def test_a_line_break_in_a_cell_is_a_blank_in_the_subject(campaign):
    made = campaign("x", subject="For {{ recipient.riding }}")

    message = sealed(made, make_recipient(riding="Gander\r\nBcc: evil@example.org"))

    assert read_back(message.content)["Subject"] == "For Gander Bcc: evil@example.org"
    assert "Bcc" not in read_back(message.content)


@pytest.mark.parametrize("control", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\v"])
def test_a_control_in_a_header_is_a_problem_with_row_and_column(campaign, control):
    made = campaign("x", subject="For {{ recipient.riding }}")

    in_subject = refused(made, make_recipient(riding=f"a{control}b", row=7))
    in_name = refused(made, make_recipient(name=f"Ann{control} Lee", row=8))

    assert (in_subject.rule, in_subject.row, in_subject.column) == ("header", 7, "riding")
    assert (in_name.rule, in_name.row, in_name.column) == ("header", 8, "name")
    assert f"U+{ord(control):04X}" in in_subject.message
    assert in_subject.remedy


def test_a_control_that_the_authors_subject_makes_is_a_problem_too(campaign):
    settings = SETTINGS.replace('en = "The river in', """en = "The {{ '\\\\u0007' }}river in""")

    found = refused(campaign("x", campaign__toml=settings))

    assert (found.rule, found.column) == ("header", "")


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ("{{ recipient.x }}", {"x": "é" * 1500}),
        ("{{ recipient.x }}", {"x": "x" * 1500}),
        ("{{ recipient.x }}", {"x": "."}),
        ("{{ recipient.x }}\n\n.{{ recipient.x }}", {"x": ".\n.\n..\n. x"}),
        ("{{ recipient.x }}", {"x": "From me\nFrom you"}),
        ("From {{ recipient.x }}", {"x": "From"}),
        ("{{ recipient.x }}rom here", {"x": "F"}),
        ("a{{ recipient.x }}{{ recipient.x }}{{ recipient.x }}b", {"x": "From .\n."}),
        ("{{ recipient.x | default('') }}{{ recipient.y | default('') }}", {"x": "", "y": ""}),
        ("a {{ recipient.x | default('') }}\n\n{{ recipient.x | default('') }} b", {"x": ""}),
        ("{{ recipient.x }}", {"x": "a\rb\r\nc\nd"}),
        ("{{ recipient.x.center(90) }}|", {"x": "x"}),
        ("{{ recipient.x.ljust(75) }}\n\n{{ recipient.x.ljust(76) }}", {"x": "x"}),
        ("x" * 75 + "{{ recipient.x }}", {"x": "y" * 75}),
        ("x" * 3000, {}),
        ("é" * 3000, {}),
        ("`{{ recipient.x }}`", {"x": "=3D =\n= a=20 \t"}),
        ("{{ recipient.x }}", {"x": "\x00\x01\x1b[31m"}),
        ("{{ recipient.x }}", {"x": "--=_boundary--"}),
        ("{{ recipient.x }}", {"x": "🕊️ שלום \u202e\u0645\u0631\u062d"}),
    ],
)
def test_a_body_has_short_lines_and_decodes_whatever_the_values_are(campaign, body, cells):
    made = campaign(body)
    recipient = make_recipient(**cells)
    letter = written(made, recipient)

    message = sealed(made, recipient)

    assert parts(message.content) == (letter.text, letter.html)
    well_formed(message)


def test_line_breaks_of_a_value_are_lines_of_the_text(campaign):
    message = sealed(campaign("{{ recipient.x }}"), make_recipient(x="a\rb\r\nc\nd"))

    text, html = parts(message.content)

    assert text == "a\nb\nc\nd\n"
    assert "a<br>\nb<br>\nc<br>\nd" in html


def test_trailing_blanks_of_the_authors_own_text_survive(campaign):
    own = "blank \ntab\t\n" + "x" * 74 + " \n" + "é" * 25 + " \n"

    message = sealed(campaign("x", letter__en__txt__j2=own))

    assert parts(message.content)[0] == own
    well_formed(message)


def test_the_message_id_is_the_same_for_the_same_letter(campaign):
    made = campaign()
    recipient = make_recipient()
    letters = [make_writer(made, nonce).write(recipient) for nonce in ("a" * 16, "b0" * 8)]

    messages = [Sealer(made).seal(letter, recipient.identity) for letter in letters]

    assert messages[0] == messages[1]
    assert messages[0].message_id == messages[1].message_id


def test_the_message_id_names_no_machine_and_no_recipient(campaign):
    import socket

    message = sealed(campaign())

    assert re.fullmatch(r"<[a-z2-7]{26}@river\.example>", message.message_id)
    assert read_back(message.content)["Message-ID"] == message.message_id
    assert socket.gethostname() not in message.message_id


def _changes():
    yield "campaign", {"settings": SETTINGS.replace("t3st-river", "other")}
    yield "subject", {"settings": SETTINGS.replace("The river in", "A river in")}
    yield "sender's name", {"settings": SETTINGS.replace("Friends of", "Enemies of", 1)}
    yield "header", {"settings": SETTINGS + '\n[headers]\nX-A = "b"\n'}
    yield "text", {"body": "Other {{ recipient.name }}"}
    yield "html alone", {"files": {"letter__css": "p { color: #123456 }"}}
    yield (
        "attachment",
        {
            "settings": SETTINGS.replace("\n[sender]", "\nattachments = ['a.txt']\n[sender]", 1),
            "files": {"a__txt": "a"},
        },
    )
    yield "name", {"cells": {"name": "Ann Leigh"}}
    yield "address", {"cells": {"email": "a.lee@parl.example"}}
    yield "identity", {"identity": "another"}
    yield "test", {"test_to": parse("me@river.example")}


@pytest.mark.parametrize("change", [c for _, c in _changes()], ids=[n for n, _ in _changes()])
def test_the_message_id_changes_when_anything_does(campaign, change):
    def message(settings=SETTINGS, body=None, files=None, cells=None, identity="", test_to=None):
        made = campaign(body or "Dear {{ recipient.name }}", campaign__toml=settings, **files or {})
        recipient = make_recipient(**cells or {})
        sealer = Sealer(made, test_to=test_to)
        return sealer.seal(written(made, recipient), identity or recipient.identity)

    before, after = message(), message(**change)

    assert before.message_id != after.message_id
    assert before.sha256 != after.sha256


def test_two_tries_differ_only_in_the_date(campaign):
    message = sealed(campaign())
    later = message.dated(DATE + timedelta(days=1))

    assert message.content != later.content
    assert message.undated == later.undated
    assert message.sha256 == later.sha256
    assert message.message_id == later.message_id
    assert later.content.split(b"\r\n", 1)[1] == message.content.split(b"\r\n", 1)[1]


@pytest.mark.parametrize(
    "date",
    [
        DATE,
        datetime(2014, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_the_size_is_known_before_the_date(campaign, date):
    message = sealed(campaign())

    assert len(message.dated(date).content) == message.size
    assert read_back(message.dated(date).content)["Date"].datetime == date.replace(microsecond=0)


def test_a_message_without_a_date_has_no_content(campaign):
    made = campaign()
    recipient = make_recipient()
    message = Sealer(made).seal(written(made, recipient), recipient.identity)

    with pytest.raises(ValueError, match="date"):
        _ = message.content


def test_the_digest_is_of_everything_but_the_date(campaign):
    import hashlib

    message = sealed(campaign())

    date, _, rest = message.content.partition(b"\r\n")
    assert date == b"Date: Mon, 13 Jan 2014 14:30:00 +0000"
    assert hashlib.sha256(rest).hexdigest() == message.sha256


def test_letters_of_one_wording_share_its_plate(campaign):
    made = campaign()
    writer, sealer = make_writer(made), Sealer(made)

    messages = [
        sealer.seal(writer.write(make_recipient(name=name)), name) for name in ("Ann Lee", "Bo Roy")
    ]

    assert messages[0].plate is messages[1].plate
    own = sum(map(len, messages[0].fillings)) + len(messages[0].head)
    assert own < 1000


def test_a_campaigns_own_headers_are_written_as_they_are(campaign):
    url = "<https://river.example/leave/" + "x" * 90 + ">, <mailto:leave@river.example>"
    settings = SETTINGS + f'\n[headers]\nList-Unsubscribe = "{url}"\nX-Topic = "rivière — eau"\n'

    content = sealed(campaign(campaign__toml=settings)).content

    assert read_back(content)["List-Unsubscribe"] == url
    assert header(content, "X-Topic") == "rivière — eau"
    assert f"{url.split(',', maxsplit=1)[0]},".encode() in content


def test_a_test_is_addressed_to_the_tester_and_marked_in_the_subject(campaign):
    made = campaign()
    recipient = make_recipient()

    message = Sealer(made, test_to=parse("me@river.example")).seal(
        written(made, recipient), recipient.identity
    )

    assert message.envelope.recipient == "me@river.example"
    assert message.subject == "[TEST → Ann Lee] The river in Gander—Exploits"
    [to] = read_back(message.dated(DATE).content)["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Ann Lee", "me@river.example")
    assert b"ann.lee@parl.example" not in message.undated


def test_a_letter_without_an_address_cannot_be_sealed(campaign):
    made = campaign()
    letter = written(made, make_recipient(email=""))

    with pytest.raises(ValueError, match="mailbox"):
        Sealer(made).seal(letter, "")


def test_a_value_not_allowed_in_its_place_is_a_problem_with_row_and_column(campaign):
    made = campaign("[a]({{ recipient.site }})")

    found = refused(made, make_recipient(site="javascript:alert(1)", row=9))

    assert isinstance(found, Problem)
    assert (found.rule, found.row, found.column) == ("value-place", 9, "site")
    assert found.template == "letter.en.md.j2"
    assert "javascript" in found.message
    assert found.remedy


def test_both_languages_are_named_in_their_order(campaign):
    message = sealed(campaign(), make_recipient(language="fr+en"))

    assert read_back(message.content)["Content-Language"] == "fr, en"
    assert message.subject == "La rivière de Gander—Exploits / The river in Gander—Exploits"
