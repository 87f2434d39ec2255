"""The row of column names: understood, or refused naming the columns."""

import pytest

from letters.errors import RecipientsError
from letters.recipients.csv import RecipientsFile


def test_a_column_without_a_name_is_not_read_with_a_note(write):
    file = RecipientsFile(write("#,email,name\n1,a@parl.example,A B\n"))

    [(recipient, problems)] = file

    assert problems == ()
    assert dict(recipient.fields) == {"email": "a@parl.example", "name": "A B"}
    assert file.detected == ("Not read, having no name: column A.",)


def test_duplicate_columns_are_refused_naming_them(refusal):
    message = refusal("email,name,Phone,Fax,phone \na@parl.example,A B,1,2,3\n")

    assert "C “Phone” and E “phone”" in message


@pytest.mark.parametrize(
    "title", ["E-mail", "e mail address", "Courriel", "Adresse électronique", "EMAIL_ADDRESS"]
)
def test_another_name_of_the_address_column_is_understood_with_a_note(write, title):
    file = RecipientsFile(write(f"{title},name\na@parl.example,A B\n"))

    [(recipient, _)] = file
    assert recipient.mailbox.address == "a@parl.example"
    assert file.detected == (f"Addresses read from column “{title}”.",)


def test_two_columns_that_could_be_the_address_are_refused(refusal):
    message = refusal("Courriel,E-mail,name\na@parl.example,b@parl.example,A B\n")

    assert "A “Courriel” and B “E-mail”" in message


def test_a_column_email_is_preferred_to_its_other_names(one):
    recipient = one("Courriel,email,name\nb@parl.example,a@parl.example,A B\n")

    assert recipient.mailbox.address == "a@parl.example"
    assert recipient.fields["courriel"] == "b@parl.example"


def test_without_an_address_column_the_columns_and_the_nearest_are_listed(refusal):
    message = refusal("emial,name\nx,A B\n")

    assert "did you mean “emial”" in message
    assert "emial, name" in message


def test_without_a_name_column_the_columns_are_listed(refusal):
    assert "no column `name`" in refusal("email,first_name\na@parl.example,Ann\n")


@pytest.mark.parametrize(
    "row", ["a@parl.example,Ann Lee", "Ann Lee;a@parl.example;Gander", "Ann|Lee|a@parl.example|x"]
)
def test_a_list_without_column_names_is_refused_and_the_row_that_is_suggested_helps(write, row):
    with pytest.raises(RecipientsError, match="is in the row of column names") as refused:
        RecipientsFile(write(f"{row}\n"))

    suggested = refused.value.hint.rpartition(" ")[2]
    [(recipient, _)] = RecipientsFile(write(f"{suggested}\n{row}\n"))
    assert recipient.mailbox.address == "a@parl.example"
    assert recipient.name.startswith("Ann")


def test_the_column_that_a_list_without_names_suggests_helps_when_it_is_renamed(write):
    content = "email,Full Name\na@parl.example,Ann Lee\n"
    with pytest.raises(RecipientsError, match="did you mean “full_name”") as refused:
        RecipientsFile(write(content))

    assert "call the column that holds the names `name`" in refused.value.hint
    [(recipient, _)] = RecipientsFile(write(content.replace("Full Name", "name")))
    assert recipient.name == "Ann Lee"


def test_a_damaged_column_name_is_refused(refusal):
    assert "column C “PrÃ©nom”" in refusal("email,name,PrÃ©nom\na@parl.example,A B,A\n")
