"""Attachments and inline images: encoded once, read back whole by Python's own parser."""

import pytest

from letters.errors import CampaignError
from letters.message.attachments import Attachments
from tests.mail import DATE, SETTINGS, read_back, sealed

PNG = bytes(range(256)) * 5


def attached(*names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return SETTINGS.replace("\n[sender]", f"\nattachments = [{listed}]\n\n[sender]", 1)


@pytest.fixture
def files(campaign):
    """The attachments of a sealed message as Python reads them."""

    def files(body="Hello", **contents):
        names = [name.replace("__", ".") for name in contents if not name.startswith("inline")]
        made = campaign(body, campaign__toml=attached(*names), **contents)
        message = read_back(sealed(made).content)
        return {part.get_filename(): part for part in message.iter_attachments()}

    return files


def test_a_letter_without_files_is_text_and_html_alone(campaign):
    message = read_back(sealed(campaign("Hello")).content)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_attachments_follow_the_letter(campaign):
    message = read_back(
        sealed(campaign("Hello", campaign__toml=attached("a.pdf"), a__pdf=PNG)).content
    )

    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "multipart/alternative",
        "application/pdf",
    ]
    assert message.get_body(("plain",)).get_content() == "Hello\r\n"


def test_images_are_related_to_the_html_and_attachments_are_outside(campaign):
    made = campaign("![x](a.png)", campaign__toml=attached("b.pdf"), a__png=PNG, b__pdf=b"pdf")
    message = sealed(made)
    read = read_back(message.content)

    related, attachment = read.iter_parts()
    alternative, image = related.iter_parts()
    assert read.get_content_type() == "multipart/mixed"
    assert related.get_content_type() == "multipart/related"
    assert related.get_param("type") == "multipart/alternative"
    assert alternative.get_content_type() == "multipart/alternative"
    assert image.get_content_type() == "image/png"
    assert image.get_content_disposition() == "inline"
    assert image.get_content() == PNG
    assert attachment.get_content() == b"pdf"
    html = read.get_body(("html",)).get_content()
    assert f'src="cid:{image["Content-ID"][1:-1]}"' in html


def test_boundaries_occur_nowhere_in_the_content(campaign):
    made = campaign("![x](a.png)", campaign__toml=attached("b.pdf"), a__png=PNG, b__pdf=b"pdf")
    read = read_back(sealed(made).content)

    boundaries = [part.get_boundary() for part in read.walk() if part.is_multipart()]
    assert len(set(boundaries)) == 3
    assert all("=_" in boundary for boundary in boundaries)
    for boundary in boundaries:
        assert sealed(made).content.count(boundary.encode()) in {4, 3 + 1}


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        "Rapport sur la rivière.pdf",
        'the "report"; final, (2).pdf',
        "x" * 150 + ".pdf",
        "é" * 90 + ".pdf",
        "no ending",
    ],
)
def test_a_file_keeps_its_name_and_its_octets(campaign, name):
    made = campaign("Hello", campaign__toml=attached(f"files/{name}"), **{f"files/{name}": PNG})

    [part] = read_back(sealed(made).content).iter_attachments()

    assert part.get_filename() == name
    assert part.get_payload(decode=True) == PNG
    assert part.get_content_disposition() == "attachment"


@pytest.mark.parametrize(
    ("name", "content", "kind", "charset"),
    [
        ("a.pdf", b"%PDF", "application/pdf", None),
        ("a.txt", "été\n".encode(), "text/plain", "utf-8"),
        ("a.csv", b"a,b\r\n", "text/csv", "utf-8"),
        ("a.txt", "été".encode("latin-1"), "application/octet-stream", None),
        ("a.eml", b"Subject: x\n\nbody\n.\n", "application/octet-stream", None),
        ("a.tar.gz", b"\x1f\x8b", "application/octet-stream", None),
        (
            "a.docx",
            b"PK",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            None,
        ),
        ("a.webp", b"RIFF", "image/webp", None),
        ("a.qqq", b"?", "application/octet-stream", None),
        ("empty.pdf", b"", "application/pdf", None),
    ],
)
def test_a_files_media_type_does_not_depend_on_the_machine(campaign, name, content, kind, charset):
    made = campaign("Hello", campaign__toml=attached(name), **{name: content})

    [part] = read_back(sealed(made).content).iter_attachments()

    assert part.get_content_type() == kind
    assert part.get_content_charset() == charset
    assert part.get_payload(decode=True) == content
    assert part["Content-Transfer-Encoding"] == "base64"


