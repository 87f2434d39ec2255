"""What a template may do with a value, and what is a problem that says so."""

import pytest

from letters.errors import CampaignError
from tests.mail import make_recipient, make_writer, refused, written

HOSTILE = "<b>*x*</b> [y](z) {{ 7 * 7 }} & `q`"


@pytest.fixture
def text(campaign):
    """The plain text that a template makes for one recipient."""

    def text(body, **cells):
        return written(campaign(body), make_recipient(**cells)).text.strip()

    return text


@pytest.fixture
def problem(campaign):
    def problem(body, **cells):
        found = refused(campaign(body), make_recipient(**cells))
        assert found.message
        assert found.remedy
        return found

    return problem


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("{{ recipient.name }}", HOSTILE),
        ("{{ recipient['name'] }}", HOSTILE),
        ("{{ recipient | attr('name') }}", HOSTILE),
        ('{{ "Hon. " ~ recipient.name ~ "!" }}', f"Hon. {HOSTILE}!"),
        ('{{ "Hon. " + recipient.name }}', f"Hon. {HOSTILE}"),
        ('{% set mark = "*a*" %}{{ mark ~ "!" }}', "*a*!"),
        ('{{ recipient.name + "!" }}', f"{HOSTILE}!"),
        ('{{ "%s!" % recipient.name }}', f"{HOSTILE}!"),
        ('{{ "%s %s" % (recipient.name, "b") }}', f"{HOSTILE} b"),
        ('{{ ("%s" % (recipient.name,)) ~ "" }}', HOSTILE),
        ('{{ ("%s" % (recipient.name,)) | safe }}', HOSTILE),
        ('{{ "%s" | format(recipient.name) }}', HOSTILE),
        ('{{ "{}!".format(recipient.name) }}', f"{HOSTILE}!"),
        ('{{ ("{}!" | safe).format(recipient.name) }}', f"{HOSTILE}!"),
        ('{{ "{n}".format_map({"n": recipient.name}) }}', HOSTILE),
        ("{{ recipient.name | safe }}", HOSTILE),
        ("{{ recipient.name | escape }}", HOSTILE),
        ("{{ recipient.name | e | safe }}", HOSTILE),
        ("{{ recipient.name | forceescape }}", HOSTILE),
        ("{{ recipient.name | string }}", HOSTILE),
        ("{{ recipient.name | upper }}", HOSTILE.upper()),
        ("{{ recipient.name.upper() }}", HOSTILE.upper()),
        ("{{ recipient.name | title }}", "<B>*x*</b> [Y](Z) {{ 7 * 7 }} & `q`"),
        ("{{ recipient.name | capitalize }}", HOSTILE.capitalize()),
        ("{{ recipient.name | replace('x', '<i>') }}", HOSTILE.replace("x", "<i>")),
        ("{{ recipient.name | replace(recipient.cut, '-') }}", HOSTILE.replace("*x*", "-")),
        ("{{ 'NAME is here' | replace('NAME', recipient.name) }}", f"{HOSTILE} is here"),
        ("{{ recipient.name | truncate(9, true, '…') }}", f"{HOSTILE[:8]}…"),
        ("{{ recipient.name | default('none') }}", HOSTILE),
        ("{{ recipient.nick | default(recipient.name) }}", HOSTILE),
        ("{{ recipient.party or recipient.name }}", HOSTILE),
        ("{{ recipient.name | trim }}", HOSTILE),
        ("{{ recipient.name | center(50) | trim }}", HOSTILE),
        ("{{ recipient.name | first }}{{ recipient.name | last }}", "<`"),
        ("{{ recipient.name[:3] }}", "<b>"),
        ("{{ recipient.name[::-1] }}", HOSTILE[::-1]),
        ("{{ recipient.name | reverse }}", HOSTILE[::-1]),
        ("{{ recipient.name | length }}", str(len(HOSTILE))),
        ("{{ [recipient.name, recipient.cut] | join(', ') }}", f"{HOSTILE}, *x*"),
        ("{{ ', '.join([recipient.name, recipient.cut]) }}", f"{HOSTILE}, *x*"),
        ("{{ [recipient.name] | map('upper') | join }}", HOSTILE.upper()),
        ("{{ [recipient] | map(attribute='name') | join(', ') }}", HOSTILE),
        ("{{ [recipient] | join(', ', attribute='name') }}", HOSTILE),
        ("{{ recipient.name.split(' ') | join('+') }}", "+".join(HOSTILE.split(" "))),
        ("{% for word in recipient.name.split(' ') %}{{ word }} {% endfor %}", HOSTILE),
        ("{% set x = recipient.name %}{{ x }}", HOSTILE),
        ("{% set x %}Hon. {{ recipient.name }}{% endset %}{{ x }}", f"Hon. {HOSTILE}"),
        ("{% macro m(x) %}to {{ x }}{% endmacro %}{{ m(recipient.name) }}", f"to {HOSTILE}"),
        (
            "{% macro m() %}to {{ caller() }}{% endmacro %}{% call m() %}{{ recipient.name }}{% endcall %}",
            f"to {HOSTILE}",
        ),
        ("{% with x = recipient.name %}{{ x ~ x }}{% endwith %}", HOSTILE * 2),
        ("{% set n = namespace(x='') %}{% set n.x = recipient.name %}{{ n.x }}", HOSTILE),
        ("{% autoescape false %}{{ recipient.name }}{% endautoescape %}", HOSTILE),
        ("{% autoescape false %}{{ 'a' ~ recipient.name }}{% endautoescape %}", f"a{HOSTILE}"),
        (
            "{% autoescape false %}{{ ('a' ~ recipient.name) | safe }}{% endautoescape %}",
            f"a{HOSTILE}",
        ),
        ("{% filter trim %} {{ recipient.name }} {% endfilter %}", HOSTILE),
        (
            "{% set x %}{{ recipient.name }}{% endset %}{% if x is defined %}{{ x }}{% endif %}",
            HOSTILE,
        ),
        ("{{ recipient.name.encode().decode() }}", HOSTILE),
        ("{{ dict(n=recipient.name).n }}", HOSTILE),
        ("{{ {'title': recipient.name} | items | first | last }}", HOSTILE),
        ("{% if recipient.name == recipient.name | string %}same{% endif %}", "same"),
        ("{% if 'x' in recipient.name %}in{% endif %}", "in"),
    ],
)
def test_values_and_texts_made_of_them_are_printed_as_typed(text, body, shown):
    assert text(body, name=HOSTILE, cut="*x*") == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("{{ 3 }} {{ 1.5 }} {{ None }}{{ true }}", "3 1.5 True"),
        ("{% for d in demands %}{{ loop.index }}{% endfor %}", "12"),
        ("{{ today.day }} {{ today.month }} {{ today.year }}", "13 1 2014"),
        ("{{ today }}", "2014-01-13"),
        ("{{ today.strftime('%d *%m*') }}", "13 *01*"),
        ("{{ '*plain* & text' }}", "*plain* & text"),
        ("{{ 'R&D ' ~ language }}", "R&D en"),
        ("{{ demands[0].text }}", "Stop the spills."),
        (
            "{{ demands | map(attribute='text') | join(' ') }}",
            "Stop the spills. Pay for the cleaning:",
        ),
        ("{{ demands[0].text | upper }}", "STOP THE SPILLS."),
        ("{{ ('*a*' | safe) | markdown }}", "a"),
        ("{{ campaign.sender.postal_address }}", "12 Quay St. N., Gander"),
        ("{{ recipient.privy_council }}", "False"),
        ("{{ recipient.party | default('no party') }}", "no party"),
        ("{% if recipient.party %}x{% else %}independent{% endif %}", "independent"),
        ("{{ 'x' if recipient.party == '' else 'y' }}", "x"),
        ("{{ recipient.envelope_lines | length }}", "4"),
        ("{{ recipient.envelope_lines[1] }}", "Gander—Exploits"),
        ("{{ signatories[0].title }} {{ sender.name }}", "Chair Friends of the River"),
    ],
)
def test_the_authors_own_text_stays_markdown(text, body, shown):
    assert text(body) == shown


