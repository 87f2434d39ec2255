"""A sealed message parsed again, by Python's own parser rather than by the code that wrote it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from functools import lru_cache

# Most headers are the same in every letter of a batch, and Python parses a header at each access.
_POLICY = policy.default.clone(header_factory=lru_cache(maxsize=256)(HeaderRegistry()))
SOURCE_LIMIT = 200_000
"""Characters of source that are shown; the rest is usually base64 of attachments."""


@dataclass(frozen=True, slots=True)
class MimePart:
    """One part of a message's MIME tree (RFC 2045).

    `depth` counts from 0. `size` is in octets, decoded; it is 0 for a multipart.
    """

    depth: int
    kind: str
    disposition: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What a mail program finds in a message: headers, text and HTML, decoded.

    `images` are the inline images by Content-ID: (type, octets). `size` is that of the whole
    message in octets. Lines end in LF. Control characters are as found: see `letters.text`.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    parts: tuple[MimePart, ...]
    source: str
    size: int
    images: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The first header of this name, decoded; "" when there is none."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    @property
    def attachments(self) -> tuple[MimePart, ...]:
        """The parts that a mail program lists as attachments."""
        return tuple(part for part in self.parts if part.disposition == "attachment")


def parse_message(content: bytes) -> ParsedMessage:
    """Parse a whole message (RFC 5322)."""
    message = message_from_bytes(content, policy=_POLICY)
    inline = [part for part in message.walk() if part["Content-ID"]]
    return ParsedMessage(
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        parts=tuple(_parts(message, 0)),
        source=_source(content),
        size=len(content),
        images={
            str(part["Content-ID"]).strip("<> "): (part.get_content_type(), _octets(part))
            for part in inline
        },
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _parts(part: EmailMessage, depth: int) -> Iterator[MimePart]:
    multipart = part.is_multipart()
    yield MimePart(
        depth=depth,
        kind=part.get_content_type(),
        disposition=part.get_content_disposition() or "",
        name=part.get_filename() or "",
        size=0 if multipart else len(_octets(part)),
    )
    if multipart:
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
