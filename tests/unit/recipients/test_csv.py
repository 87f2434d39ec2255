"""Recipients files as people save them: read right, or stopped naming file, row and column."""

import csv
import io
import os
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.errors import Exit, RecipientsError, Severity
from letters.recipients.recipient import each_identity
from letters.recipients.tables import RecipientsFile

HEADER = "email,name\n"


@pytest.fixture
def write(tmp_path):
    def write(content, *, encoding="utf-8", name="recipients.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def read(write):
    def read(content, **options):
        return list(RecipientsFile(write(content, **options)))

    return read


@pytest.fixture
def one(read):
    def one(content, **options):
        [(recipient, problems)] = read(content, **options)
        assert problems == ()
        return recipient

    return one


@pytest.fixture
def problem(read):
    def problem(content, **options):
        [(_, [problem])] = read(content, **options)
        assert problem.file.endswith("recipients.csv")
        assert problem.remedy
        return problem

    return problem


@pytest.fixture
def refusal(write):
    def refusal(content, **options):
        with pytest.raises(RecipientsError) as refused:
            list(RecipientsFile(write(content, **options)))
        assert refused.value.exit_code == Exit.DATA
        assert "recipients.csv" in refused.value.message
        assert refused.value.hint
        return refused.value.message

    return refusal


# What a row means


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


def test_a_clean_comma_list_in_utf8_needs_no_words(write):
    file = RecipientsFile(write(HEADER + "zoe@parl.example,Zoë Łuk\n"))

    assert file.detected == ()
    assert file.columns == ("email", "name")


def test_the_file_can_be_read_again_and_again(write):
    file = RecipientsFile(write(HEADER + "a@parl.example,A B\nb@parl.example,B C\n"))

    assert list(file) == list(file)
    assert [recipient.row for recipient, _ in file] == [2, 3]


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


def test_a_comma_in_a_name_leaves_the_last_name_open_and_warns(read):
    [(recipient, [warning])] = read(HEADER + 'a@parl.example,"Lee, Ann"\n')

    assert (warning.severity, warning.rule, warning.column) == (
        Severity.WARNING,
        "last-name",
        "name",
    )
    assert (recipient.last_name, recipient.mailbox.name) == ("", "Lee, Ann")


def test_a_comma_in_a_name_is_fine_beside_a_last_name(one):
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
def test_a_name_whose_last_word_is_doubtful_is_a_warning(problem, name):
    found = problem(f"email,name\na@parl.example,{name}\n")

    assert (found.rule, found.severity) == ("last-name", Severity.WARNING)
    assert (found.row, found.column) == (2, "name")
    assert name in found.message
    assert "fill the column last_name" in found.remedy


@pytest.mark.parametrize(
    "title", ["Hon.", "Right Hon.", "The Honourable", "Rt. Hon.", "The Right Hon.", "L’honorable"]
)
def test_an_honorific_before_a_name_is_a_warning_that_names_its_column(problem, title):
    found = problem(f"email,name\na@parl.example,{title} Ann Lee\n")

    assert found.rule == "last-name"
    assert "column honorific" in found.remedy


@pytest.mark.parametrize(
    "name",
    ["Ann Lee", "Lee", "A B", "Van Nguyen", "Theodora Lee", "Honor Lee", "Drew Li", "J. R. Ng"],
)
def test_a_plain_name_draws_no_warning(one, name):
    assert one(f"email,name\na@parl.example,{name}\n").last_name == name.split()[-1]


@pytest.mark.parametrize("name", ["Hon. Ann van der Berg Jr.", "ANN LEE", "Ann St. John"])
def test_a_last_name_of_its_own_draws_no_warning(one, name):
    found = one(f"email,name,last_name\na@parl.example,{name},van der Berg\n")

    assert found.last_name == "van der Berg"


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
def test_privy_council_is_said_in_many_words(one, cell):
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
    one, office, honorific, council, expected
):
    recipient = one(
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
def test_a_word_nobody_knows_is_a_problem_with_its_choices(problem, column, cell, offered):
    found = problem(f"email,name,{column}\na@parl.example,A B,{cell}\n")

    assert (found.row, found.column) == (2, column)
    assert cell in found.message
    assert offered in found.remedy


def test_the_languages_of_the_campaign_are_the_ones_known(write):
    path = write("email,name,language\na@parl.example,A B,fr\nb@parl.example,B C,de\n")

    [(french, [problem]), (german, none)] = RecipientsFile(path, languages=("en", "de"))

    assert (french.languages, german.languages, none) == ((), ("de",), ())
    assert problem.column == "language"


def test_each_identity_tells_apart_who_shares_an_address(read):
    rows = read(
        HEADER
        + "lords@parl.example,Lord Ann\nLORDS@parl.example,lord ANN\nlords@parl.example,Lord Bob\n"
    )
    first, again, other = (recipient for recipient, _ in rows)

    assert first.identity == again.identity == other.identity
    assert each_identity(first) == each_identity(again) != each_identity(other)


# Encodings


def test_a_windows_1252_list_is_read_and_said(write):
    file = RecipientsFile(
        write(HEADER + "a@parl.example,Ann\nr@parl.example,Renée O’Toole\n", encoding="cp1252")
    )

    assert file.detected == ("Read as windows-1252, because line 3 is not UTF-8.",)
    assert [recipient.name for recipient, _ in file] == ["Ann", "Renée O’Toole"]


def test_a_byte_order_mark_is_taken_off_and_said(write):
    file = RecipientsFile(write(HEADER + "r@parl.example,Renée\n", encoding="utf-8-sig"))

    assert file.columns == ("email", "name")
    assert "byte order mark" in file.detected[0]


def test_a_byte_order_mark_inside_quotation_marks_is_taken_off(write):
    assert RecipientsFile(write('\ufeff\ufeff"email",name\na@parl.example,A B\n')).columns == (
        "email",
        "name",
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused_with_the_way_to_save(write, encoding):
    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(
            write(HEADER.replace(",", "\t") + "a@parl.example\tA B\n", encoding=encoding)
        )

    assert "UTF-16" in refused.value.message
    assert "CSV UTF-8" in refused.value.hint


def test_a_nul_byte_is_refused_naming_the_line(refusal):
    assert "line 2" in refusal(HEADER + "a@parl.example,A\0B\n")


def test_bytes_without_meaning_stop_naming_row_and_column(refusal):
    message = refusal(HEADER.encode() + b'a@parl.example,"A\nB"\nh@parl.example,H\x8el\x8fne\n')

    assert "row 3, column B" in message


@pytest.mark.parametrize("name", ["René", "Québec", "Gaétan Barrette", "Hôtel—Dieu é", "É. été"])
def test_an_old_mac_encoding_is_a_problem_never_a_name(problem, name):
    found = problem((HEADER + f"a@parl.example,{name}\n").encode("mac_roman"))

    assert (found.rule, found.row, found.column) == ("damaged-text", 2, "name")


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [("MenÃ©ndez", "Menéndez"), ("Oâ€™Toole", "O’Toole"), ("Sacré-CÅ“ur", ""), ("VoilÃ\u00a0", ""), ("Laurierâ€”Marie", ""), ("Ren√©e", "")],
)  # fmt: skip
def test_mojibake_is_a_problem_that_says_what_it_probably_was(problem, damaged, meant):
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
def test_real_names_are_not_taken_for_damage(read, name):
    [(recipient, problems)] = read(HEADER + f"a@parl.example,{name}\n")

    assert "damaged-text" not in {problem.rule for problem in problems}
    assert recipient.name == unicodedata.normalize("NFC", name).replace("\u00a0", " ")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#NAME?"])
def test_a_spreadsheets_error_is_a_problem(problem, error):
    found = problem(f"email,name,riding\na@parl.example,A B,{error}\n")

    assert (found.rule, found.column) == ("spreadsheet-error", "riding")


# Separators and lines


@pytest.mark.parametrize(("separator", "said"), [(";", "semicolon"), ("\t", "tab")])
def test_another_separator_is_read_and_said(write, separator, said):
    content = "email,name,riding\na@parl.example,A B,C\n".replace(",", separator)

    file = RecipientsFile(write(content))

    assert [recipient.fields["riding"] for recipient, _ in file] == ["C"]
    assert file.detected == (f"Cells are separated by {said}.",)


def test_a_separator_inside_a_quoted_column_name_does_not_count(write):
    file = RecipientsFile(write('email;name;"a,b,c,d,e"\na@parl.example;A B;1,2\n'))

    assert file.columns == ("email", "name", "a_b_c_d_e")


def test_a_sep_line_is_honoured_and_not_counted(write):
    file = RecipientsFile(write("sep=|\r\nemail|name\r\na@parl.example|A B\r\n"))

    assert [(recipient.row, recipient.name) for recipient, _ in file] == [(2, "A B")]
    assert "sep=" in file.detected[0]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(one, ending):
    assert one(f"email,name{ending}a@parl.example,A B{ending}").name == "A B"


def test_a_quoted_line_break_stays_in_its_cell_and_its_row(read):
    rows = read(
        'email,name,address\na@parl.example,A B,"1 Main St\r\nOttawa"\nb@parl.example,B C,x\n'
    )

    assert [(recipient.row, recipient.fields["address"]) for recipient, _ in rows] == [
        (2, "1 Main St\nOttawa"),
        (3, "x"),
    ]


def test_empty_rows_are_left_out_and_counted(read):
    rows = read("\n" + HEADER + "\n,,,,\n \u00a0,\u200b\na@parl.example,A B\n,,,\n")

    assert [(recipient.row, problems) for recipient, problems in rows] == [(6, ())]


def test_cells_lose_stray_spaces_and_what_nobody_sees(one):
    recipient = one(
        ' Email ,"name\u00a0", Riding\n a@parl.example , "Rene\u0301e\u00a0Lee ",\u200bQu\u2019Appelle\n'
    )

    assert recipient.name == "Ren\u00e9e Lee"
    assert recipient.fields["riding"] == "Qu\u2019Appelle"
    assert recipient.mailbox.address == "a@parl.example"


def test_a_row_too_short_is_a_problem_never_dear_none(problem):
    found = problem("email,name,riding\na@parl.example,A B\n")

    assert (found.rule, found.row) == ("ragged-row", 2)
    assert "2 of 3" in found.message


def test_a_row_too_long_is_a_problem_naming_the_cell(read):
    [(recipient, [found])] = read(HEADER + "a@parl.example,Lee, Ann\n")

    assert (recipient, found.rule, found.row) == (None, "ragged-row", 2)
    assert "“Ann” in column C" in found.message


def test_empty_cells_past_the_last_column_are_fine(one):
    assert one("email,name,,\na@parl.example,A B,,, ,\n").name == "A B"


def test_a_column_without_a_name_is_not_read_and_said(write):
    file = RecipientsFile(write("#,email,name\n1,a@parl.example,A B\n"))

    [(recipient, problems)] = file

    assert problems == ()
    assert dict(recipient.fields) == {"email": "a@parl.example", "name": "A B"}
    assert file.detected == ("Not read, having no name: column A.",)


# Addresses and names in cells


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("not-an-address", "no @"),
        ("clarkek@parl.example; suggd@parl.example", "two addresses"),
        ('"clarkek@parl.example, suggd@parl.example"', "two addresses"),
        ("none", "no @"),
    ],
)
def test_a_cell_without_one_address_stops_with_row_and_column(read, cell, why):
    [(recipient, [found])] = read(HEADER + f"{cell},A B\n")

    assert recipient is None
    assert (found.rule, found.row, found.column) == ("address", 2, "email")
    assert found.address == cell.strip('"')
    assert why in found.message
    assert "one address" in found.remedy


