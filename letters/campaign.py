"""A campaign folder: find it, read and validate `campaign.toml`, list what decides its letters.

Leans on `errors` and `mailbox`. Templates are rendered in `letter`; here they are only files.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from letters.errors import CampaignError
from letters.headers import HeaderError, refuse_controls
from letters.mailbox import AddressError, parse

SHIPPED = Path(__file__).parent / "templates"
LAYOUT = SHIPPED / "_layout"
SETTINGS = "campaign.toml"

# What stands in a letter's bytes: templates, style, inline images.
_DECIDING = {".j2", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}
_LANGUAGE = re.compile(r"(?!id$)[a-z]{2}(-[A-Za-z]+)?")
_FOR_EXAMPLE = 'for example languages = ["en", "fr"]'
_HEADER_NAME = 40  # room for an encoded word on the header's first line
Text = str | dict[str, str]
Texts = list[str] | dict[str, list[str]]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings refuse a key they do not know: a misspelt one must not pass for nothing."""


class Sender(_Strict, frozen=True):
    """Who signs for the organisation; `email` is the From address."""

    name: str
    email: str
    organisation: str = ""
    postal_address: str = ""
    reply_to: str = ""
    copy_to: str = ""


class Demand(_Strict, frozen=True, rename={"offices": "for"}):
    """One demand, in every language; `offices` empty: of every recipient. Markdown."""

    id: str
    text: dict[str, str]
    points: Texts = []
    offices: list[str] = []


class Signatory(_Strict, frozen=True):
    """A person who signs; `title` one string, or one a language."""

    name: str
    title: Text = ""
    organisation: Text = ""


class Delivery(_Strict, frozen=True):
    """How letters leave. `retry`: the pauses before each next try ("5 min", "2 h")."""

    provider: str = ""
    pace: str = ""
    quota: str = ""
    window: str = ""
    lanes: int = 4
    dsn: bool = False

    retry: tuple[str, ...] = ("5 min", "15 min", "30 min", "1 h", "2 h")


class ProofSettings(_Strict, frozen=True):
    """What the proof lets pass: `silence` maps a rule to the reason why it does not apply."""

    max_size: str = "10 MB"
    silence: dict[str, str] = {}


class Settings(_Strict, frozen=True, rename={"demands": "demand", "signatories": "signatory"}):
    """`campaign.toml` (DESIGN 4)."""

    id: str
    title: Text
    sender: Sender
    subject: Text
    languages: tuple[str, ...] = ("en",)
    attachments: list[str] = []
    demands: list[Demand] = []
    signatories: list[Signatory] = []
    variables: dict[str, Any] = {}
    headers: dict[str, str] = {}
    delivery: Delivery = Delivery()
    proof: ProofSettings = ProofSettings()


def localised(text: str | list[str] | Mapping[str, Any], language: str) -> Any:
    """The text in this language; a text without languages serves them all."""
    return text.get(language, "") if isinstance(text, Mapping) else text


def octets(size: str) -> int:
    """Read `"10 MB"` (10,000,000 octets), `"500 kB"`. Raises CampaignError."""
    number, _, unit = size.strip().partition(" ")
    factor = {"b": 1, "kb": 1_000, "mb": 1_000_000}.get(unit.strip().lower() or "b")
    if factor is None or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise CampaignError(f"proof.max_size: {size!r} is not a size", 'max_size = "10 MB"')
    return int(float(number) * factor)


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
    settings = _settings(table, file)
    _validate(settings, file)
    home = current if SHIPPED in folder.resolve().parents else folder
    return Campaign(folder=folder, home=home, settings=settings)


def _settings(table: dict[str, Any], file: Path) -> Settings:
    demands = table.get("demand")
    if isinstance(demands, list):
        table["demand"] = [_demand(d) for d in demands]
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        key = where.rstrip("`").lstrip(".")
        raise CampaignError(
            f"{file}: {f'{key}: ' if key else ''}{reason}", _remedy(reason)
        ) from None


