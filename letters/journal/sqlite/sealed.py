"""Sealed letters in a SQLite journal: shared blocks, each stored once, and messages made of them."""

import sqlite3
from functools import lru_cache
from hashlib import sha256
from typing import Any

from letters.database import read
from letters.journal.sqlite.opening import Damaged
from letters.journal.sqlite.queries import QUERIES
from letters.journal.types import Place
from letters.message.message import Envelope, Message, Plate

_REMEMBERED_PLATES = 64
_REMEMBERED_TAILS = 4
_JOIN = b"\0"  # sealed bytes never hold NUL


def joined(parts: tuple[bytes, ...]) -> bytes:
    """Parts that never hold NUL, as one value."""
    return _JOIN.join(parts)


def parted(content: bytes) -> tuple[bytes, ...]:
    """The parts that `joined` made one value of."""
    return tuple(content.split(_JOIN))


class Blocks:
    """The shared blocks of one journal; equal plates come back as one object."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.keep = lru_cache(_REMEMBERED_PLATES)(self._keep)
        self.plate = lru_cache(_REMEMBERED_PLATES)(self._plate)
        self._tail = lru_cache(_REMEMBERED_TAILS)(self._content)
        self._keep_tail = lru_cache(_REMEMBERED_TAILS)(self._keep_block)

    def forget(self) -> None:
        """Drop all cached numbers: their transaction may have been rolled back."""
        for remembered in (self.keep, self.plate, self._tail, self._keep_tail):
            remembered.cache_clear()

    def _keep(self, plate: Plate) -> tuple[int, int | None]:
        pieces = self._keep_block(joined(plate.pieces))
        return pieces, self._keep_tail(plate.tail) if plate.tail else None

    def _keep_block(self, content: bytes) -> int:
        digest = sha256(content).hexdigest()
        found = self._connection.execute(QUERIES["block of"], {"sha256": digest}).fetchone()
        if found:
            return int(found[0])
        made = self._connection.execute(
            QUERIES["keep block"], {"sha256": digest, "content": content}
        )
        return int(made.lastrowid or 0)

    def _plate(self, pieces: int, tail: int | None) -> Plate:
        return Plate(parted(self._content(pieces)), b"" if tail is None else self._tail(tail))

    def _content(self, block: int) -> bytes:
        found = self._connection.execute(QUERIES["block"], {"block": block}).fetchone()
        if found is None or not isinstance(found[0], bytes):
            raise Damaged(f"block {block} is missing")
        return found[0]


class Messages:
    """The sealed letters of one journal; equal plates come back as one object."""

    def __init__(self, connection: sqlite3.Connection, blocks: Blocks) -> None:
        self._connection = connection
        self._plate = blocks.plate

    def of(self, row: Any) -> Message:
        """The message of a row's last eleven columns, as every query of messages has them."""
        date, sender, address, own, plate, tail, identity, name, subject, message_id, sha256 = row
        if not isinstance(own, bytes):
            raise Damaged(f"the own bytes of the letter to {address} are missing")
        head, *fillings = parted(own)
        plate = self._plate(plate, tail)
        if len(fillings) + 1 != len(plate.pieces):
            raise Damaged(f"the letter to {address} does not fit its plate")
        return Message(
            Envelope(sender, address),
            identity,
            name,
            subject,
            message_id,
            sha256,
            head,
            tuple(fillings),
            plate,
            read(date),
        )

    def between(self, channel: str, after: Place, upto: Place) -> dict[int, Message]:
        """The messages after one place in list order, up to another, by their letters' numbers."""
        rows = self._connection.execute(QUERIES["sealed between"], (channel, *after, *upto))
        return {row[0]: self.of(row[1:]) for row in rows}