@pytest.mark.parametrize(
    "body",
    [
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x | upper }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x.upper() }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x[:9] }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x[0] }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{% if x == "Hon. Ann Lee" %}!{% endif %}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{% if "Hon. Ann Lee" == x %}!{% endif %}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{% if "Ann" in x %}!{% endif %}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{% for c in x %}{{ c }}{% endfor %}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x | length }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x | replace("Ann", "Bea") }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x.replace("Ann", "Bea") }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ x.split(" ")[0] }}',
        '{% set x = "%s" | safe ~ recipient.name %}{{ x }}{{ x % "y" }}',
        '{% set x = recipient.name | e %}{{ x }}{{ [x] | map("upper") | join }}',
        "{% filter upper %}Hon. {{ recipient.name }}{% endfilter %}",
        "{% set x | upper %}{{ recipient.name }}{% endset %}{{ x }}",
        "{% macro m() %}{{ recipient.name }}{% endmacro %}{{ m() | title }}",
        "{% macro m() %}{{ recipient.name }}{% endmacro %}{{ m()[:4] }}",
        "{{ recipient.name | markdown }}",
        "{{ '*a*' | markdown }}",
    ],
)
def test_changing_text_in_which_a_value_was_printed_is_a_problem(problem, body):
    found = problem(body)

    assert found.rule == "value-changed"
    assert "already printed" in found.message or "author's own text" in found.message
    assert found.remedy == "apply the filter to the value, before it is printed"
    assert (found.template, found.line) == ("letter.en.md.j2", 1)
    assert found.row == 2


