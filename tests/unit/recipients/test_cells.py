"""The text of a cell: made plain, and damage reported."""

import unicodedata

import pytest

HEADER = "email,name\n"


def test_cells_lose_outer_spaces_and_invisible_characters(one):
    recipient = one(
        ' Email ,"name\u00a0", Riding\n a@parl.example , "Rene\u0301e\u00a0Lee ",\u200bQu\u2019Appelle\n'
    )

    assert recipient.name == "Ren\u00e9e Lee"
    assert recipient.fields["riding"] == "Qu\u2019Appelle"
    assert recipient.mailbox.address == "a@parl.example"


@pytest.mark.parametrize("name", ["René", "Québec", "Gaétan Barrette", "Hôtel—Dieu é", "É. été"])
def test_text_in_an_old_mac_encoding_is_a_problem(problem, name):
    found = problem((HEADER + f"a@parl.example,{name}\n").encode("mac_roman"))

    assert (found.rule, found.row, found.column) == ("damaged-text", 2, "name")


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [("MenÃ©ndez", "Menéndez"), ("Oâ€™Toole", "O’Toole"), ("Sacré-CÅ“ur", ""), ("VoilÃ\u00a0", ""), ("Laurierâ€”Marie", ""), ("Ren√©e", "")],
)  # fmt: skip
def test_text_read_in_the_wrong_encoding_is_a_problem_that_says_what_it_probably_was(
    problem, damaged, meant
):
    found = problem(HEADER + f"a@parl.example,Ann {damaged}\n")

    assert (found.rule, found.row, found.column) == ("damaged-text", 2, "name")
    assert meant in found.message


@pytest.mark.parametrize("cell", ["Ga\ufffdtan Lee", "Ga?tan Lee"])
def test_a_lost_letter_is_a_problem(problem, cell):
    assert problem(HEADER + f"a@parl.example,{cell}\n").rule == "damaged-text"


@pytest.mark.parametrize(
    "name",
    ["Željko Šimić", "São João", "IRMÃO ÂNGELO", "Mélanie Joly", "Łukasz Żak", "«\u00a0LIBERTÉ\u00a0»", "Åsa Ärlig", "Ñandú", "Taiaiako’n", "Νίκος", "김민준"],
)  # fmt: skip
def test_real_names_are_not_mistaken_for_damaged_text(read, name):
    [(recipient, problems)] = read(HEADER + f"a@parl.example,{name}\n")

    assert "damaged-text" not in {problem.rule for problem in problems}
    assert recipient.name == unicodedata.normalize("NFC", name).replace("\u00a0", " ")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#NAME?"])
def test_a_spreadsheets_error_value_is_a_problem(problem, error):
    found = problem(f"email,name,riding\na@parl.example,A B,{error}\n")

    assert (found.rule, found.column) == ("spreadsheet-error", "riding")


def test_a_control_character_is_a_problem(problem):
    found = problem("email,name,riding\na@parl.example,A B,x\x1by\n")

    assert (found.rule, found.column) == ("control-character", "riding")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a\x1b@parl.example,A B,f", "email"),
        ("a@parl.example,A B,\x1bf", "gender"),
        ('a@parl.example,"ANN\x1b\nLEE",f', "name"),
    ],
)
def test_a_cell_with_a_control_character_is_only_one_problem(problem, row, column):
    found = problem(f"email,name,gender\n{row}\n")

    assert (found.rule, found.column) == ("control-character", column)
