"""Which letters a relay refuses again and again while it accepts others. Pure.

A mailbox that is disabled, full or limited, and content that a filter dislikes, are answered in the
same words as a client that sends too fast (`450 4.2.1`, `421 4.7.0`). What tells them apart is that
the reply recurs for one letter.
"""

REPLIES = 2
"""So many such replies are about the letter, if another was accepted since the last one."""

REPLIES_IN_ANY_CASE = 6
"""So many are about the letter in any case: with the pauses between them, a minute has passed."""

_ACCEPTED_PER_REFUSED = 4  # a relay that refuses more of the other letters refuses the sender


class RefusedLetters:
    """Counts replies about the sender or the relay, letter by letter, in one run."""

    def __init__(self) -> None:
        self._letters: dict[int, tuple[int, int]] = {}  # → how many replies, `_replies` at the last
        self._own: set[int] = set()  # the letters whose replies are about themselves
        self._replies = 0
        self._refused = 0  # replies that are not known to be about their letter
        self._accepted = 0
        self._accepted_after = -1  # `_replies` when the latest of the accepted letters was offered

    def offered(self) -> int:
        """The moment at which a letter is offered, as `accepted` takes it."""
        return self._replies

    def accepted(self, letter: int, offered: int) -> None:
        """A letter was accepted."""
        self._accepted += 1
        self._accepted_after = max(self._accepted_after, offered)
        if self._letters or self._own:
            self._letters.pop(letter, None)
            self._own.discard(letter)

    def refused(self, letter: int, *, tried: bool) -> bool:
        """Count such a reply; whether it is about the letter after all.

        `tried`: the letter was deferred before, and may be the only one that is left.
        """
        if letter in self._own:
            return True
        before, last = self._letters.get(letter, (0, 0))
        times = before + 1
        self._replies += 1
        # A letter offered before the last reply may have passed where this one was refused.
        other_accepted = tried or self._accepted_after >= last
        few_refused = self._accepted >= (self._refused - before) * _ACCEPTED_PER_REFUSED
        if times >= REPLIES_IN_ANY_CASE or (times >= REPLIES and other_accepted and few_refused):
            self._refused -= before
            self._own.add(letter)
            return True
        self._refused += 1
        self._letters[letter] = times, self._replies
        return False
