"""Which letters a command is about: `--only TEXT` and `--limit N`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from letters.text import one_line

if TYPE_CHECKING:
    from letters.proof.proof import Proofed


@dataclass(frozen=True)
class Selection:
    """The letters that `--only` and `--limit` choose; without them, all."""

    only: str | None = None
    limit: int | None = None

    @property
    def everything(self) -> bool:
        """Whether the whole list is chosen."""
        return self.only is None and self.limit is None

    @property
    def nobody(self) -> str:
        """What to say when `--only` matches no recipient."""
        return f"no recipient's name or address holds “{one_line(self.only or '')}”"

    def matches(self, proofed: "Proofed") -> bool:
        """Whether the name or the address holds the text of `--only`, in whichever case."""
        if self.only is None:
            return True
        from letters.mailbox import folded, u_labels

        words, mailbox = [proofed.recipient.name], proofed.recipient.mailbox
        if mailbox:
            domains = dict.fromkeys((mailbox.domain, u_labels(mailbox.domain)))
            words += [f"{mailbox.local}@{domain}" for domain in domains]
        return folded(self.only) in folded("\n".join(words))

    def chosen(self, proof: "Iterable[Proofed]") -> "Iterator[Proofed]":
        """The chosen rows of a proof, which is iterated to its end.

        Rows without an address do not count for `--limit`.
        """
        taken = 0
        for proofed in proof:
            if self.matches(proofed) and (self.limit is None or taken < self.limit):
                taken += proofed.recipient.mailbox is not None
                yield proofed
