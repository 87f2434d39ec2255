"""The proof of a whole batch: every letter written, sealed and looked at before anything leaves."""

import gc
import random

import pytest

from letters.errors import CampaignError, Severity
from letters.proof.proof import KEPT_PROBLEMS, Proof, SameAddress
from letters.recipients.csv import RecipientsFile
from letters.render.wording import Wording
from tests.mail import DATE, NONCE, SETTINGS, TODAY, make_recipient, parts, read_back


@pytest.fixture
def proof(campaign):
    """A proof, iterated: its proofed rows and its report."""

    def proof(rows, made=None, **options):
        rows = [(row, ()) if not isinstance(row, tuple) else row for row in rows]
        options = {"nonce": NONCE, "today": TODAY, "file": "list.csv", **options}
        run = Proof(made or campaign(), rows, **options)
        return list(run), run.report

    return proof


def people(*addresses, **cells):
    return [
        make_recipient(row=n, email=address, name=f"Ann Lee{n}", **cells)
        for n, address in enumerate(addresses, 2)
    ]


def test_every_letter_of_a_correct_list_is_sealed(proof):
    proofed, report = proof(people("a@parl.example", "b@parl.example", "c@parl.example"))

    assert [p.message.envelope.recipient for p in proofed] == [
        *("a@parl.example", "b@parl.example", "c@parl.example"),
    ]
    assert (report.letters, report.wordings, report.not_mailable) == (3, 1, 0)
    assert report.problems == []
    assert not report.failed


def test_a_row_without_an_address_is_counted_and_no_problem(proof):
    proofed, report = proof(people("a@parl.example", "", "c@parl.example"))

    assert [p.message is None for p in proofed] == [False, True, False]
    assert (report.letters, report.not_mailable) == (2, 1)
    assert not report.failed


def test_one_bad_row_fails_the_batch_and_names_file_row_and_column(proof, campaign):
    rows = people("a@parl.example", "b@parl.example")
    rows[1] = make_recipient(row=3, email="b@parl.example", riding="")

    proofed, report = proof(rows, campaign("{{ recipient.riding }}"))

    [problem] = [p for p in report.problems if p.rule != "missing-demand"]
    assert proofed[1].message is None
    assert (problem.file, problem.row, problem.column) == ("list.csv", 3, "riding")
    assert problem.rule == "empty-field"
    assert (problem.template, problem.line) == ("campaign.toml", None) or problem.line == 1
    assert report.failed


def test_problems_of_the_list_are_in_the_report(tmp_path, campaign):
    path = tmp_path / "list.csv"
    path.write_text("email,name,office,riding,language\nx,Ann Lee,mp,Gander,en\n", "utf-8")

    run = Proof(campaign(), RecipientsFile(path), nonce=NONCE, today=TODAY, file=str(path))

    assert list(run) == []
    assert [(p.rule, p.row, p.column) for p in run.report.problems] == [("address", 2, "email")]
    assert run.report.failed


def test_a_warning_fails_a_strict_proof_only(proof):
    rows = people("a@parl.example", language="")

    [_, lenient], [_, strict] = proof(rows), proof(rows, strict=True)

    assert [p.severity for p in lenient.problems] == [Severity.WARNING]
    assert not lenient.failed
    assert strict.failed


def test_one_address_in_two_rows_is_a_problem_that_names_both_rows_and_the_choices(proof):
    rows = people("Ann.Lee@parl.example", "b@parl.example", "ann.lee@PARL.example")

    proofed, report = proof(rows)

    [problem] = report.problems
    assert (problem.rule, problem.row, problem.column) == ("same-address", 4, "email")
    assert "row 2 and in row 4" in problem.message
    assert "--same-address first" in problem.remedy
    assert "--same-address each" in problem.remedy
    assert problem.file == "list.csv"
    assert len(proofed) == 3
    assert report.failed


