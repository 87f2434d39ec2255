"""Unfinished text: what is found, what is honest text, and that the remedy helps."""

import pytest

from letters.campaign.campaign import SHIPPED, Campaign
from letters.errors import Severity
from letters.proof.checks import Checks
from letters.render.letter import Letter
from tests.mail import SETTINGS, make_recipient, make_writer
from tests.proofing import proofed


@pytest.mark.parametrize("token", ["{{", "{%", "{#", "}}", "%}", "TODO", "XXX", "FIXME"])
def test_a_leftover_in_the_template_names_its_line(one, token):
    problem = one(f"Hello\n\nfoo {{% raw %}}{token}{{% endraw %}} bar")

    assert problem.rule == "leftover"
    assert repr(token) in problem.message
    assert (problem.template, problem.severity) == ("letter.en.md.j2", Severity.ERROR)
    assert problem.line == 3


def test_a_leftover_in_an_included_part_or_a_demand_names_its_file_and_line(one):
    part = one('Hello {% include "_part.j2" %}', _part__j2="\n\nTODO: more {# TODO #}")
    settings = SETTINGS.replace("Stop the *spills*.", "XXX")
    demand = one("{{ demands[0].text }}", campaign__toml=settings)

    assert (part.template, part.line) == ("_part.j2", 3)
    assert demand.template == "campaign.toml"
    assert settings.splitlines()[demand.line - 1] == 'en = "XXX"'


def test_a_leftover_is_found_in_the_subject_and_in_an_html_template(one):
    subject = one("Hello", subject="TODO")
    html = one("Hello", letter__en__html__j2="<p>Hello TODO</p>")

    assert (subject.rule, subject.template) == ("leftover", "campaign.toml")
    assert (html.rule, html.template, html.line) == ("leftover", "letter.en.html.j2", 1)


def test_a_style_sheet_or_a_word_that_contains_a_token_is_no_leftover(campaign):
    made = campaign("TODOS and xxx", letter__css="p{color:red}@media print{p{color:#000}}")

    assert proofed(made) == []


@pytest.mark.parametrize("token", ["{{ name }}", "{%", "TODO", "XXX"])
def test_a_leftover_in_a_cell_names_row_and_column(one, token):
    problem = one("{{ recipient.riding }}", cells={"riding": f"Gander {token}"})

    assert (problem.rule, problem.row, problem.column) == ("leftover", 7, "riding")
    assert problem.address == "ann.lee@parl.example"
    assert problem.remedy == "mend the cell"


@pytest.mark.parametrize(
    ("placeholder", "column"),
    [
        ("*|FNAME|*", "first_name"),
        ("*|LNAME|*", "last_name"),
        ("%%first_name%%", "first_name"),
        ("%%Name%%", "name"),
        ("%NAME%", "name"),
        ("%FIRST_NAME%", "first_name"),
        ("${name}", "name"),
        ("#{name}", "name"),
        ("{name}", "name"),
        ("{Riding}", "riding"),
        ("{!Contact.Name}", "name"),
        ("$NAME", "name"),
        ("$riding", "riding"),
        ("<riding>", "riding"),
        ("<First Name>", "first_name"),
        ("<First_Name>", "first_name"),
        ("<<Name>>", "name"),
        ("<<First_Name>>", "first_name"),
        ("«First_Name»", "first_name"),
        ("«Nom»", "last_name"),
        ("[First Name]", "first_name"),
        ("[Prénom]", "first_name"),
        ("[NAME]", "name"),
        ("[riding]", "riding"),
        ("[[Name]]", "name"),
        ("##NAME##", "name"),
        ("@@NAME@@", "name"),
        ("<%= name %>", "name"),
        ("[%name%]", "name"),
    ],
)
def test_another_programs_placeholder_is_a_leftover_and_its_remedy_helps(
    one, campaign, placeholder, column
):
    body = "Dear {},\n\nyou must act for {}, now."

    problem = one(body.format("you", placeholder))

    assert (problem.rule, problem.severity) == ("leftover", Severity.ERROR)
    assert (problem.template, problem.line) == ("letter.en.md.j2", 3)
    assert problem.remedy == f"write {{{{ recipient.{column} }}}}"
    assert proofed(campaign(body.format("you", problem.remedy.removeprefix("write ")))) == []