def test_a_formula_in_the_address_column_is_a_problem(problem):
    assert problem(HEADER + '"=HYPERLINK(""mailto:a@parl.example"")",A B\n').rule == "formula"


def test_a_spreadsheets_apostrophe_before_an_address_goes(one):
    assert one(HEADER + "'ann@parl.example,A B\n").mailbox.address == "ann@parl.example"


def test_an_address_without_a_name_is_a_problem(read):
    [(recipient, [found])] = read(HEADER + "a@parl.example, \n")

    assert (recipient, found.rule, found.column) == (None, "no-name", "name")


def test_a_row_of_other_cells_alone_is_a_problem(problem):
    assert problem("email,name,riding\n,,Vacant\n").rule == "no-name"


def test_a_line_break_in_a_name_is_a_problem_never_a_header(read):
    [(_, [found])] = read(HEADER + 'eve@parl.example,"Eve\nBCC: victim@y.example"\n')

    assert (found.rule, found.row, found.column) == ("line-break", 2, "name")


def test_a_control_character_is_a_problem(problem):
    found = problem("email,name,riding\na@parl.example,A B,x\x1by\n")

    assert (found.rule, found.column) == ("control-character", "riding")


def test_every_problem_of_a_row_is_told_at_once(read):
    [(_, found)] = read("email,name,gender,language\nnobody,A?b,q,q\n")

    assert [problem.column for problem in found] == ["name", "email", "gender", "language"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a\x1b@parl.example,A B,f", "email"),
        ("a@parl.example,A B,\x1bf", "gender"),
        ('a@parl.example,"ANN\x1b\nLEE",f', "name"),
    ],
)
def test_a_cell_with_a_control_is_one_problem(problem, row, column):
    found = problem(f"email,name,gender\n{row}\n")

    assert (found.rule, found.column) == ("control-character", column)


