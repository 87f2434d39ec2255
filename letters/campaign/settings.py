"""`campaign.toml`: its tables, and what is refused in them."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from letters.campaign.setting_templates import is_template, templates_elsewhere
from letters.errors import CampaignError
from letters.limits.pace import read_limits
from letters.mailbox import AddressError, parse
from letters.mime.headers import HeaderError, refuse_controls
from letters.retry import duration

_LANGUAGE = re.compile(r"(?!id$)[a-z]{2}(-[A-Za-z]+)?")
_FOR_EXAMPLE = 'for example languages = ["en", "fr"]'
_HEADER_NAME = 40  # room for an encoded word on the header's first line
MOST_CONNECTIONS = 64
Text = str | dict[str, str]
Texts = list[str] | dict[str, list[str]]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An unknown key is an error, since a misspelt one would have no effect."""


class Sender(_Strict, frozen=True):
    """The From line (`name`, `email`), the organisation, and where answers go.

    `copy_to` is an address that gets a copy of the letter.
    """

    name: str
    email: str
    organisation: Text = ""
    postal_address: Text = ""
    reply_to: str = ""
    copy_to: str = ""


class Demand(_Strict, frozen=True, rename={"offices": "for"}):
    """One demand, its text and points as Markdown by language.

    `offices` are the ones it is addressed to; empty means all of them.
    """

    id: str
    text: dict[str, str]
    points: Texts = []
    offices: list[str] = []


class Signatory(_Strict, frozen=True):
    """A person who signs; `title` and `organisation` in one language, or in each."""

    name: str
    title: Text = ""
    organisation: Text = ""


class DeliverySettings(_Strict, frozen=True):
    """How fast letters are sent, and when (docs/pace.md).

    `connections` is the most connections at one time. `dsn` asks the relay for failure reports
    (RFC 3461). `retry` are the pauses before each next try ("5 min", "2 h").
    """

    provider: str = ""
    pace: str = ""
    quota: str = ""
    window: str = ""
    connections: int = 4
    dsn: bool = False
    retry: tuple[str, ...] = ("5 min", "15 min", "30 min", "1 h", "2 h")


class ProofSettings(_Strict, frozen=True):
    """What the proof accepts.

    `max_size` is that of a message. `silence` maps a rule to the reason why it does not apply.
    """

    max_size: str = "10 MB"
    silence: dict[str, str] = {}


class Settings(_Strict, frozen=True, rename={"demands": "demand", "signatories": "signatory"}):
    """The whole `campaign.toml`; docs/campaign-format.md describes every key."""

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
    delivery: DeliverySettings = DeliverySettings()
    proof: ProofSettings = ProofSettings()


def localised(text: str | list[str] | Mapping[str, Any], language: str) -> Any:
    """The text in this language, "" if it has none; a text without languages is for every one."""
    return text.get(language, "") if isinstance(text, Mapping) else text


def octets(size: str) -> int:
    """The octets in a size such as `"10 MB"` (10,000,000) or `"500 kB"`. Raises CampaignError."""
    number, _, unit = size.strip().partition(" ")
    factor = {"b": 1, "kb": 1_000, "mb": 1_000_000}.get(unit.strip().lower() or "b")
    if factor is None or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise CampaignError(f"proof.max_size: {size!r} is not a size", 'max_size = "10 MB"')
    return int(float(number) * factor)


def read_settings(table: dict[str, Any], file: Path) -> Settings:
    """Read and validate the table of `file`. Raises CampaignError naming file and key."""
    templates = list(templates_elsewhere(table))
    demands = table.get("demand")
    if isinstance(demands, list):
        table["demand"] = [_demand(d) for d in demands]
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        key = where.rstrip("`").lstrip(".")
        what = reason.replace("Object contains unknown field", "there is no setting")
        raise CampaignError(f"{file}: {f'{key}: ' if key else ''}{what}", _remedy(reason)) from None
    for message, hint in templates:
        raise CampaignError(f"{file}: {message}", hint)
    _validate(settings, file)
    return settings


def _demand(demand: object) -> object:
    """A demand with its languages, which are keys of their own, moved into `text`."""
    if not isinstance(demand, dict) or "text" in demand:
        return demand
    text = {key: value for key, value in demand.items() if _LANGUAGE.fullmatch(key)}
    return {**{k: v for k, v in demand.items() if k not in text}, "text": text}


