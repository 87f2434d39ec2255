"""A new campaign folder: what is written, what is left behind, and what stops it."""

import csv
import tomllib

import pytest

from letters.campaign.campaign import SHIPPED, load
from letters.campaign.scaffold import ScaffoldError, copy_new, new_id, write_new
from letters.errors import ConfigurationError, Exit
from letters.mailbox import is_reserved

PRIVATE = {
    ".env": "LETTERS_RELAY_PASSWORD=sesame",
    ".env.local": "LETTERS_RELAY_PASSWORD=sesame",
    "journal.db": "x",
    "journal.db-wal": "x",
    "outbox/new/1": "x",
    "recipients.csv": "email\nann@parl.example\n",
    "members of 2014.xlsx": "x",
    "notes.md": "sesame",
    "attachments/unlisted.csv": "x",
    ".git/config.j2": "x",
}


def files(folder):
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Save the River!", "aaaa-save-the-river"),
        ("Sauvons la rivière", "aaaa-sauvons-la-riviere"),
        ("河", "aaaa-campaign"),
    ],
)
def test_an_id_is_four_random_characters_and_the_folders_name(tmp_path, name, made):
    assert new_id(tmp_path / name, b"\0\0\0") == made
    assert new_id(tmp_path / name, b"\xff\xff\xff").startswith("7777-")


