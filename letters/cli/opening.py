"""What a verb holds open: event loop, journal, and for sending transport and limiter.

All of it is opened and closed here, in whatever way the verb ends. Calls of the journal and the
transport are coroutines; a verb itself is not, so that its questions can be left with Ctrl-C.
"""

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from letters.cli.delivery import DeliveryFlags, DeliveryPlan, open_limiter_of, plan_delivery
from letters.cli.relay import ChosenRelay, open_relay
from letters.cli.session import Session, now
from letters.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    from letters.journal.interface import Journal
    from letters.journal.types import State
    from letters.limits.limiter import Limiter
    from letters.transport.interface import Transport

T = TypeVar("T")


@dataclass(frozen=True)
class OpenJournal:
    """A journal, and the event loop in which its calls run."""

    session: Session
    runner: asyncio.Runner
    journal: "Journal"

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a call to its end."""
        return self.runner.run(call)

    @cached_property
    def channel(self) -> str:
        """The channel that is meant: the named one; else `mail` if it was used, else the latest.

        Raises JournalError for an empty journal, ConfigurationError for a channel that is unknown.
        """
        channels, named = self.run(self.journal.channels()), self.session.channel_flag
        if named:
            return named if named in channels else self._maildir_channel(named)
        if not channels:
            raise JournalError(
                f"the journal {self.journal.location} is empty: nobody has been written to by it",
                "rehearse, or send with --relay",
                next=["send"],
            )
        return "mail" if "mail" in channels else channels[0]

    def _maildir_channel(self, name: str) -> str:
        """The id of the Maildir at `maildir:DIR`, from the current or the campaign's folder."""
        from letters.transport.maildir import maildir_channel

        if name == "mail":
            return name
        kind, _, folder = name.partition(":")
        if kind == "maildir" and folder:
            for base in (self.session.here, self.session.campaign.home):
                if found := maildir_channel(base / folder):
                    return found
        raise ConfigurationError(
            f"there is no channel {name}",
            "name it as mail, or as maildir:DIR of a rehearsal's folder",
        )

    def ids(self, state: "State") -> tuple[str, ...]:
        """The ids of the channel's letters in this state, in list order."""
        letters = self.journal.letters(self.channel)

        async def found() -> tuple[str, ...]:
            return tuple([letter.id async for letter in letters if letter.state is state])

        return self.run(found())


@dataclass(frozen=True)
class OpenRun(OpenJournal):
    """All that a run of the mailer needs, open."""

    relay: ChosenRelay
    transport: "Transport"
    limiter: "Limiter"
    plan: DeliveryPlan

    @cached_property
    def channel(self) -> str:
        """The transport's channel."""
        return self.transport.channel


@contextlib.contextmanager
def open_journal(session: Session, *, looking: bool = False) -> Iterator[OpenJournal]:
    """Open a journal that exists; `looking`, where nothing will be changed in it.

    Raises JournalError and ConfigurationError.
    """
    with _event_loop() as (runner, stack):
        journal = session.journal(looking=looking)
        stack.push_async_callback(journal.aclose)
        yield OpenJournal(session, runner, journal)


@contextlib.contextmanager
def open_run(
    session: Session, relay: ChosenRelay, flags: DeliveryFlags, *, is_test: bool = False
) -> Iterator[OpenRun]:
    """Open journal, transport and limiter, and become the journal's one sender; connect to nothing.

    A test has a journal of its own, which is deleted with its folder. Raises ConfigurationError and
    JournalError.
    """
    plan = plan_delivery(session, relay, flags)
    with _event_loop(fast=True) as (runner, stack):
        pipelining, ehlo_name = not flags.no_pipelining, plan.ehlo_name
        transport = open_relay(session, relay, pipelining=pipelining, ehlo_name=ehlo_name)
        stack.push_async_callback(transport.aclose)
        limiter = open_limiter_of(session, transport, plan.limits)
        stack.push_async_callback(limiter.aclose)
        journal = _test_journal(stack) if is_test else session.journal(create=True)
        stack.push_async_callback(journal.aclose)
        runner.run(journal.start(secrets.token_hex(8), relay=transport.relay, at=now()))
        yield OpenRun(session, runner, journal, relay, transport, limiter, plan)


def _test_journal(stack: contextlib.AsyncExitStack) -> "Journal":
    from letters.journal.open import open_journal

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="letters-test-"))
    return open_journal(f"sqlite:{Path(folder) / 'journal.db'}", campaign="", create=True)


@contextlib.contextmanager
def _event_loop(
    *, fast: bool = False
) -> Iterator[tuple[asyncio.Runner, contextlib.AsyncExitStack]]:
    """An event loop, and a stack of what to close in it at the end, the last opened first.

    `fast` uses uvloop where it is installed (`letters[fast]`).
    """
    stack = contextlib.AsyncExitStack()
    with asyncio.Runner(loop_factory=_uvloop() if fast else None) as runner:
        try:
            yield runner, stack
        finally:
            runner.run(stack.aclose())


def _uvloop() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = new_event_loop
    return factory