@pytest.mark.parametrize(
    "placeholder",
    [
        "[Insert your name]",
        "[insert date]",
        "(insert name here)",
        "[votre nom]",
        "[Your Name]",
        "[Name of MP]",
        "[City, Province]",
        "[date]",
        "{0}",
        "%UNSUBSCRIBE_URL%",
        "%recipient.greeting%",
        "Dear ____, you",
        "<member-of-parliament>",
        "XXXX",
    ],
)
@pytest.mark.parametrize("place", ["body", "subject", "html"])
def test_a_placeholder_for_something_else_is_a_leftover_wherever_it_stands(one, placeholder, place):
    if place == "body":
        problem = one(f"Hello\n\nThe {placeholder} river")
    elif place == "subject":
        problem = one("Hello", subject=f"The {placeholder} river")
    else:
        problem = one("Hello", letter__en__html__j2=f"<p>Hello<p>The {placeholder} river")

    assert (problem.rule, problem.severity) == ("leftover", Severity.ERROR)


def test_a_column_of_the_list_makes_doubtful_words_a_placeholder(one, campaign):
    body = "Our [boat] is in $harbour."

    problem = one(body, cells={"boat": "Ann"})

    assert proofed(campaign(body)) == []
    assert problem.remedy == "write {{ recipient.boat }}"


def test_a_column_whose_name_is_no_jinja_name_is_suggested_so_that_it_can_be_printed(one, campaign):
    problem = one("Dear [2nd name] you", cells={"2nd_name": "Ann"})

    assert problem.remedy == 'write {{ recipient["2nd_name"] }}'
    body = f"Dear {problem.remedy.removeprefix('write ')} you"
    assert proofed(campaign(body), make_recipient(**{"2nd_name": "Ann"})) == []


@pytest.mark.parametrize("body", ["Our [Favourite River] is ill", "our [MOTTO] is", "Name: ____"])
def test_what_may_be_a_placeholder_is_a_warning(one, body):
    problem = one(body)

    assert (problem.rule, problem.severity) == ("leftover", Severity.WARNING)


@pytest.mark.parametrize(
    "honest",
    [
        "le mot « nom », « Liberté » et «Liberté»",
        "a quotation [sic] […] [1][2] [translation] [Translation] [emphasis added] [Our Emphasis]",
        "“[T]he river”, “in [the city]”, “[he] said”, [Mr. Harper], [name withheld], [Canada]",
        "$CAN 3,000, CA$ 5, US$ 5, $5,000, $100M, $CDN 7",
        "50 %, 10% to 20%, 100%; 5 * 3 * 2; 1 < 2 and 3 > 2; C# and A++",
        "#climate #SaveTheRiver\n\n#rivers first",
        "write to jo.rivers@example.org or <jo_r@example.org>, <https://example.org/a_b?c=d%20e>",
        "| a | b |\n|---|---|\n| c |  |",
        "a note* and another**\n\n\\* first\n\n\\** second",
        "`{name}` and `[First Name]`\n\n```\n${name} **now **\n```",
        "one\n\n---\n\n____\n\ntwo",
        "Stop![1] and wait (name), 2014-[15] a_b_c",
        "<del>a</del> <sup>1</sup> <o:p></o:p> <svg><path d='M0'/></svg> <font color='red'>x</font>",
        "&lt;now&gt; 2 &lt; 3",
    ],
)
def test_honest_text_is_no_leftover(campaign, honest):
    assert [p for p in proofed(campaign(f"Hello\n\n{honest}\n\nend")) if p.rule == "leftover"] == []


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("![A map](my map.png)", "![A map](<my map.png>)"),
        ("![A map](my map.png)", "![A map](my%20map.png)"),
        ("[c](https://river.example/a b)", "[c](<https://river.example/a b>)"),
        ("**now **or never", "**now** or never"),
        ("** now** or", "**now** or"),
        ("**now or never", "**now** or never"),
        ("__now __or", "__now__ or"),
        ("~~never~~", "<s>never</s>"),
        ("see[^1]", "see (page 1)"),
        ("##Title", "## Title"),
        ("[text][ref]", "[text](https://river.example)"),
        ("[text] (https://river.example)", "[text](https://river.example)"),
        ("(text)[https://river.example]", "[text](https://river.example)"),
        (
            "The votes were counted in the evening, as follows:\n| a | b |\n|---|\n| c | d |",
            "The votes were counted in the evening, as follows:\n\n| a | b |\n|---|---|\n| c | d |",
        ),
        ("[x](file:///home/jo/a.pdf)", "[x](https://river.example/a.pdf)"),
    ],
)
def test_markdown_that_was_not_understood_is_a_leftover_with_its_mend(
    one, campaign, written, mended
):
    files = {"my map.png": b"png"}

    problem = one(f"Good day\n\n{written}", **files)

    assert (problem.rule, problem.severity) == ("leftover", Severity.ERROR)
    assert (problem.template, problem.line) == ("letter.en.md.j2", 3) or "|" in written
    assert proofed(campaign(f"Good day\n\n{mended}", **files)) == []