# Files that cannot be a list


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecipientsError, match=r"nowhere\.csv: there is no such file"):
        RecipientsFile(tmp_path / "nowhere.csv")


def test_a_folder_is_no_list(tmp_path):
    with pytest.raises(RecipientsError, match="is a folder"):
        RecipientsFile(tmp_path)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")

    with pytest.raises(RecipientsError, match="not a regular file"):
        RecipientsFile(tmp_path / "pipe.csv")


@pytest.mark.parametrize("content", ["", "\n\n", ",,\n", "\ufeff"])
def test_an_empty_file_is_refused(refusal, content):
    assert "empty" in refusal(content)


@pytest.mark.parametrize("content", [HEADER, "email,name", HEADER + "\n,\n"])
def test_a_header_alone_is_an_empty_list(refusal, content):
    assert "list is empty" in refusal(content)


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7"])
def test_a_workbook_is_refused_with_the_way_to_save(write, head):
    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(write(head + b"\0\0\0"))

    assert "not CSV" in refused.value.message
    assert "CSV UTF-8" in refused.value.hint


def test_duplicate_columns_are_refused_naming_them(refusal):
    message = refusal("email,name,Phone,Fax,phone \na@parl.example,A B,1,2,3\n")

    assert "C “Phone” and E “phone”" in message


