"""The name that a relay is told in EHLO (RFC 5321 2.3.5, 4.1.4): many refuse one that is not full."""

import asyncio
import re
import socket
from contextlib import suppress
from ipaddress import ip_address

from letters.text import one_line

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FULL = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.IGNORECASE)
_LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f.:]+)\]")
_LONGEST = 255  # RFC 5321 4.5.3.1.2
# Last labels of names that mean something in one network only.
_LOCAL = frozenset(
    ("local", "localdomain", "localhost", "lan", "home", "internal", "intranet", "corp", "private", "arpa", "invalid")
)  # fmt: skip
_LOOKUP = 5  # seconds for this machine's own name


def check_ehlo_name(name: str) -> None:
    """Raise ValueError for what is no full host name, nor an address literal (RFC 5321 4.1.3)."""
    if not _is_full(name) and not _is_literal(name):
        raise ValueError(
            f"{one_line(name)!r} is not a name for EHLO: write a full host name such as "
            "mail.example.org, or an address such as [192.0.2.1]"
        )


def _is_full(name: str) -> bool:
    return len(name) <= _LONGEST and _FULL.fullmatch(name) is not None


def _is_literal(name: str) -> bool:
    found = _LITERAL.fullmatch(name)
    with suppress(ValueError):
        return found is not None and ip_address(found[2]).version == (6 if found[1] else 4)
    return False


def public_name(name: str) -> str:
    """A host name if it is full, and not one of a local network; else ""."""
    local = name.rpartition(".")[2].lower() in _LOCAL
    return name if _is_full(name) and not local else ""


async def machine_name() -> str:
    """This machine's full name; "" when it has none, or none is found within five seconds."""
    try:
        return public_name(await asyncio.wait_for(asyncio.to_thread(socket.getfqdn), _LOOKUP))
    except (TimeoutError, OSError, UnicodeError):
        return ""


def address_literal(sock: socket.socket) -> str:
    """The address of this end of a connection, as RFC 5321 4.1.3 writes it."""
    address = ip_address(sock.getsockname()[0].partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004
