"""Opening the transport that a relay's URL names."""

from pathlib import Path
from typing import TYPE_CHECKING

from letters.errors import ConfigurationError
from letters.transport.interface import Transport
from letters.transport.url import parse_relay

if TYPE_CHECKING:
    import ssl

    from letters.transport.smtp.protocol import Timeouts


def open_transport(
    url: str,
    *,
    password: str | None = None,
    base: Path | None = None,
    timeouts: "Timeouts | None" = None,
    tls_context: "ssl.SSLContext | None" = None,
    pipelining: bool = True,
    dsn: bool = False,
    state: Path | None = None,
    ehlo_name: str = "",
    domain: str = "",
) -> Transport:
    """Make the transport that a relay's URL names; nothing is connected yet.

    `password` takes precedence over the one in the URL. A relative Maildir lies in `base`; it is made
    here, since its id names the channel. Where a relay offers them, `pipelining` saves exchanges
    (RFC 2920) and `dsn` asks it to report failures and delays to the sender (RFC 3461). The folder
    `state` keeps which relays fail at pipelining; None: each run finds out anew. `ehlo_name` is told
    to the relay in EHLO; by default this machine's full name where it has one, else `domain`, that of
    the sender, else our address. Raises ConfigurationError, and JournalError for a folder that cannot
    be written.
    """
    relay = parse_relay(url)
    if relay.scheme == "maildir":
        from letters.transport.maildir import MaildirTransport

        return MaildirTransport((base or Path()) / relay.folder)
    if relay.scheme == "smtp+plain" and not relay.loopback:
        raise ConfigurationError(
            f"{relay} would carry the letters, and the password, readable to everybody on the way",
            f"Write smtp://{relay.host} (STARTTLS) or smtps://{relay.host}; "
            "smtp+plain: is for a relay on this machine, such as 127.0.0.1.",
        )
    from letters.transport.smtp.ehlo import check_ehlo_name
    from letters.transport.smtp.transport import SmtpTransport

    if ehlo_name:
        try:
            check_ehlo_name(ehlo_name)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return SmtpTransport(
        relay,
        password=password,
        timeouts=timeouts,
        tls_context=tls_context,
        pipelining=pipelining,
        dsn=dsn,
        state=state,
        ehlo_name=ehlo_name,
        domain=domain,
    )
