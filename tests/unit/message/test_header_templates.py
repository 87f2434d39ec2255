"""Header lines and the place of reply are rendered for each recipient; other settings are not."""

import pytest

from letters.campaign.campaign import load
from letters.errors import CampaignError, Problem
from letters.message.sealer import Sealer
from tests.mail import (
    SETTINGS,
    make_recipient,
    make_writer,
    read_back,
    refused,
    sealed,
    write_campaign,
    written,
)

UNSUBSCRIBE = "List-Unsubscribe = '<mailto:jo@example.org?subject=stop%20{{ recipient.email }}>'"


def settings(*header_lines, reply_to=""):
    lines = "\n".join(header_lines)
    sender = f"[sender]\nreply_to = '''{reply_to}'''\n" if reply_to else "[sender]\n"
    return SETTINGS.replace("[sender]\n", sender) + f"\n[headers]\n{lines}\n"


def test_a_header_is_rendered_for_each_recipient(campaign):
    made = campaign(
        campaign__toml=settings(UNSUBSCRIBE, "X-Riding = '{{ recipient.riding | upper }} & co'")
    )

    heads = [
        read_back(sealed(made, make_recipient(email=email, riding=riding)).content)
        for email, riding in (("ann@example.org", "Gander"), ("bea@example.org", "Île"))
    ]

    assert [head["X-Riding"] for head in heads] == ["GANDER & co", "ÎLE & co"]
    assert [head["List-Unsubscribe"] for head in heads] == [
        "<mailto:jo@example.org?subject=stop%20ann@example.org>",
        "<mailto:jo@example.org?subject=stop%20bea@example.org>",
    ]


def test_letters_that_differ_in_a_printed_header_share_a_wording(campaign):
    writer = make_writer(campaign(campaign__toml=settings("X-Riding = '{{ recipient.riding }}'")))

    one, other = (writer.write(make_recipient(riding=riding)) for riding in ("Gander", "Bonavista"))

    assert one.wording is other.wording
    assert (one.headers, other.headers) == (
        (("X-Riding", "Gander"),),
        (("X-Riding", "Bonavista"),),
    )


def test_a_header_that_looks_at_its_recipient_makes_a_wording_of_its_own(campaign):
    text = "X-To = '{% if recipient.office == \"mp\" %}member{% else %}other{% endif %}'"
    writer = make_writer(campaign(campaign__toml=settings(text)))

    values = [writer.write(make_recipient(office=office)).headers for office in ("mp", "senator")]

    assert values == [(("X-To", "member"),), (("X-To", "other"),)]


def test_a_header_of_a_letter_in_two_languages_is_in_the_first(campaign):
    made = campaign(campaign__toml=settings("X-Language = '{{ language }} {{ recipient.riding }}'"))

    letter = written(made, make_recipient(language="fr+en"))

    assert letter.headers == (("X-Language", "fr Gander—Exploits"),)


def test_a_value_of_several_lines_is_one_line_in_a_header(campaign):
    made = campaign(campaign__toml=settings("X-Place = '{{ recipient.riding }}'"))

    content = sealed(made, make_recipient(riding="Gander\nBcc: evil@example.org")).content

    assert read_back(content)["X-Place"] == "Gander Bcc: evil@example.org"
    assert read_back(content)["Bcc"] is None


@pytest.mark.parametrize(
    "text", ["{{ recipient.party | default('') }}", "{# later #}", "{% if 0 %}x{% endif %}"]
)
def test_a_header_that_is_rendered_to_nothing_is_left_out(campaign, text):
    made = campaign(campaign__toml=settings(f'X-Party = "{text}"', reply_to=text))

    read = read_back(sealed(made).content)

    assert "X-Party" not in read
    assert "Reply-To" not in read


def test_the_place_of_reply_is_rendered_for_each_recipient(campaign):
    made = campaign(campaign__toml=settings(reply_to="Answers <{{ recipient.desk }}@example.org>"))

    read = read_back(sealed(made, make_recipient(desk="atlantic")).content)

    assert read["Reply-To"] == "atlantic@example.org"


@pytest.mark.parametrize("desk", ["no address", "a@example.org, b@example.org", "@"])
def test_a_place_of_reply_that_is_not_one_address_is_a_problem_of_its_row(campaign, desk):
    made = campaign(campaign__toml=settings(reply_to="{{ recipient.desk }}"))

    found = refused(made, make_recipient(desk=desk, row=7))

    assert (found.rule, found.row, found.column) == ("address", 7, "desk")
    assert "sender.reply_to" in found.message
    assert "one address" in found.remedy