@pytest.mark.parametrize(
    "title", ["E-mail", "e mail address", "Courriel", "Adresse électronique", "EMAIL_ADDRESS"]
)
def test_a_column_that_can_only_mean_the_address_is_taken_and_said(write, title):
    file = RecipientsFile(write(f"{title},name\na@parl.example,A B\n"))

    assert file.columns == ("email", "name")
    assert file.detected == (f"Addresses read from column “{title}”.",)


def test_two_columns_that_could_be_the_address_are_refused(refusal):
    message = refusal("Courriel,E-mail,name\na@parl.example,b@parl.example,A B\n")

    assert "A “Courriel” and B “E-mail”" in message


def test_email_goes_before_every_other_word_for_it(one):
    recipient = one("Courriel,email,name\nb@parl.example,a@parl.example,A B\n")

    assert recipient.mailbox.address == "a@parl.example"
    assert recipient.fields["courriel"] == "b@parl.example"


def test_no_address_column_lists_the_columns_and_the_nearest(refusal):
    message = refusal("emial,name\nx,A B\n")

    assert "did you mean “emial”" in message
    assert "emial, name" in message


def test_no_name_column_lists_the_columns(refusal):
    assert "no column `name`" in refusal("email,first_name\na@parl.example,Ann\n")


def test_a_list_without_column_names_is_refused(refusal):
    assert "column A" in refusal("a@parl.example,Ann Lee\n")


