"""A campaign and a recipient become the words for one person."""

import pytest

from letters.campaign.campaign import load
from letters.errors import CampaignError, Problem
from tests.mail import (
    SETTINGS,
    TODAY,
    make_campaign,
    make_recipient,
    make_writer,
    refused,
    written,
)


def test_a_letter_has_its_subject_text_and_html(campaign_folder):
    letter = written(load(campaign_folder, campaign_folder))

    assert letter.subject == "The river in Gander—Exploits"
    assert letter.text == (
        "Dear Ms. Lee:\n\nThe river in Gander—Exploits is ill. "
        "See our report <https://river.example/report>.\n\n"
        "1. Stop the spills.\n2. Pay for the cleaning:\n   - of the banks;\n   - of the bed.\n\n"
        "Yours sincerely,\n\n12 Quay St. N., Gander\n"
    )
    assert "<strong>Gander—Exploits</strong>" in letter.html
    assert '<html lang="en">' in letter.html


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["letter.mp.en.md.j2", "letter.mp.md.j2", "letter.en.md.j2", "letter.md.j2"], 0),
        (["letter.mp.md.j2", "letter.en.md.j2", "letter.md.j2"], 0),
        (["letter.senator.en.md.j2", "letter.en.md.j2", "letter.md.j2"], 1),
        (["letter.md.j2", "letter.fr.md.j2"], 0),
    ],
)
def test_the_most_specific_template_that_exists_is_used(tmp_path, names, chosen):
    campaign = make_campaign(tmp_path, **{name.replace(".", "__"): name for name in names})
    (tmp_path / "letter.en.md.j2").unlink()
    for name in names:
        (tmp_path / name).write_text(f"{names.index(name)} {{{{ recipient.name }}}}")

    letter = written(campaign)

    assert letter.text == f"{chosen} Ann Lee\n"
    assert letter.wording.templates == (names[chosen],)


def test_no_template_for_a_language_is_an_error_with_a_remedy(campaign, tmp_path):
    made = campaign()
    (tmp_path / "river" / "letter.fr.md.j2").unlink()

    with pytest.raises(CampaignError, match="no template for a letter in fr") as raised:
        make_writer(made).write(make_recipient(language="fr"))

    assert "letter.fr.md.j2" in raised.value.hint


def test_a_template_that_cannot_be_read_is_an_error_with_file_and_line(campaign):
    with pytest.raises(CampaignError, match=r"letter\.en\.md\.j2:3: ") as raised:
        written(campaign("a\n\n{% if %}\n"))

    assert raised.value.hint


def test_a_part_that_cannot_be_read_is_named_itself(campaign):
    with pytest.raises(CampaignError, match=r"_part\.j2:2: "):
        written(campaign('{% include "_part.j2" %}', _part__j2="\n{{ x"))


def test_a_missing_part_is_an_error_that_says_where_it_was_looked_for(campaign, tmp_path):
    with pytest.raises(CampaignError, match=r"letter\.en\.md\.j2:1 includes _gone\.j2") as raised:
        written(campaign('{% include "_gone.j2" %}'))

    assert str(tmp_path) in raised.value.hint


def test_a_subject_that_cannot_be_read_is_an_error_in_the_settings(campaign):
    with pytest.raises(CampaignError, match=r"subject"):
        written(campaign("x", subject="{{ recipient.riding"))


def test_a_problem_in_the_subject_names_the_settings(campaign):
    found = refused(campaign("x", subject="{{ recipient.party }}"))

    assert (found.template, found.column) == ("campaign.toml", "party")


def test_a_problem_in_the_second_languages_subject_names_the_settings_too(campaign):
    settings = SETTINGS.replace('fr = "La rivière de {{ recipient.riding }}"', 'fr = "{{ x }}"')

    found = refused(campaign("x", campaign__toml=settings), make_recipient(language="en+fr"))

    assert (found.template, found.rule) == ("campaign.toml", "unknown-name")


def test_a_row_that_fits_no_form_of_address_is_a_problem(campaign):
    found = refused(campaign(), make_recipient(office="astronaut", row=7))

    assert (found.rule, found.column, found.row) == ("form-of-address", "office", 7)
    assert (found.template, found.line) == ("letter.en.md.j2", 1)
    assert "astronaut" in found.message


def test_a_row_that_fits_no_form_of_address_is_a_problem_also_after_other_letters(campaign):
    writer = make_writer(campaign("{{ recipient.name }} {{ recipient.salutation }}"))
    minister = {"office": "minister", "honorific": "Hon.", "title": "Minister of Rivers"}

    good = writer.write(make_recipient(**minister))
    found = writer.write(make_recipient(**{**minister, "title": ""}, name="Lee"))

    assert not isinstance(good, Problem)
    alone = make_writer(writer.campaign).write(
        make_recipient(**{**minister, "title": ""}, name="Lee")
    )
    if isinstance(alone, Problem):
        assert found == alone
    else:
        assert found.values == alone.values


def test_any_error_in_a_template_is_a_problem_with_its_line(campaign):
    for body in (
        "\n{{ 1 / 0 }}",
        "\n{{ [1][5].x }}",
        "\n{{ 'a' + 1 }}",
        "\n{{ undefined_macro() }}",
    ):
        found = refused(campaign(body))

        assert (found.template, found.line, found.row) == ("letter.en.md.j2", 2, 2)


