"""A letter sealed as RFC 5322 bytes: its own parts between the shared ones."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

DATE_LINE_LENGTH = len(b"Date: Thu, 09 Jan 2014 09:00:00 +0000\r\n")


class Envelope(Struct, frozen=True):
    """Sender and recipient in the SMTP commands (RFC 5321), apart from the headers.

    Bare addresses: the local part as typed, the domain as A-labels. `recipient` needs SMTPUTF8
    (RFC 6531) when it is not ASCII.
    """

    sender: str
    recipient: str

    @property
    def domain(self) -> str:
        """The receiving domain."""
        return self.recipient.rpartition("@")[2]


class Plate(Struct, frozen=True):
    """A wording sealed once: `pieces` with a gap between each two, then `tail`.

    `tail` (inline images and attachments, encoded once a campaign) follows the last piece directly; it
    may be empty. Every byte is 7-bit, never NUL, lines end in CRLF.
    """

    pieces: tuple[bytes, ...]
    tail: bytes = b""


class Message(Struct, frozen=True):
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
        return assembled(self.head, self.fillings, self.plate)

    @property
    def content(self) -> bytes:
        """The RFC 5322 bytes as they leave: the `Date:` line, then everything else.

        Raises ValueError when the message has no date yet.
        """
        if self.date is None:
            raise ValueError("a message has content only when it has a date")
        head = _date_line(self.date, self.date.utcoffset()) + self.head
        return assembled(head, self.fillings, self.plate)

    @property
    def size(self) -> int:
        """Octets of `content`, known before the date is (RFC 1870)."""
        own = len(self.head) + sum(map(len, self.fillings))
        return DATE_LINE_LENGTH + own + sum(map(len, self.plate.pieces)) + len(self.plate.tail)


@lru_cache(maxsize=16)  # many letters leave in one second
def _date_line(date: datetime, _offset: timedelta | None) -> bytes:
    # Part of the cache's key: the same instant in two time zones is equal, but its line is not.
    return b"Date: %b\r\n" % format_datetime(date).encode("ascii")


def assembled(head: bytes, fillings: tuple[bytes, ...], plate: Plate) -> bytes:
    """The bytes of a message: its head, the plate's pieces with a filling between each two, the tail."""
    parts = [b""] * (2 * len(plate.pieces))
    parts[0] = head
    parts[1::2] = plate.pieces
    parts[2::2] = fillings
    return b"".join((*parts, plate.tail))
