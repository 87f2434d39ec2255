"""Sealing: a letter becomes RFC 5322 bytes. Pure except for attachments, read once a campaign.

A wording is sealed once, as a plate; a message is its own header lines and fillings between the
plate's pieces.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from letters.campaign.campaign import Campaign
from letters.campaign.setting_templates import REPLY_TO, header_templates
from letters.errors import Problem
from letters.mailbox import AddressError, Mailbox, parse
from letters.message.attachments import Attachments
from letters.message.message import Envelope, Message, Plate, assembled
from letters.mime import headers, quoted_printable
from letters.mime.quoted_printable import SOFT_BREAK
from letters.render.gaps import Datum, row_of
from letters.render.letter import Letter
from letters.render.wording import FillingError, Form, Gap, Place, Wording

_URL = re.compile(
    r"<((?:https?|mailto):[^<>]*)>", re.IGNORECASE
)  # as in List-Unsubscribe (RFC 2369)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]


def _base32(digest: bytes) -> str:
    """The first 130 bits of a digest as 26 characters of RFC 4648's base 32, in lower case."""
    number = int.from_bytes(digest[:17], "big") >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


# How one gap is filled: the index of its value, and the function that encodes it.
_Filler = tuple[int, Callable[[Datum], bytes]]


@dataclass(frozen=True, slots=True, eq=False)
class _SealedWording:
    """A wording sealed: its plate, the digest of the plate, and how each gap is filled."""

    plate: Plate
    digest: bytes
    fillers: tuple[_Filler, ...]
    language: bytes


class Sealer:
    """Seals the letters of one campaign. Raises CampaignError for an attachment it cannot read.

    `test_to` replaces every recipient's mailbox; the subject then begins with `[TEST → name]`.
    """

    def __init__(self, campaign: Campaign, *, test_to: Mailbox | None = None) -> None:
        sender = campaign.settings.sender
        self._from = parse(sender.email)
        self._test_to = test_to
        self._id = hashlib.sha256(campaign.id.encode() + b"\0")
        self._attachments = Attachments(campaign)
        self._fixed = headers.mailbox("From", sender.name, self._from.address)
        own = campaign.settings.headers
        rendered = header_templates(sender.reply_to, own)
        for name, value in {REPLY_TO: sender.reply_to, **own}.items():
            if name not in rendered:
                self._fixed += _header(name, value)
        self._seal_wording = lru_cache(maxsize=256)(self._sealed)

    def seal(self, letter: Letter, identity: str) -> Message | Problem:
        """Seal one letter to a recipient that has a mailbox; same inputs, same bytes.

        `identity` distinguishes this recipient from every other of the batch. A value that is not allowed
        where it is printed is a Problem. Raises ValueError for a recipient without a mailbox.
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
                    _rendered_headers(letter),
                )
            )
        except FillingError as error:
            remedy = "mend the cell, or print it elsewhere"
            return _problem(letter, "value-place", str(error), remedy, error.source)
        except AddressError as error:
            remedy = "let sender.reply_to print exactly one address, or nothing"
            column = _column_in(letter, REPLY_TO)
            return _problem(letter, "address", f"sender.reply_to: {error}", remedy, column)
        except headers.HeaderError as error:
            remedy = "remove the character from the cell, or from the subject"
            return _problem(letter, "header", str(error), remedy, _column_with_control(letter))
        digest = self._id.copy()
        digest.update(b"\0".join((identity.encode(), own, *fillings, sealed.digest)))
        short = _base32(digest.digest())
        message_id = f"<{short}@{self._from.domain}>"
        head = f"Message-ID: {message_id}\r\n".encode() + own
        undated = assembled(head, fillings, sealed.plate)
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

    def _sealed(self, wording: Wording) -> _SealedWording:
        text, text_fillers = _encoded(wording.text)
        html, html_fillers = _encoded(wording.html)
        tail = self._attachments.tail(wording.images)
        digest = hashlib.sha256(b"\0".join((*text, b"", *html, tail)))
        boundary = b"=_" + digest.hexdigest()[:32].encode()
        content = b'multipart/alternative;\r\n boundary="%b"\r\n' % boundary
        opening = self._attachments.opening(content, wording.images)
        start = b"MIME-Version: 1.0\r\n%b\r\n--%b\r\n%b" % (opening, boundary, _PART % b"plain")
        middle = b"\r\n--%b\r\n%b" % (boundary, _PART % b"html")
        end = b"\r\n--%b--\r\n" % boundary
        joint = text[-1] + middle + html[0]
        pieces = [*text[:-1], joint, *html[1:]]
        pieces[0] = start + pieces[0]
        pieces[-1] += end
        return _SealedWording(
            plate=Plate(tuple(pieces), tail),
            digest=digest.digest(),
            fillers=(*text_fillers, *html_fillers),
            language=b"Content-Language: %b\r\n" % ", ".join(wording.languages).encode(),
        )


_PART = (
    b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)


def _header(name: str, value: str) -> bytes:
    """A header line of the campaign's own; an empty one is left out. Raises AddressError, HeaderError."""
    if not value:
        return b""
    if name == REPLY_TO:
        return headers.mailbox(name, "", parse(value).address)
    return headers.verbatim(name, value)


