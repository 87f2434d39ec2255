"""The letters at hand: claimed from the journal ahead of the connections that take them.

Leans on the ports `journal` and `limiter`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Self

from letters.errors import LettersError
from letters.journal.interface import Journal
from letters.journal.types import Claimed
from letters.limits.limiter import Wait

CLAIM = 128
LOW = 32  # letters at hand, at which more are claimed beside the connections' work
MOST = 1024  # letters at hand, where one is looked for whose domain need not wait


class Held:
    """A letter in a connection's hand, which may be changed for another; given back unless it `goes`."""

    __slots__ = ("_give_back", "goes", "letter")

    def __init__(self, letter: Claimed, give_back: Callable[[Claimed], None]) -> None:
        self.letter = letter
        self.goes = False
        self._give_back = give_back

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if not self.goes:
            self._give_back(self.letter)


class AtHand:
    """Letters reserved for this run, in list order; `only` restricts it to these identities.

    `failed` hears what went wrong while more were claimed beside the connections' work.
    """

    def __init__(
        self,
        journal: Journal,
        channel: str,
        only: Collection[str] | None,
        *,
        now: Callable[[], datetime],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._journal = journal
        self._channel = channel
        self._only = only
        self._now = now
        self._failed = failed
        self._letters: deque[Claimed] = deque()
        self._turn = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None
        self._more = True

    async def any(self) -> bool:
        """See that a letter is at hand; False when none is waiting or due. Raises JournalError."""
        if not self._letters:
            async with self._turn:
                if not self._letters:
                    await self._claim()
        return bool(self._letters)

    async def take(self) -> Claimed | None:
        """Take the next letter; None when none is waiting or due. Raises JournalError."""
        if not self._letters and not await self.any():
            return None
        if len(self._letters) <= LOW and self._more and self._ahead is None:
            self._ahead = asyncio.ensure_future(self._claim_ahead())
        return self._letters.popleft() if self._letters else None

    def holding(self, claimed: Claimed) -> Held:
        """Hold a letter that was taken; it is given back unless it `goes`."""
        return Held(claimed, self.give_back)

    def give_back(self, claimed: Claimed) -> None:
        """Have a letter taken next that was taken and did not leave."""
        self._letters.appendleft(claimed)

    async def waits(
        self, held: Held, leave: Callable[[str], Awaitable[Wait | None]]
    ) -> Wait | None:
        """What the letter held waits for, by the word of `leave`; None when it leaves now.

        While its receiving domain alone has to wait, it is changed for a letter to another one; at
        most a thousand are looked at. Raises JournalError.
        """
        passed: dict[str, Wait] = {}
        while True:
            domain = held.letter.message.envelope.domain
            wait = await leave(domain)
            if wait is None or not wait.domain:
                return wait
            passed[domain] = wait
            other = await self._elsewhere(passed)
            if other is None:
                return min(passed.values(), key=lambda wait: wait.until)
            self.give_back(held.letter)
            held.letter = other

    async def _elsewhere(self, passed: Collection[str]) -> Claimed | None:
        """Take the first letter to a domain not passed over, claiming more to find one."""
        while True:
            for place, letter in enumerate(self._letters):
                if letter.message.envelope.domain not in passed:
                    del self._letters[place]
                    return letter
            if not self._more or len(self._letters) >= MOST:
                return None
            async with self._turn:
                await self._claim()

    async def release(self) -> None:
        """Let go of every letter at hand."""
        if self._ahead is not None:
            await asyncio.wait([self._ahead])
        await self._journal.release([claimed.letter for claimed in self._letters])

    async def _claim(self) -> None:
        found = await self._journal.claim(self._channel, CLAIM, now=self._now(), only=self._only)
        self._letters.extend(found)
        self._more = len(found) == CLAIM  # else the list is at its end for now

    async def _claim_ahead(self) -> None:
        try:
            async with self._turn:
                await self._claim()
        except LettersError as error:
            self._failed(error)
        finally:
            self._ahead = None