def _remedy(reason: str) -> str:
    unknown = reason.partition("unknown field `")[2].rstrip("`")
    if unknown:
        kinds = (Settings, Sender, Demand, Signatory, DeliverySettings, ProofSettings)
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
    for message, hint in _mistakes(settings):
        raise CampaignError(f"{file}: {message}", hint)
    for key in ("email", "reply_to", "copy_to"):
        text = getattr(settings.sender, key)
        if not is_template(text):  # only reply_to can be one here
            _address(key, text, file)
    for name in settings.headers:
        _header(name, file)
    for key, value in _header_values(settings):
        try:
            refuse_controls(value)
        except HeaderError as error:
            raise CampaignError(f"{file}: {key}: {error}", "write it on one line") from None


def _mistakes(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is missing or wrong in the settings, and the hint for each."""
    languages = settings.languages
    if not settings.id.strip():
        yield "id is empty", 'for example id = "save-the-river"; it must never change'
    if not languages or not all(map(_LANGUAGE.fullmatch, languages)):
        yield f"languages: {list(languages)} lists no language, or an unknown one", _FOR_EXAMPLE
    for language in languages:
        for key, text in (("title", settings.title), ("subject", settings.subject)):
            if not localised(text, language):
                yield f"{key} has no text in {language}", f'add {key}.{language} = "…"'
        yield from _sender_mistakes(settings.sender, language)
        for key, text in _texts(settings):
            if _is_localised(text, languages) and not text.get(language):
                yield f"{key} has no text in {language}", f"add {language} = … to it"
    for demand in settings.demands:
        for language in set(demand.text) - set(languages):
            message = f"demand {demand.id} is written in {language}, which languages does not list"
            yield message, "add it to languages, or remove that text"
    yield from _delivery_mistakes(settings.delivery)


def _delivery_mistakes(delivery: DeliverySettings) -> Iterator[tuple[str, str]]:
    try:
        for pause in delivery.retry:
            duration(pause)
    except ValueError as error:
        yield f"delivery.retry: {error}", 'for example retry = ["5 min", "2 h"]'
    try:
        read_limits(
            name=delivery.provider,
            paces=[delivery.pace],
            quota=delivery.quota,
            window=delivery.window,
        )
    except ValueError as error:
        yield f"delivery: {error}", "docs/pace.md has providers, paces, quotas and windows"
    if not 1 <= delivery.connections <= MOST_CONNECTIONS:
        yield (
            f"delivery.connections: {delivery.connections} connections",
            f"a number from 1 to {MOST_CONNECTIONS}",
        )


def _sender_mistakes(sender: Sender, language: str) -> Iterator[tuple[str, str]]:
    for key in ("organisation", "postal_address"):
        text = getattr(sender, key)
        if isinstance(text, dict) and not text.get(language):
            message = f"sender.{key} has no text in {language}"
            yield message, f'add {key}.{language} = "…" under [sender]'


def _header_values(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "sender.name", settings.sender.name
    yield from _by_language("sender.organisation", settings.sender.organisation)
    yield from _by_language("subject", settings.subject)
    for name, value in settings.headers.items():
        yield f"headers.{name}", value


def _by_language(key: str, text: Text) -> Iterator[tuple[str, str]]:
    if isinstance(text, str):
        yield key, text
    else:
        for language, words in text.items():
            yield f"{key}.{language}", words


def _texts(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Every text but title and subject that may be given in several languages, with its key."""
    for demand in settings.demands:
        yield f"demand {demand.id}", demand.text or {settings.languages[0]: ""}
        yield f"demand {demand.id}: points", demand.points
    for person in settings.signatories:
        yield f"signatory {person.name}: title", person.title
        yield f"signatory {person.name}: organisation", person.organisation
    yield from _variables("variables", settings.variables)


def _variables(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield key, value
        for name, inner in value.items():
            yield from _variables(f"{key}.{name}", inner)


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
    """Refuse a header's name that RFC 5322 2.2 forbids, or that the program itself writes."""
    reserved = {
        "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id",
        "mime-version", "content-type", "content-transfer-encoding", "content-language",
    }  # fmt: skip
    valid = (
        name
        and name.isascii()
        and name.isprintable()
        and not set(name) & set(": ")
        and len(name) <= _HEADER_NAME
    )
    if not valid:
        raise CampaignError(
            f"{file}: headers: {name!r} is not a header's name", "letters, digits and hyphens"
        )
    if name.lower() in reserved:
        raise CampaignError(
            f"{file}: headers: {name} is written by the program",
            "set it under [sender] or [subject], or remove it",
        )
