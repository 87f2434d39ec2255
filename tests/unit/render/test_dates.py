"""Dates in cells: read in one way or stopped, compared with dates, printed by language."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.render.dates import printed, read_date
from letters.render.gaps import NotReadable
from tests.mail import make_recipient, make_writer, refused, written

LANGUAGES = ["en", "fr", "de", "es", "it", "nl", "sv", "pl"]
DAY = date(2014, 1, 9)


@pytest.mark.parametrize(
    ("cell", "languages"),
    [
        ("2014-01-09", ["en"]),
        ("2014-01-09 00:00:00", ["en"]),
        ("2014-01-09T00:00:00", ["en"]),
        ("2014-1-9", ["en"]),
        ("2014/01/09", ["fr"]),
        ("9 January 2014", ["en"]),
        ("9th January 2014", ["en"]),
        ("January 9, 2014", ["en"]),
        ("JANUARY 9th, 2014", ["en"]),
        ("Jan. 9, 2014", ["en"]),
        ("9-Jan-2014", ["en"]),
        ("Thursday, January 9, 2014", ["en"]),
        ("the 9th of January 2014", ["en"]),
        ("le 9 janvier 2014", ["fr"]),
        ("jeudi 9 janvier 2014", ["fr"]),
        ("9 janv. 2014", ["fr"]),
        ("9 janvier 2014", ["en", "fr"]),
        ("9 January 2014", ["fr", "en"]),
        ("9. Januar 2014", ["de"]),
        ("9 de enero de 2014", ["es"]),
    ],
)
def test_a_date_that_can_be_read_in_one_way_is_read(cell, languages):
    assert read_date(cell, languages) == DAY


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1er mai 2014", date(2014, 5, 1)),
        ("1ᵉʳ mai 2014", date(2014, 5, 1)),
        ("15 aout 2014", date(2014, 8, 15)),
        ("15 août 2014", date(2014, 8, 15)),
        ("3 FÉVRIER 2014", date(2014, 2, 3)),
        ("25/12/2014", date(2014, 12, 25)),
        ("12/25/2014", date(2014, 12, 25)),
        ("05/05/2014", date(2014, 5, 5)),
    ],
)
def test_months_are_known_with_and_without_accents_and_days_by_their_size(cell, day):
    assert read_date(cell, ["fr"]) == day


@pytest.mark.parametrize(
    "cell",
    [
        "soon", "2014", "January 2014", "9 January", "9 January 14", "09/01/14", "31 February 2014",
        "2014-02-30", "2014-13-01", "13/13/2014", "41648", "Friday, January 9, 2014", "jan jan 9 2014",
        "9 10 January 2014", "January 9, 2014 or later", "9 Janissary 2014", "9 Ju 2014", "9 januari 2014?",
    ],
)  # fmt: skip
def test_what_is_no_date_is_a_problem_with_a_form_that_is_read(cell):
    with pytest.raises(NotReadable, match="is not a date") as raised:
        read_date(cell, ["en"])

    assert "2014-01-09" in raised.value.remedy


@pytest.mark.parametrize("cell", ["09/01/2014", "9.1.2014", "09-01-2014", "9/1/2014"])
def test_an_ambiguous_date_is_a_problem_with_both_readings(cell):
    with pytest.raises(NotReadable) as raised:
        read_date(cell, ["en"])

    assert "January 9, 2014" in str(raised.value)
    assert "September 1, 2014" in str(raised.value)
    assert "2014-01-09 or 2014-09-01" in raised.value.remedy


@given(st.dates(date(1000, 1, 1)), st.sampled_from(LANGUAGES))
def test_what_a_language_prints_it_reads_again(day, language):
    assert read_date(printed(day, language), [language]) == day


@given(st.dates(date(1000, 1, 1)))
def test_iso_dates_are_read_in_every_language(day):
    assert {read_date(day.isoformat(), [language]) for language in LANGUAGES} == {day}


@pytest.fixture
def text(campaign):
    def text(body, language="en", **cells):
        made = campaign(body, letter__fr__md__j2=body)
        return written(made, make_recipient(language=language, **cells)).text.strip()

    return text


@pytest.mark.parametrize(
    ("body", "cell", "en", "fr"),
    [
        ("{{ recipient.since | date }}", "2014-01-09", "January 9, 2014", "9 janvier 2014"),
        ("{{ recipient.since | date }}", "le 9 janvier 2014", "January 9, 2014", "9 janvier 2014"),
        ("{{ recipient.since | date }}", "2014-05-01", "May 1, 2014", "1er mai 2014"),
        ("{{ today | date }}", "", "January 13, 2014", "13 janvier 2014"),
        ("{{ recipient.since | date('en') }}", "9 March 2014", "March 9, 2014", "9 mars 2014"),
        ("{{ 'on ' ~ recipient.since | date }}", "2014-05-01", "on May 1, 2014", "on 1er mai 2014"),
        ("{{ (recipient.since | date).year }}", "2014-05-01", "2014", "2014"),
        ("{{ (today - recipient.since | date).days }}", "2014-01-09", "4", "4"),
        ("{% if recipient.since | date < today %}past{% endif %}", "2014-01-09", "past", "past"),
        ("{% if today > recipient.since | date %}past{% endif %}", "2014-01-09", "past", "past"),
        ("{% if recipient.since | date == today %}now{% endif %}", "2014-01-13", "now", "now"),
        ("{% if recipient.since | date < '2014-02-01' | date %}1{% endif %}", "2014-01-09", "1", "1"),
    ],
)  # fmt: skip
def test_a_date_is_printed_and_compared_in_the_language_of_the_letter(text, body, cell, en, fr):
    assert text(body, "en", since=cell) == en
    assert text(body, "fr", since=cell) == fr


def test_letters_that_differ_in_a_printed_date_share_a_wording(campaign):
    writer = make_writer(campaign("{{ recipient.since | date }}"))

    one, other = (
        writer.write(make_recipient(since=str(date(2014, 1, 9) + timedelta(days))))
        for days in (0, 40)
    )

    assert one.wording is other.wording
    assert (one.text, other.text) == ("January 9, 2014\n", "February 18, 2014\n")


@pytest.mark.parametrize("cell", ["soon", "09/01/2014"])
def test_a_cell_that_is_no_date_is_a_problem_with_row_and_column(campaign, cell):
    found = refused(campaign("\n{{ recipient.since | date }}"), make_recipient(since=cell, row=7))

    assert (found.rule, found.row, found.column) == ("date", 7, "since")
    assert f"“{cell}”" in found.message
    assert found.line == 2


@pytest.mark.parametrize(
    "body",
    [
        "{% if recipient.since > today %}{% endif %}",
        "{% if today == recipient.since %}{% endif %}",
        "{% if (today | date) < recipient.since %}{% endif %}",
        "{{ (today - recipient.since).days }}",
    ],
)
def test_a_cell_compared_with_a_date_is_a_problem_that_names_the_filter(campaign, body):
    found = refused(campaign(body), make_recipient(since="2014-01-09", row=7))

    assert (found.rule, found.row, found.column) == ("date", 7, "since")
    assert "`recipient.since | date`" in found.remedy
