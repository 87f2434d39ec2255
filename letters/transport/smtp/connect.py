"""Opening a connection to a relay with aiosmtplib: TCP, TLS, EHLO, AUTH.

Every failure becomes an exception with a hint; none shows a secret.
"""

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import aiosmtplib
from msgspec import structs

from letters.errors import (
    ALL_WAIT,
    LettersError,
    LoginRefused,
    Parked,
    RelayRefused,
    RelayUnavailable,
    TooFast,
)
from letters.transport.smtp.ehlo import address_literal
from letters.transport.smtp.protocol import Timeouts
from letters.transport.url import RelayURL
from letters.verdict import (
    Advice,
    Outcome,
    Stage,
    Verdict,
    is_about_ehlo_name,
    one_line,
    read_reply,
)

_LOGIN_HINT = (
    "Check the login in the URL and LETTERS_RELAY_PASSWORD; many providers want an app password."
)
_CERTIFICATES = {  # X509_V_ERR_* of OpenSSL's x509_vfy.h
    10: ("has expired", "Tell who runs the relay; check this machine's clock."),
    62: ("is for another host", "Write the host name that your provider gives for SMTP."),
    64: ("is for another address", "Write the relay's host name instead of its number."),
}
_UNTRUSTED = (
    "is not trusted by this machine",
    "Check the host name; for a relay of your own, make its authority known (SSL_CERT_FILE).",
)
_EHLO_HINT = (
    "Give a full host name that it accepts: --ehlo-name mail.example.org, or LETTERS_EHLO_NAME."
)
_ADDRESS_TIMEOUT = 10  # seconds for each address of a host but the last
_UNKNOWN_MECHANISM = frozenset((502, 503, 504))


@dataclass(frozen=True, slots=True)
class Established:
    """A connection after EHLO and AUTH; `extensions`: keyword in lower case → parameters.

    `greeting` is the text of the relay's first reply, without its code.
    """

    transport: asyncio.Transport
    greeting: str
    extensions: Mapping[str, str]


async def connect(
    relay: RelayURL,
    password: str | None,
    context: ssl.SSLContext | None,
    timeouts: Timeouts,
    *,
    ehlo_name: str = "",
) -> Established:
    """Connect and log in; `context` None: no TLS; `ehlo_name` "": our address instead of a name.

    Raises RelayUnavailable (TooFast: the relay asks to slow down), RelayRefused (LoginRefused: the
    login) and Parked.
    """
    opening = _Opening(relay, password, context, timeouts, ehlo_name)
    try:
        return await opening.run()
    except (OSError, UnicodeError, aiosmtplib.SMTPException) as error:
        raise opening.failure(error) from None


