"""A row of the list: a recipient, or problems that name row and column."""

import pytest

from letters.recipients.csv import RecipientsFile
from letters.recipients.recipient import each_identity

HEADER = "email,name\n"


def test_a_row_becomes_a_recipient(one):
    recipient = one(
        "email,first_name,last_name,office,honorific,privy_council,gender,language,riding\n"
        "Ann.Lee@parl.example,Ann,Lee,Prime Minister,Right Hon.,yes,f,en+fr,Ottawa—Vanier\n"
    )

    assert recipient.row == 2
    assert recipient.mailbox.address == "Ann.Lee@parl.example"
    assert recipient.mailbox.name == "Ann Lee"
    assert recipient.identity == "ann.lee@parl.example"
    assert (recipient.name, recipient.first_name, recipient.last_name) == ("Ann Lee", "Ann", "Lee")
    assert recipient.office == "prime-minister"
    assert recipient.honorific == "Right Hon."
    assert recipient.privy_council is True
    assert recipient.gender == "f"
    assert recipient.languages == ("en", "fr")
    assert recipient.fields["riding"] == "Ottawa—Vanier"
    assert recipient.fields["office"] == "Prime Minister"


def test_a_row_without_an_address_is_not_mailable_and_no_problem(one):
    recipient = one(HEADER + ",Ann Lee\n")

    assert (recipient.mailbox, recipient.identity, recipient.name) == (None, "", "Ann Lee")


@pytest.mark.parametrize(
    ("cell", "gender"),
    [("f", "f"), ("F", "f"), ("Female ", "f"), ("femme", "f"), ("Male ", "m"), ("H", "m"), ("x", "x"), ("non-binary", "x"), ("", "")],
)  # fmt: skip
def test_gender_is_read_from_a_letter_or_a_word(one, cell, gender):
    assert one(f"email,name,gender\na@parl.example,A B,{cell}\n").gender == gender


@pytest.mark.parametrize(
    ("cell", "languages"),
    [("en", ("en",)), ("FR", ("fr",)), ("en+fr", ("en", "fr")), ("fr + en", ("fr", "en")), ("Français", ("fr",)), ("english", ("en",)), ("fr-CA", ("fr",)), ("", ())],
)  # fmt: skip
def test_languages_keep_the_order_they_are_written_in(one, cell, languages):
    assert one(f"email,name,language\na@parl.example,A B,{cell}\n").languages == languages


@pytest.mark.parametrize("cell", ["yes", "Oui", "TRUE", "1", "vrai", "y"])
def test_privy_council_is_read_from_many_words_for_yes(one, cell):
    assert one(f"email,name,privy_council\na@parl.example,A B,{cell}\n").privy_council is True


@pytest.mark.parametrize(
    ("office", "honorific", "council", "expected"),
    [
        ("mp", "Hon.", "", True),
        ("mp", "Right Hon.", "", True),
        ("mp", "L’honorable", "", True),
        ("mp", "The Right Honourable", "", True),
        ("mp", "Hon.", "no", False),
        ("mp", "", "", False),
        ("mp", "Honorary Colonel", "", False),
        ("senator", "Hon.", "", False),
        ("senator", "Hon.", "yes", True),
        ("Speaker Commons", "Hon.", "", False),
    ],
)
def test_an_honorific_implies_the_privy_council_unless_the_office_alone_gives_it(
    read, office, honorific, council, expected
):
    [(recipient, _)] = read(
        f"email,name,office,honorific,privy_council\na@parl.example,A B,{office},{honorific},{council}\n"
    )

    assert recipient.privy_council is expected


@pytest.mark.parametrize(
    ("column", "cell", "offered"),
    [
        ("gender", "unknown", "f, m, x or nothing"),
        ("language", "klingon", "en, fr, en+fr or nothing"),
        ("language", "en+en", "en, fr, en+fr or nothing"),
        ("language", "en+", "en, fr, en+fr or nothing"),
        ("privy_council", "maybe", "yes, no or nothing"),
    ],
)
def test_an_unknown_word_is_a_problem_that_lists_the_choices(problem, column, cell, offered):
    found = problem(f"email,name,{column}\na@parl.example,A B,{cell}\n")

    assert (found.row, found.column) == (2, column)
    assert cell in found.message
    assert offered in found.remedy


def test_a_row_may_only_name_a_language_of_the_campaign(write):
    path = write("email,name,language\na@parl.example,A B,fr\nb@parl.example,B C,de\n")

    [(french, [problem]), (german, none)] = RecipientsFile(path, languages=("en", "de"))

    assert (french.languages, german.languages, none) == ((), ("de",), ())
    assert problem.column == "language"


def test_each_identity_differs_for_two_people_with_one_address(read):
    rows = read(
        HEADER
        + "lords@parl.example,Lord Ann\nLORDS@parl.example,lord ANN\nlords@parl.example,Lord Bob\n"
    )
    first, again, other = (recipient for recipient, _ in rows)

    assert first.identity == again.identity == other.identity
    assert each_identity(first) == each_identity(again) != each_identity(other)


def test_a_row_with_too_few_cells_is_a_problem(problem):
    found = problem("email,name,riding\na@parl.example,A B\n")

    assert (found.rule, found.row) == ("ragged-row", 2)
    assert "2 of 3" in found.message


def test_a_row_with_too_many_cells_is_a_problem_that_names_the_first_extra_cell(read):
    [(recipient, [found])] = read(HEADER + "a@parl.example,Lee, Ann\n")

    assert (recipient, found.rule, found.row) == (None, "ragged-row", 2)
    assert "“Ann” in column C" in found.message


def test_empty_cells_after_the_last_column_are_no_problem(one):
    assert one("email,name,,\na@parl.example,A B,,, ,\n").name == "A B"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("not-an-address", "no @"),
        ("clarkek@parl.example; suggd@parl.example", "two addresses"),
        ('"clarkek@parl.example, suggd@parl.example"', "two addresses"),
        ("none", "no @"),
    ],
)
def test_a_cell_without_exactly_one_address_is_a_problem_with_row_and_column(read, cell, why):
    [(recipient, [found])] = read(HEADER + f"{cell},A B\n")

    assert recipient is None
    assert (found.rule, found.row, found.column) == ("address", 2, "email")
    assert found.address == cell.strip('"')
    assert why in found.message
    assert "one address" in found.remedy


def test_a_formula_in_the_address_column_is_a_problem(problem):
    assert problem(HEADER + '"=HYPERLINK(""mailto:a@parl.example"")",A B\n').rule == "formula"


def test_a_spreadsheets_apostrophe_before_an_address_is_removed(one):
    assert one(HEADER + "'ann@parl.example,A B\n").mailbox.address == "ann@parl.example"


def test_an_address_without_a_name_is_a_problem(read):
    [(recipient, [found])] = read(HEADER + "a@parl.example, \n")

    assert (recipient, found.rule, found.column) == (None, "no-name", "name")


def test_a_row_without_name_and_address_is_a_problem(problem):
    assert problem("email,name,riding\n,,Vacant\n").rule == "no-name"


def test_a_line_break_in_a_name_is_a_problem(read):
    [(_, [found])] = read(HEADER + 'eve@parl.example,"Eve\nBCC: victim@y.example"\n')

    assert (found.rule, found.row, found.column) == ("line-break", 2, "name")


def test_every_problem_of_a_row_is_reported(read):
    [(_, found)] = read("email,name,gender,language\nnobody,A?b,q,q\n")

    assert [problem.column for problem in found] == ["name", "email", "gender", "language"]