def _rendered_headers(letter: Letter) -> bytes:
    """The header lines that the campaign's templates make.

    Raises AddressError, HeaderError, and FillingError for a URL that a value spoils.
    """
    lines = []
    for name, value in letter.headers:
        for url in _URL.findall(value):
            if " " in url or not url.isascii():
                message = (
                    f"{name}: {url!r} holds what no URL may, unless printed with `| urlencode`"
                )
                raise FillingError(message, _column_in(letter, name))
        lines.append(_header(name, value))
    return b"".join(lines)


def _column_in(letter: Letter, name: str) -> str:
    """The first column that the header line of this name prints; "" when it prints none."""
    gaps = dict(letter.wording.headers)[name].gaps
    return next((letter.values[gap.index].source for gap in gaps), "")


def _column_with_control(letter: Letter) -> str:
    """The column whose value contains a control character; "" when it is in the author's own text."""
    forms = (letter.wording.subject, *(form for _, form in letter.wording.headers))
    printed = (letter.values[gap.index] for form in forms for gap in form.gaps)
    named = Datum(letter.recipient.name, source="name")
    return next((v.source for v in (named, *printed) if not headers.allows(v)), "")


def _problem(letter: Letter, rule: str, message: str, remedy: str, column: str) -> Problem:
    recipient = letter.recipient
    return Problem(
        rule=rule,
        message=message,
        remedy=remedy,
        row=row_of(column, recipient.row),
        column=column,
        template=letter.wording.templates[0],
        address=recipient.mailbox.address if recipient.mailbox else "",
    )


def _encoded(form: Form) -> tuple[list[bytes], list[_Filler]]:
    """A form's pieces, encoded so that any filling may follow, and the fillers of its gaps."""
    pieces = []
    for number, piece in enumerate(form.pieces):
        data = quoted_printable.encoded(piece)
        last = number == len(form.gaps)
        pieces.append(data if last or not data or piece.endswith("\n") else data + SOFT_BREAK)
    fillers = [
        (gap.index, _filler(gap.place, gap.prefix, after.startswith("\n")))
        for gap, after in zip(form.gaps, form.pieces[1:], strict=True)
    ]
    return pieces, fillers


@lru_cache(maxsize=64)
def _filler(place: Place, prefix: str, line_ends: bool) -> Callable[[Datum], bytes]:
    """The function that encodes a value for a gap, with a soft break after it unless the line ends there."""
    gap = Gap(0, place, prefix)

    def fill(value: Datum) -> bytes:
        data = quoted_printable.encoded(gap.fill(value))
        return data if line_ends or not data else data + SOFT_BREAK

    # Not cached for parts of URLs: whether one was percent-encoded before is not part of the cache's key.
    return fill if place in {Place.URL_PART, Place.PLAIN_URL_PART} else lru_cache(256)(fill)
