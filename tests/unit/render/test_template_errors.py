"""Wrong templates: the file and line are the author's own, and the remedy, followed, helps."""

import re

import pytest

from letters.errors import CampaignError, Problem
from letters.render.letter import Letter
from tests.mail import make_recipient, make_writer, written

CSS = "p { margin: 0 }\n\n@media print{#letter{color:red}}\n"
INCLUDES = 'Hello\n\n{% include "_part.md.j2" %}\n'


@pytest.fixture
def stopped(campaign):
    def stopped(*args, **files):
        with pytest.raises(CampaignError) as raised:
            written(campaign(*args, **files))
        return raised.value

    return stopped


def told(made) -> tuple[str, str]:
    """Place and remedy of a letter that could not be written."""
    try:
        found = make_writer(made).write(make_recipient())
    except CampaignError as error:
        return ":".join(error.message.split(":")[:2]).rpartition("/")[2], error.hint
    return f"{found.template}:{found.line}", found.remedy


@pytest.mark.parametrize(
    ("css", "mends"),
    [
        (CSS, [("{#letter", "{ #letter"), (CSS, f"{{% raw %}}{CSS}{{% endraw %}}")]),
        ("p { margin: 0 }\n\n@media print{%a}", [("{%", "{ %")]),
    ],
)
def test_an_error_in_the_style_sheet_names_it_and_each_mend_helps(stopped, campaign, css, mends):
    error = stopped("Hello", letter__css=css)

    assert "letter.css:3: " in error.message
    assert "a blank between { and" in error.hint
    assert "{% raw %}" in error.hint
    for old, new in mends:
        assert "Hello" in written(campaign("Hello", letter__css=css.replace(old, new))).html


@pytest.mark.parametrize(
    ("part", "line", "end"),
    [
        ("One\n\nTwo {# a note", 3, "#}"),
        ("One {# a note\n{% if recipient.name %}\ntwo\n{% endif %}\n", 1, "#}"),
        ("One\n{% if recipient.name %}\n\ntwo\n", 2, "{% endif %}"),
        ("{% if recipient.name %}{% endif %}\n{% for d in demands %}\ntwo\n", 2, "{% endfor %}"),
        ("One\n\n{{ recipient.name", 3, "}}"),
        ("One\n{% raw %}\ntwo", 2, "{% endraw %}"),
        ("{# a #}\n{% set a %}two", 2, "{% endset %}"),
    ],
)
def test_what_is_never_closed_is_named_in_its_file_where_it_opens(
    stopped, campaign, part, line, end
):
    error = stopped(INCLUDES, _part__md__j2=part)

    assert f"_part.md.j2:{line}: " in error.message
    assert error.hint.startswith(f"write {end} where it ends")
    assert "Hello" in written(campaign(INCLUDES, _part__md__j2=part + end)).text


@pytest.mark.parametrize(
    ("body", "place", "suggestion"),
    [
        ("\n{{ recipient.name | uper }}", 2, "upper"),
        ("{% if recipient.name is defned %}x{% endif %}", 1, "defined"),
        ("\n\n{% if recipient.name %}{{ 'x' | uper }}{% endif %}", 3, "upper"),
        ("\n{% includ 'x' %}", 2, "include"),
        ("{% if recipient.name %}{% edif %}", 1, "endif"),
    ],
)
def test_an_unknown_filter_test_or_tag_is_told_with_the_nearest_that_exists(
    campaign, body, place, suggestion
):
    place_told, remedy = told(campaign(body))

    assert place_told == f"letter.en.md.j2:{place}"
    assert remedy == f"did you mean `{suggestion}`?"


def test_a_block_that_is_closed_without_being_opened_says_what_opens_it(stopped):
    assert "{% if … %}" in stopped("Hello {% endif %}").hint


def test_a_missing_part_is_told_with_the_line_that_includes_it_and_near_files(stopped, campaign):
    files = {"_part__md__j2": 'One\n{% include "_names.md" %}', "_name__md": "Ann"}

    error = stopped(INCLUDES, **files)

    assert "_part.md.j2:2 includes _names.md, which is not there" in error.message
    assert "did you mean _name.md?" in error.hint
    files["_part__md__j2"] = 'One\n{% include "_name.md" %}'
    assert "Ann" in written(campaign(INCLUDES, **files)).text


@pytest.mark.parametrize(
    "printed",
    ["recipient.website", 'recipient["website"]', 'recipient["Web Site"]', "recipient.ride"],
)
def test_a_column_that_the_list_lacks_is_told_as_one_and_both_mends_help(campaign, printed):
    made = campaign(f"Hello {{{{ {printed} }}}}")

    found = make_writer(made).write(make_recipient())

    assert isinstance(found, Problem)
    column = found.remedy.removeprefix("add the column ").partition(" ")[0]
    condition = re.search(r"{% if .*? %}", found.remedy)[0]
    assert column in {"website", "web_site", "ride"}
    body = f"Hello {condition}{{{{ {condition[6:-14]} }}}}{{% endif %}}"
    assert isinstance(make_writer(campaign(body)).write(make_recipient()), Letter)
    filled = make_writer(campaign(body)).write(make_recipient(**{column: "there"}))
    assert "Hello there" in filled.text


@pytest.mark.parametrize(
    "printed", ["recipient.Riding", "recipient.RIDING", "recipient['riding ']"]
)
def test_a_column_written_otherwise_is_suggested(campaign, printed):
    found = make_writer(campaign(f"{{{{ {printed} }}}}")).write(make_recipient())

    assert found.remedy == "did you mean `recipient.riding`?"


def test_a_column_that_begins_with_a_digit_is_told_how_to_write_it(stopped, campaign):
    error = stopped("Hello\n{{ recipient.2nd_name }}")

    assert "letter.en.md.j2:2: " in error.message
    expression = error.hint.rpartition(" ")[2]
    letter = written(campaign(f"{{{{ {expression} }}}}"), make_recipient(**{"2nd_name": "Lee"}))
    assert letter.text == "Lee\n"


@pytest.mark.parametrize(
    "body",
    [
        "{% if recipient.name > 5 %}{% endif %}",
        "{{ recipient.name + 5 }}",
        "{{ recipient.name - 1 }}",
        "{{ recipient.name() }}",
        "{{ recipient.name | replace }}",
        "{{ recipient.name | round }}",
        "{{ recipient.name.__class__ }}",
        "{{ recipient.name.encode(5) }}",
        "{{ '%d' % recipient.name }}",
        "{{ '%s %s' % recipient.name }}",
        "{{ '{} {}'.format(recipient.name) }}",
        "{{ 'a'.index('b') }}",
        "{{ 1 / 0 }}",
        "{% for x in 5 %}{% endfor %}",
        "{{ demands[9] }}",
        "{{ demands[9].text }}",
        "{{ range() }}",
    ],
)
def test_no_message_shows_pythons_own_words(campaign, body):
    found = make_writer(campaign(f"Hello\n{body}")).write(make_recipient())

    assert isinstance(found, Problem)
    assert (found.template, found.line) == ("letter.en.md.j2", 2)
    assert found.remedy
    words = f"{found.message} {found.remedy}"
    assert not re.search(r"object|Datum|'\w+'|NoneType|__init__|tuple|\bstr\b|operand", words) or (
        found.rule in {"unknown-name", "value-printed"}
    )
