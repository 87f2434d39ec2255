"""A person's names: completed from the columns, and uncertain last names reported."""

import pytest

from letters.errors import Severity

HEADER = "email,name\n"


@pytest.mark.parametrize(
    ("header", "row", "names"),
    [
        ("name", "Ann van der Berg", ("Ann van der Berg", "Ann van der", "Berg")),
        ("name,last_name", "Ann van der Berg,van der Berg", ("Ann van der Berg", "Ann", "van der Berg")),
        ("first_name,last_name", "Ann,van der Berg", ("Ann van der Berg", "Ann", "van der Berg")),
        ("name,first_name,last_name", "Annie Lee,Ann,Lee", ("Annie Lee", "Ann", "Lee")),
        ("name,first_name,last_name", ",Ann,Lee", ("Ann Lee", "Ann", "Lee")),
        ("name", "Plato", ("Plato", "", "Plato")),
        ("name", "Tom <b>&", ("Tom <b>&", "Tom", "<b>&")),
        ("First Name,Last-Name", "Ann,Lee", ("Ann Lee", "Ann", "Lee")),
    ],
)  # fmt: skip
def test_names_are_completed_from_what_the_columns_give(read, header, row, names):
    [(recipient, _)] = read(f"email,{header}\na@parl.example,{row}\n")

    assert (recipient.name, recipient.first_name, recipient.last_name) == names


def test_a_comma_in_a_name_leaves_the_last_name_empty_and_warns(read):
    [(recipient, [warning])] = read(HEADER + 'a@parl.example,"Lee, Ann"\n')

    assert (warning.severity, warning.rule, warning.column) == (
        Severity.WARNING,
        "last-name",
        "name",
    )
    assert (recipient.last_name, recipient.mailbox.name) == ("", "Lee, Ann")


def test_a_comma_in_a_name_is_no_problem_when_a_last_name_is_given(one):
    assert one('email,name,last_name\na@parl.example,"Ann Lee, M.P.",Lee\n').last_name == "Lee"


@pytest.mark.parametrize(
    "name",
    [
        "John Smith Jr.", "John Smith Sr.", "John Smith II", "John Smith IV", "Ann Lee P.C.",
        "Ann Lee M.P.", "Ann Lee QC", "Ann Lee K.C", "Ann Lee Ph.D.", "Ann Lee c.r.",
        "Ann van der Berg", "Luc de la Tour", "Ann St. John", "Ann Saint John", "Luc Le Blanc",
        "de Souza", "ANN LEE", "HÉLÈNE ROY", "Dr. Ann Lee", "Mr Luc Roy", "Sen. Ann Lee",
        "Senator Ann Lee", "The Ann Lee", "Mme Ann Lee",
    ],
)  # fmt: skip
def test_a_name_whose_last_word_may_not_be_the_last_name_is_a_warning(problem, name):
    found = problem(f"email,name\na@parl.example,{name}\n")

    assert (found.rule, found.severity) == ("last-name", Severity.WARNING)
    assert (found.row, found.column) == (2, "name")
    assert name in found.message
    assert "fill the column last_name" in found.remedy


@pytest.mark.parametrize(
    "title", ["Hon.", "Right Hon.", "The Honourable", "Rt. Hon.", "The Right Hon.", "L’honorable"]
)
def test_an_honorific_before_a_name_is_a_warning_that_names_the_honorific_column(problem, title):
    found = problem(f"email,name\na@parl.example,{title} Ann Lee\n")

    assert found.rule == "last-name"
    assert "column honorific" in found.remedy


@pytest.mark.parametrize(
    "name",
    ["Ann Lee", "Lee", "A B", "Van Nguyen", "Theodora Lee", "Honor Lee", "Drew Li", "J. R. Ng"],
)
def test_an_ordinary_name_gives_no_warning(one, name):
    assert one(f"email,name\na@parl.example,{name}\n").last_name == name.split()[-1]


@pytest.mark.parametrize("name", ["Hon. Ann van der Berg Jr.", "ANN LEE", "Ann St. John"])
def test_a_last_name_in_its_own_column_gives_no_warning(one, name):
    found = one(f"email,name,last_name\na@parl.example,{name},van der Berg\n")

    assert found.last_name == "van der Berg"
