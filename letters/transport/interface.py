"""The Protocols `Transport` and `Connection`: what every way of handing over does.

One contract suite (tests/contract) tests all of them. A letter's failure is a `Verdict`; the relay's
is an exception.
"""

from typing import TYPE_CHECKING, Protocol

from letters.message.message import Message
from letters.verdict import Verdict

if TYPE_CHECKING:
    pass


class Connection(Protocol):
    """One connection working through letters, one letter at a time.

    A lost connection is a verdict, not an exception: before the data surely not accepted (deferred,
    concern relay), after data in doubt. Either leaves the connection `closed`.
    """

    @property
    def closed(self) -> bool:
        """Whether this connection can carry no further letter."""
        ...

    async def offer(self, message: Message) -> Verdict | None:
        """MAIL, RCPT and DATA (RFC 5321 3.3); None when the relay says go on (354)."""
        ...

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Send data and final dot of the message offered; it must have its date.

        `then`, the letter that follows, may have its envelope sent behind the dot where the relay pipelines
        (RFC 2920). It must then be offered next, or the connection be closed; a connection may ignore it.
        """
        ...

    async def aclose(self) -> None:
        """Close with QUIT; never raises for a connection that is already closed."""
        ...


class Transport(Protocol):
    """A way of handing over."""

    @property
    def relay(self) -> str:
        """The relay for people and journal: a URL without login or password."""
        ...

    @property
    def channel(self) -> str:
        """Where a sending counts: `mail`, or a Maildir's own id."""
        ...

    @property
    def account(self) -> str | None:
        """The mail account whose limits count, as the ledger names it; None: no limit applies."""
        ...

    @property
    def loopback(self) -> bool:
        """Whether nothing leaves this machine: reserved domains are allowed here only."""
        ...

    async def open(self) -> Connection:
        """Make a connection ready for its first offer.

        Raises RelayUnavailable (no answer, a wrong one, or a temporary refusal; TooFast: the relay
        asks to slow down), RelayRefused (password, certificate, or the sender is refused), Parked
        (the account's quota is used up) and JournalError (a folder's disk).
        """
        ...

    async def aclose(self) -> None:
        """Close what the connections share."""
        ...
