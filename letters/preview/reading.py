"""Sealed bytes read back, by a parser that is not our composer: Python's own. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from functools import lru_cache

# Most header lines of a batch are the same in every letter, and Python parses one at every look.
_POLICY = policy.default.clone(header_factory=lru_cache(maxsize=256)(HeaderRegistry()))
SOURCE_LIMIT = 200_000
"""Characters of source that are shown; an attachment's base64 says nothing to an eye."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message's MIME tree (RFC 2045); `size` is of its decoded octets, 0 for a branch."""

    depth: int
    kind: str
    disposition: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What an office's mail program finds in a message: headers, text and HTML decoded.

    `images` are the inline images by Content-ID: (type, octets). `size` counts all octets. Lines
    end in LF; text is as found, so make it inert before it is shown.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    parts: tuple[Part, ...]
    source: str
    size: int
    images: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The first header of this name, decoded; "" when there is none."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The parts that a reader finds beside the letter."""
        return tuple(part for part in self.parts if part.disposition == "attachment")


def read(content: bytes) -> Reading:
    """Read a whole message (RFC 5322)."""
    message = message_from_bytes(content, policy=_POLICY)
    leaves = [part for part in message.walk() if part["Content-ID"]]
    return Reading(
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        parts=tuple(_parts(message, 0)),
        source=_source(content),
        size=len(content),
        images={
            str(part["Content-ID"]).strip("<> "): (part.get_content_type(), _octets(part))
            for part in leaves
        },
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _parts(part: EmailMessage, depth: int) -> Iterator[Part]:
    branch = part.is_multipart()
    yield Part(
        depth=depth,
        kind=part.get_content_type(),
        disposition=part.get_content_disposition() or "",
        name=part.get_filename() or "",
        size=0 if branch else len(_octets(part)),
    )
    if branch:
        for below in part.iter_parts():
            if isinstance(below, EmailMessage):
                yield from _parts(below, depth + 1)


def _octets(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _source(content: bytes) -> str:
    shown = content[:SOURCE_LIMIT].decode("ascii", "backslashreplace").replace("\r\n", "\n")
    more = len(content) - SOURCE_LIMIT
    return shown if more <= 0 else f"{shown}\n… and {more:,} more octets"
