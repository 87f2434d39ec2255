"""Attachments and inline images: encoded once a campaign, shared by every message.

`multipart/related` contains the images, `multipart/mixed` the attachments (RFC 2046, 2387).
"""

import hashlib
from base64 import encodebytes
from collections.abc import Sequence
from functools import cached_property
from mimetypes import MimeTypes
from pathlib import Path

from letters.campaign.campaign import SETTINGS, Campaign
from letters.campaign.file_names import composed
from letters.errors import CampaignError
from letters.mime.headers import HeaderError, parameter

Images = Sequence[tuple[str, str]]
_ANYTHING = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
# Python's own table, not the machine's: the same files give the same bytes on every machine.
_TYPES = MimeTypes()
for _end, _type in {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".rtf": "application/rtf",
    ".md": "text/markdown",
    ".webp": "image/webp",
}.items():
    _TYPES.add_type(_type, _end)


class Attachments:
    """The attachments and inline images of a campaign, as the MIME parts of its messages."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._names = campaign.settings.attachments

    def tail(self, images: Images) -> bytes:
        """The bytes that follow the `multipart/alternative`: images, attachments, closing boundaries.

        Raises CampaignError naming a file that is missing, lies elsewhere or cannot be read.
        """
        return self._related(images) + self._mixed

    def opening(self, content_type: bytes, images: Images) -> bytes:
        """The header lines and boundaries up to the part whose Content-Type is `content_type`.

        Without images and attachments that is the Content-Type line alone. Raises CampaignError.
        """
        opening = b"Content-Type: " + content_type
        if images:
            boundary = self._boundary(self._image_parts(images))
            kind = b'multipart/related; type="multipart/alternative";\r\n boundary="%b"' % boundary
            opening = b"Content-Type: %b\r\n\r\n--%b\r\n%b" % (kind, boundary, opening)
        if self._names:
            boundary = self._boundary(self._attachment_parts)
            kind = b'multipart/mixed;\r\n boundary="%b"' % boundary
            opening = b"Content-Type: %b\r\n\r\n--%b\r\n%b" % (kind, boundary, opening)
        return opening

    def _related(self, images: Images) -> bytes:
        return self._closed(self._image_parts(images))

    @cached_property
    def _mixed(self) -> bytes:
        return self._closed(self._attachment_parts)

    def _image_parts(self, images: Images) -> list[bytes]:
        return [self._part(name, "inline", content_id) for name, content_id in images]

    @cached_property
    def _attachment_parts(self) -> list[bytes]:
        return [self._part(name, "attachment") for name in self._names]

    def _closed(self, parts: list[bytes]) -> bytes:
        if not parts:
            return b""
        boundary = self._boundary(parts)
        return (
            b"".join(b"\r\n--%b\r\n%b" % (boundary, p) for p in parts)
            + b"\r\n--%b--\r\n" % boundary
        )

    def _boundary(self, parts: list[bytes]) -> bytes:
        """A boundary derived from the content; it contains `=_`, which no encoding used here can produce."""
        return b"=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:32].encode()

    def _part(self, name: str, disposition: str, content_id: str = "") -> bytes:
        content = self._read(name)
        kind = _kind(name, content)
        shown = composed(Path(name).name)
        try:
            lines = [
                f"Content-Type: {kind}",
                "Content-Transfer-Encoding: base64",
                ";\r\n ".join(
                    [f"Content-Disposition: {disposition}", *parameter("filename", shown)]
                ),
            ]
        except HeaderError as error:
            raise CampaignError(f"attachment {name!r}: {error}", "rename the file") from None
        if content_id:
            lines.append(f"Content-ID: <{content_id}>")
        body = encodebytes(content).replace(b"\n", b"\r\n")[:-2]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _read(self, name: str) -> bytes:
        path = self._campaign.file(name)
        try:
            return self._campaign.read(name, path)
        except OSError as error:
            raise CampaignError(
                f"{path} cannot be attached: {error.strerror}{self._campaign.spelled_otherwise(name)}",
                f"put the file there, or mend its name in {SETTINGS} (attachments) or in the template (images)",
            ) from None


def _kind(name: str, content: bytes) -> str:
    """The media type of a file: by its name, and of a text by its encoding."""
    kind, packed = _TYPES.guess_type(Path(name).name)
    # RFC 2046 5.2.1 forbids base64 in messages; a packed file is not what is packed.
    if kind is None or packed or kind.startswith(("message/", "multipart/")):
        return _ANYTHING
    if not kind.startswith("text/"):
        return kind
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _ANYTHING
    return f"{kind}; charset=utf-8"