@pytest.mark.parametrize(
    "body",
    [
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ "{}".format(x) }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ "%s" % x }}',
        '{% set x = "Hon. " ~ recipient.name %}{{ x }}{{ recipient.riding.join([x]) }}',
    ],
)
def test_putting_text_in_which_a_value_was_printed_into_a_value_is_a_problem(problem, body):
    found = problem(body)

    assert found.rule == "value-changed"
    assert "already printed" in found.message
    assert found.remedy == "apply the filter to the value, before it is printed"
    assert (found.template, found.row) == ("letter.en.md.j2", 2)


def test_a_value_printed_into_a_text_that_is_not_printed_is_a_problem(problem):
    found = problem(
        "{% set x %}{{ recipient.name }}{% endset %}{% if x is string %}Hello{% endif %}"
    )

    assert found.rule == "value-changed"
    assert "name" in found.message


@pytest.mark.parametrize(
    "body",
    [
        "{{ recipient }}",
        "{{ recipient ~ '' }}",
        "{{ recipient | string }}",
        "{{ '%s' % recipient }}",
        "{{ '{}'.format(recipient) }}",
        "{{ recipient.envelope_lines }}",
        "{{ recipient.envelope_lines ~ '' }}",
        "{{ recipient.envelope_lines | upper }}",
        "{{ demands }}",
        "{{ demands | join(', ') }}",
        "{{ demands[0] }}",
        "{{ campaign.sender }}",
        "{{ [recipient.name] }}",
        "{{ {'a': 1} }}",
        "{{ recipient.name.encode() }}",
        "{{ demands | map(attribute='text') }}",
        "{{ recipient.name.upper }}",
    ],
)
def test_printing_a_list_or_an_object_is_a_problem(problem, body):
    found = problem(body)

    assert found.rule == "value-printed"
    assert found.line == 1


