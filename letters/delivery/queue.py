"""Letters reserved from the journal for this run, in list order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Self

from letters.journal.interface import Journal
from letters.journal.types import Claimed
from letters.limits.limiter import Wait

CLAIM_SIZE = 128
"""Letters reserved from the journal at once."""

MAX_RESERVED = 1024
"""Letters reserved at most, in the search for one whose receiving domain need not wait."""


class TakenLetter:
    """A context manager for a letter taken from the queue; it is put back unless `kept` is set.

    `letter` may be exchanged for another one meanwhile.
    """

    __slots__ = ("_put_back", "kept", "letter")

    def __init__(self, letter: Claimed, put_back: Callable[[Claimed], None]) -> None:
        self.letter = letter
        self.kept = False
        self._put_back = put_back

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if not self.kept:
            self._put_back(self.letter)


class LetterQueue:
    """The letters of one channel that wait or are due; `only` restricts it to these identities."""

    def __init__(
        self,
        journal: Journal,
        channel: str,
        only: Collection[str] | None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._channel = channel
        self._only = only
        self._now = now
        self._letters: deque[Claimed] = deque()
        self._claiming = asyncio.Lock()
        self._more = True  # whether the journal may have further letters

    async def available(self) -> bool:
        """Whether a letter is waiting or due; reserves some if none is. Raises JournalError."""
        if not self._letters:
            async with self._claiming:
                if not self._letters:
                    await self._claim()
        return bool(self._letters)

    async def take(self) -> Claimed | None:
        """Take the next letter; None when none is waiting or due. Raises JournalError."""
        return self._letters.popleft() if await self.available() else None

    def put_back(self, claimed: Claimed) -> None:
        """Return a letter that was taken and did not leave: it is the next to be taken."""
        self._letters.appendleft(claimed)

    def put_back_unless_kept(self, claimed: Claimed) -> TakenLetter:
        """A context that puts a letter that was taken back, unless it sets `kept`."""
        return TakenLetter(claimed, self.put_back)

    async def wait_of(
        self, taken: TakenLetter, leave: Callable[[str], Awaitable[Wait | None]]
    ) -> Wait | None:
        """What the letter taken waits for, as `leave(domain)` says; None when it may leave now.

        While only its receiving domain has to wait, it is exchanged for a letter to another domain;
        at most a thousand are looked at. Raises JournalError.
        """
        passed: dict[str, Wait] = {}
        while True:
            domain = taken.letter.message.envelope.domain
            wait = await leave(domain)
            if wait is None or not wait.domain:
                return wait
            passed[domain] = wait
            other = await self._take_outside(passed)
            if other is None:
                return min(passed.values(), key=lambda wait: wait.until)
            self.put_back(taken.letter)
            taken.letter = other

    async def _take_outside(self, passed: Collection[str]) -> Claimed | None:
        """Take the first letter to a domain that is not in `passed`; reserves more to find one."""
        while True:
            for place, letter in enumerate(self._letters):
                if letter.message.envelope.domain not in passed:
                    del self._letters[place]
                    return letter
            if not self._more or len(self._letters) >= MAX_RESERVED:
                return None
            async with self._claiming:
                await self._claim()

    async def release(self) -> None:
        """Give every letter that is still reserved back to the journal."""
        await self._journal.release([claimed.letter for claimed in self._letters])

    async def _claim(self) -> None:
        found = await self._journal.claim(
            self._channel, CLAIM_SIZE, now=self._now(), only=self._only
        )
        self._letters.extend(found)
        self._more = len(found) == CLAIM_SIZE
