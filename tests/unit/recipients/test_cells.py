"""The text of a cell: made plain, and damage reported."""

import unicodedata

import pytest

from letters.errors import Severity

HEADER = "email,name\n"


def test_cells_lose_outer_spaces_and_invisible_characters(one):
    recipient = one(
        ' Email ,"name\u00a0", Riding\n a@parl.example , "Rene\u0301e\u00a0Lee ",\u200bQu\u2019Appelle\n'
    )

    assert recipient.name == "Ren\u00e9e Lee"
    assert recipient.fields["riding"] == "Qu\u2019Appelle"
    assert recipient.mailbox.address == "a@parl.example"


@pytest.mark.parametrize(
    "text",
    [
        "Pride \U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f469\u200d\u2695\ufe0f",
        "می\u200cکنم",
        "क्\u200dष",
    ],
)
def test_joiners_inside_emoji_and_scripts_stay(one, text):
    recipient = one(f"email,name,mark\na@parl.example,{text},{text}\n")

    assert recipient.fields["mark"] == recipient.name == recipient.mailbox.name == text


def test_joiners_that_join_nothing_go(one):
    assert one(HEADER + "a@parl.example,Ann\u200d Le\u200ce\U000e0041\n").name == "Ann Lee"


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


@pytest.mark.parametrize(
    "error",
    [
        "#N/A", "#REF!", "#NAME?", "#DIV/0!", "#SPILL!", "#NOM?", "#VALEUR!", "#N/D", "#BEZUG!", "#NV",
        "#¡VALOR!", "#¿NOMBRE?", "#ИМЯ?", "#ДЕЛ/0!", "#I/T", "#DĚLENÍ_NULOU!", "#YOK", "#ERROR!",
        "#N/A Requesting Data...", "Loading...", "Chargement…", "Wird geladen...", "Err:508",
        "Fehler:502", "########", " #NOM? ", "00/01/1900", "1/0/1900", "1900-01-00", "00.01.1900",
        "0-Jan-00", "samedi 0 janvier 1900", "30/12/1899", "1899-12-30 00:00:00",
    ],
)  # fmt: skip
def test_a_spreadsheets_error_value_is_a_problem_in_any_language(problem, error):
    found = problem(f"email,name,riding\na@parl.example,Ann Lee,{error}\n")

    assert (found.rule, found.column) == ("spreadsheet-error", "riding")
    assert (found.severity, error.strip() in found.message) == (Severity.ERROR, True)


@pytest.mark.parametrize(
    "text",
    [
        "#river", "#River!", "#12", "# 5", "#1 priority", "#BLM", "Apt #4", "#5/6", "K1A 0A6",
        "Room:512", "1900", "10/01/1900", "613-555-0000", "and so on...", "#and/or",
    ],
)  # fmt: skip
def test_what_only_resembles_an_error_value_is_none(one, text):
    assert one(f"email,name,notes\na@parl.example,Ann Lee,{text}\n").fields["notes"] == text


@pytest.mark.parametrize("text", ["01/01/1900", "1904-01-01", "1-Jan-1970", "Warten..."])
def test_what_may_be_a_spreadsheets_nothing_is_a_warning(problem, text):
    found = problem(f"email,name,notes\na@parl.example,Ann Lee,{text}\n")

    assert (found.rule, found.severity) == ("spreadsheet-error", Severity.WARNING)


@pytest.mark.parametrize("column", ["riding", "title_fr", "last_name", "address"])
def test_a_zero_where_words_belong_is_a_problem(problem, column):
    found = problem(f"email,name,{column}\na@parl.example,Ann Lee,0\n")

    assert (found.rule, found.column, found.severity) == (
        "spreadsheet-error", column, Severity.ERROR,
    )  # fmt: skip


def test_a_zero_in_a_column_of_words_is_a_warning_and_in_one_of_numbers_nothing(read):
    rows = read(
        "email,name,party,signed\n"
        "a@parl.example,Ann Lee,Green,12\nb@parl.example,Bo Roy,0,0\nc@parl.example,Cy Poe,,0\n"
    )

    [warning] = [problem for _, problems in rows for problem in problems]
    assert (warning.row, warning.column, warning.severity) == (3, "party", Severity.WARNING)


def test_a_zero_in_the_only_column_of_its_name_says_nothing(one):
    assert one("email,name,seats\na@parl.example,Ann Lee,0\n").fields["seats"] == "0"


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
