"""Warnings about the place of a journal: network disks, synchronised folders, other readers."""

import os
from pathlib import Path
from shlex import quote

from letters.private_files import permissions

_OTHERS = 0o077
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "davfs"})
_SYNCED = (
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("icloud", "iCloud"),
    ("mobile documents", "iCloud"),
    ("nextcloud", "Nextcloud"),
)


def warnings(journal: Path, mounts: str) -> tuple[str, ...]:
    """What to say about the place of a journal; `mounts` is the text of /proc/mounts or ""."""
    said = []
    synced = _synced(journal)
    if synced:
        said.append(
            f"the journal {journal} is in a folder that {synced} copies elsewhere: "
            "pause it while letters are sent, or keep the journal on this computer only"
        )
    kind = _file_system(journal, mounts)
    if kind in _NETWORK:
        said.append(
            f"the journal {journal} is on a network disk ({kind}), where locks and writes are "
            "not sure: better keep it on this computer"
        )
    if os.name == "posix" and permissions(journal) & _OTHERS:  # Windows has no such bits
        said.append(
            f"the journal {journal} holds names, addresses and letters, and others on this computer "
            f"can read it: unless you share it on purpose, chmod 600 {quote(str(journal))}"
        )
    return tuple(said)


def _synced(journal: Path) -> str:
    parents = [part.casefold() for part in journal.parent.parts]
    return next(
        (name for mark, name in _SYNCED if any(part.startswith(mark) for part in parents)), ""
    )


def _file_system(journal: Path, mounts: str) -> str:
    """The type of the innermost mount that holds the journal."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        _, point, type_, *_ = *line.split(), "", "", ""
        point = point.replace("\\040", " ")
        if point and journal.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), type_
    return kind
