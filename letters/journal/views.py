"""How the memory form's cards stand: listed, found by their names, told with their attempts.

Leans on `cards` and `naming`.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from math import inf
from operator import itemgetter

from letters.journal.cards import Card, Cards
from letters.journal.history import Damage, History, Sealed
from letters.journal.ids import address_and_ordinal, by_word, id_of, id_of_row, reply_line
from letters.journal.types import Standing, State
from letters.mailbox import identity_of


class Views:
    """The reading side of cards."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    def standings(self, channel: str) -> list[Standing]:
        """Every letter in list order, rows that are not mailable between."""
        absent = self._cards.absent.get(channel, {}).items()
        rows = [(row, inf, _absent(row, name)) for row, name in absent]
        rows += [(c.row, c.letter, standing) for c, standing in self._with_standing(channel)]
        return [standing for _, _, standing in sorted(rows, key=itemgetter(0, 1))]

    def sealed(self, channel: str) -> list[Sealed]:
        """Every letter in list order, with its bytes."""
        return [
            Sealed(standing, None if card.pruned_at else card.message)
            for card, standing in self._with_standing(channel)
        ]

    def _with_standing(self, channel: str) -> Iterator[tuple[Card, Standing]]:
        seen: Counter[str] = Counter()
        for card in self._cards.of(channel):
            seen[card.key[1]] += 1
            yield card, self._standing(card, seen[card.key[1]])

    def find(self, channel: str, name: str, state: State | None = None) -> Card | None:
        """The letter that answers to `name`, when it stands in `state`."""
        address, ordinal = address_and_ordinal(name)
        identity = identity_of(address)
        cards = [card for card in self._cards.of(channel) if card.key[1] == identity]
        found = cards[ordinal - 1 : ordinal] if ordinal > 0 else []
        return next((c for c in found if state in {None, self._cards.state(c)}), None)

    def standing(self, channel: str, card: Card | None) -> Standing | None:
        """Where the letter of a card, as it was found, stands now."""
        if card is None:
            return None
        same = [c.letter for c in self._cards.of(channel) if c.key[1] == card.key[1]]
        return self._standing(self._cards.by_letter[card.letter], same.index(card.letter) + 1)

    def history(self, channel: str, name: str) -> History | None:
        """All that is known of the letter that answers to `name`."""
        card = self.find(channel, name)
        standing = self.standing(channel, card)
        if card is None or standing is None:
            return None
        return History(standing, card.message.date, card.pruned_at, card.attempts)

    def damage(self) -> Iterator[Damage]:
        """Bytes that are not those which were sealed."""
        for card in self._cards.by_letter.values():
            known = card.message.sha256
            if not card.pruned_at and sha256(card.message.undated).hexdigest() != known:
                yield Damage(f"the bytes of letter {card.letter} are not the sealed ones", "")

    def _standing(self, card: Card, ordinal: int) -> Standing:
        address = card.message.envelope.recipient
        last = card.attempts[-1] if card.attempts else None
        found = last.verdict if last else None
        said = reply_line(found.code, found.enhanced, found.said) if found else None
        sent = last if card.state is State.SENT else None
        return Standing(
            id=id_of(address, ordinal),
            address=address,
            name=card.message.name,
            state=self._cards.state(card),
            attempts=sum(attempt.counted for attempt in card.attempts),
            message_id=card.message.message_id,
            sha256=card.message.sha256,
            relay=last.relay if last else None,
            reply=by_word(last.resolved) if last and last.resolved else said,
            sent_at=(sent.ended_at or sent.begun_at) if sent else None,
            due_at=card.due_at,
            begun_at=last.begun_at if last and card.state is State.OPEN else None,
        )


def _absent(row: int, name: str) -> Standing:
    return Standing(
        id=id_of_row(row),
        address=None,
        name=name,
        state=State.NOT_MAILABLE,
        attempts=0,
        message_id=None,
        sha256=None,
        relay=None,
        reply=None,
        sent_at=None,
        due_at=None,
    )
