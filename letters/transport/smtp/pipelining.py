"""Whether the next letter's envelope may be sent in one write with a letter's dot (RFC 2920 3.1).

Some relays offer PIPELINING and lose the connection when something follows the dot: the letter was
accepted, its answer is lost, and it is in doubt. So a relay is tried once, with one letter.
"""

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from letters.private_files import append_private, make_private_folder

FILE = "no-pipelining.txt"
"""The list, in the person's state folder, of relays that lost a connection: a digest and a URL each."""

# Dovecot's submission service: smtp_server_transaction_finished() fails an assertion (2.3.19).
_GREETING_OF_FAILING = re.compile(r"\bDovecot\b")
# What differs between two greetings of one relay: dates (Exim, Microsoft) and session ids (Google).
_VARIABLE = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), .*|\S*\d\S*", re.DOTALL)


class _Finding(Enum):
    UNKNOWN = auto()  # no letter was accepted yet: nothing may follow a dot
    UNTRIED = auto()
    ON_TRIAL = auto()  # one connection tries it with one letter
    WORKS = auto()
    FAILS = auto()


class DotPipelining:
    """What the connections of one run have found out about their relay; all of them share it.

    `state` is the folder whose list is read and added to; None: nothing is remembered. A list that
    cannot be read or written costs one more letter in doubt, not the run.
    """

    def __init__(self, relay: str, state: Path | None) -> None:
        self._relay = relay
        self._file = state / FILE if state else None
        self._digests: set[str] = set()  # several, where several servers have the relay's name
        self._finding = _Finding.UNKNOWN

    def greeted(self, greeting: str, extensions: Iterable[str]) -> None:
        """A connection was opened: recognise a relay that is known to fail, by greeting and EHLO."""
        known = "\n".join((_VARIABLE.sub("", greeting), *sorted(extensions)))
        digest = hashlib.sha256(known.encode()).hexdigest()
        self._digests.add(digest)
        if _GREETING_OF_FAILING.search(greeting) or digest in self._remembered():
            self._finding = _Finding.FAILS

    def begin(self) -> bool:
        """Whether an envelope may follow a dot; where that is untried, this letter is the trial."""
        if self._finding is _Finding.UNTRIED:
            self._finding = _Finding.ON_TRIAL
            return True
        return self._finding is _Finding.WORKS

    def accepted(self) -> None:
        """A letter was accepted with nothing behind its dot: the trial may begin."""
        if self._finding is _Finding.UNKNOWN:
            self._finding = _Finding.UNTRIED

    def answered(self) -> None:
        """A letter and the envelope behind its dot were both answered."""
        if self._finding is _Finding.ON_TRIAL:
            self._finding = _Finding.WORKS

    def undecided(self) -> None:
        """The trial, if this was one, ended for another reason: another letter is the next."""
        if self._finding is _Finding.ON_TRIAL:
            self._finding = _Finding.UNTRIED

    def lost_envelope(self) -> None:
        """The letter was answered, the envelope behind its dot was not: no doubt, but a trial failed."""
        if self._finding is _Finding.ON_TRIAL:
            self.lost_answer()

    def lost_answer(self) -> None:
        """The answer to a dot with an envelope behind it was lost: never again at this relay."""
        if self._finding is not _Finding.FAILS:
            self._finding = _Finding.FAILS
            self._remember()

    def _remembered(self) -> set[str]:
        with suppress(OSError):
            if self._file:
                lines = self._file.read_text("utf-8", "replace").splitlines()
                return {line.partition(" ")[0] for line in lines}
        return set()

    def _remember(self) -> None:
        if self._file is None:
            return
        with suppress(OSError):
            make_private_folder(self._file.parent)
            lines = "".join(f"{digest} {self._relay}\n" for digest in sorted(self._digests))
            append_private(self._file, lines.encode())