def test_a_damaged_column_name_is_refused(refusal):
    assert "column C “PrÃ©nom”" in refusal("email,name,PrÃ©nom\na@parl.example,A B,A\n")


def test_an_unclosed_quotation_mark_names_the_row_where_it_began(refusal):
    message = refusal(HEADER + 'a@parl.example,A B\nb@parl.example,"B C\nc@parl.example,C D\n')

    assert "row 3" in message
    assert "never closed" in message


def test_an_unclosed_quotation_mark_does_not_swallow_a_long_file(refusal):
    message = refusal(HEADER + 'b@parl.example,"B C\n' + "c@parl.example,C D\n" * 10_000)

    assert "row 2" in message
    assert "131,072 characters" in message


@pytest.mark.parametrize("row", ['a@parl.example,"Ann" Lee', '"a@parl.example" ,Ann Lee'])
def test_text_after_a_closing_quotation_mark_names_the_row(refusal, row):
    assert "row 2: a quoted cell goes on" in refusal(f"{HEADER}{row}\n")


def test_a_file_changed_since_it_was_opened_is_not_read(write):
    path = write(HEADER + "a@parl.example,A B\n")
    file = RecipientsFile(path)

    write(HEADER + "a@parl.example,A B\nb@parl.example,B C\n")

    with pytest.raises(RecipientsError, match="was changed"):
        list(file)


# Whatever a table holds


CELL = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cf", "Co", "Cn"), exclude_characters="#?√â\u201a\ufffd"),
    max_size=12,
) | st.sampled_from(["", ' a "quoted" cell ', "two\nlines", "a,b;c\td", "\u00a0x", "Rene\u0301"])  # fmt: skip


def tidied(cell):
    text = unicodedata.normalize("NFC", cell).replace("\u2028", "\n").replace("\u2029", "\n")
    return text.translate(dict.fromkeys(map(ord, "\t\u00a0\u2007\u202f"), " ")).strip()


# With CR alone for a line end, csv.writer leaves LF unquoted.
SHAPE = st.tuples(
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    st.sampled_from(
        [("\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_MINIMAL), ("\r", csv.QUOTE_ALL)]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), SHAPE)
def test_every_cell_comes_back_trimmed_and_composed(tmp_path_factory, rows, shape):
    separator, encoding, (ending, quoting) = shape
    if encoding == "cp1252":
        rows = [[cell.encode("cp1252", "ignore").decode("cp1252") for cell in row] for row in rows]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerow(["email", "name", "one", "two"])
    # The é before a space makes the bytes no UTF-8, whatever else they hold.
    writer.writerows(["a@parl.example", "André B", *row] for row in rows)
    path = tmp_path_factory.mktemp("wild") / "recipients.csv"
    path.write_bytes(text.getvalue().encode(encoding))

    found = list(RecipientsFile(path))

    assert [[recipient.fields["one"], recipient.fields["two"]] for recipient, _ in found] == [
        [tidied(cell) for cell in row] for row in rows
    ]
    assert [recipient.row for recipient, _ in found] == list(range(2, len(rows) + 2))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content, headed):
    path = tmp_path_factory.mktemp("wild") / "recipients.csv"
    path.write_bytes((HEADER.encode() if headed else b"") + content)

    try:
        rows = list(RecipientsFile(path))
    except RecipientsError:
        return
    assert all(recipient or problems for recipient, problems in rows)


def test_memory_does_not_grow_with_the_list(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.csv"
        with path.open("w") as stream:
            stream.write(HEADER)
            stream.writelines(
                f"ann{number}@parl.example,Ann Lee {number}\n" for number in range(count)
            )
        tracemalloc.start()
        try:
            assert sum(1 for _ in RecipientsFile(path)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)

    assert peak(12_000) < peak(3_000) * 1.2
