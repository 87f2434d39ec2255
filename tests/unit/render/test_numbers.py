"""Numbers in cells: read by language or stopped, compared and calculated with, printed by language."""

import subprocess
import sys
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from letters.render.gaps import NotReadable
from letters.render.numbers import Number, read_number
from tests.mail import SETTINGS, make_recipient, make_writer, parts, refused, sealed, written

NBSP = "\u00a0"


@pytest.fixture
def text(campaign):
    def text(body, language="en", **cells):
        files = {"letter__fr__md__j2": body}
        return written(
            campaign(body, **files), make_recipient(language=language, **cells)
        ).text.strip()

    return text


@pytest.fixture
def problem(campaign):
    def problem(body, language="en", **cells):
        files = {"letter__fr__md__j2": body}
        return refused(campaign(body, **files), make_recipient(language=language, row=7, **cells))

    return problem


@pytest.mark.parametrize(
    ("language", "cell", "value"),
    [
        ("en", "1234", "1234"),
        ("en", "0", "0"),
        ("en", "1,234", "1234"),
        ("en", "1,234,567", "1234567"),
        ("en", "1,234.5", "1234.5"),
        ("en", "1234.5", "1234.5"),
        ("en", "0.125", "0.125"),
        ("en", "-1,234", "-1234"),
        ("en", "\u22125", "-5"),
        ("en", "+5", "5"),
        ("en", "1 234", "1234"),
        ("en", "1.234,5", "1234.5"),
        ("en", "1.234.567", "1234567"),
        ("fr", "1 234", "1234"),
        ("fr", f"1{NBSP}234", "1234"),
        ("fr", "1\u202f234", "1234"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1234,5", "1234.5"),
        ("fr", "0,125", "0.125"),
        ("fr", "1 234,567", "1234.567"),
        ("fr", "1,234.5", "1234.5"),
        ("fr", "1.234,5", "1234.5"),
        ("de", "1.234", "1234"),
        ("de", "1.234,5", "1234.5"),
        ("es", "1.234.567,89", "1234567.89"),
        ("de-CH", "1'234.5", "1234.5"),
        ("de-CH", "1’234", "1234"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(language, cell, value):
    assert read_number(cell, language) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    [
        "12 %", "12%", "$5", "5 €", "(5)", "1,23,456", "12,34,567.8", "1,234,56", "1 23", "1  234",
        "1,234 567", "1.2.3", "1e5", "about 5", "5 people", "n/a", "--5", "- 5", ".", ",5", "5.", "٣x",
        "12345678901234567890123456789", "inf", "NaN", "1_000", "0x1F", "1,234,567.891.2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_what_is_no_number_is_a_problem(language, cell):
    with pytest.raises(NotReadable, match="is not a number"):
        read_number(cell, language)


@pytest.mark.parametrize(
    ("language", "cell", "remedies"),
    [
        ("fr", "1,234", {"en": "1234", "fr": "1.234"}),
        ("fr", "1.234", {"de": "1234", "en": "1.234"}),
        ("en", "1.234", {"de": "1234", "en": "1.234"}),
        ("de", "1,234", {"en": "1234", "fr": "1.234"}),
        ("en", "1,5", {"fr": "1.5"}),
        ("fr", "1.5", {"en": "1.5"}),
        ("de", "1234.5", {"en": "1234.5"}),
    ],
)
def test_a_doubtful_number_is_a_problem_whose_remedies_read_it(language, cell, remedies):
    with pytest.raises(NotReadable) as raised:
        read_number(cell, language)

    for written_in, value in remedies.items():
        assert f'`{{value}} | number("{written_in}")` reads {value}' in raised.value.remedy
        assert read_number(cell, written_in, said=True) == Decimal(value)


@given(
    st.decimals(-(10**12), 10**12, places=2) | st.integers(-(10**12), 10**12).map(Decimal),
    st.sampled_from(["en", "fr", "de", "es", "it", "nl", "pt", "sv", "pl", "uk", "de-CH", "fr-CA"]),
)
def test_what_a_language_prints_it_reads_again(value, language):
    printed = str(Number(value, language))

    assert read_number(printed, language, said=True) == value


@given(st.integers(-(10**12), 10**12), st.sampled_from(["en", "fr", "de", "sv"]))
def test_whole_numbers_need_no_language_to_be_said(value, language):
    cell = format_decimal(value, locale=language)

    assert read_number(cell, language) == value


@given(st.text("0123456789 .,'-\u00a0\u202f", max_size=12), st.sampled_from(["en", "fr", "de"]))
def test_a_number_is_read_with_all_its_digits_or_not_at_all(cell, language):
    try:
        read = read_number(cell, language)
    except NotReadable:
        return

    digits = [c for c in cell if c.isdigit()]
    assert "".join(digits).lstrip("0") == str(abs(read)).replace(".", "").lstrip("0")


@pytest.mark.parametrize(
    ("body", "cell", "en", "fr"),
    [
        ("{{ recipient.signed | number }}", "1234", "1,234", f"1{NBSP}234"),
        ("{{ recipient.signed | number }}", "1 234 567", "1,234,567", f"1{NBSP}234{NBSP}567"),
        ('{{ recipient.signed | number("en") }}', "1,234", "1,234", f"1{NBSP}234"),
        ('{{ recipient.signed | number("fr") }}', "1234,50", "1,234.50", f"1{NBSP}234,50"),
        ("{{ (recipient.signed | number) * 2 }}", "1234", "2,468", f"2{NBSP}468"),
        ("{{ 10000 - recipient.signed | number }}", "1234", "8,766", f"8{NBSP}766"),
        ("{{ (recipient.signed | number) / 4 }}", "1234", "308.5", "308,5"),
        ("{{ (recipient.signed | number * 0.5) | round }}", "1234", "617", "617"),
        ("{{ (recipient.signed | number / 7) | round(1) }}", "1234", "176.3", "176,3"),
        ("{{ [recipient.signed | number, 1] | sum }}", "1234", "1,235", f"1{NBSP}235"),
        ("{{ recipient.signed | number ~ '!' }}", "1234", "1,234!", f"1{NBSP}234!"),
        ("{{ '%s!' % (recipient.signed | number) }}", "1234", "1,234!", f"1{NBSP}234!"),
        ("{{ '{}!'.format(recipient.signed | number) }}", "1234", "1,234!", f"1{NBSP}234!"),
        ("{{ '{:.1f}'.format(recipient.signed | number) }}", "1234", "1234.0", "1234.0"),
        ("{{ recipient.signed | number | int }}", "1234", "1234", "1234"),
        ("{{ recipient.signed | number | safe }}", "1234", "1,234", f"1{NBSP}234"),
        ("{{ 1234567 | number }}", "", "1,234,567", f"1{NBSP}234{NBSP}567"),
        ("{{ '1234.5' | number('en') }}", "", "1,234.5", f"1{NBSP}234,5"),
        ("{% if recipient.signed | number > 1000 %}many{% endif %}", "1 234", "many", "many"),
        ("{% if 1000 < recipient.signed | number < 2000.5 %}many{% endif %}", "1 234", "many", "many"),
        ("{% if recipient.signed | number == 0.1 %}same{% endif %}", "1", "", ""),
        ("{% if recipient.signed | number in [1234] %}same{% endif %}", "1234", "same", "same"),
        ("{% if recipient.signed | number is gt 1000 %}many{% endif %}", "1234", "many", "many"),
    ],
)  # fmt: skip
def test_a_number_is_printed_and_compared_in_the_language_of_the_letter(text, body, cell, en, fr):
    assert text(body, "en", signed=cell) == en
    assert text(body, "fr", signed=cell) == fr


def test_a_decimal_compares_as_it_is_written(text):
    body = '{% if recipient.signed | number("en") == 0.1 %}same{% endif %}'

    assert text(body, signed="0.1") == "same"


def test_a_printed_number_of_a_recipient_is_a_gap_and_the_authors_own_is_text(campaign):
    writer = make_writer(campaign("{{ recipient.signed | number }} of {{ 5000 | number }}"))

    one, other = (writer.write(make_recipient(signed=signed)) for signed in ("1234", "2,345"))

    assert one.wording is other.wording
    assert [str(value) for value in (*one.values, *other.values) if "," in value] == [
        "1,234",
        "2,345",
    ]
    assert other.text == "2,345 of 5,000\n"


def test_both_languages_of_one_letter_print_a_number_in_their_own_way(campaign):
    body = "{{ recipient.signed | number }}"
    made = campaign(body, letter__fr__md__j2=body, _m__j2="")

    plain, page = parts(sealed(made, make_recipient(language="en+fr", signed="1234")).content)

    assert "1,234" in plain
    assert f"1{NBSP}234" in plain
    assert "1,234" in page


def test_a_macro_imported_without_context_knows_the_language(campaign):
    macro = "{% macro m(n) %}{{ n | number }}{% endmacro %}"
    body = '{% import "_m.j2" as m %}{{ m.m(recipient.signed) }}'
    made = campaign(body, letter__fr__md__j2=body, _m__j2=macro)
    writer = make_writer(made)

    shown = [writer.write(make_recipient(language=la, signed="1234")).text for la in ("en", "fr")]

    assert shown == ["1,234\n", f"1{NBSP}234\n"]


@pytest.mark.parametrize(
    "body",
    [
        "{{ recipient.signed | number }}",
        "{{ recipient.signed | int }}",
        "{{ recipient.signed | float }}",
        "{{ recipient.signed | int(0) }}",
        "{{ recipient.signed | float(default=0) }}",
        "{{ recipient.signed | int(base=8) }}",
        "{{ recipient['signed'] | int }}",
        "{% if recipient.signed | int > 1000 %}{% endif %}",
        "{{ [recipient.signed] | map('int') | sum }}",
        "{% for row in recipient.rows %}{{ row.signed | int }}{% endfor %}",
    ],
)
@pytest.mark.parametrize("cell", ["1,23,4", "5 %", "12 people"])
def test_what_a_filter_cannot_read_is_a_problem_with_row_column_and_cell(problem, body, cell):
    found = problem(body, signed=cell)

    assert (found.rule, found.row, found.column) == ("number", 7, "signed")
    assert f"“{cell}”" in found.message
    assert (found.template, found.line) == ("letter.en.md.j2", 1)
    assert found.remedy


@pytest.mark.parametrize("cell", ["1,234", "1 234", "1,234.0"])
@pytest.mark.parametrize("name", ["int", "float"])
def test_the_remedy_for_int_and_float_reads_the_cell(problem, text, name, cell):
    found = problem(f"{{{{ recipient.signed | {name} }}}}", signed=cell)

    assert "`recipient.signed | number`" in found.remedy
    assert text("{{ recipient.signed | number }}", signed=cell).startswith("1,234")


@pytest.mark.parametrize(
    ("body", "cell", "shown"),
    [
        ("{{ recipient.signed | int }}", " 1234", "1234"),
        ("{{ recipient.signed | int }}", "-5", "-5"),
        ("{{ recipient.signed | float }}", "1234.5", "1234.5"),
        ("{{ recipient.signed | int(0) }}", "n/a", "0"),
        ("{{ recipient.signed | float(0) }}", "unknown", "0.0"),
        ("{{ recipient.signed | int(base=16) }}", "ff", "255"),
        ("{{ 7.9 | int }} {{ 7 | float }}", "", "7 7.0"),
    ],
)
def test_int_and_float_read_plain_digits(text, body, cell, shown):
    assert text(body, signed=cell) == shown


@pytest.mark.parametrize("name", ["int", "float"])
def test_decimals_are_no_integer_and_a_default_is_no_answer_to_digits(problem, name):
    assert problem("{{ recipient.signed | int }}", signed="12.7").rule == "number"
    assert problem(f"{{{{ recipient.signed | {name}(0) }}}}", signed="1,234").rule == "number"


@pytest.mark.parametrize(
    "body",
    [
        "{% if recipient.signed > 1000 %}{% endif %}",
        "{% if 1000 < recipient.signed %}{% endif %}",
        "{% if recipient.signed >= 1.5 %}{% endif %}",
        "{% if recipient.signed == 1234 %}{% endif %}",
        "{% if 1234 != recipient.signed %}{% endif %}",
        "{% if recipient.signed in [1, 1234] %}{% endif %}",
        "{% if recipient.signed is gt 1000 %}{% endif %}",
        "{% if recipient.signed is eq 1234 %}{% endif %}",
        "{% if recipient.signed is even %}{% endif %}",
        "{% if recipient.signed > 1000 | number %}{% endif %}",
        "{% if 1000 | number == recipient.signed %}{% endif %}",
        "{{ recipient.signed + 1 }}",
        "{{ 1 + recipient.signed }}",
        "{{ recipient.signed * 2 }}",
        "{{ recipient.signed - 1 }}",
        "{{ recipient.signed / 2 }}",
        "{{ recipient.signed % 2 }}",
        "{{ recipient.signed | round }}",
        "{{ recipient.signed | abs }}",
        "{{ [recipient.signed] | sum }}",
        "{{ recipient.rows | selectattr('signed', 'gt', 1000) | list | length }}",
        "{{ recipient.rows | map(attribute='signed') | sum }}",
    ],
)
def test_a_cell_used_as_a_number_is_a_problem_that_names_the_filter(problem, body):
    found = problem(body, signed="1,234")

    assert (found.rule, found.row, found.column) == ("number", 7, "signed")
    assert "“1,234” is a text" in found.message
    assert ".signed | number`" in found.remedy
    assert "Datum" not in found.message


@pytest.mark.parametrize("body", ["{{ (recipient.signed | number) / 0 }}", "{{ 5 | number / 0 }}"])
def test_a_division_by_zero_is_a_problem_in_words(problem, body):
    assert "divides by 0" in problem(body, signed="5").message


@pytest.mark.parametrize("attribute", ["recorder", "like", "source", "sqrt()", "__class__"])
def test_a_number_has_no_attributes(problem, attribute):
    assert problem(f"{{{{ (recipient.signed | number).{attribute} }}}}", signed="5").rule in {
        "template",
        "unknown-name",
    }


def test_a_number_cannot_grow_without_bound(problem):
    body = "{{ (recipient.signed | number) ** 100 }}"

    assert "too many digits" in problem(body, signed="1234").message


def test_an_unknown_language_is_a_problem(problem):
    found = problem('{{ recipient.signed | number("qq") }}', signed="1,234")

    assert "'qq'" in found.message


def test_a_proof_without_these_filters_does_not_import_babel(campaign_folder):
    program = (
        "import sys; from pathlib import Path; from letters.campaign.campaign import load\n"
        "from tests.mail import written; folder = Path(sys.argv[1]); written(load(folder, folder))\n"
        "print('babel' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(campaign_folder)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"


def test_a_number_may_stand_in_a_header(campaign):
    made = campaign(
        campaign__toml=SETTINGS + "\n[headers]\nX-N = '{{ recipient.signed | number }}'\n"
    )

    assert written(made, make_recipient(signed="1234")).headers == (("X-N", "1,234"),)