@pytest.mark.parametrize("token", ["*|FNAME|*", "{name}", "%%NAME%%", "<<Name>>", "[[Name]]"])
def test_a_certain_placeholder_in_a_cell_names_row_and_column(one, token):
    problem = one("{{ recipient.riding }}", cells={"riding": f"Gander {token}"})

    assert (problem.rule, problem.row, problem.column) == ("leftover", 7, "riding")
    assert token in problem.message


@pytest.mark.parametrize("cell", ["[First Name]", "«Nom»", "$NAME", "____", "**now **", "[sic]"])
def test_a_doubtful_placeholder_in_a_cell_is_none(campaign, cell):
    assert proofed(campaign("in {{ recipient.x }} now"), make_recipient(x=cell)) == []


@pytest.mark.parametrize("note", ["TODO ask the lawyer", "FIXME", "XXX"])
def test_a_note_in_a_comment_is_a_leftover(one, note):
    problem = one(f"Hello\n\n<!-- {note} -->\n\nend")

    assert (problem.rule, problem.line) == ("leftover", 3)


def test_a_comment_without_a_note_is_no_leftover(campaign):
    assert proofed(campaign("Hello\n\n<!-- the {name} of [First Name] -->\n\nend")) == []


def test_placeholders_in_links_and_descriptions_are_leftovers(one):
    link = one("[x](https://river.example/?n=*|FNAME|*)")
    image = one("![[First Name]](a.png)", a__png=b"x")

    assert (link.rule, image.rule) == ("leftover", "leftover")


@pytest.mark.parametrize("name", ["genocide-prevention"])
def test_the_shipped_letters_hold_no_leftover_and_no_dead_link(name):
    made = Campaign.load(SHIPPED / name)
    checks, writer = Checks(made), make_writer(made)

    for office in ("mp", "senator", "prime minister"):
        for language in ("en", "fr"):
            letter = writer.write(make_recipient(office=office, language=language))
            assert isinstance(letter, Letter), letter
            assert {p.rule for p in checks.letter(letter)} & {"leftover", "dead-link"} == set()


@pytest.mark.parametrize("value", ["for *|FNAME|*", "{{ recipient.riding }} and {name}"])
def test_a_placeholder_in_a_header_is_a_leftover(one, value):
    settings = SETTINGS + f"\n[headers]\nX-Riding = '{value}'\n"

    problem = one("Good day", campaign__toml=settings)

    assert problem.rule == "leftover"
    assert problem.template == "campaign.toml"
    assert problem.line == len(settings.splitlines())
