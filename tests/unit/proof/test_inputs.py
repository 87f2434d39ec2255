"""Whatever the making of a letter opened decides its inputs; nothing else does."""

import pytest

from letters.campaign.campaign import load
from letters.proof.proof import Proof
from tests.mail import NONCE, SETTINGS, TODAY, make_recipient, write_campaign

LETTER = """\
{{ recipient.salutation }}

{% include "parts/footer.md" %}
{% include recipient.riding_file %}

![The river](IMG_0042.JPG)

{{ recipient.close }}
"""
FILES = {
    "letter.en.md.j2": LETTER,
    "parts/footer.md": "The end.\n",
    "gander.txt": "You know the river.\n",
    "IMG_0042.JPG": "picture",
    "letter.css": "p { margin: 0 }\n",
    "report.PDF": "report",
    "campaign.toml": SETTINGS.replace("\n[sender]", '\nattachments = ["report.PDF"]\n[sender]'),
}


def inputs(folder, **cells):
    campaign = load(folder, folder)
    rows = [(make_recipient(**{"riding_file": "gander.txt", **cells}), ())]
    proof = Proof(campaign, rows, nonce=NONCE, today=TODAY)
    (proofed,) = list(proof)
    assert proofed.message, proof.report.problems
    return proofed.inputs


@pytest.mark.parametrize(
    "change",
    [
        {"letter.en.md.j2": LETTER + "\nMore.\n"},
        {"parts/footer.md": "Another end.\n"},
        {"gander.txt": "You know it well.\n"},
        {"IMG_0042.JPG": "another"},
        {"letter.css": "p { margin: 1em }\n"},
        {"layout.html.j2": "<p>{{ body }}</p>"},
        {"report.PDF": "another"},
        {"letter.mp.en.md.j2": LETTER},
        {"campaign.toml": FILES["campaign.toml"].replace("Chair", "President")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_file_that_the_letter_opened_changes_its_inputs(tmp_path, change):
    before = inputs(write_campaign(tmp_path, FILES))

    assert inputs(write_campaign(tmp_path, {**FILES, **change})) != before


@pytest.mark.parametrize(
    "change",
    [
        {"campaign.toml": FILES["campaign.toml"] + '\n[delivery]\nretry = ["1 h"]\n'},
        {"campaign.toml": FILES["campaign.toml"] + '\n[proof]\nmax_size = "1 MB"\n'},
        {"campaign.toml": "# a remark\n" + FILES["campaign.toml"]},
        {"notes.txt": "x"},
        {"letter.fr.md.j2": "x"},
        {"other.png": "x"},
        {"recipients.csv": "email,name\n"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_file_that_is_in_no_letter_keeps_the_inputs(tmp_path, change):
    before = inputs(write_campaign(tmp_path, FILES))

    assert inputs(write_campaign(tmp_path, {**FILES, **change})) == before


def test_the_inputs_depend_on_the_row_and_not_on_the_folder(tmp_path):
    one = inputs(write_campaign(tmp_path / "one", FILES))

    assert inputs(write_campaign(tmp_path / "two", FILES)) == one
    assert inputs(tmp_path / "two", party="Green") != one


def test_one_letter_does_not_depend_on_what_another_opened(tmp_path):
    campaign = load(write_campaign(tmp_path, {**FILES, "Fogo.txt": "Islands.\n"}), tmp_path)
    rows = [
        (make_recipient(riding_file="gander.txt"), ()),
        (make_recipient(riding_file="Fogo.txt", email="bo@parl.example"), ()),
    ]

    ann, bo = [p.inputs for p in Proof(campaign, rows, nonce=NONCE, today=TODAY)]

    assert ann != bo
    (tmp_path / "Fogo.txt").write_text("Many islands.\n")
    changed = load(tmp_path, tmp_path)
    assert next(iter(Proof(changed, rows, nonce=NONCE, today=TODAY))).inputs == ann