def test_same_address_first_writes_one_letter_to_the_first_row(proof):
    rows = people("a@parl.example", "b@parl.example", "A@parl.example")

    proofed, report = proof(rows, same_address=SameAddress.FIRST)

    assert [p.recipient.row for p in proofed] == [2, 3]
    assert (report.letters, report.skipped) == (2, 1)
    assert not report.failed


def test_same_address_each_writes_a_letter_with_its_own_identity_to_each_row(proof):
    rows = people("office@parl.example", "b@parl.example", "Office@parl.example")

    proofed, report = proof(rows, same_address=SameAddress.EACH)

    assert [p.message.identity for p in proofed] == [
        "office@parl.example ann lee2",
        "b@parl.example",
        "office@parl.example ann lee4",
    ]
    assert len({p.message.message_id for p in proofed}) == 3
    assert not report.failed


def test_same_address_each_with_the_same_name_is_still_a_problem(proof):
    rows = [make_recipient(row=row, name="Ann Lee") for row in (2, 3)]

    _, report = proof(rows, same_address=SameAddress.EACH)

    assert [(p.rule, p.row) for p in report.problems] == [("same-address", 3)]


@pytest.mark.parametrize("choice", [SameAddress.FIRST, SameAddress.EACH])
def test_the_order_of_rows_never_changes_an_identity(proof, choice):
    rows = people("a@parl.example", "b@parl.example", "A@parl.example", "c@parl.example")
    found = set()

    for seed in range(8):
        shuffled = random.Random(seed).sample(rows, len(rows))
        if choice is SameAddress.FIRST:
            shuffled = [r for r in shuffled if r is not rows[2]]
        proofed, _ = proof(shuffled, same_address=choice)
        found.add(frozenset((p.recipient.name, p.message.identity) for p in proofed))

    assert len(found) == 1


def test_the_order_of_rows_never_changes_a_byte(proof):
    rows = people(*(f"m{n}@parl.example" for n in range(9)))

    straight, _ = proof(rows)
    reverse, _ = proof(rows[::-1], nonce="f" * 16)

    assert {p.message for p in straight} == {p.message for p in reverse}
    assert {p.inputs for p in straight} == {p.inputs for p in reverse}


def test_a_proof_makes_its_own_nonce_and_it_changes_no_byte(proof):
    rows = people("a@parl.example", "b@parl.example")

    given, _ = proof(rows)
    random_nonce, _ = proof(rows, nonce=None)

    assert [p.message for p in random_nonce] == [p.message for p in given]


def test_the_digest_of_inputs_depends_on_row_and_template(proof, campaign):
    [row] = people("a@parl.example")
    [changed] = people("a@parl.example", riding="Fogo")

    digests = {
        proof([row])[0][0].inputs,
        proof([changed])[0][0].inputs,
        proof([row], campaign("Another letter"))[0][0].inputs,
    }

    assert len(digests) == 3


def test_the_first_thousand_problems_are_listed_and_all_are_counted(proof, campaign):
    rows = people(*(f"m{n}@parl.example" for n in range(KEPT_PROBLEMS + 50)), riding="")

    proofed, report = proof(rows, campaign("{{ recipient.riding }}", subject="x"))

    assert KEPT_PROBLEMS == 1000
    assert len(report.problems) == 1000
    assert report.counts[Severity.ERROR] == len(proofed) == 1050
    assert report.failed


def test_the_copy_is_addressed_to_the_organisation_in_the_first_language(proof, campaign):
    settings = SETTINGS.replace(
        'organisation = "Friends of the River, Gander"',
        'organisation.fr = "Les amis de la rivière"\norganisation.en = "Friends"\n'
        'copy_to = "archive@river.example"',
    )

    proofed, _ = proof(people("a@parl.example"), campaign(campaign__toml=settings))

    assert proofed[1].recipient.name == "Friends"


