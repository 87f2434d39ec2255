"""A transport without a relay: a function decides each verdict, accepted letters are kept in a list."""

from collections.abc import Callable
from dataclasses import dataclass, field

from letters.message.message import Message
from letters.verdict import Concern, Outcome, Stage, Verdict

Decide = Callable[[Stage, Message], Verdict | None]
"""Called at `RCPT` and at `DOT`; None: go on, and at the dot the message is accepted."""


def accept_all(_stage: Stage, _message: Message) -> None:
    """Accept every letter."""


@dataclass(slots=True)
class MemoryTransport:
    """Hands over into `accepted`, with the content as a relay would see it.

    `decide` may raise what a broken program would raise; `on_open` may raise what `open` may.
    A verdict about the relay itself closes the connection, as a connection lost does.
    """

    decide: Decide = accept_all
    on_open: Callable[[], None] = lambda: None
    relay: str = "memory:"
    channel: str = "mail"
    account: str | None = None
    loopback: bool = True
    accepted: list[tuple[Message, bytes]] = field(default_factory=list)
    opened: int = 0

    async def open(self) -> "MemoryConnection":
        """Open a connection; raises what `on_open` raises."""
        self.on_open()
        self.opened += 1
        return MemoryConnection(self)

    async def aclose(self) -> None:
        """Do nothing: what was accepted stays."""


@dataclass(slots=True)
class MemoryConnection:
    """One connection of a `MemoryTransport`."""

    transport: MemoryTransport
    closed: bool = False

    async def offer(self, message: Message) -> Verdict | None:
        """Call `decide` for the envelope."""
        return self._closing(self.transport.decide(Stage.RCPT, message))

    async def hand_over(self, message: Message, then: Message | None = None) -> Verdict:
        """Call `decide` for the content, and keep it when it is accepted."""
        del then
        content = message.content
        verdict = self.transport.decide(Stage.DOT, message)
        verdict = verdict or Verdict(Outcome.SENT, said="taken", code=250, enhanced="2.0.0")
        if verdict.outcome is Outcome.SENT:
            self.transport.accepted.append((message, content))
        self._closing(verdict)
        return verdict

    def _closing(self, verdict: Verdict | None) -> Verdict | None:
        if verdict and verdict.concern is Concern.RELAY:
            self.closed = True
        return verdict

    async def aclose(self) -> None:
        """Close the connection."""
        self.closed = True
