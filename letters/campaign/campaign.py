"""A campaign folder: find it, read it, list what decides its letters.

Leans on `errors` and `settings`. Templates are rendered in `letter`; here they are only files.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import msgspec

from letters.campaign.settings import Delivery, ProofSettings, Settings, read_settings
from letters.errors import CampaignError

SHIPPED = Path(__file__).parents[1] / "templates"
LAYOUT = SHIPPED / "_layout"
SETTINGS = "campaign.toml"

# What stands in a letter's bytes: templates, style, inline images.
_DECIDING = {".j2", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}


@dataclass(frozen=True)
class Campaign:
    """One open letter and its settings. `home` is where its journal, outbox and `.env` live.

    A shipped campaign is read-only, so its home is the current folder.
    """

    folder: Path
    home: Path
    settings: Settings

    @property
    def id(self) -> str:
        """The campaign in every key, never the folder's name."""
        return self.settings.id

    def own(self, name: str) -> Path:
        """The file of the folder by this name. Raises CampaignError when it lies outside."""
        path = self.folder / name
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, ValueError):
            return path  # whoever opens it says why it cannot be
        if not inside:
            raise CampaignError(
                f"{path} is not in the campaign folder, and letters carry nothing from outside it",
                "copy the file into the campaign folder, and name the copy",
            )
        return path

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where templates are looked for, in order."""
        return (self.folder, LAYOUT)

    def path(self, name: str) -> Path | None:
        """The file a template name stands for, or None."""
        return next((f / name for f in self.folders if (f / name).is_file()), None)

    def template_for(self, office: str, language: str, suffix: str = "md.j2") -> str | None:
        """The name of the letter's template, the first that exists (DESIGN 4)."""
        names = (f"letter.{office}.{language}", f"letter.{office}", f"letter.{language}", "letter")
        return next((n for n in (f"{name}.{suffix}" for name in names) if self.path(n)), None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of all that decides a letter's bytes, the recipient's row apart."""
        settings = msgspec.structs.replace(
            self.settings, delivery=Delivery(), proof=ProofSettings()
        )
        hashed = hashlib.sha256(msgspec.json.encode(settings, order="sorted"))
        for name, content in self._files():
            hashed.update(f"\0{name}\0{len(content)}\0".encode() + content)
        return hashed.hexdigest()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        templates = {
            file.relative_to(folder).as_posix(): file
            for folder in reversed(self.folders)
            for file in sorted(folder.rglob("*"))
            if file.is_file() and file.suffix in _DECIDING
        }
        listed = {name: self.folder / name for name in self.settings.attachments}
        for name, file in sorted({**templates, **listed}.items()):
            if file.is_file():
                yield name, file.read_bytes()


def shipped() -> tuple[str, ...]:
    """The names of the campaigns that come with the program."""
    return tuple(sorted(f.parent.name for f in SHIPPED.glob(f"*/{SETTINGS}")))


def find(name: str | None, current: Path) -> Path:
    """The campaign folder meant by `-c`: a folder, a shipped name, or else the current folder.

    Raises CampaignError when there is none.
    """
    if name is None:
        return current if (current / SETTINGS).is_file() else SHIPPED / "genocide-prevention"
    folder = (current / name).resolve()
    if (folder / SETTINGS).is_file():
        return folder
    if name in shipped():
        return SHIPPED / name
    if folder.is_dir():
        raise CampaignError(
            f"{folder} has no {SETTINGS}",
            "a campaign is a folder with that file in it; `letters new NAME` writes one",
        )
    near = get_close_matches(name, shipped(), 1)
    raise CampaignError(
        f"there is no campaign {name}: no such folder, and none shipped by that name",
        f"did you mean {near[0]}?" if near else f"shipped: {', '.join(shipped())}",
    )


def load(folder: Path, current: Path) -> Campaign:
    """Read and validate a campaign folder. Raises CampaignError naming file and key."""
    file = folder / SETTINGS
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise CampaignError(
            f"{file} is not valid TOML: {error}",
            'text stands in quotes: name = "…"; a list in brackets: ["en", "fr"]',
        ) from None
    except UnicodeDecodeError:
        raise CampaignError(f"{file} is not UTF-8", "save it again as UTF-8") from None
    except OSError as error:
        raise CampaignError(
            f"{file} cannot be read: {error.strerror}", "check its permissions"
        ) from None
    settings = read_settings(table, file)
    home = current if SHIPPED in folder.resolve().parents else folder
    campaign = Campaign(folder=folder, home=home, settings=settings)
    for name in settings.attachments:
        campaign.own(name)
    return campaign
