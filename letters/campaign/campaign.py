"""`Campaign`, and how its folder is found and read."""

import hashlib
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import msgspec

from letters.campaign.file_names import composed, on_disk, spelled_otherwise
from letters.campaign.settings import DeliverySettings, ProofSettings, Settings, read_settings
from letters.errors import CampaignError

SHIPPED = Path(__file__).parents[1] / "templates"
LAYOUT = SHIPPED / "_layout"
SETTINGS = "campaign.toml"
RECIPIENTS = "recipients.csv"
_DEFAULT = "genocide-prevention"


@dataclass(frozen=True)
class Campaign:
    """One open letter and its settings.

    `home` is the folder of its journal, outbox and `.env`: the campaign folder, or for a shipped
    campaign, which is read-only, the current folder.
    """

    folder: Path
    home: Path
    settings: Settings
    opened: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """SHA-256 (hex) of each file that was read for a letter, by the name it was asked for, in NFC."""

    @classmethod
    def load(cls, name: str | Path) -> "Campaign":
        """The campaign in a folder, or a shipped one by its name. Raises CampaignError."""
        here = Path.cwd()
        return load(find(str(name), here), here)

    @property
    def id(self) -> str:
        """The key of the campaign in the journal, which is never the folder's name."""
        return self.settings.id

    def file(self, name: str) -> Path:
        """The file of this name in the folder, compared in NFC. Raises CampaignError when it is outside."""
        path = on_disk(self.folder / name)
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, ValueError):
            return path  # opening it gives the reason
        if not inside:
            raise CampaignError(
                f"{path} is not in the campaign folder, and only its files are sent",
                "copy the file into the campaign folder, and name the copy",
            )
        return path

    @property
    def recipients_file(self) -> Path | None:
        """The campaign's own list, `recipients.csv` in its folder; None if it has none.

        In a checkout, the list of the shipped campaign is at the top of the repository; a build
        puts it into the campaign's folder (`force-include` in pyproject.toml).
        """
        own = self.folder / RECIPIENTS
        if not own.is_file() and self.folder.resolve() == (SHIPPED / _DEFAULT).resolve():
            own = SHIPPED.parents[1] / RECIPIENTS
        return own if own.is_file() else None

    @property
    def folders(self) -> tuple[Path, Path]:
        """The folders that templates are loaded from, in order."""
        return (self.folder, LAYOUT)

    def template_file(self, name: str) -> Path | None:
        """The file of a template, from the first folder that has one; None if there is none."""
        places = (on_disk(folder / name) for folder in self.folders)
        return next((file for file in places if file.is_file()), None)

    def spelled_otherwise(self, name: str) -> str:
        """Words for an error: what a file is called that differs from `name` in case; "" if none."""
        found = next(filter(None, (spelled_otherwise(f, name) for f in self.folders)), "")
        return f"; the file is called {found}" if found else ""

    def template_for(self, office: str, language: str, suffix: str = "md.j2") -> str | None:
        """The template for this office and language, the most specific that exists; None if none does.

        Looked for in order: `letter.OFFICE.LANGUAGE`, `letter.OFFICE`, `letter.LANGUAGE`, `letter`.
        """
        names = (f"letter.{office}.{language}", f"letter.{office}", f"letter.{language}", "letter")
        return next(
            (n for n in (f"{name}.{suffix}" for name in names) if self.template_file(n)), None
        )

    def read(self, name: str, file: Path) -> bytes:
        """The content of a file that goes into letters, noted in `opened`. Raises OSError."""
        content = file.read_bytes()
        self.opened[composed(name)] = hashlib.sha256(content).hexdigest()
        return content

    def name_of(self, file: Path) -> str:
        """The name of a file as templates ask for it; its last part when it is in no folder."""
        for folder in self.folders:
            if file.is_relative_to(folder):
                return file.relative_to(folder).as_posix()
        return file.name

    @cached_property
    def settings_digest(self) -> str:
        """SHA-256 (hex) of the settings that a letter's bytes depend on."""
        settings = msgspec.structs.replace(
            self.settings, delivery=DeliverySettings(), proof=ProofSettings()
        )
        return hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()


def shipped() -> tuple[str, ...]:
    """The names of the campaigns that are installed with the program."""
    return tuple(sorted(f.parent.name for f in SHIPPED.glob(f"*/{SETTINGS}")))


def find(name: str | None, current: Path) -> Path:
    """The folder of the campaign called `name`: a folder, or a shipped campaign.

    For None it is the current folder if that is a campaign, else the shipped one. Raises
    CampaignError when there is none of that name.
    """
    if name is None:
        return current if (current / SETTINGS).is_file() else SHIPPED / _DEFAULT
    folder = on_disk(current / name).resolve()
    if (folder / SETTINGS).is_file():
        return folder
    if name in shipped():
        return SHIPPED / name
    if folder.is_dir():
        raise CampaignError(
            f"{folder} has no {SETTINGS}",
            "a campaign is a folder with that file in it",
            next=("new NAME",),
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
        campaign.file(name)
    return campaign
