"""What a reader of the plain text sees: addresses untouched, lines in their place, HTML readable."""

import pytest

from letters.campaign.campaign import load
from letters.render import markdown
from letters.render.continuation import enclosed, placed
from letters.render.letter import Letter
from tests.mail import make_campaign, make_recipient, make_writer

CITED = "First line\nsecond line"


plain = markdown.plain


def letter_of(tmp_path, body, **cells):
    letter = make_writer(make_campaign(tmp_path, body)).write(make_recipient(**cells))
    assert isinstance(letter, Letter), letter
    return letter


@pytest.mark.parametrize(
    ("typed", "href"),
    [
        ("https://river.example/on_the_river/_draft_/a", None),
        ("https://river.example/a_(b)_c?d=*e*&f=~g~", "https://river.example/a_(b)_c?d=*e*&amp;f=~g~"),
        ("http://river.example", None),
        ("https://river.example:8080/__init__.html#_top_", None),
        ("_jo_@river.example", "mailto:_jo_@river.example"),
        ("ann.lee+x_y@parl.river.example", "mailto:ann.lee+x_y@parl.river.example"),
        ("www.river.example/a_b_c", "https://www.river.example/a_b_c"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "sentence",
    ["@", "See @.", "See @, then", "(@)", "“@”", "**@** now", "- @\n- b", "> @!", "a @: b"],
)
def test_a_bare_address_is_one_token_untouched_and_linked(typed, href, sentence):
    typed_in = sentence.replace("@", typed)

    html = markdown.html(typed_in)

    shown = typed.replace("&", "&amp;")
    assert f'<a href="{href or typed}">{shown}</a>' in html
    assert html.count("<a ") == 1
    assert typed in plain(typed_in)
    assert f"<{typed}>" not in plain(typed_in)


@pytest.mark.parametrize(
    "source",
    [
        "`https://river.example/a_b_c`",
        "[see](https://river.example/a_b_c)",
        "[https://river.example/a_b_c](https://river.example/a_b_c)",
        "<https://river.example/a_b_c>",
        '<a href="https://river.example/a_b_c">https://river.example/a_b_c</a>',
        "![x](https://river.example/a_b_c)",
        "https://localhost/a_b_c",
        "a@b",
        "10:30 and 3@5",
    ],
)
def test_what_is_a_link_already_or_none_is_no_second_link(source):
    assert markdown.html(source).count("<a ") == source.startswith(("[", "<"))


def test_emphasis_around_an_address_is_emphasis():
    assert "<em><a " in markdown.html("_https://river.example/a_b_")
    assert "<em><a " in markdown.html("_jo@river.example_")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two\n"),
        ("<ol><li>One<ul><li>a</li></ul></li><li>Two</li></ol>", "1. One\n  - a\n2. Two\n"),
        ("<table>\n<tr><td>Name</td><td>Vote</td></tr>\n<tr><th>Ann</th><td>yes</td></tr></table>",
         "Name | Vote\nAnn | yes\n"),
        ("<div>One</div><div>Two</div>", "One\nTwo\n"),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree\n"),
        ("<div>See <a href='https://river.example/a'>the report</a></div>",
         "See the report <https://river.example/a>\n"),
        ("<div><a href='https://river.example/a'><p>Read</p></a></div>",
         "Read <https://river.example/a>\n"),
        ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", "Term\nMeaning\n"),
        ("<div><img src='a.png' alt='The river'></div>", "The river\n"),
        ("<style>p { color: red }</style>\n\nWords", "Words\n"),
        ("<div>One\n   two &amp; three</div>", "One two & three\n"),
        ("Words <table><tr><td>Name</td><td>Vote</td></tr></table>", "Words\nName | Vote\n"),
        ("Words <ul><li>One</li><li>Two</li></ul> end", "Words\n- One\n- Two\nend\n"),
        ('See <a href="https://river.example/a">it</a> now', "See it <https://river.example/a> now\n"),
        ("One<br>Two <b>three</b><img alt='four'>", "One\nTwo threefour\n"),
    ],
)  # fmt: skip
def test_html_by_hand_keeps_its_spaces(html, text):
    assert plain(html) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("> {{ recipient.cite }}", "> First line\n> second line\n"),
        ("> - {{ recipient.cite }}", "> - First line\n>   second line\n"),
        ("- {{ recipient.cite }}\n- next", "- First line\n  second line\n- next\n"),
        ("12. {{ recipient.cite }}\n", "12. First line\n    second line\n"),
        ("- They said: {{ recipient.cite }}", "- They said: First line\n  second line\n"),
        ("| a | b |\n|---|---|\n| x | {{ recipient.cite }} |", "a | b\nx | First line / second line\n"),
        ("{{ recipient.cite }}", "First line\nsecond line\n"),
    ],
)  # fmt: skip
def test_a_cell_of_two_lines_keeps_its_place(tmp_path, body, text):
    letter = letter_of(tmp_path, body, cite=CITED)

    assert letter.text == text
    assert "First line<br>\nsecond line" in letter.html


