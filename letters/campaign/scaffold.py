"""Writing a new campaign folder, from the skeleton or from another campaign.

Of another campaign neither journal, outbox, `.env` nor recipients are copied.
"""

import re
import shutil
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import normpath
from typing import ClassVar
from urllib.parse import unquote

import tomlkit

from letters.campaign.campaign import RECIPIENTS, SETTINGS, SHIPPED, Campaign
from letters.campaign.file_names import composed
from letters.errors import ConfigurationError, Exit, LettersError
from letters.private_files import FILE_MODE
from letters.text import slug

_SKELETON = SHIPPED / "_new"
_ENV = "env.example"
_RENAMED = {"settings.toml": SETTINGS, "gitignore": ".gitignore", _ENV: ".env.example"}
_ALWAYS_NEW = ("gitignore", _ENV)
# Templates, style and images. Other files may hold personal data, and are copied when one of these
# names them, or the letter was seen to read them.
_COPIED = {".j2", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}
_QUOTED = re.compile(r"""["'(]\s*<?([^"'()<>\n]+?)>?\s*["')]""")
_TEMPLATE = 1_000_000  # octets of a file that are searched for names
_TOKEN_LENGTH = 4


class ScaffoldError(LettersError):
    """The campaign folder cannot be written at that place."""

    exit_code: ClassVar[Exit] = Exit.IO


def new_id(folder: Path, randomness: bytes) -> str:
    """A new campaign id: four random base32 characters, and the folder's name as a slug.

    `randomness` is at least three random bytes.
    """
    token = b32encode(randomness)[:_TOKEN_LENGTH].decode("ascii").lower()
    return f"{token}-{slug(folder.resolve().name, 'campaign')}"


def write_new(folder: Path, campaign_id: str) -> None:
    """Write the skeleton campaign, with invented recipients. Raises the errors of `copy_new`."""
    with _new_folder(folder):
        for source in sorted(_SKELETON.iterdir()):
            _copy_skeleton(source.name, folder)
        _write_settings(folder, _SKELETON / "settings.toml", campaign_id)


def copy_new(folder: Path, campaign_id: str, source: Campaign) -> None:
    """Write a campaign with the templates and settings of another one, without its recipients.

    All that its templates name is copied, and all that was `opened` for a letter of it.

    Raises ConfigurationError for a folder that is not empty, ScaffoldError when it cannot be
    written.
    """
    with _new_folder(folder):
        for name in _copied_files(source):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source.file(name), target)
        for name in _ALWAYS_NEW:
            _copy_skeleton(name, folder)
        _write_settings(folder, source.folder / SETTINGS, campaign_id)


def _copy_skeleton(name: str, folder: Path) -> None:
    target = folder / _RENAMED.get(name, name)
    shutil.copyfile(_SKELETON / name, target)
    if name == _ENV:
        target.chmod(FILE_MODE)  # `cp .env.example .env` keeps it, and a password goes in there


def _copied_files(source: Campaign) -> list[str]:
    """The names of the files to copy; none lies outside the folder, and none is hidden."""
    present = {
        composed(file.relative_to(source.folder).as_posix()): file
        for file in source.folder.rglob("*")
        if file.is_file()
        and not any(p.startswith(".") for p in file.relative_to(source.folder).parts)
    }
    wanted = [name for name, file in present.items() if file.suffix.lower() in _COPIED]
    wanted += [*source.settings.attachments, *source.opened]
    copied: set[str] = set()
    while wanted:
        name = composed(normpath(wanted.pop()))
        if name in present and name not in copied:
            copied.add(name)
            wanted += _named_in(present[name])
    return sorted(copied)


def _named_in(file: Path) -> Iterator[str]:
    """The names of files that a template may include or show: what it has in quotes or brackets."""
    with file.open("rb") as stream:
        text = stream.read(_TEMPLATE).decode("utf-8", errors="ignore")
    for match in _QUOTED.finditer(text):
        name = unquote(match[1])
        if name != RECIPIENTS:
            yield name


def _write_settings(folder: Path, settings: Path, campaign_id: str) -> None:
    document = tomlkit.parse(settings.read_text(encoding="utf-8-sig"))
    document["id"] = campaign_id
    (folder / "attachments").mkdir(exist_ok=True)
    (folder / SETTINGS).write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make the folder, which must be new or empty; it is removed when writing into it fails."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder} is there already, and is not empty",
                "choose another name: nothing in it was touched",
            )
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from None
    try:
        yield
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _not_writable(folder, error) from None


def _not_writable(folder: Path, error: OSError) -> ScaffoldError:
    return ScaffoldError(
        f"{error.filename2 or error.filename or folder}: {error.strerror or error}",
        "name a folder in a place where you may write, and where there is room",
    )
