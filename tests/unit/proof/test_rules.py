"""The proof's rules, one by one: what each finds, where, and how to mend it."""

from pathlib import Path

import pytest

from letters.errors import Severity
from letters.proof import rules
from letters.proof.checks import RULES, Checks
from tests.mail import SETTINGS, make_recipient, make_writer
from tests.proofing import proofed


def test_a_sound_letter_has_no_problem(campaign):
    assert proofed(campaign(), demands=True) == []
    assert proofed(campaign(), make_recipient(language="en+fr"), demands=True) == []


@pytest.mark.parametrize(
    "body",
    [
        "Dear ,",
        "Dear,",
        "dear :",
        "Hello !",
        "Cher ,",
        "Chère ,",
        "Dear Mr. ,",
        "Dear Mr ,",
        "**Dear** ,",
    ],
)
def test_a_salutation_without_a_name_in_the_template_is_a_problem(one, body):
    problem = one(f"{body}\n\ntext")

    assert (problem.rule, problem.template) == ("salutation", "letter.en.md.j2")
    assert "recipient.salutation" in problem.remedy


@pytest.mark.parametrize(
    ("body", "cell"),
    [
        ("Dear {{ recipient.x | default('') }},", ""),
        ("Dear {{ recipient.x }},", "None"),
        ("Dear {{ recipient.x }},", "n/a"),
        ("Dear {{ recipient.x }},", "#N/A"),
        ("{{ recipient.x }}", "Dear Ms. #NOM?:"),
        ("{{ recipient.x }}", "Dear #BEZUG!,"),
        ("Dear {{ recipient.x }},", "-"),
        ("Dear {{ recipient.x }}:", "null"),
        ("Dear Mr. {{ recipient.x }},", "None"),
        ("Dear Dr {{ recipient.x | default('') }},", ""),
        ("Dear {{ recipient.y | default('') }} {{ recipient.x | default('') }},", ""),
        ("Chère {{ recipient.x }},", "NaN"),
        ("{{ recipient.x }}", "Dear ,"),
        ("{{ recipient.x }}", "Dear Ms. None,"),
        ("Dear {{ recipient.x | default('') }}\n\ntext", ""),
    ],
)
def test_a_salutation_without_a_name_through_a_cell_names_the_row(one, body, cell):
    problem = one(body, cells={"x": cell, "y": ""})

    assert (problem.rule, problem.row) == ("salutation", 7)


@pytest.mark.parametrize(
    "body",
    [
        "Dear {{ recipient.name }},",
        "Dear {{ recipient.y | default('') }} {{ recipient.name }},",
        "Dear Sir or Madam,",
        "Dear Prime Minister,",
        "Bonjour,",
        "Cher Monsieur,",
        "Oh dear, the river.",
        "We hold {{ recipient.name }} dear {{ recipient.y | default('') }} and near, all.",
        "{{ recipient.salutation }}",
        "Ms. None is a name: {{ recipient.name }}",
    ],
)
def test_a_salutation_with_a_name_is_no_problem(campaign, body):
    assert proofed(campaign(body), make_recipient(y="")) == []


def test_a_row_without_a_language_is_a_warning(one):
    problem = one(cells={"language": ""})

    assert (problem.rule, problem.severity) == ("language", Severity.WARNING)
    assert (problem.row, problem.column) == (7, "language")
    assert "en, fr" in problem.remedy


def test_an_unknown_language_is_only_reported_as_a_problem_of_the_list(campaign):
    recipient = make_recipient(language="klingon")

    assert recipient.languages == ()
    assert proofed(campaign(), recipient) == []


def test_a_campaign_of_one_language_needs_no_language_in_a_row(campaign):
    import re

    one_language = re.sub(r"(?m)^(title\.|points\.)?fr = .*\n|^title\.fr.*\n", "", SETTINGS)
    made = campaign(campaign__toml=one_language.replace('["en", "fr"]', '["en"]'))

    assert proofed(made, make_recipient(language="")) == []


def test_a_sender_without_a_postal_address_is_a_problem(one):
    settings = SETTINGS.replace('postal_address = "12 Quay St. N., Gander"\n', "")

    problem = one("Hello", campaign__toml=settings)

    assert (problem.rule, problem.severity) == ("postal-address", Severity.ERROR)
    assert "[sender]" in problem.remedy


def test_a_missing_attachment_is_a_problem_with_its_path(one, tmp_path):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['gone.pdf']\n[sender]", 1)

    problem = one(campaign__toml=settings)

    assert problem.rule == "attachment"
    assert str(tmp_path / "river/gone.pdf") in problem.remedy


