"""Relay URLs: `smtp://`, `smtps://`, `smtp+plain://`, `maildir:`. Pure.

A password in a URL is kept in a field of its own, and no error repeats what was typed.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from letters.errors import ConfigurationError

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_FORMS = "smtp://login@host:587, smtps://login@host:465 or maildir:FOLDER"
_ESCAPES = "in a login or password : is %3A, / is %2F, ? is %3F, # is %23, @ is %40, a space is %20"


@dataclass(frozen=True, slots=True)
class RelayURL:
    """Where letters are handed over. `scheme` is `smtp`, `smtps`, `smtp+plain` or `maildir`.

    `folder` is a Maildir's, as written, and then all else is empty; `login` and `password` are
    decoded, None when the URL names none.
    """

    scheme: str
    host: str = ""
    port: int = 0
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    folder: str = ""

    def __str__(self) -> str:
        """Without login and password: the form for people and journal."""
        if self.scheme == "maildir":
            return f"maildir:{self.folder}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def needs_password(self) -> bool:
        """Whether there is a login without its password."""
        return self.login is not None and self.password is None

    @property
    def loopback(self) -> bool:
        """Whether the relay is this machine: 127.0.0.0/8, ::1, `localhost`, or a folder."""
        return self.scheme == "maildir" or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, without a DNS query."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_relay(url: str) -> RelayURL:
    """Read a relay's URL.

    Raises ConfigurationError, which shows the right form and never the password.
    """
    url = url.strip()
    scheme, _, rest = url.partition(":")
    scheme = scheme.lower()
    if not url.isprintable() or (" " in url and scheme != "maildir"):
        raise ConfigurationError(
            "the relay's URL holds a space or a control character",
            f"Write {_FORMS}; {_ESCAPES}.",
        )
    if scheme == "maildir":
        return _maildir(rest)
    if scheme not in _PORTS or not rest.startswith("//"):
        raise ConfigurationError(
            "the relay's URL does not begin with smtp:, smtps:, smtp+plain: or maildir:",
            f"Write {_FORMS}.",
        )
    return _smtp(_split(scheme, rest))


def _split(scheme: str, rest: str) -> SplitResult:
    try:
        return urlsplit(f"{scheme}:{rest}")
    except ValueError:  # brackets that hold no IPv6 address
        raise ConfigurationError("the relay's URL names no host", f"Write {_FORMS}.") from None


def _maildir(folder: str) -> RelayURL:
    if not folder or re.match("//[^/]", folder):
        raise ConfigurationError(
            "the relay's URL names no folder",
            "Write maildir:outbox, or maildir:/an/absolute/path.",
        )
    return RelayURL("maildir", folder=folder)


def _smtp(parts: SplitResult) -> RelayURL:
    login, password = _credentials(parts)
    host, port = _host(parts), _port(parts)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigurationError(
            "the relay's URL goes on after the port",
            f"Write {_FORMS}; {_ESCAPES}.",
        )
    if parts.scheme == "smtp" and port == _PORTS["smtps"]:
        raise ConfigurationError(
            f"port {port} uses TLS from the first byte, and smtp: begins without it",
            f"Write smtps://login@{host}:{port}, or smtp:// with port 587.",  # RFC 8314 3.3
        )
    return RelayURL(parts.scheme, host, port, login, password)


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    userinfo, at, _ = parts.netloc.rpartition("@")
    if not at:
        return None, None
    login, colon, password = userinfo.partition(":")
    if "@" in userinfo or not login:
        raise ConfigurationError(
            "the relay's URL holds an @ that is not the one before the host",
            "In a login or password write @ as %40: smtp://me%40example.org@host:587.",
        )
    return unquote(login), unquote(password) if colon else None


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise ConfigurationError("the relay's URL names no host", f"Write {_FORMS}.")
    return parts.hostname


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ConfigurationError(
            "the relay's URL has a port that is not a number from 1 to 65535",
            f"Write {_FORMS}; {_ESCAPES}.",
        )
    return _PORTS[parts.scheme] if port is None else port
