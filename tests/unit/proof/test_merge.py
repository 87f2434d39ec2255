"""Several rows of one address as one letter: `--same-address merge` and `recipient.rows`."""

import pytest

from letters.errors import Severity
from letters.proof.proof import Proof, SameAddress
from letters.recipients.csv import RecipientsFile
from tests.mail import DATE, NONCE, TODAY, make_recipient, parts

LOOP = """\
{{ recipient.salutation }}

{% for row in recipient.rows %}
- {{ row.name }}, {{ row.riding | upper }}: {{ row.salutation }}
{% endfor %}
"""
ANN = make_recipient(row=2, name="Ann Lee", email="office@parl.example", riding="Gander")
BO = make_recipient(row=4, name="Bo <b>*Roy*", email="Office@parl.example", riding="Oak Bay")
CY = make_recipient(row=5, name="Cy Dal", email="cy@parl.example", riding="Laval")
DEE = make_recipient(row=7, name="Dee Kim", email="office@PARL.example", riding="Comox")


@pytest.fixture
def merged(campaign):
    """The rows' letters with their addresses merged: what was proofed, and the report."""

    def merged(*rows, body=LOOP, choice=SameAddress.MERGE):
        rows = [row if isinstance(row, tuple) else (row, ()) for row in rows]
        run = Proof(
            campaign(body),
            rows,
            nonce=NONCE,
            today=TODAY,
            file="list.csv",
            same_address=choice,
        )
        return list(run), run.report

    return merged


def text(proofed):
    return parts(proofed.message.dated(DATE).content)[0]


def found(report):
    own = [p for p in report.problems if p.rule != "missing-demand" and "demand" not in p.rule]
    return [(p.severity, p.row, p.column) for p in own]


def test_the_rows_of_one_address_are_one_letter_to_the_first_that_names_all(merged):
    (one, other), report = merged(ANN, BO, CY, DEE)

    assert (one.recipient.row, other.recipient.row) == (2, 5)
    assert one.message.envelope.recipient == "office@parl.example"
    assert one.message.identity == "office@parl.example"
    assert "- Ann Lee, GANDER: Dear Ms. Lee:" in text(one)
    assert "- Bo <b>*Roy*, OAK BAY: Dear Ms. <b>*Roy*:" in text(one)
    assert "- Dee Kim, COMOX: Dear Ms. Kim:" in text(one)
    assert (report.letters, report.merged, report.skipped) == (2, 2, 0)
    assert found(report) == []


@pytest.mark.parametrize("choice", SameAddress)
def test_a_recipient_that_is_not_merged_has_one_row(merged, choice):
    (one,), _ = merged(CY, choice=choice)

    assert text(one).count("- ") == 1
    assert "- Cy Dal, LAVAL: Dear Ms. Dal:" in text(one)


def test_merging_changes_nothing_of_letters_that_are_not_merged(merged):
    plain, _ = merged(ANN, CY, body="Dear {{ recipient.name }}", choice=SameAddress.STOP)
    same, _ = merged(ANN, CY, body="Dear {{ recipient.name }}")

    assert [(p.inputs, p.message) for p in plain] == [(p.inputs, p.message) for p in same]


def test_every_cell_of_every_merged_row_belongs_to_the_inputs(merged):
    def inputs(*rows):
        return merged(*rows)[0][0].inputs

    digests = [
        inputs(ANN),
        inputs(ANN, BO),
        inputs(ANN, BO, DEE),
        inputs(ANN, DEE, BO),
        inputs(ANN, make_recipient(row=4, **dict(BO.fields) | {"party": "Green"})),
    ]

    assert len(set(digests)) == len(digests)
    assert inputs(ANN, BO) == inputs(ANN, CY, BO)


@pytest.mark.parametrize(
    ("cells", "column"),
    [({"office": "senator"}, "office"), ({"language": "fr"}, "language"), ({"language": ""}, "language")],
)  # fmt: skip
def test_rows_of_another_office_or_language_are_warned_about(merged, cells, column):
    other = make_recipient(row=4, **dict(BO.fields) | cells)

    (one,), report = merged(
        ANN, other, body="{% for r in recipient.rows %}{{ r.name }}{% endfor %}"
    )

    assert "Ann Lee" in text(one)
    (problem,) = [p for p in report.problems if p.rule == "same-address"]
    assert (problem.severity, problem.row, problem.column) == (Severity.WARNING, 4, column)
    assert "row 4" in problem.message
    assert "row 2" in problem.message
    assert not report.failed


