"""Folders in which a journal should not be are named."""

import os
from pathlib import Path

import pytest

from letters.journal.sqlite.location import warnings

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /home/office nfs4 rw 0 0
/dev/sdb1 /home/office/local ext4 rw 0 0
me@host:/ /mnt/far\\040away fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize("folder", ["/home/office/letter", "/mnt/far away"])
def test_a_network_disk_is_warned_about(folder):
    (said,) = warnings(Path(folder) / "journal.db", MOUNTS)

    assert "network disk" in said
    assert folder in said


@pytest.mark.parametrize("folder", ["/srv/letter", "/home/office/local/letter", "/home/officer"])
def test_a_disk_of_this_computer_is_not_warned_about(folder):
    assert warnings(Path(folder) / "journal.db", MOUNTS) == ()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/home/rae/Dropbox/letter", "Dropbox"),
        ("/home/rae/OneDrive - Concordia/letter", "OneDrive"),
        ("/Users/rae/Library/Mobile Documents/com~apple~CloudDocs", "iCloud"),
        ("/home/rae/Google Drive/My Drive", "Google Drive"),
    ],
)
def test_a_synced_folder_is_warned_about_by_its_name(folder, name):
    (said,) = warnings(Path(folder) / "journal.db", "")

    assert name in said


def test_a_file_named_like_a_synced_folder_is_not_one():
    assert warnings(Path("/home/rae/dropbox.db"), "") == ()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize(("mode", "said"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o602, 1)])
def test_a_journal_that_others_can_read_or_write_is_warned_about(tmp_path, mode, said):
    file = tmp_path / "our journal.db"
    file.touch()
    file.chmod(mode)

    found = warnings(file, "")

    assert len(found) == said
    assert all(f"chmod 600 '{file}'" in warning for warning in found)
