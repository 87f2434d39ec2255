"""Sealing: a letter becomes RFC 5322 bytes. Pure but for attachments, read once a campaign.

A wording is sealed once, as a plate; a message is its own header lines and fillings between the
plate's pieces (DESIGN 6). Leans on `headers`, `quoted_printable`, `wording`, `letter`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from letters import headers, quoted_printable
from letters.attachments import Attachments
from letters.campaign import Campaign
from letters.errors import Problem
from letters.gaps import Datum
from letters.letter import Letter
from letters.mailbox import Mailbox, parse
from letters.quoted_printable import SOFT_BREAK
from letters.wording import FILL, FillingError, Form, Place, Wording

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]
DATE_LINE_LENGTH = len(b"Date: Thu, 09 Jan 2014 09:00:00 +0000\r\n")


class Envelope(Struct, frozen=True):
    """Sender and recipient as the relay is told them (RFC 5321), apart from the headers.

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

    `tail` (inline images and attachments, encoded once a campaign) stands directly behind the last
    piece; it may be empty. Every byte is 7-bit, never NUL, lines end in CRLF.
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
        return _joined(self.head, self.fillings, self.plate)

    @property
    def content(self) -> bytes:
        """The RFC 5322 bytes as they leave: the `Date:` line, then everything else.

        Raises ValueError when the message has no date yet.
        """
        if self.date is None:
            raise ValueError("a message has content only when it has a date")
        head = _date_line(self.date, self.date.utcoffset()) + self.head
        return _joined(head, self.fillings, self.plate)

    @property
    def size(self) -> int:
        """Octets of `content`, known before the date is (RFC 1870)."""
        own = len(self.head) + sum(map(len, self.fillings))
        return DATE_LINE_LENGTH + own + sum(map(len, self.plate.pieces)) + len(self.plate.tail)


def _base32(digest: bytes) -> str:
    """The first 130 bits of a digest as 26 characters of RFC 4648's base 32, in lower case."""
    number = int.from_bytes(digest[:17], "big") >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


@lru_cache(maxsize=16)  # many letters leave in one second
def _date_line(date: datetime, _offset: timedelta | None) -> bytes:
    # The offset tells apart what is one instant, and so equal, in two zones.
    return b"Date: %b\r\n" % format_datetime(date).encode("ascii")


def _joined(head: bytes, fillings: tuple[bytes, ...], plate: Plate) -> bytes:
    parts = [b""] * (2 * len(plate.pieces))
    parts[0] = head
    parts[1::2] = plate.pieces
    parts[2::2] = fillings
    return b"".join((*parts, plate.tail))


# How to fill one gap: which value, and what makes it the octets that stand there.
_Filler = tuple[int, Callable[[Datum], bytes]]


@dataclass(frozen=True, slots=True, eq=False)
class _Sealed:
    """A wording sealed: its plate, the digest of the plate, and how each gap is filled."""

    plate: Plate
    digest: bytes
    fillers: tuple[_Filler, ...]
    language: bytes


