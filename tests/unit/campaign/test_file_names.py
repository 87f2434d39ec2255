"""Files are found however their names are composed, and a difference of case is said."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign.campaign import Campaign, load
from letters.campaign.file_names import on_disk, spelled_otherwise
from letters.campaign.scaffold import copy_new
from letters.errors import CampaignError, Severity
from letters.proof.proof import Proof
from letters.proof.rules.attachment import Attachment
from tests.mail import SETTINGS, TODAY, make_recipient, read_back, sealed, write_campaign

NAME = "pièces/Déclaration d’été.pdf"
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, NAME) for form in ("NFC", "NFD"))
IMAGE, PART = "carte-é.png", "clôture.md.j2"
SPELLINGS = [("NFD", "NFC"), ("NFC", "NFD"), ("NFC", "NFC"), ("NFD", "NFD")]


def with_files(folder, disk, written):
    """A campaign whose files are spelled in one normal form on the disk, and written in another."""

    def of_disk(name):
        return unicodedata.normalize(disk, name)

    def as_written(name):
        return unicodedata.normalize(written, name)

    settings = SETTINGS.replace(
        "\n[sender]", f"\nattachments = ['{as_written(NAME)}']\n\n[sender]", 1
    )
    body = f"Hello ![map]({as_written(IMAGE)})\n\n{{% include '{as_written(PART)}' %}}\n"
    files = {of_disk(NAME): b"pdf", of_disk(IMAGE): b"png", of_disk(PART): "See you"}
    return load(
        write_campaign(folder, {"campaign.toml": settings, "letter.en.md.j2": body, **files}),
        folder,
    )


def inputs(campaign):
    """The digest of all that a letter of the campaign is made of."""
    (proofed,) = Proof(campaign, [(make_recipient(), ())], today=TODAY)
    return proofed.inputs


@pytest.mark.parametrize(("disk", "written"), SPELLINGS)
def test_attachments_images_and_parts_are_found_however_composed(tmp_path, disk, written):
    campaign = with_files(tmp_path / "river", disk, written)

    report = Proof(campaign, [(make_recipient(), ())], today=TODAY)
    (proofed,) = list(report)
    message = read_back(sealed(campaign).content)

    assert proofed.message is not None
    assert [p for p in report.report.problems if p.rule == "attachment"] == []
    assert "See you" in message.get_body(("plain",)).get_content()
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == [
        *("carte-é.png", "Déclaration d’été.pdf"),
    ]


def test_a_campaign_that_moves_to_a_disk_that_composes_otherwise_has_not_changed(tmp_path):
    one = with_files(tmp_path / "linux" / "river", "NFC", "NFC")
    other = with_files(tmp_path / "mac" / "river", "NFD", "NFC")

    assert inputs(one) == inputs(other)
    assert sealed(one) == sealed(other)
    (other.folder / DECOMPOSED).write_bytes(b"changed")
    assert inputs(load(other.folder, other.folder)) != inputs(one)


def test_a_new_campaign_from_another_has_its_attachments_however_composed(tmp_path):
    source = with_files(tmp_path / "river", "NFD", "NFC")

    copy_new(tmp_path / "lake", "n3w0-lake", source)

    assert load(tmp_path / "lake", tmp_path).file(NAME).read_bytes() == b"pdf"


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_a_path_to_nothing_stays_as_it_is_written(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "no such folder" / name

    assert on_disk(path) == path


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("files/report.pdf", "Files/Report.PDF"),
        ("Files/report.pdf", "Files/Report.PDF"),
        ("FILES/REPORT.PDF", "Files/Report.PDF"),
        ("ÉTÉ.PNG", "e\u0301te\u0301.png"),
        ("Files/Report.PDF", ""),
        ("été.png", ""),
        ("e\u0301te\u0301.png", ""),
        ("report.pdf", ""),
        ("../campaign.toml", ""),
        ("", ""),
    ],
)
def test_a_name_that_differs_in_case_is_told_how_the_file_is_called(tmp_path, written, called):
    write_campaign(tmp_path, {"Files/Report.PDF": b"x", "e\u0301te\u0301.png": b"y"})

    assert spelled_otherwise(tmp_path, written) == called


def test_an_attachment_written_in_another_case_is_a_problem_with_its_right_name(tmp_path):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['report.pdf']\n\n[sender]", 1)
    files = {"campaign.toml": settings, "Report.PDF": b"x"}
    folder = write_campaign(tmp_path / "river", files)

    (problem,) = Attachment(load(folder, folder)).check_campaign()
    named = problem.remedy.removeprefix("write ").partition(" in attachments")[0]
    write_campaign(folder, {"campaign.toml": settings.replace("report.pdf", named)})

    assert problem.severity is Severity.ERROR
    assert "the file is called Report.PDF" in problem.message
    assert list(Attachment(load(folder, folder)).check_campaign()) == []


@pytest.mark.parametrize(
    ("files", "body"),
    [
        ({"Logo.PNG": b"x"}, "![logo](logo.png)"),
        ({"Part.md": "x"}, "{% include 'part.md' %}"),
    ],
)
def test_an_image_or_a_part_written_in_another_case_is_told_its_right_name(tmp_path, files, body):
    folder = write_campaign(tmp_path / "river", {"letter.en.md.j2": body, **files})

    with pytest.raises(CampaignError) as raised:
        sealed(load(folder, folder))

    assert raised.value.message.endswith(f"; the file is called {next(iter(files))}")


def test_a_template_named_in_another_case_is_told_how_it_is_called(tmp_path):
    folder = write_campaign(tmp_path / "river")
    (folder / "letter.en.md.j2").rename(folder / "Letter.EN.md.j2")

    with pytest.raises(CampaignError, match=r"letter in en; the file is called Letter\.EN\.md\.j2"):
        sealed(load(folder, folder))


class OnAnyCase(Campaign):
    """A campaign on a disk where case does not matter, as a Mac's."""

    def file(self, name):
        return super().file(spelled_otherwise(self.folder, name) or name)


def test_what_is_found_only_where_case_does_not_matter_is_warned_about(tmp_path):
    settings = SETTINGS.replace("\n[sender]", "\nattachments = ['report.pdf']\n\n[sender]", 1)
    files = {"campaign.toml": settings, "letter.en.md.j2": "![x](logo.png)"}
    found = load(
        write_campaign(tmp_path / "river", {**files, "Report.PDF": b"x", "Logo.PNG": b"y"}),
        tmp_path,
    )
    campaign = OnAnyCase(found.folder, found.home, found.settings)

    proof = Proof(campaign, [(make_recipient(), ())], today=TODAY)
    (proofed,) = list(proof)

    said = [p for p in proof.report.problems if p.rule == "attachment"]
    assert [p.severity for p in said] == [Severity.WARNING] * 2
    assert ["Report.PDF" in said[0].remedy, "Logo.PNG" in said[1].remedy] == [True, True]
    assert proofed.message is not None