@pytest.mark.parametrize(
    ("body", "suggestion"),
    [
        ("{{ recipient.ridng }}", "did you mean `recipient.riding`?"),
        ("{{ riding }}", "did you mean `recipient.riding`?"),
        ("{{ ridng }}", "did you mean `recipient.riding`?"),
        ("{{ recipent.name }}", "did you mean `recipient`?"),
        ("{{ demand }}", "did you mean `demands`?"),
        ("{{ recipient.vocativ }}", "did you mean `recipient.vocative`?"),
        ("{{ salutation }}", "did you mean `recipient.salutation`?"),
        ("{{ recipient['ridng'] }}", "did you mean `recipient.riding`?"),
        ("{% if ridng %}{% endif %}", "did you mean `recipient.riding`?"),
        ("{% for x in demnds %}{% endfor %}", "did you mean `demands`?"),
        ("{{ qqqqqq }}", "known: "),
    ],
)
def test_an_unknown_name_is_a_problem_with_the_nearest_known_one(problem, body, suggestion):
    found = problem(f"\n\n{body}")

    assert found.rule == "unknown-name"
    assert found.remedy.startswith(suggestion)
    assert (found.template, found.line, found.row) == ("letter.en.md.j2", 3, 2)


@pytest.mark.parametrize(
    "body",
    [
        "{{ recipient.party }}",
        "{{ recipient.party | upper }}",
        "{{ recipient.party.upper() }}",
        "{{ recipient.party | trim }}",
        "{{ 'a' ~ recipient.party }}",
        "{{ 'a' + recipient.party }}",
        "{{ recipient.party | int }}",
        "{% if recipient.party > 5 %}{% endif %}",
        "{{ [recipient.name, recipient.party] | join(' ') }}",
        "{{ recipient.party | join }}",
        "{{ '%s' % recipient.party }}",
        "{{ '{}'.format(recipient.party) }}",
        "{% autoescape false %}{{ recipient.party }}{% endautoescape %}",
        '<a href="{{ recipient.party }}">x</a>',
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(recipient.party) }}",
        "{% set x = recipient.party %}{{ x }}",
    ],
)
def test_an_empty_field_that_is_used_names_column_line_and_remedy(problem, body):
    found = problem(f"Hello\n{body}")

    assert found.rule == "empty-field"
    assert found.column == "party"
    assert (found.template, found.line, found.row) == ("letter.en.md.j2", 2, 2)
    assert 'recipient.party | default("…")' in found.remedy
    assert "{% if recipient.party %}" in found.remedy


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ recipient.__class__ }}",
        "{{ recipient._recipient }}",
        "{{ recipient.lookup }}",
        "{{ recipient.name.__class__ }}",
        "{{ recipient.name.recorder }}",
        "{{ recipient.name.recorder.values }}",
        "{{ recipient.name.like('x') }}",
        "{{ recipient | attr('__init__') }}",
        "{{ '{0.__class__}'.format(recipient.name) }}",
        "{{ recipient.name.format(recipient) }}",
        "{{ self.__init__ }}",
        "{{ demands.append(1) }}",
        "{{ (1).__class__ }}",
        "{{ today.__reduce__() }}",
        "{% for i in range(999999999) %}{% endfor %}",
        "{{ lipsum() }}",
        "{{ cycler(1) }}",
    ],
)
def test_a_template_cannot_reach_the_internals_of_its_values(problem, body):
    found = problem(body, name="{0.__class__}")

    assert found.rule in {"template", "unknown-name"}
    assert found.line == 1


@pytest.mark.parametrize(
    "body",
    [
        "{{ recipient.name | tojson }}",
        "{{ recipient.name | pprint }}",
        "{{ recipient.name | striptags }}",
        "{{ recipient.name | urlize }}",
        "{{ [1] | random }}",
    ],
)
def test_filters_that_show_data_or_parse_them_are_not_offered(campaign, body):
    with pytest.raises(CampaignError, match=r"letter\.en\.md\.j2:1: No filter named") as raised:
        written(campaign(body))

    assert raised.value.hint


