"""Courtesy titles: read where they are, and said when they are misplaced or not printed."""

import pytest

from letters.errors import Severity
from letters.forms_of_address.reader import form_of_address

HEADER = "email,name,office,gender"


@pytest.mark.parametrize(
    ("title", "gender", "salutation"),
    [
        ("Mr", "m", "Dear Mr. Lee:"),
        ("Mr.", "m", "Dear Mr. Lee:"),
        ("MS", "f", "Dear Ms. Lee:"),
        ("Mme", "f", "Dear Ms. Lee:"),
        ("Mrs.", "f", "Dear Ms. Lee:"),
        ("Sir", "m", "Dear Mr. Lee:"),
        ("Dr.", "", "Dear Ann Lee:"),
        ("Prof. Dr.", "", "Dear Ann Lee:"),
        ("Hon.", "", "Dear Ann Lee:"),
        ("Ing.", "", "Dear Ann Lee:"),
    ],
)
@pytest.mark.parametrize("column", ["title", "title_en", "salutation"])
def test_a_courtesy_title_in_a_column_of_ours_is_read_as_one_and_said(
    problem, read, column, title, gender, salutation
):
    row = f"{HEADER},{column}\na@parl.example,Ann Lee,mp,,{title}\n"

    warning = problem(row)
    [(recipient, _)] = read(row)

    assert (warning.rule, warning.severity, warning.column) == (
        "courtesy-title", Severity.WARNING, column,
    )  # fmt: skip
    assert f"the salutation is “{salutation}”" in warning.message
    assert "column honorific" in warning.remedy
    assert (recipient.honorific, recipient.gender) == (title, gender)
    assert title not in lines_of(recipient)


def test_the_columns_honorific_and_gender_go_before_a_courtesy_title_in_another(problem, read):
    row = f"{HEADER},honorific,title\na@parl.example,Ann Lee,mp,f,Hon.,Mr\n"

    assert "“Dear Ms. Lee:”" in problem(row).message
    assert "another name" in problem(row).remedy
    [(recipient, _)] = read(row)
    assert (recipient.honorific, recipient.gender) == ("Hon.", "f")


@pytest.mark.parametrize(
    "title", ["Minister of Health", "M.P.", "MP", "Député", "Chief Whip", "Doctor of the House"]
)
def test_the_title_of_an_office_is_a_line_of_the_envelope(one, title):
    assert title in lines_of(one(f"{HEADER},title\na@parl.example,Ann Lee,mp,f,{title}\n"))


@pytest.mark.parametrize(
    ("office", "gender", "honorific"),
    [
        ("mp", "f", "Dr."), ("mp", "f", "Hon. Dr."), ("mp", "f", "Mrs."), ("mp", "f", "Mr."),
        ("senator", "f", "Prof."), ("minister", "m", "Sir"), ("mp", "x", "Ms."), ("mp", "f", "Chief"),
    ],
)  # fmt: skip
def test_an_honorific_that_no_form_prints_is_a_warning_that_says_the_salutation(
    problem, one, office, gender, honorific
):
    header, row = f"{HEADER},honorific", f"a@parl.example,Ann Lee,{office},{gender},{honorific}"

    found = problem(f"{header}\n{row}\n")

    assert (found.rule, found.severity, found.column) == (
        "courtesy-title", Severity.WARNING, "honorific",
    )  # fmt: skip
    assert honorific in found.message
    assert "the salutation is “Dear " in found.message
    assert "fill the column salutation" in found.remedy
    assert one(f"{header},salutation\n{row},Dear Dr. Lee:\n").honorific == honorific


@pytest.mark.parametrize(
    ("office", "gender", "honorific", "language"),
    [
        ("mp", "f", "Hon.", "en"), ("mp", "f", "The Right Honourable", "en"), ("mp", "f", "Ms", "en"),
        ("mp", "", "Mr.", "en"), ("mp", "m", "M.", "en"), ("mp", "f", "Mrs.", "fr"),
        ("senator", "f", "Senator", "en"), ("minister", "m", "L’honorable", "fr"),
        ("mayor", "f", "Dr.", "en"),
    ],
)  # fmt: skip
def test_an_honorific_that_is_printed_or_left_to_the_template_gives_no_warning(
    one, office, gender, honorific, language
):
    header = f"{HEADER},honorific,language"
    row = f"a@parl.example,Ann Lee,{office},{gender},{honorific},{language}"

    assert one(f"{header}\n{row}\n").honorific == honorific


def lines_of(recipient):
    form = form_of_address(
        office=recipient.office,
        language="en",
        name=recipient.name,
        last_name=recipient.last_name,
        gender=recipient.gender,
        privy_council=recipient.privy_council,
        honorific=recipient.honorific,
        fields=recipient.fields,
    )
    return form.envelope_lines