def test_an_empty_cell_in_a_header_is_a_problem_that_names_the_header(campaign):
    found = refused(
        campaign(campaign__toml=settings("X-Party = '{{ recipient.party }}'")),
        make_recipient(row=7),
    )

    assert (found.rule, found.row, found.column) == ("empty-field", 7, "party")
    assert found.template == "campaign.toml: headers.X-Party"


def test_a_url_in_a_header_that_a_value_spoils_is_a_problem_until_it_is_encoded(campaign):
    line = "List-Unsubscribe = '<https://example.org/stop?at={{ recipient.riding }}>'"
    recipient = make_recipient(riding="Île d’Or", row=7)

    found = refused(campaign(campaign__toml=settings(line)), recipient)
    mended = campaign(campaign__toml=settings(line.replace(" }}", " | urlencode }}")))

    assert (found.rule, found.row, found.column) == ("value-place", 7, "riding")
    assert "| urlencode" in found.message
    assert read_back(sealed(mended, recipient).content)["List-Unsubscribe"] == (
        "<https://example.org/stop?at=%C3%8Ele%20d%E2%80%99Or>"
    )


def test_a_control_character_in_a_header_is_a_problem_of_its_column(campaign):
    made = campaign(campaign__toml=settings("X-Place = '{{ recipient.place }}'"))

    found = refused(made, make_recipient(place="a\x07b", row=7))

    assert (found.rule, found.row, found.column) == ("header", 7, "place")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (settings("X-Riding = '{{ recipient.riding '"), "headers.X-Riding"),
        (settings("X-Riding = '{% if %}'"), "headers.X-Riding"),
        (settings(reply_to="{{ }}"), "sender.reply_to"),
    ],
)
def test_a_header_template_that_cannot_be_read_is_an_error_that_names_its_key(campaign, text, key):
    with pytest.raises(CampaignError, match=rf"campaign\.toml: {key}: ") as raised:
        written(campaign(campaign__toml=text))

    assert raised.value.hint


def test_headers_without_templates_are_the_same_for_every_letter(campaign):
    made = campaign(campaign__toml=settings("X-Topic = 'water'", reply_to="a@example.org"))

    letter = written(made)

    assert letter.headers == ()
    assert read_back(sealed(made).content)["X-Topic"] == "water"
    assert not isinstance(Sealer(made).seal(letter, "x"), Problem)


@pytest.mark.parametrize("braces", ["{{ recipient.name }}", "{% if x %}a{% endif %}", "{# note #}"])
@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('id = "t3st-river"', "id = '@'", "id"),
        ('title.en = "Keep the river clean"', "title.en = '@'", "title.en"),
        ('name = "Friends of the River"', "name = '@'", "sender.name"),
        ('email = "office@river.example"', "email = '@'", "sender.email"),
        (
            'organisation = "Friends of the River, Gander"',
            "organisation = '@'",
            "sender.organisation",
        ),
        (
            'postal_address = "12 Quay St. N., Gander"',
            "postal_address = '@'",
            "sender.postal_address",
        ),
        ("[sender]", "[sender]\ncopy_to = '@'", "sender.copy_to"),
        ("[sender]", "[variables]\nx.y = '@'\n[sender]", "variables.x.y"),
        ("[sender]", "[delivery]\n[variables]\nx = ['a', '@']\n[sender]", "variables.x[1]"),
        (
            'languages = ["en", "fr"]',
            "languages = ['en', 'fr']\nattachments = ['@']",
            "attachments[0]",
        ),
        ('en = "Stop the *spills*."', "en = '@'", "demand[0].en"),
        ('name = "Noor Simmonds"', "name = '@'", "signatory[0].name"),
    ],
)
def test_a_template_where_none_is_rendered_is_refused_with_its_key(tmp_path, old, new, key, braces):
    assert old in SETTINGS
    text = SETTINGS.replace(old, new.replace("@", braces), 1)
    folder = write_campaign(tmp_path, {"campaign.toml": text})

    with pytest.raises(CampaignError) as raised:
        load(folder, tmp_path)

    assert raised.value.message.startswith(f"{folder / 'campaign.toml'}: {key}: ")
    assert "without braces" in raised.value.hint


def test_a_reason_for_silence_may_hold_braces(tmp_path):
    text = SETTINGS + "\n[proof]\nsilence = { leftover = 'we explain {{ x }}' }\n"

    assert load(write_campaign(tmp_path, {"campaign.toml": text}), tmp_path)
