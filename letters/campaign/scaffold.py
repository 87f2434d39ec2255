"""Writing a new campaign folder, from the skeleton or from another campaign.

Of another campaign neither journal, outbox, `.env` nor recipients are copied.
"""

import shutil
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import tomlkit

from letters.campaign.campaign import SETTINGS, SHIPPED, Campaign
from letters.errors import ConfigurationError, Exit, LettersError
from letters.private_files import FILE_MODE
from letters.text import slug

_SKELETON = SHIPPED / "_new"
_ENV = "env.example"
_RENAMED = {"settings.toml": SETTINGS, "gitignore": ".gitignore", _ENV: ".env.example"}
_ALWAYS_NEW = ("gitignore", _ENV)
# Templates, style and images. Other files may hold personal data, and are not copied.
_COPIED = {".j2", ".css", ".png", ".jpg", ".jpeg", ".gif"}
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


def _copied_files(source: Campaign) -> Iterator[str]:
    for file in sorted(source.folder.rglob("*")):
        path = file.relative_to(source.folder)
        hidden = any(part.startswith(".") for part in path.parts)
        if file.suffix in _COPIED and file.is_file() and not hidden:
            yield path.as_posix()
    for name in source.settings.attachments:
        if _inside(name) and source.file(name).is_file():
            yield name


def _inside(name: str) -> bool:
    """Whether an attachment is in the campaign folder; none is copied from outside it."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


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
