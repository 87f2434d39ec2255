"""Pruning a SQLite journal, and checking it for inconsistencies."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from letters.database import written
from letters.journal.ids import called
from letters.journal.sqlite.queries import QUERIES
from letters.journal.sqlite.sealed import Messages
from letters.journal.types import Damage

_PAGE = 500
_NAMED = 100  # findings of one kind
_REMEDY = (
    "do not send from this journal: keep the file as it is, and put a sound copy in its place, "
    "with the files beside it"
)


def prune(connection: sqlite3.Connection, channel: str, at: datetime) -> int:
    """Delete bytes that no letter of the channel needs any more; returns of how many letters."""
    values = {"channel": channel, "at": written(at)}
    count = connection.execute(QUERIES["prune"], values).rowcount
    connection.execute(QUERIES["delete pruned bytes"], values)
    connection.execute(QUERIES["delete unused blocks"])
    return count


def verify(connection: sqlite3.Connection, messages: Messages) -> Iterator[Sequence[Damage]]:
    """Every inconsistency, a page of the record at a time."""
    try:
        yield _file(connection)
        yield _references(connection)
        yield _blocks(connection)
        yield _states(connection)
        yield from _letters(connection, messages)
    except (sqlite3.Error, ValueError) as error:
        yield [Damage(f"the record cannot be read to its end: {error}", _REMEDY)]


def _file(connection: sqlite3.Connection) -> list[Damage]:
    found = connection.execute(f"pragma integrity_check({_NAMED})")
    return [Damage(f"the file: {said}", _REMEDY) for (said,) in found if said != "ok"]


def _references(connection: sqlite3.Connection) -> list[Damage]:
    found = connection.execute("pragma foreign_key_check").fetchmany(_NAMED)
    return [
        Damage(f"row {row} of {table} needs a row of {parent} that is not there", _REMEDY)
        for table, row, parent, _ in found
    ]


def _blocks(connection: sqlite3.Connection) -> list[Damage]:
    rows = connection.execute(QUERIES["all blocks"])
    return [
        Damage(f"block {block} does not hold the bytes that it is named after", _REMEDY)
        for block, digest, content in rows
        if not isinstance(content, bytes) or sha256(content).hexdigest() != digest
    ]


def _states(connection: sqlite3.Connection) -> list[Damage]:
    rows = connection.execute(QUERIES["inconsistent"]).fetchmany(_NAMED)
    return [
        Damage(f"the letter to {called(name, address)} is {state}, but {why}", _REMEDY)
        for name, address, state, why in rows
    ]


def _letters(connection: sqlite3.Connection, messages: Messages) -> Iterator[list[Damage]]:
    sql, last = QUERIES["sealed after"], 0
    while rows := connection.execute(sql, (last, _PAGE)).fetchall():
        last = rows[-1][0]
        yield [
            Damage(f"the letter to {called(row[8], row[3])}: {why}", _REMEDY)
            for row in rows
            if (why := _wrong(messages, row))
        ]


def _wrong(messages: Messages, row: Any) -> str:
    if row[2] is None:
        return "its bytes are not there, and were not pruned"
    try:
        message = messages.of(row[1:])
    except (sqlite3.Error, ValueError) as error:
        return f"its bytes cannot be read: {error}"
    if sha256(message.undated).hexdigest() != message.sha256:
        return "its bytes are not the sealed ones: their SHA-256 is another"
    if not message.head.startswith(b"Message-ID: %b\r\n" % message.message_id.encode()):
        return "its bytes have another Message-ID"
    return ""