class _Opening:
    def __init__(
        self,
        relay: RelayURL,
        password: str | None,
        context: ssl.SSLContext | None,
        timeouts: Timeouts,
        ehlo_name: str,
    ) -> None:
        self._relay = relay
        self._password = password
        self._context = context
        self._timeouts = timeouts
        self._ehlo_name = ehlo_name
        self._stage = Stage.CONNECT

    async def run(self) -> Established:
        sock = await self._tcp()
        self._stage = Stage.BANNER
        smtp = aiosmtplib.SMTP(
            hostname=self._relay.host,
            sock=sock,
            local_hostname=self._ehlo_name or address_literal(sock),
            use_tls=self._relay.scheme == "smtps",
            start_tls=False,
            tls_context=self._context,
            timeout=self._timeouts.greeting,
        )
        try:
            greeting = await smtp.connect()
            await self._greet(smtp)
            await self._log_in(smtp)
            return self._connection(smtp, greeting.message)
        except BaseException:
            smtp.close()
            # Otherwise TLS waits for the closing message of a relay that does not answer.
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            raise

    async def _tcp(self) -> socket.socket:
        limit = self._timeouts.connect
        host, port = self._relay.host, self._relay.port
        async with asyncio.timeout(limit):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failure = OSError("no address")
        for left, (family, *_, address) in zip(reversed(range(len(found))), found, strict=True):
            try:
                # An address that does not answer must leave time for the next one.
                async with asyncio.timeout(min(limit, _ADDRESS_TIMEOUT) if left else limit):
                    return await _reach(family, address)
            except OSError as error:
                failure = error
        raise failure

    async def _greet(self, smtp: aiosmtplib.SMTP) -> None:
        self._stage = Stage.EHLO
        await smtp.ehlo()
        if self._relay.scheme != "smtp":
            return
        if not smtp.supports_extension("starttls"):
            raise RelayRefused(
                f"{self._relay} offers no STARTTLS, and nothing is sent unencrypted",
                f"Try smtps://{self._relay.host}:465; smtp+plain: is for a relay on this machine.",
            )
        self._stage = Stage.STARTTLS
        await smtp.starttls()
        self._stage = Stage.EHLO
        await smtp.ehlo()

    async def _log_in(self, smtp: aiosmtplib.SMTP) -> None:
        login, password = self._relay.login, self._password
        if login is None or password is None:
            return
        self._stage = Stage.AUTH
        mechanisms = {
            "plain": smtp.auth_plain,
            "login": smtp.auth_login,
            "cram-md5": smtp.auth_crammd5,
        }
        offered = [
            mechanisms[mechanism]
            for mechanism in mechanisms
            if mechanism in smtp.server_auth_methods
        ]
        if not offered:
            self._no_common_mechanism(smtp)
        # One try with the password: further ones look like guessing and lock accounts.
        for mechanism in offered[:-1]:
            try:
                await mechanism(login, password)
            except aiosmtplib.SMTPAuthenticationError as error:
                if error.code not in _UNKNOWN_MECHANISM:
                    raise
            else:
                return
        await offered[-1](login, password)

    def _no_common_mechanism(self, smtp: aiosmtplib.SMTP) -> NoReturn:
        offered = one_line(", ".join(smtp.server_auth_methods)) or "no login"
        raise RelayRefused(
            f"{self._relay} offers {offered}; this program supports PLAIN, LOGIN and CRAM-MD5",
            "Check host and port with your provider; without a login, leave it out of the URL.",
        )

    def _connection(self, smtp: aiosmtplib.SMTP, greeting: str) -> Established:
        transport = smtp.transport
        if transport is None or transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        extensions = dict(smtp.esmtp_extensions)
        return Established(cast("asyncio.Transport", transport), greeting, extensions)

    def failure(self, error: Exception) -> LettersError:
        """Say what failed, and how to mend it."""
        cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) else None
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._error_of_reply(error.code, error.message)
        if isinstance(found := cause or error, ssl.SSLError):
            return self._error_of_tls(found)
        return self._error_of_network(found)

    def _error_of_reply(self, code: int, message: str) -> LettersError:
        text = message.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        shown = self._without_secrets(text) if self._stage is Stage.AUTH else text
        if code < 0:
            return RelayUnavailable(
                f"{self._relay} does not answer as a mail relay does: {one_line(shown)}",
                "Check host and port.",
            )
        verdict = read_reply(self._stage, code, text)
        error = self._error_of_verdict(
            structs.replace(verdict, said=one_line(shown, verdict.enhanced))
        )
        if self._stage is Stage.EHLO and (
            verdict.outcome is Outcome.REJECTED or is_about_ehlo_name(text)
        ):
            error.hint = _EHLO_HINT
        return error

    def _error_of_verdict(self, verdict: Verdict) -> LettersError:
        said = " ".join(filter(None, (str(verdict.code), verdict.enhanced, verdict.said)))
        if verdict.advice is Advice.PARK:
            return Parked(
                f"the account's quota at {self._relay} is used up ({self._stage}): {said}",
                f"Run the same command again when it allows; {ALL_WAIT}.",
            )
        if verdict.outcome is not Outcome.REJECTED:
            kind = TooFast if verdict.advice is Advice.SLOW else RelayUnavailable
            return kind(
                f"{self._relay} says to come back later ({self._stage}): {said}",
                f"Run the same command again in a while; {ALL_WAIT}.",
            )
        message_shown = f"{self._relay} refuses us ({self._stage}): {said}"
        if self._stage is Stage.AUTH:
            return LoginRefused(message_shown, _LOGIN_HINT)
        return RelayRefused(message_shown, "Read what the relay answered, and ask its provider.")

    def _error_of_tls(self, error: ssl.SSLError) -> LettersError:
        if isinstance(error, ssl.SSLCertVerificationError):
            fault, hint = _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
            return RelayRefused(f"the certificate of {self._relay} {fault}", hint)
        reason = one_line((error.reason or "cut off").replace("_", " ").lower())
        return RelayUnavailable(
            f"{self._relay} and this program could not agree on TLS: {reason}",
            "Port 587 is smtp:// (STARTTLS), port 465 is smtps:// (TLS from the first byte).",
        )

    def _error_of_network(self, error: BaseException) -> LettersError:
        hint = f"Check host, port and the network; {ALL_WAIT}; run the same command again."
        if isinstance(error, (socket.gaierror, UnicodeError)):
            return RelayUnavailable(f"the host of {self._relay} cannot be found", hint)
        if isinstance(error, TimeoutError):
            return RelayUnavailable(f"{self._relay} does not answer ({self._stage})", hint)
        if isinstance(error, ConnectionRefusedError):
            return RelayUnavailable(f"nothing answers at {self._relay}", hint)
        if self._stage is Stage.CONNECT:
            reason = getattr(error, "strerror", None) or "no connection"
            return RelayUnavailable(f"{self._relay} cannot be reached: {reason}", hint)
        return RelayUnavailable(f"{self._relay} closed the connection ({self._stage})", hint)

    def _without_secrets(self, text: str) -> str:
        # A relay may repeat a command that it did not accept, whole or in part.
        password = self._password or ""
        for secret in (password, base64.b64encode(password.encode()).decode()):
            text = text.replace(secret, "[…]") if secret else text
        return re.sub(r"[A-Za-z0-9+/]{16,}=*", "[…]", text)


async def _reach(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
