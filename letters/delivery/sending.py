"""A whole sending for programs that use `letters` as a library: stage a proof, then send it.

The command does the same steps with a person between them (`cli/sending`).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from secrets import token_hex
from types import TracebackType
from typing import Self

from letters.campaign.campaign import Campaign
from letters.delivery.mailer import Mailer
from letters.delivery.policy import RunOptions
from letters.errors import ChangedSinceSealing, ProofFailed
from letters.journal.interface import Journal
from letters.journal.types import Changed, Entry, Staged, State
from letters.limits.limiter import Limiter
from letters.limits.memory import MemoryLimiter
from letters.limits.open import open_limiter, state_folder
from letters.limits.pace import Limits
from letters.proof.proof import Proof
from letters.recipients.row import ReadRow
from letters.transport.interface import Transport


class Sending:
    """One sending over a journal and a transport; an asynchronous context manager.

    It is the journal's one sender from its beginning to its end (P8), and closes journal, transport
    and limiter. `limits` belong to the mail account of the transport and are counted in the person's
    state folder; a transport without an account has none. `options` default to those of `RunOptions`.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        *,
        limits: Limits | None = None,
        options: RunOptions | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._limits = limits or Limits()
        self._options = options or RunOptions(transport.channel)
        self._now = now
        self._limiter: Limiter = MemoryLimiter()

    async def __aenter__(self) -> Self:
        """Open the account's limiter and become the sender. Raises JournalError."""
        if self._transport.account is not None:
            self._limiter = open_limiter(
                self._transport.account, self._limits, state=state_folder()
            )
        try:
            relay = self._transport.relay
            await self._journal.start(token_hex(8), relay=relay, at=self._now())
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._journal.finish(at=self._now())
        finally:
            await self._close()

    async def _close(self) -> None:
        try:
            await self._journal.aclose()
        finally:
            await self._transport.aclose()
            await self._limiter.aclose()

    async def proof(self, campaign: Campaign, recipients: Iterable[ReadRow]) -> Proof:
        """The proof of a list as this relay and this journal need it, not yet iterated.

        Its date is that of the channel's first batch, so that a letter does not change overnight.
        """
        day = await self._journal.sealed_on(self._transport.channel)
        return Proof(campaign, recipients, today=day, leaves_machine=not self._transport.loopback)

    async def enqueue(self, proof: Proof, *, changed: Changed = Changed.ASK) -> Staged:
        """Put every letter of a proof into the journal: all of them, or none.

        Recipients who are no longer on the list are withdrawn. Raises ProofFailed when the proof
        found errors, and ChangedSinceSealing when unsent letters differ from what was sealed and
        `changed` does not say what to do with them.
        """
        channel = self._transport.channel
        at = self._now().astimezone()
        staged = await self._journal.enqueue(channel, _entries(proof), at=at, changed=changed)
        if proof.report.failed:
            await self._journal.rollback()
            problems = proof.report.counts.total()
            raise ProofFailed(f"the proof found {problems} problems; nothing was sent")
        if staged.changed_count and changed is Changed.ASK:
            await self._journal.rollback()
            raise ChangedSinceSealing(
                f"{staged.changed_count} letters differ from what was sealed",
                "choose Changed.RESEAL or Changed.KEEP",
            )
        await self._journal.commit()
        return staged

    async def send(self) -> dict[State, int]:
        """Hand over what waits; returns how many letters are in each state afterwards.

        Run it again, or open another `Sending`, to continue: nobody is written to twice. Raises
        RelayUnavailable, RelayRefused, Parked and JournalError as `Mailer.run` does.
        """
        mailer = Mailer(self._journal, self._transport, self._limiter, self._options, now=self._now)
        await mailer.run()
        return await self._journal.tally(self._transport.channel)


def _entries(proof: Proof) -> Iterator[Entry]:
    for proofed in proof:
        recipient, message = proofed.recipient, proofed.message
        if message is not None or recipient.mailbox is None:
            yield Entry(recipient.row, recipient.name, proofed.inputs, message)