def test_the_organisation_gets_one_copy_that_is_a_separate_letter(proof, campaign):
    settings = SETTINGS.replace("[sender]", "[sender]\ncopy_to = 'archive@river.example'")
    rows = people("a@parl.example", "b@parl.example")

    proofed, report = proof(rows, campaign(campaign__toml=settings))

    assert report.letters == 3
    copy = proofed[1]
    assert copy.message.envelope.recipient == "archive@river.example"
    assert copy.recipient.row == 0
    assert copy.message.identity == "archive@river.example"
    assert len({p.message.message_id for p in proofed}) == 3
    read = read_back(copy.message.dated(DATE).content)
    assert [a.display_name for a in read["To"].addresses] == ["Friends of the River, Gander"]
    assert all("Cc" not in read_back(p.message.dated(DATE).content) for p in proofed)


def test_the_address_of_the_copy_in_the_list_is_a_problem(proof, campaign):
    settings = SETTINGS.replace("[sender]", "[sender]\ncopy_to = 'archive@river.example'")
    rows = people("a@parl.example", "archive@river.example")

    _, report = proof(rows, campaign(campaign__toml=settings))

    [problem] = report.problems
    assert (problem.rule, problem.row) == ("same-address", 3)
    assert "copy" in problem.message


def test_the_copy_is_checked_as_every_letter(proof, campaign):
    settings = SETTINGS.replace("[sender]", "[sender]\ncopy_to = 'archive@river.example'")
    settings = settings.replace("office@river.example", "office@river.gc.ca")
    rows = people("a@parl.gc.ca")

    _, report = proof(rows, campaign(campaign__toml=settings), leaves_machine=True)

    assert [(p.rule, p.address) for p in report.problems] == [
        ("reserved-domain", "archive@river.example")
    ]


def test_subject_text_and_html_have_both_languages_in_order(proof):
    [proofed], _ = proof(people("a@parl.example", language="en+fr"))

    text, html = parts(proofed.message.dated(DATE).content)
    assert proofed.message.subject.index("The river") < proofed.message.subject.index("La rivière")
    assert text.index("Dear Ms. Lee2:") < text.index("Madame la Députée,")
    assert html.index('<div lang="en">') < html.index('<div lang="fr">')


def test_wordings_are_counted_as_they_appear(proof, campaign):
    made = campaign("{% if recipient.party %}{{ recipient.party }}{% else %}None{% endif %}")
    rows = [
        *people("a@parl.example", party="NDP"),
        *people("b@parl.example", party=""),
        *people("c@parl.example", party="Green"),
    ]

    proofed, report = proof(rows, made)

    assert report.wordings == 2
    assert [p.letter.wording.number for p in proofed] == [1, 2, 1]


def test_a_template_that_cannot_be_read_raises_a_campaign_error(proof, campaign):
    with pytest.raises(CampaignError):
        proof(people("a@parl.example"), campaign("{{ recipient.riding"))


def test_with_a_missing_attachment_nothing_is_sealed_and_letters_are_still_checked(proof, campaign):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['gone.pdf']\n[sender]", 1)

    proofed, report = proof(people("a@parl.example"), campaign("TODO", campaign__toml=settings))

    assert report.problems[0].rule == "attachment"
    assert "leftover" in {p.rule for p in report.problems}
    assert report.problems[0].file.endswith("campaign.toml")
    assert proofed[0].message is None


def test_many_wordings_are_not_kept_in_memory(campaign):
    made = campaign("{{ recipient.n | int }}", subject="x")

    rows = ((make_recipient(row=n, email=f"m{n}@parl.example", n=n), ()) for n in range(700))
    run = iter(Proof(made, rows, nonce=NONCE, today=TODAY))

    counts = [len(wordings()) for number, _ in enumerate(run) if number % 100 == 99]

    assert max(counts[3:]) <= max(counts[:3]) + 10


def wordings():
    return [thing for thing in gc.get_objects() if isinstance(thing, Wording)]


def test_a_test_to_oneself_replaces_every_recipient(proof):
    from letters.mailbox import parse

    proofed, report = proof(
        people("a@parl.example", "b@parl.example"), test_to=parse("me@r.example")
    )

    assert {p.message.envelope.recipient for p in proofed} == {"me@r.example"}
    assert report.problems == []
