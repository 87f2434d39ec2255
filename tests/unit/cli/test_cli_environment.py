"""Which source a setting comes from, and which relay a password may go to."""

import os
from pathlib import Path

import pytest

from letters.cli.environment import Environment, Source
from letters.errors import ConfigurationError


def write(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / ".env").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def folders(tmp_path):
    """The campaign's folder and the current one, each with its `.env`."""
    campaign = write(tmp_path / "campaign", "LETTERS_RELAY=smtp://a.example")
    here = write(tmp_path / "here", "LETTERS_RELAY=smtp://b.example", "LETTERS_JOURNAL=j.db")
    return campaign, here


def test_the_environment_goes_before_the_campaigns_file_and_that_before_the_current_folders(
    folders, monkeypatch
):
    read = Environment.read(*folders)
    assert read.get("LETTERS_RELAY") == "smtp://a.example"
    assert read.get("LETTERS_JOURNAL") == "j.db"
    assert read.get("LETTERS_CAMPAIGN") is None
    monkeypatch.setenv("LETTERS_RELAY", "smtp://c.example")
    assert Environment.read(*folders).get("LETTERS_RELAY") == "smtp://c.example"


def test_an_empty_value_is_no_value(folders, monkeypatch):
    monkeypatch.setenv("LETTERS_RELAY", "")
    write(folders[0], "LETTERS_RELAY=")
    assert Environment.read(*folders).get("LETTERS_RELAY") == "smtp://b.example"


def test_a_value_knows_its_file_and_the_folder_that_its_paths_start_at(folders):
    found = Environment.read(*folders).find("LETTERS_JOURNAL")
    assert found.source == str(folders[1] / ".env")
    assert found.path == folders[1] / "j.db"


def test_one_folder_named_twice_is_read_once(folders):
    assert len(Environment.read(folders[0], folders[0]).sources) == 2


def test_a_file_with_a_byte_order_mark_quotes_and_comments_is_read(tmp_path):
    (tmp_path / ".env").write_text(
        "\ufeffLETTERS_RELAY='smtp://a.example'  # ours\nOTHER=$HOME\n", encoding="utf-8"
    )
    assert Environment.read(tmp_path).get("LETTERS_RELAY") == "smtp://a.example"


def test_a_dollar_in_a_password_is_a_dollar(tmp_path):
    write(tmp_path, "LETTERS_RELAY_PASSWORD=a$HOME${PATH}b")
    assert Environment.read(tmp_path).get("LETTERS_RELAY_PASSWORD") == "a$HOME${PATH}b"


@pytest.mark.parametrize("content", [b"LETTERS_RELY=x\n", b"LETTERS_RELAY=\xe9\n"])
def test_a_file_with_a_misspelt_name_or_another_encoding_is_refused(tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"\.env"):
        Environment.read(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "LETTERS_QUOTA: 1/day",
        "LETTERS_QUOTA 1/day",
        "LETTERS_QUOTA",
        "export LETTERS_QUOTA",
        "LETTERS_RELAY_PASSWORD='1/day",
        "= 1/day",
    ],
)
def test_a_line_that_sets_nothing_is_refused_by_its_number_and_not_shown(tmp_path, line, caplog):
    write(tmp_path, "# ours", "LETTERS_PACE=2/s", "", "  " + line, "OTHER=x")
    with pytest.raises(ConfigurationError) as refused:
        Environment.read(tmp_path)
    assert str(tmp_path / ".env") in refused.value.message
    assert "line 4" in refused.value.message
    assert "NAME=value" in refused.value.hint
    assert "1/day" not in refused.value.message + refused.value.hint
    assert not caplog.records


def test_a_name_of_other_programs_may_stand_without_a_value(tmp_path):
    write(tmp_path, "OTHER", "LETTERS_PACE=2/s", "", "  # the end", "")
    assert Environment.read(tmp_path).get("LETTERS_PACE") == "2/s"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("LETTERS_RELY", "did you mean LETTERS_RELAY?"),
        ("LETTERS_PASSWORD", "did you mean LETTERS_RELAY_PASSWORD?"),
        ("LETTERS_XYZ", "known: LETTERS_CAMPAIGN, "),
    ],
)
def test_a_misspelt_name_is_told_what_it_may_mean(tmp_path, name, hint):
    write(tmp_path, f"{name}=x")
    with pytest.raises(ConfigurationError) as refused:
        Environment.read(tmp_path)
    assert hint in refused.value.hint


def sources(**passwords: str) -> Environment:
    return Environment(
        tuple(
            Source(name, Path(), {"LETTERS_RELAY_PASSWORD": secret} if secret else {})
            for name, secret in passwords.items()
        )
    )


def test_a_password_goes_only_with_the_relay_of_its_own_source():
    read = sources(environment="of the environment", campaign="of the campaign", here="")
    assert read.password("environment") == "of the environment"
    assert read.password("campaign") == "of the campaign"
    assert read.password("here") is None


def test_a_relay_named_by_a_flag_may_have_the_strongest_password():
    assert sources(environment="", campaign="c", here="h").password(None) == "c"
    assert sources(environment="", campaign="").password(None) is None


def test_nothing_but_our_own_names_is_read_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LETTERS_ANYTHING", "x")
    read = Environment.read(tmp_path)
    assert "LETTERS_ANYTHING" not in read.sources[0].values
    assert "LETTERS_ANYTHING" in os.environ