def test_a_demand_of_two_paragraphs_keeps_the_numbering(tmp_path):
    campaign = make_campaign(
        tmp_path,
        "{% for demand in demands %}\n{{ demand.number }}. {{ demand.text }}\n{% endfor %}\n",
    )
    two = "Stop the *spills*.\\n\\nAll of them:\\n\\n- oil\\n- salt"
    settings = (tmp_path / "campaign.toml").read_text().replace("Stop the *spills*.", two)
    (tmp_path / "campaign.toml").write_text(settings)
    campaign = load(tmp_path, tmp_path)

    letter = make_writer(campaign).write(make_recipient())

    assert letter.text == (
        "1. Stop the spills.\n\n   All of them:\n\n   - oil\n   - salt\n\n2. Pay for the cleaning:\n"
    )
    assert letter.html.count("<ol") == 1
    assert "<p>All of them:</p>" in letter.html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("> " + enclosed("a\n\nb"), "> a\n>\n> b"),
        ("1. " + enclosed("a\nb") + "\n2. c", "1. a\n   b\n2. c"),
        ("| x | " + enclosed("a\n\nb") + " |", "| x | a<br>b |"),
        ("## " + enclosed("a\nb"), "## a b"),
        ("Words " + enclosed("a\nb"), "Words a\nb"),
        ("1. " + enclosed("x\n> " + enclosed("a\nb")), "1. x\n   > a\n   > b"),
        (enclosed("a\n- " + enclosed("b\nc")), "a\n- b\n  c"),
    ],
)
def test_a_printed_text_of_several_lines_goes_on_in_its_place(source, text):
    assert placed(source) == text


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("12 Quay St.\nGander\nCanada", ["12 Quay St. / Gander / Canada"]),
        ("Yours sincerely,\n--\nJo", ["Yours sincerely, / -- / Jo"]),
        ("12 Quay St.\\\nGander", []),
        ("12 Quay St.  \nGander", []),
        ("A long line of prose that somebody wrapped in\nan editor, as programmers do everywhere today.", []),
        ("One line.\n\nAnother.", []),
    ],
)  # fmt: skip
def test_short_lines_that_markdown_joins_are_found(source, found):
    assert list(markdown.joined_lines(source)) == found


def test_a_footnote_stays_as_it_is_typed():
    assert plain("It says so.[^1]\n\n[^1]: https://river.example/a") == (
        "It says so.[^1]\n\n[^1]: https://river.example/a\n"
    )


def test_comments_are_not_sent_and_conditional_ones_are(tmp_path):
    body = "Text. <!-- Jo: TODO -->\n\n<!--\nask\n-->\n\n<!--[if mso]><p>Outlook</p><![endif]-->\n"
    letter = letter_of(tmp_path, body + "\n<!-- {{ recipient.riding }} -->")

    assert "Jo" not in letter.html + letter.text
    assert "ask" not in letter.html
    assert "<!--[if mso]><p>Outlook</p><![endif]-->" in letter.html
    assert "Jo: TODO" in letter.wording.comments


def test_backgrounds_and_css_images_of_the_folder_are_carried(tmp_path):
    layout = (
        "<style>.a { background: url('bg.png') } a:hover { color: red }\n"
        "@media print { p { background: url(bg.png) } }</style>"
        '<table background="bg.png"><tr><td class="a">{{ body }}</td></tr></table>'
    )
    campaign = make_campaign(tmp_path, "Text.", layout__html__j2=layout, bg__png="x")

    letter = make_writer(campaign).write(make_recipient())

    assert [name for name, _ in letter.wording.images] == ["bg.png"]
    assert letter.html.count(f"cid:{letter.wording.images[0][1]}") == 3
    assert "a:hover" in letter.html


def test_a_comment_mark_inside_a_style_element_takes_no_rule_away(tmp_path):
    layout = "<style><!-- p { color: #00f } --></style><!-- gone --><body>{{ body }}</body>"
    campaign = make_campaign(tmp_path, "Text.", layout__html__j2=layout)

    letter = make_writer(campaign).write(make_recipient())

    assert '<p style="color: #00f;">Text.</p>' in letter.html
    assert letter.wording.comments == ("gone",)


def test_a_rule_for_a_state_inside_a_media_rule_stays_as_it_is_written(tmp_path):
    css = "@media print { p { margin: 0 } a:hover { color: red } } a:focus { color: #00f }"
    layout = f"<style>{css}</style><body>{{{{ body }}}}</body>"
    campaign = make_campaign(tmp_path, "Text.", layout__html__j2=layout)

    letter = make_writer(campaign).write(make_recipient())

    assert letter.html.count("a:hover") == letter.html.count("a:focus") == 1
    assert letter.html.count("@media all") == 1
