"""The bytes of a template: UTF-8 with or without a byte order mark, and what else is refused."""

import codecs

import pytest

from letters.errors import CampaignError
from letters.render.letter import Letter
from tests.mail import make_campaign, make_recipient, make_writer

BOM = codecs.BOM_UTF8


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    campaign = make_campaign(
        tmp_path,
        letter__en__md__j2=BOM + b"# Title\n\n{% include 'part.md' %}\n",
        part__md=BOM + "Déjà vu.\n".encode(),
        letter__css=BOM + b"h1 { color: #00f }\n",
        layout__html__j2=BOM + b"<style>{% include 'letter.css' %}</style><body>{{ body }}</body>",
    )

    letter = make_writer(campaign).write(make_recipient())

    assert isinstance(letter, Letter)
    assert letter.text == "Title\n\nDéjà vu.\n"
    assert '<h1 style="color: #00f;">Title</h1>' in letter.html
    assert "\ufeff" not in letter.html


@pytest.mark.parametrize("name", ["letter.en.md.j2", "part.md", "letter.css", "layout.html.j2"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Ça\n".encode("utf-16"), "UTF-16"),
        ("Ça\n".encode("utf-16-le"), "UTF-16"),
        ("One\nÇa\n".encode("cp1252"), ":2: this is not UTF-8"),
        (b"x" * 6_000_000, "6,000,000 octets"),
    ],
)
def test_a_file_that_is_not_utf8_is_named(tmp_path, name, content, says):
    files = {
        "letter__en__md__j2": "{% include 'part.md' %}\n",
        "part__md": "A\n",
        name.replace(".", "__"): content,
    }
    campaign = make_campaign(tmp_path, **files)

    with pytest.raises(CampaignError) as error:
        make_writer(campaign).write(make_recipient())

    assert name in error.value.message
    assert says in error.value.message
    assert error.value.hint


def test_no_template_lies_outside_the_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "river"
    campaign = make_campaign(folder, "{% include 'link.txt' %}")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")

    with pytest.raises(CampaignError, match="not in the campaign folder"):
        make_writer(campaign).write(make_recipient())