def _demand(demand: object) -> object:
    """Gather a demand's languages, which stand as keys of their own, under `text`."""
    if not isinstance(demand, dict) or "text" in demand:
        return demand
    text = {key: value for key, value in demand.items() if _LANGUAGE.fullmatch(key)}
    return {**{k: v for k, v in demand.items() if k not in text}, "text": text}


def _remedy(reason: str) -> str:
    unknown = reason.partition("unknown field `")[2].rstrip("`")
    if unknown:
        kinds = (Settings, Sender, Demand, Signatory, Delivery, ProofSettings)
        known = {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}
        near = get_close_matches(unknown, sorted(known), 1)
        return (
            f"did you mean `{near[0]}`?" if near else "remove it; your own values go in [variables]"
        )
    missing = reason.partition("required field `")[2].rstrip("`")
    return (
        f"add `{missing} = …`" if missing else "see the campaign format in docs/campaign-format.md"
    )


def _validate(settings: Settings, file: Path) -> None:
    for message, hint in _faults(settings):
        raise CampaignError(f"{file}: {message}", hint)
    for key in ("email", "reply_to", "copy_to"):
        _address(key, getattr(settings.sender, key), file)
    for name in settings.headers:
        _header(name, file)
    for place, value in _header_values(settings):
        try:
            refuse_controls(value)
        except HeaderError as error:
            raise CampaignError(f"{file}: {place}: {error}", "write it on one line") from None


def _faults(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is missing in the settings or written in a language too many, and how to mend it."""
    languages = settings.languages
    if not settings.id.strip():
        yield "id is empty", "`letters new` makes one; it never changes"
    if not languages or not all(map(_LANGUAGE.fullmatch, languages)):
        yield f"languages: {list(languages)} lists no language, or what is none", _FOR_EXAMPLE
    for language in languages:
        for key, text in (("title", settings.title), ("subject", settings.subject)):
            if not localised(text, language):
                yield f"{key} has no text in {language}", f'add {key}.{language} = "…"'
        for place, text in _texts(settings):
            if _is_localised(text, languages) and not text.get(language):
                yield f"{place} has no text in {language}", f"add {language} = … to it"
    for demand in settings.demands:
        for language in set(demand.text) - set(languages):
            message = f"demand {demand.id} is written in {language}, which languages does not list"
            yield message, "add it to languages, or remove that text"


def _header_values(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "sender.name", settings.sender.name
    yield "sender.organisation", settings.sender.organisation
    for name, value in settings.headers.items():
        yield f"headers.{name}", value


def _texts(settings: Settings) -> Iterator[tuple[str, Any]]:
    """What may stand in several languages besides title and subject, and its place."""
    for demand in settings.demands:
        yield f"demand {demand.id}", demand.text or {settings.languages[0]: ""}
        yield f"demand {demand.id}: points", demand.points
    for person in settings.signatories:
        yield f"signatory {person.name}: title", person.title
        yield f"signatory {person.name}: organisation", person.organisation
    yield from _variables("variables", settings.variables)


def _variables(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from _variables(f"{place}.{key}", inner)


def _is_localised(text: Any, languages: tuple[str, ...]) -> bool:
    return isinstance(text, dict) and bool(text) and set(text) <= set(languages)


def _address(key: str, text: str, file: Path) -> None:
    if not text and key != "email":
        return
    try:
        parse(text)
    except AddressError as error:
        hint = "one plain address: name@example.org"
        raise CampaignError(f"{file}: sender.{key}: {error}", hint) from None


def _header(name: str, file: Path) -> None:
    """RFC 5322 2.2: printable ASCII without a colon; and the lines that are ours stay ours."""
    ours = {
        "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id",
        "mime-version", "content-type", "content-transfer-encoding", "content-language",
    }  # fmt: skip
    sound = (
        name
        and name.isascii()
        and name.isprintable()
        and not set(name) & set(": ")
        and len(name) <= _HEADER_NAME
    )
    if not sound:
        raise CampaignError(
            f"{file}: headers: {name!r} is not a header's name", "letters, digits and hyphens"
        )
    if name.lower() in ours:
        raise CampaignError(
            f"{file}: headers: {name} is written by the program",
            "set it under [sender] or [subject], or remove it",
        )
