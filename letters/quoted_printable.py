"""Quoted-printable text in parts that can be joined (RFC 2045 6.7). Pure; leans on nothing.

Every part is encoded as if it began a line and stood alone: no line passes 76 characters, none
begins with a dot or with `From `, whatever stands beside it.
"""

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
LINE = 76
_PLAIN = re.compile(
    r"(?!From )[A-Za-z0-9,;:'()/?!\"#&@<>_*+-][A-Za-z0-9 .,;:'()/?!\"#&@<>_*+-]{0,70}(?<! )"
)
_START = re.compile(rb"^(?:\.|From )", re.MULTILINE)


def encoded(text: str) -> bytes:
    """Text with `\\n` line ends as quoted-printable with CRLF; "" as nothing."""
    if _PLAIN.fullmatch(text):
        return text.encode("ascii")
    if not text:
        return b""
    # b2a_qp breaks lines as the first line of its input ends, so it is given one that ends in CRLF.
    data = b2a_qp(text.replace("\n", "\r\n").encode() + b"\r\n", istext=True)[:-2]
    while _START.search(data):
        data = b"\r\n".join(map(_guarded, data.split(b"\r\n")))
    return data


def _guarded(line: bytes) -> bytes:
    """A line whose first character must not stand there as it is: dot-stuffing, mbox `From `."""
    if not _START.match(line):
        return line
    first = b"=%02X" % line[0]
    soft = SOFT_BREAK if len(line) + 2 > LINE else b""
    return first + soft + line[1:]
