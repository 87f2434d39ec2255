"""What is sealed in a SQLite journal becomes messages again. Leans on `blocks` and `queries.sql`."""

import sqlite3
from typing import Any

from letters.database import named, read
from letters.journal.sqlite.blocks import Blocks, parted
from letters.journal.sqlite.opening import Damaged
from letters.journal.sqlite.standings import Place
from letters.message.message import Envelope, Message


class Messages:
    """The sealed letters of one journal; equal plates come back as one object."""

    def __init__(self, connection: sqlite3.Connection, blocks: Blocks) -> None:
        self._connection = connection
        self._plate = blocks.plate
        self._sql = named("letters.journal.sqlite", "queries.sql")

    def of(self, row: Any) -> Message:
        """The message of a row's last eleven columns, as every query of messages has them."""
        date, sender, address, own, plate, tail, identity, name, subject, message_id, sha256 = row
        if not isinstance(own, bytes):
            raise Damaged(f"what the letter to {address} has for itself is no bytes")
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
        rows = self._connection.execute(self._sql["sealed between"], (channel, *after, *upto))
        return {row[0]: self.of(row[1:]) for row in rows}
