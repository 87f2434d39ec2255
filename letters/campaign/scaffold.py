"""Writing a new campaign folder, from the skeleton or from another campaign. Leans on `campaign`.

What belongs to another campaign's life is never copied: its journal, outbox, `.env`, recipients.
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
from letters.text import slug

_SKELETON = SHIPPED / "_new"
_RENAMED = {"settings.toml": SETTINGS, "gitignore": ".gitignore", "env.example": ".env.example"}
_ABOUT_SENDING = ("gitignore", "env.example")
# What makes letters (templates, style, images); everything else in a folder may be anybody's.
_MAKES_LETTERS = {".j2", ".css", ".png", ".jpg", ".jpeg", ".gif"}
_TOKEN = 4


class ScaffoldError(LettersError):
    """The campaign folder cannot be written there."""

    exit_code: ClassVar[Exit] = Exit.IO


def new_id(folder: Path, randomness: bytes) -> str:
    """An id for the campaign in this folder: four random base32 characters and a slug of its name.

    `randomness` is at least three bytes.
    """
    token = b32encode(randomness)[:_TOKEN].decode("ascii").lower()
    return f"{token}-{slug(folder.resolve().name, 'campaign')}"


def write_new(folder: Path, campaign_id: str) -> None:
    """Write the skeleton campaign, with invented recipients. Raises as `copy_new` does."""
    with _writing(folder):
        for source in sorted(_SKELETON.iterdir()):
            shutil.copyfile(source, folder / _RENAMED.get(source.name, source.name))
        _settle_id(folder, _SKELETON / "settings.toml", campaign_id)


def copy_new(folder: Path, campaign_id: str, source: Campaign) -> None:
    """Write a campaign with another one's words and settings, and none of its people.

    Raises ConfigurationError for a folder that holds something, ScaffoldError when the disk refuses.
    """
    with _writing(folder):
        for name in _words(source):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source.folder / name, target)
        for name in _ABOUT_SENDING:
            shutil.copyfile(_SKELETON / name, folder / _RENAMED[name])
        _settle_id(folder, source.folder / SETTINGS, campaign_id)


def _words(source: Campaign) -> Iterator[str]:
    for file in sorted(source.folder.rglob("*")):
        path = file.relative_to(source.folder)
        hidden = any(part.startswith(".") for part in path.parts)
        if file.suffix in _MAKES_LETTERS and file.is_file() and not hidden:
            yield path.as_posix()
    for name in source.settings.attachments:
        if (source.folder / name).is_file() and _inside(name):
            yield name


def _inside(name: str) -> bool:
    """Whether an attachment lies in the campaign folder; from elsewhere, nothing is copied."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _settle_id(folder: Path, settings: Path, campaign_id: str) -> None:
    document = tomlkit.parse(settings.read_text(encoding="utf-8-sig"))
    document["id"] = campaign_id
    (folder / "attachments").mkdir(exist_ok=True)
    (folder / SETTINGS).write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """An empty folder to write into; what was begun is taken away when the disk refuses."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder} is there already, and is not empty",
                "choose another name: nothing in it was touched",
            )
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder, error) from None
    try:
        yield
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _refused(folder, error) from None


def _refused(folder: Path, error: OSError) -> ScaffoldError:
    return ScaffoldError(
        f"{error.filename2 or error.filename or folder}: {error.strerror or error}",
        "name a folder in a place where you may write, and where there is room",
    )
