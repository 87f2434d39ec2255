"""Which rows have the same address."""

import sqlite3
from collections.abc import Iterable, Iterator

from msgspec import msgpack

from letters.errors import Problem, Severity
from letters.recipients.recipient import Recipient
from letters.recipients.row import ReadRow

_RECIPIENTS = msgpack.Decoder(Recipient)
_NAMES_ROWS = "{% for row in recipient.rows %}"


class Addresses:
    """The identities of a list and the rows that have them.

    They are in a temporary SQLite table: memory does not grow with the list. `close` drops it.
    """

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -256; BEGIN;"
            "CREATE TABLE seen (identity TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID;"
            "CREATE TABLE shared (identity TEXT PRIMARY KEY, rows INTEGER) WITHOUT ROWID;"
            "CREATE TABLE kept (identity TEXT, recipient BLOB);"
            "CREATE INDEX kept_by_identity ON kept (identity);"
        )

    def first_row(self, identity: str, row: int) -> int | None:
        """Note that `row` has this identity; return the row noted before it, None if there is none."""
        try:
            self._table.execute("INSERT INTO seen VALUES (?, ?)", (identity, row))
        except sqlite3.IntegrityError:
            found = self._table.execute("SELECT row FROM seen WHERE identity = ?", (identity,))
            return int(found.fetchone()[0])
        return None

    def find_shared(self, rows: Iterable[ReadRow]) -> None:
        """Read the whole list, so that `is_shared` can be asked."""
        self._table.executemany(
            "INSERT INTO shared VALUES (?, 1) ON CONFLICT DO UPDATE SET rows = rows + 1",
            ((r.identity,) for r, _ in rows if r is not None and r.identity),
        )

    def is_shared(self, identity: str) -> bool:
        """Whether several rows of the list have this identity."""
        found = self._table.execute("SELECT rows > 1 FROM shared WHERE identity = ?", (identity,))
        row = found.fetchone()
        return bool(row and row[0])

    def keep_shared(self, rows: Iterable[ReadRow]) -> None:
        """Read the whole list again after `find_shared`, and keep the rows that share an address."""
        self._table.executemany(
            "INSERT INTO kept VALUES (?, ?)",
            (
                (r.identity, msgpack.encode(r))
                for r, _ in rows
                if r is not None and r.identity and self.is_shared(r.identity)
            ),
        )

    def others(self, identity: str) -> tuple[Recipient, ...]:
        """The rows with this identity behind the first of them."""
        found = self._table.execute(
            "SELECT recipient FROM kept WHERE identity = ? ORDER BY rowid LIMIT -1 OFFSET 1",
            (identity,),
        )
        return tuple(_RECIPIENTS.decode(recipient) for (recipient,) in found)

    def close(self) -> None:
        """Drop the table."""
        self._table.close()


def same_address_problem(recipient: Recipient, first: int) -> Problem:
    """The problem of a recipient whose address the row `first` has too.

    Row 0 is the copy for the sender's own organisation (`copy_to`).
    """
    address = recipient.mailbox.address if recipient.mailbox else ""
    if 0 in {first, recipient.row}:
        message = f"{address} gets the organisation's copy, and is in the list too"
        remedy = "remove the row, or copy_to under [sender]"
    else:
        message = f"{address} is in row {first} and in row {recipient.row}"
        remedy = (
            "remove one row, or choose: --same-address first (one letter, to the first row), "
            "--same-address merge (the same, and its template can name all rows) "
            "or --same-address each (one letter to each row)"
        )
    return Problem(
        rule="same-address",
        message=message,
        remedy=remedy,
        row=recipient.row or first,
        column="email",
        address=address,
    )


def merge_warnings(recipient: Recipient, *, names_rows: bool) -> Iterator[Problem]:
    """What a person should know of a letter that stands for several rows.

    It goes by the office and the languages of its first row. `names_rows`: its template looks at the
    others.
    """
    first = f"row {recipient.row} ({recipient.name})"
    for other in recipient.others:
        for column, own, theirs in (
            ("office", recipient.office, other.office),
            ("language", "+".join(recipient.languages), "+".join(other.languages)),
        ):
            if own != theirs:
                yield _merge_warning(
                    other,
                    f"row {other.row} ({other.name}, {theirs or 'none named'}) has the letter of "
                    f"{first}, which goes by its own {column}, {own or 'none named'}",
                    "put the row first by which the letter should go, or choose --same-address each",
                    column,
                )
    if recipient.others and not names_rows:
        rows = ", ".join(f"{other.row} ({other.name})" for other in recipient.others)
        yield _merge_warning(
            recipient.others[0],
            f"the letter to {first} names nothing of row {rows}, of the same address",
            f"print the rows in the template, {_NAMES_ROWS}, or choose --same-address first",
        )


def _merge_warning(other: Recipient, message: str, remedy: str, column: str = "") -> Problem:
    return Problem(
        rule="same-address",
        severity=Severity.WARNING,
        message=message,
        remedy=remedy,
        row=other.row,
        column=column,
        address=other.mailbox.address if other.mailbox else "",
    )
