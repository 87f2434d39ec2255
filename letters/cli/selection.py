"""Which letters a command is about: `--only TEXT` and `--limit N`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from letters.text import one_line, without_accents

if TYPE_CHECKING:
    from letters.proof.proof import Proofed
    from letters.recipients.recipient import Recipient
    from letters.recipients.row import ReadRow

_NEAR: Final = 0.7  # of 1: one letter of four may be another
_NEAREST: Final = 3
# Letters and signs that Unicode does not decompose, as they are typed without their own key.
_TYPED: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | dict.fromkeys("\u2018\u2019\u02bb\u02bc", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """The letters that `--only` and `--limit` choose; without them, all."""

    only: str | None = None
    limit: int | None = None

    @property
    def everything(self) -> bool:
        """Whether the whole list is chosen."""
        return self.only is None and self.limit is None

    def matches(self, recipient: "Recipient") -> bool:
        """Whether name or address hold the text of `--only`, whatever its case and accents."""
        return self.only is None or self._text in _plain("\n".join(_words(recipient)))

    def chosen(self, proof: "Iterable[Proofed]") -> "Iterator[Proofed]":
        """The chosen rows of a proof, which is iterated to its end.

        Rows without an address do not count for `--limit`.
        """
        taken = 0
        for proofed in proof:
            if self.matches(proofed.recipient) and (self.limit is None or taken < self.limit):
                taken += proofed.recipient.mailbox is not None
                yield proofed

    def nobody(self, rows: "Iterable[ReadRow]") -> str:
        """What to say when `--only` matches no recipient: with those of the list that are nearest."""
        found = ((self._nearness(r), -r.row, _named(r)) for r, _ in rows if r is not None)
        near = [name for score, _, name in nlargest(_NEAREST, found) if score >= _NEAR]
        more = f"; the nearest: {', '.join(near)}" if near else ""
        return f"no recipient's name or address holds “{one_line(self.only or '')}”{more}"

    @cached_property
    def _text(self) -> str:
        return _plain(self.only or "")

    def _nearness(self, recipient: "Recipient") -> float:
        whole = _words(recipient)
        parts = [part for word in whole for part in word.replace("@", " ").split()]
        compare = SequenceMatcher(b=self._text)
        best = 0.0
        for word in dict.fromkeys(map(_plain, [*whole, *parts])):
            compare.set_seq1(word)
            if compare.real_quick_ratio() > best and compare.quick_ratio() > best:
                best = max(best, compare.ratio())
        return best


def _words(recipient: "Recipient") -> list[str]:
    """Names of its rows, and the address; of an international domain both forms (RFC 5890)."""
    from letters.mailbox import u_labels

    mailbox, names = recipient.mailbox, [r.name for r in (recipient, *recipient.others)]
    if mailbox is None:
        return names
    domains = dict.fromkeys((mailbox.domain, u_labels(mailbox.domain)))
    return [*names, *(f"{mailbox.local}@{domain}" for domain in domains)]


def _plain(text: str) -> str:
    """`text` as it is typed in a hurry: without case, accents, and differences of composition."""
    return without_accents(text).translate(_TYPED)


def _named(recipient: "Recipient") -> str:
    from letters.journal.ids import called

    return one_line(called(recipient.name, recipient.mailbox.address if recipient.mailbox else ""))
