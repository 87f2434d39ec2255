"""Sealing: a letter becomes RFC 5322 bytes. Pure; leans on `headers`, `letter`, `campaign`."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

DATE_LINE_LENGTH = len(b"Date: Thu, 09 Jan 2014 09:00:00 +0000\r\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipient as the relay is told them (RFC 5321), apart from the headers.

    Bare addresses: the local part as typed, the domain as A-labels. `recipient` needs SMTPUTF8
    (RFC 6531) when it is not ASCII.
    """

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Plate:
    """A wording sealed once: `pieces` with a gap between each two, then `tail`.

    `tail` (inline images and attachments, encoded once a campaign) stands directly behind the last
    piece; it may be empty. Every byte is 7-bit, never NUL, lines end in CRLF.
    """

    pieces: tuple[bytes, ...]
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """One letter sealed: its own `head` and `fillings` between the shared pieces of its plate.

    `head` is the letter's own header lines, Message-ID first, without the `Date:` line.
    `sha256` (hex) is of everything but the `Date:` line. `identity` tells one recipient from
    another; `name` is for people. `date` is None until the letter first leaves; it must be aware.
    """

    envelope: Envelope
    identity: str
    name: str
    subject: str
    message_id: str
    sha256: str
    head: bytes
    fillings: tuple[bytes, ...]
    plate: Plate
    date: datetime | None = None

    def dated(self, date: datetime) -> "Message":
        """The same message with the `Date:` it leaves with, to the second, in UTC."""
        return replace(self, date=date.astimezone(UTC).replace(microsecond=0))

    @property
    def undated(self) -> bytes:
        """Everything but the `Date:` line."""
        pieces = self.plate.pieces
        parts: list[bytes] = [self.head, pieces[0]]
        for filling, piece in zip(self.fillings, pieces[1:], strict=True):
            parts += (filling, piece)
        parts.append(self.plate.tail)
        return b"".join(parts)

    @property
    def content(self) -> bytes:
        """The RFC 5322 bytes as they leave: the `Date:` line, then everything else.

        Raises ValueError when the message has no date yet.
        """
        if self.date is None:
            raise ValueError("a message has content only when it has a date")
        return b"Date: %b\r\n%b" % (format_datetime(self.date).encode("ascii"), self.undated)

    @property
    def size(self) -> int:
        """Octets of `content`, known before the date is (RFC 1870)."""
        own = len(self.head) + sum(map(len, self.fillings))
        return DATE_LINE_LENGTH + own + sum(map(len, self.plate.pieces)) + len(self.plate.tail)
