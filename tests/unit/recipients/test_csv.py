"""A CSV file as a list of recipients: its separator, rows, quotation marks."""

import csv
import io
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.errors import RecipientsError
from letters.recipients.csv import RecipientsFile

HEADER = "email,name\n"


def test_a_comma_separated_list_in_utf8_has_no_notes(write):
    file = RecipientsFile(write(HEADER + "zoe@parl.example,Zoë Łuk\n"))

    assert file.detected == ()


def test_the_file_can_be_read_again_and_again(write):
    file = RecipientsFile(write(HEADER + "a@parl.example,A B\nb@parl.example,B C\n"))

    assert list(file) == list(file)
    assert [recipient.row for recipient, _ in file] == [2, 3]


@pytest.mark.parametrize(
    ("separator", "said"),
    [(";", "semicolon"), ("\t", "tab"), ("|", "vertical bar"), ("^", "caret"), ("~", "tilde"), (":", "colon")],
)  # fmt: skip
def test_another_separator_is_read_with_a_note(write, separator, said):
    content = "email,name,riding\na@parl.example,A B,C\n".replace(",", separator)

    file = RecipientsFile(write(content))

    assert [recipient.fields["riding"] for recipient, _ in file] == ["C"]
    assert file.detected == (f"Cells are separated by {said}.",)


def test_a_separator_inside_a_quoted_column_name_does_not_count(write):
    file = RecipientsFile(write('email;name;"a,b,c,d,e"\na@parl.example;A B;1,2\n'))

    [(recipient, _)] = file
    assert list(recipient.fields) == ["email", "name", "a_b_c_d_e"]


def test_a_sep_line_is_used_and_not_counted_as_a_row(write):
    file = RecipientsFile(write("sep=|\r\nemail|name\r\na@parl.example|A B\r\n"))

    assert [(recipient.row, recipient.name) for recipient, _ in file] == [(2, "A B")]
    assert "sep=" in file.detected[0]


def test_rows_that_stand_in_quotation_marks_are_read_with_a_note(write):
    content = '''\
"email,name,riding"
"a@parl.example,""Ann Lee"",""Gander, north"""
b@parl.example,Bo Roy,Fogo

"c@parl.example,Cy Poe"
'''

    file = RecipientsFile(write(content))

    (ann, none), (bo, nothing), (cy, [ragged]) = file
    assert (ann.row, ann.name, ann.fields["riding"], none) == (2, "Ann Lee", "Gander, north", ())
    assert (bo.row, bo.fields["riding"], nothing) == (3, "Fogo", ())
    assert (cy, ragged.rule, ragged.row) == (None, "ragged-row", 5)
    assert file.detected == (
        "Each row is in quotation marks; in them cells are separated by comma.",
    )


def test_rows_in_quotation_marks_may_have_another_separator(one):
    assert one('"email;name"\n"a@parl.example;Ann Lee"\n').name == "Ann Lee"


def test_a_list_in_one_column_is_refused_and_a_first_line_sep_helps(write):
    rows = "email#name\na@parl.example#Ann Lee\n"
    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(write(rows))

    assert "sep=#" in refused.value.hint
    assert [found.name for found, _ in RecipientsFile(write(f"sep=#\n{rows}"))] == ["Ann Lee"]


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


@pytest.mark.parametrize("content", ["", "\n\n", ",,\n", "\ufeff"])
def test_an_empty_file_is_refused(refusal, content):
    assert "empty" in refusal(content)


@pytest.mark.parametrize("content", [HEADER, "email,name", HEADER + "\n,\n"])
def test_a_header_without_rows_is_refused_as_an_empty_list(refusal, content):
    assert "list is empty" in refusal(content)


def test_an_unclosed_quotation_mark_is_refused_naming_the_row_where_it_began(refusal):
    message = refusal(HEADER + 'a@parl.example,A B\nb@parl.example,"B C\nc@parl.example,C D\n')

    assert "row 3" in message
    assert "never closed" in message


def test_an_unclosed_quotation_mark_in_a_long_file_is_refused_naming_its_row(refusal):
    message = refusal(HEADER + 'b@parl.example,"B C\n' + "c@parl.example,C D\n" * 10_000)

    assert "row 2" in message
    assert "131,072 characters" in message


@pytest.mark.parametrize("row", ['a@parl.example,"Ann" Lee', '"a@parl.example" ,Ann Lee'])
def test_text_after_a_closing_quotation_mark_is_refused_naming_the_row(refusal, row):
    assert "row 2: a quoted cell goes on" in refusal(f"{HEADER}{row}\n")


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
def test_every_cell_is_read_trimmed_and_in_nfc(tmp_path_factory, rows, shape):
    separator, encoding, (ending, quoting) = shape
    if encoding == "cp1252":
        rows = [[cell.encode("cp1252", "ignore").decode("cp1252") for cell in row] for row in rows]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerow(["email", "name", "one", "two"])
    writer.writerows(["a@parl.example", "André B", *row] for row in rows)
    path = tmp_path_factory.mktemp("wild") / "recipients.csv"
    path.write_bytes(text.getvalue().encode(encoding))

    # Named, since such cells may look like another encoding's.
    found = list(RecipientsFile(path, encoding=encoding))

    assert [[recipient.fields["one"], recipient.fields["two"]] for recipient, _ in found] == [
        [tidied(cell) for cell in row] for row in rows
    ]
    assert [recipient.row for recipient, _ in found] == list(range(2, len(rows) + 2))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_read_or_refused_with_an_error_message(tmp_path_factory, content, headed):
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