def test_a_template_that_names_nothing_of_the_other_rows_is_warned_about(merged):
    _, report = merged(ANN, BO, DEE, CY, body="Dear {{ recipient.name }}")

    (problem,) = [p for p in report.problems if p.rule == "same-address"]
    assert (problem.severity, problem.row, problem.file) == (Severity.WARNING, 4, "list.csv")
    assert "row 4 (Bo <b>*Roy*), 7 (Dee Kim)" in problem.message
    loop = problem.remedy.partition("{%")[2].partition("%}")[0]
    body = f"{{%{loop}%}}{{{{ row.name }}}}{{% endfor %}}"
    assert found(merged(ANN, BO, DEE, body=body)[1]) == []
    assert "--same-address first" in problem.remedy
    assert found(merged(ANN, BO, body="x", choice=SameAddress.FIRST)[1]) == []


@pytest.mark.parametrize(
    ("body", "cells", "words"),
    [
        ("{{ row.riding }}", {"riding": ""}, ("riding", "{{ row.riding | default(")),
        ("{{ row.salutation }}", {"office": "king"}, ("office", "")),
        ("[x]({{ row.page }})", {"page": "javascript:1"}, ("page", "")),
    ],
)
def test_what_is_wrong_with_a_merged_row_names_that_row(merged, body, cells, words):
    ann = make_recipient(**dict(ANN.fields) | {"page": "https://river.example/"})
    bo = make_recipient(row=4, **dict(BO.fields) | {"page": "https://river.example/"} | cells)

    loop = f"{{% for row in recipient.rows %}}{body}{{% endfor %}}"
    _, report = merged(ann, bo, body=loop)

    column, remedy = words
    (problem,) = [p for p in report.problems if p.severity is Severity.ERROR]
    assert (problem.row, problem.column) == (4, column)
    assert remedy in problem.remedy


def test_a_column_that_no_row_has_is_answered_with_one_that_a_row_has(merged):
    _, report = merged(ANN, BO, body="{% for row in recipient.rows %}{{ row.ridng }}{% endfor %}")

    (problem,) = [p for p in report.problems if p.rule == "unknown-name"]
    assert problem.remedy == "did you mean `row.riding`?"


@pytest.mark.parametrize(
    "body", ["{{ recipient.rows }}", "{{ recipient.rows | join }}", "{{ recipient.rows[0] }}"]
)
def test_rows_are_never_printed_whole(merged, body):
    _, report = merged(ANN, CY, body=body)

    assert [p.rule for p in report.problems] == ["value-printed"] * 2


def test_the_problems_of_merged_rows_are_reported(merged, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "email,name,office,gender,language,riding\n"
        "o@parl.example,Ann Lee,mp,f,en,Gander\n"
        "o@parl.example,Bo Roy,mp,unclear,en,Oak Bay\n",
        "utf-8",
    )

    (one,), report = merged(*RecipientsFile(path))

    assert "Bo Roy" in text(one)
    assert [(p.rule, p.row) for p in report.problems if p.severity is Severity.ERROR] == [
        ("gender", 3)
    ]


def test_a_letter_is_the_same_whatever_letter_comes_before_it(merged):
    body = "{{ recipient.name }}{% if recipient.rows | length > 1 %} and others{% endif %}"

    letters, _ = merged(CY, ANN, BO, body=body)
    others, _ = merged(ANN, BO, CY, body=body)

    assert [text(p).strip() for p in letters] == ["Cy Dal", "Ann Lee and others"]
    assert {p.message for p in letters} == {p.message for p in others}


def test_the_organisations_copy_is_merged_with_no_row(campaign):
    settings = campaign().folder / "campaign.toml"
    sender = settings.read_text("utf-8").replace(
        "[sender]\n", '[sender]\ncopy_to = "office@parl.example"\n'
    )

    run = Proof(
        campaign(LOOP, campaign__toml=sender),
        [(CY, ()), (ANN, ()), (BO, ())],
        nonce=NONCE,
        today=TODAY,
        same_address=SameAddress.MERGE,
    )
    list(run)

    assert {p.rule for p in run.report.problems if p.severity is Severity.ERROR} == {"same-address"}