def test_a_letter_in_two_languages_has_both_in_order_in_subject_text_and_html(campaign):
    letter = written(campaign(), make_recipient(language="fr+en", name="Luc Roy", gender="m"))

    assert letter.subject == "La rivière de Gander—Exploits / The river in Gander—Exploits"
    assert letter.text.index("Monsieur le Député,") < letter.text.index("Dear Mr. Roy:")
    assert "\n----------------------------------------\n" in letter.text
    assert '<html lang="fr">' in letter.html
    assert letter.html.index('<div lang="fr">') < letter.html.index('<div lang="en">')
    assert letter.wording.languages == ("fr", "en")


def test_html_in_one_language_has_no_inner_lang_attribute(campaign):
    letter = written(campaign(), make_recipient(language="fr"))

    assert '<html lang="fr">' in letter.html
    assert letter.html.count("lang=") == 2
    assert 'lang="en"' not in letter.html


def test_a_row_without_a_language_gets_the_campaigns_first(campaign):
    letter = written(campaign(), make_recipient(language=""))

    assert letter.wording.languages == ("en",)


def test_letters_that_differ_by_their_values_alone_share_a_wording(campaign):
    writer = make_writer(campaign())
    people = [make_recipient(name=f"Ann{n} Lee{n}", riding=f"R{n}") for n in range(20)]

    letters = [writer.write(person) for person in people]

    assert len({letter.wording for letter in letters}) == 1
    assert writer.wordings == 1
    assert [letter.wording.number for letter in letters] == [1] * 20


def test_an_if_on_a_field_makes_two_wordings(campaign):
    body = "{% if recipient.party %}{{ recipient.party }}{% else %}Independent{% endif %}"
    writer = make_writer(campaign(body))

    parties = ["NDP", "", "Green", "", "Bloc"]
    letters = [writer.write(make_recipient(party=party)) for party in parties]

    assert [letter.text for letter in letters] == [f"{p or 'Independent'}\n" for p in parties]
    assert writer.wordings == 2


def test_printed_numbers_make_wordings_and_there_may_be_many(campaign):
    writer = make_writer(campaign("{{ recipient.n | int }}"))

    texts = [writer.write(make_recipient(n=n)).text for n in [*range(300), 0]]

    assert texts == [f"{n}\n" for n in [*range(300), 0]]


def test_demands_are_those_of_the_office_in_their_language_numbered(campaign):
    settings = SETTINGS.replace('id = "stop"', 'id = "stop"\nfor = ["senator"]')
    made = campaign(
        "{% for d in demands %}{{ d.number }} {{ d.id }} {{ d.text }}\n\n{% endfor %}",
        campaign__toml=settings,
    )

    member = written(made).text
    senator = written(
        made, make_recipient(office="senator", honorific="Hon.", province="Ontario")
    ).text

    assert member == "1 pay Pay for the cleaning:\n"
    assert senator == "1 stop Stop the spills.\n\n2 pay Pay for the cleaning:\n"


def test_today_is_the_day_the_batch_was_first_sealed(campaign):
    letter = written(campaign("{{ today.isoformat() }}"))

    assert letter.text == f"{TODAY.isoformat()}\n"


def test_variables_may_be_localised_or_not(campaign):
    settings = (
        SETTINGS + '\n[variables]\nyear = 2014\ndates = ["a", "b"]\ndeadline.en = "*soon*"\n'
        'deadline.fr = "bientôt"\nplace.city = "Gander"\n'
    )
    body = (
        "{{ variables.year }} {{ variables.deadline }} {{ variables.place.city }} "
        "{{ variables.dates | join('+') }}"
    )
    made = campaign(body, campaign__toml=settings, letter__fr__md__j2=body)

    assert written(made).text == "2014 soon Gander a+b\n"
    assert written(made, make_recipient(language="fr")).text == "2014 bientôt Gander a+b\n"


def test_the_authors_text_and_html_templates_replace_markdown(campaign):
    made = campaign(
        "**Hello** {{ recipient.name }}",
        letter__en__txt__j2="Hello, {{ recipient.name }}.\n",
        letter__en__html__j2="<html><body><h1>Hello {{ recipient.name }}</h1></body></html>",
    )

    letter = written(made, make_recipient(name="<b>"))

    assert letter.text == "Hello, <b>.\n"
    assert "<h1>Hello &lt;b&gt;</h1>" in letter.html
    assert 'class="letter"' not in letter.html
    assert letter.wording.templates == (
        "letter.en.md.j2",
        "letter.en.txt.j2",
        "letter.en.html.j2",
    )


def test_text_and_html_templates_together_need_no_markdown_template(campaign, tmp_path):
    made = campaign(letter__en__txt__j2="T", letter__en__html__j2="<p>H</p>")
    (tmp_path / "river/letter.en.md.j2").unlink()

    letter = written(made)

    assert letter.text == "T"
    assert "<p>H</p>" in letter.html


def test_an_html_template_cannot_have_two_languages(campaign):
    made = campaign(letter__en__html__j2="<p>H</p>")

    with pytest.raises(CampaignError, match="one language") as raised:
        written(made, make_recipient(language="en+fr"))

    assert "Markdown" in raised.value.hint


def test_the_same_inputs_make_the_same_letter_whatever_the_nonce(campaign):
    made = campaign()

    letters = [make_writer(made, nonce).write(make_recipient()) for nonce in ("a" * 16, "f0" * 8)]

    for form in ("subject", "text", "html"):
        assert getattr(letters[0].wording, form) == getattr(letters[1].wording, form)
    assert letters[0].values == letters[1].values


def test_rows_with_different_columns_are_rendered_one_by_one(campaign):
    writer = make_writer(campaign("{{ recipient.nick }}"))

    first = writer.write(make_recipient(nick="Annie"))
    second = writer.write(make_recipient())

    assert first.text == "Annie\n"
    assert second.rule == "unknown-name"