def test_a_message_that_is_too_large_is_a_problem_with_its_size(one):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['a.pdf']\n[sender]", 1)

    problem = one(
        campaign__toml=settings + '\n[proof]\nmax_size = "500 kB"\n', a__pdf=b"x" * 400_000
    )

    assert (problem.rule, problem.row) == ("too-large", 7)
    assert "500 kB" in problem.message
    assert "max_size" in problem.remedy


def test_the_limit_is_ten_megabytes_by_default(campaign):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['a.pdf']\n[sender]", 1)

    small = proofed(campaign(campaign__toml=settings, a__pdf=b"x" * 7_000_000))
    large = proofed(campaign(campaign__toml=settings, a__pdf=b"x" * 7_500_000))

    assert small == []
    assert [problem.rule for problem in large] == ["too-large"]


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("[report](https://river.example/a?b=1&c=2)", "https://river.example/a?b=1&c=2"),
        ("[write](mailto:office@river.example)", "office@river.example"),
    ],
)
def test_a_text_template_that_lost_a_link_is_a_problem(one, body, lost):
    problem = one(f"See {body}", letter__en__txt__j2="See the report.")

    assert (problem.rule, problem.severity) == ("lost-link", Severity.ERROR)
    assert lost in problem.message
    assert problem.template == "letter.en.md.j2"


OUTLOOK = '<!--[if mso]><a href="https://river.example/b">x</a><![endif]-->'


def test_a_link_for_outlook_alone_is_lost_in_the_text(one):
    assert one(f"See the report. {OUTLOOK}").rule == "lost-link"


def test_short_lines_that_become_one_are_a_warning(one):
    problem = one("Write to us:\n\n12 Quay St.\nGander\n{{ recipient.riding }}")

    assert (problem.rule, problem.severity) == ("short-lines", Severity.WARNING)
    assert "12 Quay St. / Gander / …" in problem.message


DEMANDS = "{% for demand in demands %}{{ demand.text }}\n\n{% for p in demand.points %}- {{ p }}\n{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "demand",
    [
        "Stop the *spills*.",
        "Stop all sp**ill**s & leaks <now>.",
        "Stop the spills, see [why](https://river.example/why).",
        "Stop “the” spills — now!",
    ],
)
def test_a_text_template_that_lost_a_demand_is_a_problem(campaign, demand):
    settings = SETTINGS.replace("Stop the *spills*.", demand.replace("<", "&lt;"))
    own = "Pay for the cleaning: of the banks; of the bed. <https://river.example/why>"

    [problem] = proofed(campaign(DEMANDS, campaign__toml=settings, letter__en__txt__j2=own))

    assert (problem.rule, problem.template) == ("lost-demand", "letter.en.md.j2")
    assert "demand stop" in problem.message
    assert "letter.*.txt.j2" in problem.remedy


def test_a_lost_point_of_a_demand_is_a_problem(campaign):
    own = "Stop the spills. Pay for the cleaning: of the banks;"

    [problem] = proofed(campaign(DEMANDS, letter__en__txt__j2=own))

    assert "demand pay" in problem.message


def test_a_text_template_with_every_demand_and_link_is_no_problem(campaign):
    settings = SETTINGS.replace("Stop the *spills*.", "Stop, see [why](https://river.example/why).")
    own = (
        "Stop, see why <https://river.example/why>.\n"
        "Pay for the\ncleaning:\n- of the banks;\n- of the bed.\n"
    )

    assert proofed(campaign(DEMANDS, campaign__toml=settings, letter__en__txt__j2=own)) == []


def test_a_demand_that_neither_form_shows_is_a_warning(campaign):
    body = "{{ demands[0].text }}"

    [problem] = proofed(campaign(body), demands=True)

    assert (problem.rule, problem.severity) == ("missing-demand", Severity.WARNING)
    assert problem.template == "letter.en.md.j2"
    assert "demand pay (en)" in problem.message
    assert "{% for demand in demands %}" in problem.remedy


def test_a_point_that_neither_form_shows_is_a_warning(campaign):
    [problem] = proofed(
        campaign("{% for demand in demands %}{{ demand.text }}\n\n{% endfor %}"), demands=True
    )

    assert "demand pay" in problem.message


def test_a_demand_of_other_offices_is_not_missing(campaign):
    body = "Pay for the cleaning: of the banks; of the bed."
    settings = SETTINGS.replace('id = "stop"', 'id = "stop"\nfor = ["senator"]')
    made = campaign(body, campaign__toml=settings)
    checks, writer = Checks(made), make_writer(made)

    found = [
        [p.message for p in checks.letter(writer.write(make_recipient(office=office)))]
        for office in ("mp", "senator", "senator")
    ]

    assert found[::2] == [[], []]
    assert "to senator leaves out the demand stop" in found[1][0]