def test_line_ends_of_a_text_file_are_kept_and_the_message_has_crlf_only(campaign):
    content = b"one\ntwo\r\nthree\rfour\n.\n\nFrom me\n"
    made = campaign("Hello", campaign__toml=attached("a.txt"), a__txt=content)
    message = sealed(made)

    [part] = read_back(message.content).iter_attachments()

    assert part.get_payload(decode=True) == content
    assert b"\n" not in message.content.replace(b"\r\n", b"")


def test_a_missing_file_is_named_with_its_remedy(campaign):
    made = campaign("![x](gone.png)")

    with pytest.raises(CampaignError, match=r"gone\.png cannot be attached") as raised:
        sealed(made)

    assert "images" in raised.value.hint


@pytest.mark.parametrize("how", ["path", "whole path", "link", "linked folder"])
def test_a_file_outside_the_campaign_folder_is_refused(campaign, tmp_path, how):
    (tmp_path / "elsewhere").mkdir()
    private = tmp_path / "elsewhere" / "private.png"
    private.write_bytes(PNG)
    made = campaign("Hello")
    (made.folder / "link.png").symlink_to(private)
    (made.folder / "linked").symlink_to(private.parent)
    name = {
        "path": "../elsewhere/private.png",
        "whole path": str(private),
        "link": "link.png",
        "linked folder": "linked/private.png",
    }[how]

    with pytest.raises(CampaignError, match="is not in the campaign folder") as attachment:
        campaign("Hello", campaign__toml=attached(name))
    with pytest.raises(CampaignError, match="is not in the campaign folder") as image:
        sealed(campaign(f"![x]({name})", campaign__toml=SETTINGS))

    assert "copy the file into the campaign folder" in attachment.value.hint
    assert "copy the file into the campaign folder" in image.value.hint


def test_a_link_within_the_campaign_folder_is_followed(campaign):
    made = campaign("![x](link.png)", a__png=PNG)
    (made.folder / "link.png").symlink_to(made.folder / "a.png")

    assert b"image/png" in sealed(made).content


def test_a_folder_cannot_be_attached(campaign):
    made = campaign("Hello", campaign__toml=attached("files"), **{"files/a.pdf": b""})

    with pytest.raises(CampaignError, match="cannot be attached"):
        sealed(made)


def test_a_file_name_with_a_control_is_refused(campaign):
    name = "a\nb.pdf"
    made = campaign(
        "Hello", campaign__toml=attached("x").replace("'x'", '"a\\nb.pdf"'), **{name: b""}
    )

    with pytest.raises(CampaignError, match=r"U\+000A") as raised:
        sealed(made)

    assert raised.value.hint == "rename the file"


def test_attachments_are_encoded_once_and_shared_by_every_message(campaign, tmp_path):
    made = campaign("Hello {{ recipient.name }}", campaign__toml=attached("a.pdf"), a__pdf=PNG)
    attachments = Attachments(made)
    first = attachments.tail(())

    (tmp_path / "river/a.pdf").unlink()

    assert attachments.tail(()) is not None
    assert attachments.tail(()) == first


def test_the_same_files_make_the_same_bytes(campaign):
    made = campaign("![x](a.png)", campaign__toml=attached("b.pdf"), a__png=PNG, b__pdf=b"pdf")

    assert sealed(made).content == sealed(made).content
    assert sealed(made).date == DATE
