"""Quoted-printable text in parts that can be joined (RFC 2045 6.7). Pure.

Every part is encoded as if it began a line and stood alone: no line passes 76 characters, none
begins with a dot or with `From `, whatever stands beside it.
"""

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
LINE = 76
_SURELY_ONE_LINE = LINE - 1
_SPECIAL_STARTS = ".F"
_BLANK_AT_END = re.compile(rb"^([^\r\n]{73,})(=20|=09)(?=\r\n)", re.MULTILINE)
_START = re.compile(rb"^(?:\.|From )", re.MULTILINE)


def encoded(text: str) -> bytes:
    """Text as quoted-printable (RFC 2045 6.7) with CRLF line ends, whichever ends it has; "" gives b""."""
    if not text:
        return b""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # b2a_qp breaks lines as the first line of its input ends, so it is given one that ends in CRLF.
    data = b2a_qp(text.replace("\n", "\r\n").encode() + b"\r\n", istext=True)
    if len(data) < _SURELY_ONE_LINE and "\n" not in text and text[0] not in _SPECIAL_STARTS:
        return data[:-2]
    # b2a_qp encodes a blank at the end of a line without checking the line's length.
    data = _BLANK_AT_END.sub(rb"\1=\r\n\2", data)[:-2]
    while _START.search(data):
        data = b"\r\n".join(map(_safe_start, data.split(b"\r\n")))
    return data


def _safe_start(line: bytes) -> bytes:
    """A line with its first character encoded if it is `.` (RFC 5321 4.5.2) or begins `From ` (mbox)."""
    if not _START.match(line):
        return line
    first = b"=%02X" % line[0]
    soft = SOFT_BREAK if len(line) + 2 >= LINE else b""
    return first + soft + line[1:]