@pytest.mark.parametrize("changed", ["text | upper", "text | replace('.', ';')"])
def test_a_demand_in_capitals_or_with_other_punctuation_is_not_missing(campaign, changed):
    body = f"{{% for demand in demands %}}{{{{ demand.{changed} }}}}\n\n{{{{ demand.points | join(' ') }}}}\n\n{{% endfor %}}"

    assert proofed(campaign(body), demands=True) == []


def test_missing_demands_can_be_silenced(campaign):
    silenced = SETTINGS + '\n[proof]\nsilence = { missing-demand = "a short note" }\n'

    assert proofed(campaign("Hello", campaign__toml=silenced), demands=True) == []


def test_an_image_from_the_web_is_a_warning(one):
    problem = one("![the river](https://river.example/a.png)")

    assert (problem.rule, problem.severity) == ("remote-image", Severity.WARNING)


def test_an_empty_subject_is_a_problem(one):
    assert one("Hello", subject=" {# later #} ").rule == "subject"


def test_a_reserved_domain_is_a_problem_when_letters_leave_the_machine(campaign):
    found = proofed(campaign(), leaves_machine=True)

    assert [(p.rule, p.row) for p in found] == [("reserved-domain", None), ("reserved-domain", 7)]
    assert "campaign.toml" in found[0].remedy
    assert found[1].address == "ann.lee@parl.example"


@pytest.mark.parametrize(
    ("rule", "body", "cells"),
    [
        ("leftover", "TODO", {}),
        ("leftover", "{{ recipient.riding }}", {"riding": "TODO"}),
        ("salutation", "Dear ,", {}),
        ("salutation", "Dear {{ recipient.riding }},", {"riding": "None"}),
        ("language", "Hello", {"language": ""}),
        ("remote-image", "![a](https://river.example/a.png)", {}),
        ("lost-link", f"Hello {OUTLOOK}", {}),
        ("short-lines", "12 Quay St.\nGander", {}),
        ("dead-link", "[x](www.river.example)", {}),
    ],
)
def test_a_rule_can_be_silenced_with_a_reason(campaign, rule, body, cells):
    silenced = SETTINGS + f'\n[proof]\nsilence = {{ {rule} = "we know" }}\n'
    recipient = make_recipient(**cells)

    assert [p.rule for p in proofed(campaign(body), recipient)] == [rule]
    assert proofed(campaign(body, campaign__toml=silenced), recipient) == []


def test_rules_about_letters_that_could_not_be_sent_cannot_be_silenced(campaign):
    names = ("attachment", "too-large", "header", "same-address", "reserved-domain", "empty-field")
    silence = ", ".join(f'{name} = "please"' for name in names)
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['a.pdf', 'b.pdf']\n[sender]", 1)
    settings += f'\n[proof]\nmax_size = "1 kB"\nsilence = {{ {silence} }}\n'

    missing = proofed(campaign(campaign__toml=settings, a__pdf=b"x"))
    large = proofed(campaign(b__pdf=b"x" * 2000, campaign__toml=settings), leaves_machine=True)

    assert [problem.rule for problem in missing] == ["attachment"]
    assert {problem.rule for problem in large} == {"reserved-domain", "too-large"}


def test_a_problem_of_a_wording_is_reported_once(campaign):
    made = campaign("TODO {{ recipient.name }}")
    checks, writer = Checks(made), make_writer(made)

    found = [list(checks.letter(writer.write(make_recipient(name=f"Ann {n}")))) for n in range(3)]

    assert [len({p.rule for p in problems}) for problems in found] == [2, 0, 0]


def test_every_file_with_a_rule_is_named_after_it_and_listed():
    names = {rule.name for rule in RULES}
    files = {
        file.stem.replace("_", "-")
        for file in Path(rules.__file__).parent.glob("*.py")
        if file.stem
        not in {"__init__", "rule", "comparable", "parsed_html", "placeholders", "source_line"}
    }

    assert names == files
    assert len(names) == len(RULES)


def test_a_demand_that_is_a_table_is_found_in_both_forms(campaign):
    table = '"""Pay for:\n\n| what | how much |\n|---|---|\n| [banks](https://river.example/b) | all |"""'
    settings = SETTINGS.replace('en = "Stop the *spills*."', f"en = {table}")

    assert proofed(campaign(DEMANDS, campaign__toml=settings)) == []
