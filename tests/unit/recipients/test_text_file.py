"""Files in every encoding that people save lists in: read, or refused with an error message."""

import os
from pathlib import Path

import pytest

from letters.errors import RecipientsError
from letters.recipients.csv import RecipientsFile

HEADER = "email,name\n"


def test_a_windows_1252_list_is_read_with_a_note(write):
    file = RecipientsFile(
        write(HEADER + "a@parl.example,Ann\nr@parl.example,Renée O’Toole\n", encoding="cp1252")
    )

    assert file.detected == ("Read as windows-1252, because line 3 is not UTF-8.",)
    assert [recipient.name for recipient, _ in file] == ["Ann", "Renée O’Toole"]


def test_a_byte_order_mark_is_removed_with_a_note(write):
    file = RecipientsFile(write(HEADER + "r@parl.example,Renée\n", encoding="utf-8-sig"))

    [(recipient, _)] = file
    assert dict(recipient.fields) == {"email": "r@parl.example", "name": "Renée"}
    assert "byte order mark" in file.detected[0]


def test_a_second_byte_order_mark_before_a_quotation_mark_is_removed(one):
    recipient = one('\ufeff\ufeff"email",name\na@parl.example,A B\n')

    assert list(recipient.fields) == ["email", "name"]


def test_utf16_with_a_byte_order_mark_is_read_with_a_note(write):
    file = RecipientsFile(
        write(HEADER.replace(",", "\t") + "r@parl.example\tRenée Łuk\r\n", encoding="utf-16")
    )

    assert [recipient.name for recipient, _ in file] == ["Renée Łuk"]
    assert "UTF-16" in file.detected[0]


def test_utf16_that_is_cut_off_is_refused_naming_the_line(refusal):
    assert "line 2: this is not UTF-16" in refusal(
        (HEADER + "a@parl.example,A B").encode("utf-16")[:-1]
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_refused_with_a_hint_that_helps(write, encoding):
    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(
            write(HEADER.replace(",", "\t") + "a@parl.example\tA B\n", encoding=encoding)
        )

    assert "UTF-16" in refused.value.message
    assert "CSV UTF-8" in refused.value.hint
    [(recipient, _)] = RecipientsFile(refused_path(refused), encoding=encoding)
    assert recipient.name == "A B"


def refused_path(refused):
    return Path(refused.value.message.partition(", line")[0])


def test_a_nul_byte_is_refused_naming_the_line(refusal):
    assert "line 2" in refusal(HEADER + "a@parl.example,A\0B\n")


def test_an_undefined_byte_is_refused_naming_row_and_column(refusal):
    message = refusal(HEADER.encode() + b'a@parl.example,"A\nB"\nh@parl.example,H\x8el\x8fne\n')

    assert "row 3, column B" in message


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RecipientsError, match=r"nowhere\.csv: there is no such file"):
        RecipientsFile(tmp_path / "nowhere.csv")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(RecipientsError, match="is a folder"):
        RecipientsFile(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_data(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")

    with pytest.raises(RecipientsError, match="not a regular file"):
        RecipientsFile(tmp_path / "pipe.csv")


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7"])
def test_a_workbook_is_refused_with_a_hint_how_to_save_the_list(write, head):
    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(write(head + b"\0\0\0"))

    assert "not CSV" in refused.value.message
    assert "CSV UTF-8" in refused.value.hint


def test_a_file_that_changed_since_it_was_opened_is_not_read(write):
    path = write(HEADER + "a@parl.example,A B\n")
    file = RecipientsFile(path)

    write(HEADER + "a@parl.example,A B\nb@parl.example,B C\n")

    with pytest.raises(RecipientsError, match="was changed"):
        list(file)
