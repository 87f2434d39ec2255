"""The settings that are templates, and those that would be mailed with their braces. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

REPLY_TO = "Reply-To"
_REMEDY = (
    "write it without braces; values are printed in templates, in subject, in sender.reply_to"
    " and under [headers]"
)


def is_template(text: str) -> bool:
    """Whether a text of the settings has anything for Jinja to do."""
    return "{{" in text or "{%" in text or "{#" in text


def header_templates(reply_to: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The templates of the header lines that are rendered for each recipient, by name."""
    return {
        name: text for name, text in {REPLY_TO: reply_to, **headers}.items() if is_template(text)
    }


def header_key(name: str) -> str:
    """The key of the setting that makes the header line of this name."""
    return "sender.reply_to" if name == REPLY_TO else f"headers.{name}"


def templates_elsewhere(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The message and the hint for each template in settings that are not rendered.

    `table` is `campaign.toml` as it was read.
    """
    rendered = {"subject", "headers"}
    not_mailed = {"delivery", "proof"}
    others = {key: value for key, value in table.items() if key not in rendered | not_mailed}
    for key, text in _strings("", others):
        if key != "sender.reply_to" and is_template(text):
            yield f"{key}: {text!r} is not rendered: its braces would be mailed", _REMEDY


def _strings(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a table, with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(f"{key}.{name}".lstrip("."), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _strings(f"{key}[{number}]", inner)
