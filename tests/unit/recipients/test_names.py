"""A person's names: completed from the columns, and uncertain last names reported."""

import pytest

from letters.errors import Severity

HEADER = "email,name\n"


@pytest.mark.parametrize(
    ("header", "row", "names"),
    [
        ("name", "Ann van der Berg", ("Ann van der Berg", "Ann", "van der Berg")),
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
    ("name", "salutation"),
    [
        ("John Smith Jr.", "Dear Ms. Smith:"),
        ("John Smith II", "Dear Ms. Smith:"),
        ("Ann Lee P.C.", "Dear Ms. Lee:"),
        ("Ann Lee K.C", "Dear Ms. Lee:"),
        ("Ann Lee Ph.D.", "Dear Ms. Lee:"),
        ("Ann Lee c.r.", "Dear Ms. Lee:"),
        ("Ann Lee MLA", "Dear Ms. Lee:"),
        ("Ann Lee MNA QC", "Dear Ms. Lee:"),
        ("Ann Lee FRCPS", "Dear Ms. Lee:"),
        ("Ann Lee XIAO", "Dear Ms. XIAO:"),
        ("Ann Lee (she/her)", "Dear Ms. Lee:"),
        ("Ann (Annie) Lee", "Dear Ms. Lee:"),
        ("Ann Lee [they]", "Dear Ms. Lee:"),
        ("Ann Lee elle/iel", "Dear Ms. Lee:"),
        ("Ann Lee - on leave", "Dear Ms. Lee:"),
        ("Marie DUPONT", "Dear Ms. DUPONT:"),
        ("DUPONT Marie", "Dear Ms. DUPONT:"),
        ("LI Wei", "Dear Ms. LI:"),
        ("ANN LEE", "Dear Ms. LEE:"),
        ("HÉLÈNE ROY", "Dear Ms. ROY:"),
        ("PLATO", "Dear Ms. PLATO:"),
        ("ann lee", "Dear Ms. lee:"),
        ("Ann lee", "Dear Ms. lee:"),
        ("élise Roy", "Dear Ms. Roy:"),
        ("Ann St. John", "Dear Ms. St. John:"),
        ("Luc Le Blanc", "Dear Ms. Le Blanc:"),
        ("José Ortega y Gasset", "Dear Ms. y Gasset:"),
        ("Dr. Ann Lee", "Dear Ms. Lee:"),
        ("Mr Luc Roy", "Dear Ms. Roy:"),
        ("Sen. Ann Lee", "Dear Ms. Lee:"),
        ("Senator Ann Lee", "Dear Ms. Lee:"),
        ("The Ann Lee", "Dear Ms. Lee:"),
        ("Mme Ann Lee", "Dear Ms. Lee:"),
        ("Prof. Dr. Ann Lee", "Dear Ms. Lee:"),
        ("Rev. Ann Lee", "Dear Ms. Lee:"),
        ("Cllr. Ann Lee", "Dear Ms. Lee:"),
        ("Sir Luc Roy", "Dear Ms. Roy:"),
        ("Lord Lee of Arbutus", "Dear Ms. Lee:"),
        ("Dame Lee", "Dear Ms. Lee:"),
    ],
)
def test_a_last_name_that_is_a_guess_is_a_warning_that_says_the_salutation(
    problem, one, name, salutation
):
    found = problem(f"email,name,office,gender\na@parl.example,{name},mp,f\n")

    assert (found.rule, found.severity) == ("last-name", Severity.WARNING)
    assert (found.row, found.column) == (2, "name")
    assert name in found.message
    assert f"the salutation is “{salutation}”" in found.message
    assert "fill the column last_name" in found.remedy
    assert one(f"email,name,last_name\na@parl.example,{name},Lee\n").last_name == "Lee"


@pytest.mark.parametrize("letters", ["MLA", "MPP, QC", "M.P.", "XYZ"])
def test_letters_behind_a_comma_are_left_out_of_the_last_name_with_a_warning(read, letters):
    [(recipient, [warning])] = read(HEADER + f'a@parl.example,"Ann Lee, {letters}"\n')

    assert (recipient.last_name, warning.rule) == ("Lee", "last-name")
    assert "the last name is read as “Lee”" in warning.message


@pytest.mark.parametrize(
    "name",
    ["Ann & Bob Lee", "Ann and Bob Lee", "Ann et Bob Lee", "Ann/Bob Lee", "Mr. & Mrs. Lee", "A + B Lee"],
)  # fmt: skip
@pytest.mark.parametrize("last_name", ["", "Lee"])
def test_two_people_in_one_row_are_a_warning_that_says_the_salutation(
    problem, one, name, last_name
):
    header = "email,name,last_name,office,gender"
    row = f"a@parl.example,{name},{last_name},mp,f"

    found = problem(f"{header}\n{row}\n")

    assert (found.rule, found.severity, found.column) == ("last-name", Severity.WARNING, "name")
    assert "“Dear Ms. Lee:”" in found.message
    assert "fill the column salutation" in found.remedy
    assert one(f"{header},salutation\n{row},Dear friends:\n").name == name


@pytest.mark.parametrize(
    "last_name", ["DUPONT", "lee", "Lee MLA", '"Lee, QC"', "Lee (she/her)", "MCKAY-ROY"]
)
def test_a_last_name_that_a_letter_should_not_print_is_a_warning(problem, one, last_name):
    header = "email,first_name,last_name,office,gender"
    row = f"a@parl.example,Ann,{last_name},mp,f"

    found = problem(f"{header}\n{row}\n")

    assert (found.rule, found.severity, found.column) == (
        "last-name", Severity.WARNING, "last_name",
    )  # fmt: skip
    assert f"Dear Ms. {last_name.strip(chr(34))}:" in found.message
    assert "fill the column salutation" in found.remedy
    assert one(f"{header},salutation\n{row},Dear Ann:\n").first_name == "Ann"


@pytest.mark.parametrize("first_name", ["ann", "ANN", "Ann (she/her)", "Dr. Ann", "Mr Ann"])
def test_a_first_name_that_a_letter_should_not_print_is_a_warning(problem, first_name):
    found = problem(f"email,first_name,last_name\na@parl.example,{first_name},Lee\n")

    assert (found.rule, found.severity, found.column) == (
        "last-name", Severity.WARNING, "first_name",
    )  # fmt: skip
    assert first_name in found.message


@pytest.mark.parametrize("first_name", ["Ann", "J. R.", "JJ", "Jean-Luc", "Élise", "D'Arcy", "X"])
def test_an_ordinary_first_name_gives_no_warning(one, first_name):
    row = f"a@parl.example,{first_name},van der Berg\n"
    assert one(f"email,first_name,last_name\n{row}").first_name == first_name


@pytest.mark.parametrize(
    "title", ["Hon.", "Right Hon.", "The Honourable", "Rt. Hon.", "The Right Hon.", "L’honorable"]
)
def test_an_honorific_before_a_name_is_a_warning_that_names_the_honorific_column(problem, title):
    found = problem(f"email,name\na@parl.example,{title} Ann Lee\n")

    assert found.rule == "last-name"
    assert "column honorific" in found.remedy


@pytest.mark.parametrize(
    "name",
    [
        "Ann Lee", "Lee", "A B", "Van Nguyen", "Theodora Lee", "Honor Lee", "Drew Li", "J. R. Ng", "Ng",
        "J.R.R. Tolkien", "JJ Abrams", "J.-P. Roy", "Malcolm X", "Priya R", "A. P. J. Abdul Kalam",
        "Ronald McDonald", "Sean O’Brien", "Sean O'Brien", "LaToya Lee", "Chris d’Entremont",
        "Yo-Yo Ma", "Kim Jong Un", "Nguyen Thi Minh Khai", "Ahmed al-Rashid", "Łukasz Wałęsa", "王小明",
        "Иван Иванов", "გიორგი ბერიძე", "राम सिंह", "محمد علي", "Mary Jo Smith",
    ],
)  # fmt: skip
def test_an_ordinary_name_gives_no_warning(one, name):
    assert one(f"email,name\na@parl.example,{name}\n").last_name == name.split()[-1]


@pytest.mark.parametrize(
    ("name", "last_name"),
    [
        ("Ann van der Berg", "van der Berg"),
        ("Luc de la Tour", "de la Tour"),
        ("Juan de la Cruz", "de la Cruz"),
        ("de Souza", "de Souza"),
        ("Maria da Silva", "da Silva"),
        ("Mohammed bin Salman", "bin Salman"),
        ("Gerard 't Hooft", "'t Hooft"),
    ],
)
def test_small_particles_belong_to_the_last_name(one, name, last_name):
    assert one(f"email,name\na@parl.example,{name}\n").last_name == last_name


@pytest.mark.parametrize("name", ["Hon. Ann van der Berg Jr.", "ANN LEE", "Ann St. John"])
def test_a_last_name_in_its_own_column_gives_no_warning(one, name):
    found = one(f"email,name,last_name\na@parl.example,{name},van der Berg\n")

    assert found.last_name == "van der Berg"