def test_the_skeleton_is_a_campaign_of_invented_people(tmp_path):
    folder = tmp_path / "river"
    write_new(folder, "aaaa-river")

    campaign = load(folder, tmp_path)

    text = (folder / "recipients.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    addresses = [row["email"] for row in rows if row["email"]]
    assert campaign.id == "aaaa-river"
    assert files(folder) == {
        ".env.example",
        ".gitignore",
        "campaign.toml",
        "letter.en.md.j2",
        "letter.fr.md.j2",
        "recipients.csv",
    }
    assert (folder / "attachments").is_dir()
    assert all(is_reserved(address.partition("@")[2]) for address in addresses)
    assert len(addresses) < len(rows)
    assert {row["language"] for row in rows} == {"en", "fr"}


def test_git_ignores_secrets_journal_and_outbox(tmp_path):
    write_new(tmp_path / "river", "aaaa-river")

    ignored = (tmp_path / "river" / ".gitignore").read_text().split()

    assert ignored == [".env", "journal.db*", "outbox/"]


def test_a_copy_has_a_new_id_and_keeps_the_comments_of_the_settings(campaign_folder, tmp_path):
    settings = campaign_folder / "campaign.toml"
    noted = "# ours\n" + settings.read_text(encoding="utf-8").replace(
        'id = "t3st-river"', 'id = "t3st-river"  # never changed'
    )
    settings.write_text(noted, encoding="utf-8")

    copy_new(tmp_path / "lake", "bbbb-lake", load(campaign_folder, tmp_path))

    copied = (tmp_path / "lake" / "campaign.toml").read_text(encoding="utf-8")
    assert copied == noted.replace("t3st-river", "bbbb-lake")


def test_recipients_journal_and_secrets_are_not_copied(campaign_folder, tmp_path):
    settings = (campaign_folder / "campaign.toml").read_text(encoding="utf-8")
    kept = {
        "campaign.toml": 'attachments = ["attachments/report.pdf"]\n' + settings,
        "attachments/report.pdf": "x",
        "images/river.png": "x",
        "letter.css": "p {}",
    }
    for name, content in {**PRIVATE, **kept}.items():
        (campaign_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (campaign_folder / name).write_text(content, encoding="utf-8")

    copy_new(tmp_path / "lake", "bbbb-lake", load(campaign_folder, tmp_path))

    own = {".env.example", ".gitignore", "letter.en.md.j2", "letter.fr.md.j2"}
    assert files(tmp_path / "lake") == own | set(kept)


def test_what_the_templates_name_is_copied_whatever_its_suffix(campaign_folder, tmp_path):
    named = {
        "letter.en.md.j2": "{% include 'parts/footer.md' %} ![River](IMG_0042.JPG)",
        "parts/footer.md": "{% include 'address.txt' %}",
        "address.txt": "![](<my%20map.png>)",
        "IMG_0042.JPG": "x",
        "my map.png": "x",
        "letter.css": "body { background: url(bg.tiff) }",
        "bg.tiff": "x",
    }
    for name, content in {**named, "notes.md": "x", "old.txt": "x"}.items():
        (campaign_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (campaign_folder / name).write_text(content, encoding="utf-8")

    copy_new(tmp_path / "lake", "bbbb-lake", load(campaign_folder, tmp_path))

    own = {".env.example", ".gitignore", "campaign.toml", "letter.fr.md.j2"}
    assert files(tmp_path / "lake") == own | set(named)


def test_a_file_is_copied_whichever_way_its_name_is_written(campaign_folder, tmp_path):
    settings = campaign_folder / "campaign.toml"
    listed = 'attachments = ["./a.pdf", "x/../b.pdf"]\n' + settings.read_text(encoding="utf-8")
    settings.write_text(listed, encoding="utf-8")
    (campaign_folder / "letter.en.md.j2").write_text("![River](./c.tiff)", encoding="utf-8")
    for name in ("a.pdf", "b.pdf", "c.tiff"):
        (campaign_folder / name).write_text("x", encoding="utf-8")

    copy_new(tmp_path / "lake", "bbbb-lake", load(campaign_folder, tmp_path))

    assert {"a.pdf", "b.pdf", "c.tiff"} <= files(tmp_path / "lake")


def test_the_shipped_campaign_can_be_copied(tmp_path):
    copy_new(tmp_path / "mine", "cccc-mine", load(SHIPPED / "genocide-prevention", tmp_path))

    campaign = load(tmp_path / "mine", tmp_path)

    assert campaign.id == "cccc-mine"
    assert campaign.home == tmp_path / "mine"
    assert not (tmp_path / "mine" / "recipients.csv").exists()


@pytest.mark.parametrize("occupied", ["folder", "file"])
def test_an_existing_file_or_folder_is_not_changed(tmp_path, occupied):
    place = tmp_path / "river"
    if occupied == "folder":
        place.mkdir()
        (place / "thesis.txt").write_text("years of work")
    else:
        place.write_text("years of work")

    with pytest.raises(ConfigurationError, match="already"):
        write_new(place, "aaaa-river")

    assert occupied == "file" or files(place) == {"thesis.txt"}


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "river").mkdir()

    write_new(tmp_path / "river", "aaaa-river")

    assert (tmp_path / "river" / "campaign.toml").is_file()


def test_a_place_that_cannot_be_written_is_one_error_with_a_hint(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(ScaffoldError, match="Not a directory") as caught:
        write_new(tmp_path / "file" / "river", "aaaa-river")

    assert caught.value.exit_code == Exit.IO
    assert caught.value.hint


def test_a_copy_that_fails_leaves_no_folder(campaign_folder, tmp_path):
    source = load(campaign_folder, tmp_path)
    (campaign_folder / "campaign.toml").unlink()

    with pytest.raises(ScaffoldError, match=r"campaign\.toml: No such file"):
        copy_new(tmp_path / "lake", "bbbb-lake", source)

    assert not (tmp_path / "lake").exists()


def test_every_commented_example_in_the_skeletons_settings_is_valid_toml():
    text = (SHIPPED / "_new" / "settings.toml").read_text(encoding="utf-8")
    shown = [line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line]
    tables = [line[2:] for line in text.splitlines() if line in {"# [delivery]", "# [proof]"}]

    examples = [line for line in shown if line.split(" ")[0] in {"retry", "max_size", "silence"}]

    assert len(tables) == 2
    assert [list(tomllib.loads(line)) for line in examples] == [
        ["retry"],
        ["max_size"],
        ["silence"],
    ]
