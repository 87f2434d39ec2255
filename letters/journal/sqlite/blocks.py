"""What letters share, each stored once by SHA-256: plates and tails. Leans on `message`."""

import sqlite3
from functools import lru_cache
from hashlib import sha256

from letters.database import named
from letters.journal.sqlite.opening import Damaged
from letters.message.message import Plate

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
        self._sql = named("letters.journal.sqlite", "queries.sql")
        self.keep = lru_cache(_REMEMBERED_PLATES)(self._keep)
        self.plate = lru_cache(_REMEMBERED_PLATES)(self._plate)
        self._tail = lru_cache(_REMEMBERED_TAILS)(self._content)
        self._keep_tail = lru_cache(_REMEMBERED_TAILS)(self._keep_block)

    def forget(self) -> None:
        """Trust no number learned in a transaction that was rolled back."""
        for remembered in (self.keep, self.plate, self._tail, self._keep_tail):
            remembered.cache_clear()

    def _keep(self, plate: Plate) -> tuple[int, int | None]:
        pieces = self._keep_block(joined(plate.pieces))
        return pieces, self._keep_tail(plate.tail) if plate.tail else None

    def _keep_block(self, content: bytes) -> int:
        digest = sha256(content).hexdigest()
        found = self._connection.execute(self._sql["block of"], {"sha256": digest}).fetchone()
        if found:
            return int(found[0])
        made = self._connection.execute(
            self._sql["keep block"], {"sha256": digest, "content": content}
        )
        return int(made.lastrowid or 0)

    def _plate(self, pieces: int, tail: int | None) -> Plate:
        return Plate(parted(self._content(pieces)), b"" if tail is None else self._tail(tail))

    def _content(self, block: int) -> bytes:
        found = self._connection.execute(self._sql["block"], {"block": block}).fetchone()
        if found is None or not isinstance(found[0], bytes):
            raise Damaged(f"block {block} is missing")
        return found[0]