class Sealer:
    """Seals the letters of one campaign. Raises CampaignError for an attachment it cannot read.

    `test_to` addresses every letter to one's own mailbox and says so in the subject.
    """

    def __init__(self, campaign: Campaign, *, test_to: Mailbox | None = None) -> None:
        sender = campaign.settings.sender
        self._from = parse(sender.email)
        self._test_to = test_to
        self._id = hashlib.sha256(campaign.id.encode() + b"\0")
        self._attachments = Attachments(campaign)
        self._fixed = headers.mailbox("From", sender.name, self._from.address)
        if sender.reply_to:
            self._fixed += headers.mailbox("Reply-To", "", parse(sender.reply_to).address)
        for name, value in campaign.settings.headers.items():
            self._fixed += headers.verbatim(name, value)
        self._seal_wording = lru_cache(maxsize=256)(self._sealed)

    def seal(self, letter: Letter, identity: str) -> Message | Problem:
        """Seal one letter to a recipient that has a mailbox; same inputs, same bytes.

        `identity` tells this recipient from every other of the batch. A value that cannot stand
        where it is printed is a Problem.
        """
        recipient = letter.recipient
        mailbox = self._test_to or recipient.mailbox
        if mailbox is None:
            raise ValueError("a recipient without a mailbox has no message")
        sealed = self._seal_wording(letter.wording)
        try:
            values = letter.values
            fillings = tuple([fill(values[index]) for index, fill in sealed.fillers])
            subject = letter.subject
            if self._test_to:
                subject = f"[TEST → {recipient.name}] {subject}"
            own = b"".join(
                (
                    self._fixed,
                    headers.mailbox("To", recipient.name, mailbox.address),
                    headers.unstructured("Subject", subject),
                    sealed.language,
                )
            )
        except FillingError as error:
            remedy = "mend the cell, or print it elsewhere"
            return _problem(letter, "value-place", str(error), remedy, error.source)
        except headers.HeaderError as error:
            remedy = "remove the character from the cell, or from the subject"
            return _problem(letter, "header", str(error), remedy, _with_control(letter))
        digest = self._id.copy()
        digest.update(b"\0".join((identity.encode(), own, *fillings, sealed.digest)))
        short = _base32(digest.digest())
        message_id = f"<{short}@{self._from.domain}>"
        head = f"Message-ID: {message_id}\r\n".encode() + own
        undated = _joined(head, fillings, sealed.plate)
        return Message(
            envelope=Envelope(self._from.address, mailbox.address),
            identity=identity,
            name=recipient.name,
            subject=subject,
            message_id=message_id,
            sha256=hashlib.sha256(undated).hexdigest(),
            head=head,
            fillings=fillings,
            plate=sealed.plate,
        )

    def _sealed(self, wording: Wording) -> _Sealed:
        text, text_fillers = _encoded(wording.text)
        html, html_fillers = _encoded(wording.html)
        tail = self._attachments.tail(wording.images)
        digest = hashlib.sha256(b"\0".join((*text, b"", *html, tail)))
        boundary = b"=_" + digest.hexdigest()[:32].encode()
        content = b'multipart/alternative;\r\n boundary="%b"\r\n' % boundary
        opened = self._attachments.opened(content, wording.images)
        start = b"MIME-Version: 1.0\r\n%b\r\n--%b\r\n%b" % (opened, boundary, _PART % b"plain")
        middle = b"\r\n--%b\r\n%b" % (boundary, _PART % b"html")
        end = b"\r\n--%b--\r\n" % boundary
        joint = text[-1] + middle + html[0]
        pieces = [*text[:-1], joint, *html[1:]]
        pieces[0] = start + pieces[0]
        pieces[-1] += end
        return _Sealed(
            plate=Plate(tuple(pieces), tail),
            digest=digest.digest(),
            fillers=(*text_fillers, *html_fillers),
            language=b"Content-Language: %b\r\n" % ", ".join(wording.languages).encode(),
        )


_PART = (
    b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)


def _with_control(letter: Letter) -> str:
    """The column whose value no header can hold; "" when it is the author's own text."""
    printed = (letter.values[gap.index] for gap in letter.wording.subject.gaps)
    named = Datum(letter.recipient.name, source="name")
    return next((v.source for v in (named, *printed) if not headers.allows(v)), "")


def _problem(letter: Letter, rule: str, message: str, remedy: str, column: str) -> Problem:
    recipient = letter.recipient
    return Problem(
        rule=rule,
        message=message,
        remedy=remedy,
        row=recipient.row,
        column=column,
        template=letter.wording.templates[0],
        address=recipient.mailbox.address if recipient.mailbox else "",
    )


def _encoded(form: Form) -> tuple[list[bytes], list[_Filler]]:
    """A form's pieces, each ready for any filling beside it, and the fillers of its gaps."""
    pieces = []
    for number, piece in enumerate(form.pieces):
        data = quoted_printable.encoded(piece)
        last = number == len(form.gaps)
        pieces.append(data if last or not data or piece.endswith("\n") else data + SOFT_BREAK)
    fillers = [
        (gap.index, _filler(gap.place, after.startswith("\n")))
        for gap, after in zip(form.gaps, form.pieces[1:], strict=True)
    ]
    return pieces, fillers


@lru_cache(maxsize=32)
def _filler(place: Place, line_ends: bool) -> Callable[[Datum], bytes]:
    """What makes a value the octets of a gap; a soft break follows unless the line ends there."""
    of_place = FILL[place]

    def fill(value: Datum) -> bytes:
        data = quoted_printable.encoded(of_place(value))
        return data if line_ends or not data else data + SOFT_BREAK

    # Whether a URL's part was quoted before is no part of a cache's key.
    return fill if place in {Place.URL_PART, Place.PLAIN_URL_PART} else lru_cache(256)(fill)
