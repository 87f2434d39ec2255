"""What one letter says to a relay: its MAIL, RCPT and DATA lines, and its data up to the dot.

Pure. What is the same for all letters of a connection is made once.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from letters.message.message import Message, Plate
from letters.verdict import Concern, Outcome, Verdict

DATA = b"DATA\r\n"
RSET = b"RSET\r\n"
QUIT = b"QUIT\r\n"
LONE_DOT = b".\r\n"

_NOT_IN_COMMANDS = re.compile(r"[\x00-\x1f\x7f<>]")
_NOT_XTEXT = re.compile(rb"[^!-*,-<>-~]")  # RFC 3461 4: "+", "=" and what is no graphic ASCII
_ENVID_LIMIT = 100  # RFC 3461 4.4
_SIZE_DIGITS = 20  # RFC 1870 3


class Commands:
    """Writes envelopes for one relay; `extensions` are what its EHLO offered (RFC 5321 4.1.1.1).

    With `dsn`, and where the relay offers it, the relay is asked to report failures and delays to the
    sender, with the headers alone (RFC 3461).
    """

    def __init__(self, extensions: Mapping[str, str], *, dsn: bool = False) -> None:
        limit = extensions.get("size", "")
        self._limit = int(limit) if limit.isdecimal() and len(limit) <= _SIZE_DIGITS else 0
        self._sized = "size" in extensions
        self._smtputf8 = "smtputf8" in extensions
        self._dsn = dsn and "dsn" in extensions
        self._sender = lru_cache(maxsize=4)(self._mail_from)

    def envelope(self, message: Message) -> tuple[bytes, bytes, bytes] | Verdict:
        """The MAIL, RCPT and DATA lines; or why they cannot be written, or the relay cannot take the letter."""
        recipient = message.envelope.recipient
        sender = self._sender(message.envelope.sender)
        if isinstance(sender, Verdict):
            return sender
        if said := self._why_not_sendable(recipient):
            return Verdict(Outcome.REJECTED, Concern.RECIPIENT, said)
        size = message.size if self._sized else 0
        if 0 < self._limit < size:
            said = f"the letter has {size} octets, the relay takes {self._limit}"
            return Verdict(Outcome.REJECTED, Concern.MESSAGE, said)
        start, utf8 = sender
        mail = b"%bSIZE=%d" % (start, size) if self._sized else start[:-1]  # RFC 1870 5
        rcpt = b"RCPT TO:<%b>" % recipient.encode()
        if utf8 or not recipient.isascii():
            mail += b" SMTPUTF8"  # RFC 6531 3.4
        if self._dsn:
            mail += b" RET=HDRS" + _envid(message.message_id)
            rcpt += b" NOTIFY=FAILURE,DELAY" + _orcpt(recipient)
        return mail + b"\r\n", rcpt + b"\r\n", DATA

    def _mail_from(self, sender: str) -> tuple[bytes, bool] | Verdict:
        if said := self._why_not_sendable(sender):
            return Verdict(Outcome.REJECTED, Concern.SENDER, said)
        return b"MAIL FROM:<%b> " % sender.encode(), not sender.isascii()

    def _why_not_sendable(self, address: str) -> str:
        """Say why an address cannot stand in a command, or nothing."""
        if _NOT_IN_COMMANDS.search(address):
            return "the address holds characters that no SMTP command can carry"
        if address.isascii() or self._smtputf8:
            return ""
        return "the address is not ASCII, and the relay offers no SMTPUTF8"


def _envid(message_id: str) -> bytes:
    value = xtext(message_id.strip("<>"))
    return b" ENVID=" + value if 0 < len(value) <= _ENVID_LIMIT else b""


def _orcpt(recipient: str) -> bytes:
    # Beyond ASCII the address type is another one (RFC 6533 3); the parameter may be left out.
    return b" ORCPT=rfc822;" + xtext(recipient) if recipient.isascii() else b""


def xtext(text: str) -> bytes:
    """Write text as xtext (RFC 3461 4): graphic ASCII, other octets as `+` and two hex digits."""
    return _NOT_XTEXT.sub(lambda octet: b"+%02X" % octet[0][0], text.encode())


def dot_stuffed(content: bytes) -> bytes:
    """Give a second dot to each line that begins with one (RFC 5321 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def data(message: Message) -> tuple[bytes, bytes]:
    """What follows 354: the content, stuffed, and the end with the final dot.

    Raises ValueError when the message has no date yet.
    """
    content = message.content
    if not _needs_no_stuffing(message):
        content = dot_stuffed(content)
    return content, LONE_DOT if content.endswith(b"\r\n") else b"\r\n.\r\n"


def _needs_no_stuffing(message: Message) -> bool:
    # Searching a whole letter for dots at line starts costs more than all else that is done to it.
    # Where no part begins with a dot or holds such a line, the whole has none, however parts join.
    return _plate_needs_no_stuffing(message.plate) and not _has_leading_dots(
        message.head, *message.fillings
    )


@lru_cache(maxsize=64)
def _plate_needs_no_stuffing(plate: Plate) -> bool:
    return not _has_leading_dots(*plate.pieces, plate.tail)


def _has_leading_dots(*parts: bytes) -> bool:
    return b"\n." in b"\n".join((b"", *parts))
