"""The list as it streams from the proof into the journal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from letters.cli.selection import Selection

if TYPE_CHECKING:
    from letters.journal.types import Entry
    from letters.message.message import Message
    from letters.proof.proof import Proof

_SUBJECTS = 10
_NAMES = 10


@dataclass
class EntryStream:
    """The chosen rows of a proof as entries of the journal, and what the summary says of them.

    `identities` are those of the chosen letters, empty when all are chosen; `subjects` the first
    ones; `names` the first of the chosen letters (`name <address>`); `domains` counts the letters to each
    receiving domain.
    """

    proof: "Proof"
    selection: Selection
    identities: set[str] = field(default_factory=set)
    subjects: dict[str, None] = field(default_factory=dict)
    domains: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    matched: bool = False
    full: bool = False

    def entries(self) -> Iterator["Entry"]:
        """Yield every chosen row that can be enqueued; none once the proof has failed.

        Once `full` is set, the letters behind `--limit` are proofed and no longer counted.
        """
        from letters.journal.types import Entry

        for proofed in self.proof:
            if self.proof.report.failed or not self.selection.matches(proofed.recipient):
                continue
            self.matched = True
            message, recipient = proofed.message, proofed.recipient
            if message is not None and not self.full:
                if not self.selection.everything:
                    self.identities.add(message.identity)
                    self._name(recipient.name, message)
                self.domains[message.envelope.domain] += 1
                if len(self.subjects) < _SUBJECTS:
                    self.subjects[message.subject] = None
            elif message is None and recipient.mailbox is not None:
                continue
            yield Entry(recipient.row, recipient.name, proofed.inputs, message)

    def _name(self, name: str, message: "Message") -> None:
        from letters.journal.ids import called

        if len(self.names) < _NAMES:
            self.names.append(called(name, message.envelope.recipient))

    def domains_of(self, letters: int) -> dict[str, int] | None:
        """How many of so many letters go to each domain; None when some of them were sent before."""
        return dict(self.domains) if self.domains.total() == letters else None
