"""Names of files as people write them, and as the disk spells them.

A Mac's disk may spell `é` with two characters (NFD), where a setting has one (NFC): names are compared
in NFC. Whether case matters depends on the disk, so it is never relied on.
"""

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def on_disk(path: Path) -> Path:
    """The path as the disk spells it; where there is nothing, as it is written."""
    if path.exists() or path.parent == path:
        return path
    parent = on_disk(path.parent)
    # No other spelling of an ASCII name is equal to it.
    found = None if path.name.isascii() else _entry(parent, path.name, composed)
    return found or parent / path.name


def spelled_otherwise(folder: Path, name: str) -> str:
    """What a file of the folder is called that differs from `name` in case; "" if none does."""
    place, written = folder, Path(name).parts
    for part in written:
        entry = _entry(place, part, composed) or _entry(place, part, _folded)
        if entry is None:
            return ""
        place = entry
    found = place.relative_to(folder).as_posix()
    return "" if composed(found) == composed(Path(name).as_posix()) else found


def composed(name: str) -> str:
    """A name in NFC."""
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return composed(composed(name).casefold())


def _entry(folder: Path, name: str, key: Callable[[str], str]) -> Path | None:
    wanted = key(name)
    with suppress(OSError):
        return next((e for e in sorted(folder.iterdir()) if key(e.name) == wanted), None)
    return None