def test_an_import_that_keeps_another_letters_value_is_a_problem(campaign):
    parts = "{% set sign %}{{ 'x' }}{% endset %}{% macro m(n) %}Dear {{ n }}{% endmacro %}"
    body = '{% import "_m.j2" as m %}{{ m.m(recipient.name) }} {{ m.sign }}'
    writer = make_writer(campaign(body, _m__j2=parts))

    first = writer.write(make_recipient(name="Ann Lee"))
    second = writer.write(make_recipient(name="Bea Roy", row=3))

    assert first.text == "Dear Ann Lee x\n"
    assert second.rule == "value-changed"
    assert "with context" in second.message
    assert second.row == 3


def test_macros_of_an_import_serve_every_letter_with_and_without_context(campaign):
    parts = "{% macro m(n) %}Dear {{ n }}{% endmacro %}{% macro r() %}{{ recipient.riding }}{% endmacro %}"
    body = (
        '{% import "_m.j2" as m %}{% from "_m.j2" import r with context %}'
        "{{ m.m(recipient.name) }} of {{ r() }}"
    )
    writer = make_writer(campaign(body, _m__j2=parts))

    letters = [writer.write(make_recipient(name=n, riding=n[::-1])) for n in ("Ann Lee", "Bea Roy")]

    assert [letter.text for letter in letters] == [
        "Dear Ann Lee of eeL nnA\n",
        "Dear Bea Roy of yoR aeB\n",
    ]


def test_includes_extends_and_blocks_keep_values_as_typed(campaign):
    base = (
        "{% block greeting %}Hello {{ recipient.name }}{% endblock %}\n\n\n{% include '_end.j2' %}"
    )
    body = '{% extends "_base.j2" %}{% block greeting %}{{ super() }} & co{% endblock %}'

    letter = written(
        campaign(body, _base__j2=base, _end__j2="from {{ recipient.riding }}"),
        make_recipient(name=HOSTILE, riding="<hr>"),
    )

    assert letter.text == f"Hello {HOSTILE} & co\n\nfrom <hr>\n"


def test_an_include_may_be_chosen_by_a_value(campaign):
    body = '{% include "_" + recipient.office + ".j2" %}'

    letter = written(campaign(body, _mp__j2="For {{ recipient.name }}"))

    assert letter.text == "For Ann Lee\n"


def test_an_error_in_an_included_part_names_that_part(campaign):
    found = refused(campaign('a\n{% include "_part.j2" %}', _part__j2="\n\n{{ recipient.party }}"))

    assert (found.template, found.line, found.column) == ("_part.j2", 3, "party")


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("{{ recipient.riding }}", HOSTILE),
        ('{{ "R&D: " ~ recipient.riding }}', f"R&D: {HOSTILE}"),
        ('{{ ("R&D: " ~ recipient.riding) | safe }}', f"R&D: {HOSTILE}"),
        ("{% set x %}{{ recipient.riding }}{% endset %}{{ x }}", HOSTILE),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(recipient.riding) }}", f"<{HOSTILE}>"),
        ('{{ [recipient.riding, "b&c"] | join(" & ") }}', f"{HOSTILE} & b&c"),
        ("{{ recipient.riding | upper }} & more", f"{HOSTILE.upper()} & more"),
        ("génocide\u00a0: {{ recipient.name }}", "génocide\u00a0: Ann Lee"),
        ("  two   blanks  {{ recipient.name }} ", "two blanks Ann Lee"),
    ],
)
def test_a_subject_shows_values_as_typed_and_the_authors_text_too(campaign, subject, shown):
    letter = written(campaign("x", subject=subject), make_recipient(riding=HOSTILE))

    assert letter.subject == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{{ "R&D " ~ recipient.name }}', f"R&D {HOSTILE}"),
        ("{{ campaign.sender.name }} & {{ recipient.name }}", f"Friends of the River & {HOSTILE}"),
        ("{{ demands[0].text }}", "Stop the *spills*."),
        ('{{ ["R&D", recipient.name] | join(" & ") }}', f"R&D & {HOSTILE}"),
    ],
)
def test_the_authors_own_plain_text_is_not_escaped_as_html(campaign, text, shown):
    letter = written(campaign("x", letter__en__txt__j2=text), make_recipient(name=HOSTILE))

    assert letter.text == shown
