"""The check of a whole batch before anything leaves: write, seal and look at every letter.

Streams (P14): letters are yielded as they are proofed, problems go into a bounded report. Leans on
`letter`, `message`, `checks`.
"""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct, structs

from letters.campaign.campaign import SETTINGS, Campaign
from letters.campaign.settings import localised
from letters.errors import Problem, Severity
from letters.mailbox import Mailbox, parse
from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.proof.checks import Checks
from letters.recipients.recipient import Recipient, each_identity
from letters.render.letter import Letter, Writer

KEPT_PROBLEMS = 1000
Row = tuple[Recipient | None, tuple[Problem, ...]]


class SameAddress(StrEnum):
    """What two rows with one address mean: a problem, one letter to the first, or one to each."""

    STOP = "stop"
    FIRST = "first"
    EACH = "each"


class Proofed(Struct, frozen=True):
    """One row of the list, proofed.

    `message` is None for a row that is not mailable or has a problem; `inputs` is the digest (hex)
    of all that decided its bytes.
    """

    recipient: Recipient
    inputs: str = ""
    letter: Letter | None = None
    message: Message | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Report:
    """What a proof found: counts, and the first thousand problems."""

    strict: bool = False
    letters: int = 0
    wordings: int = 0
    not_mailable: int = 0
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[Severity] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Whether nothing may leave: an error, or a warning when strict."""
        return bool(self.counts[Severity.ERROR] or (self.strict and self.counts[Severity.WARNING]))

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there is room."""
        self.counts[problem.severity] += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)


class Proof:
    """A batch being proofed; iterate it once, then read `report`.

    `nonce` is 16 hex digits, the first a letter, new for every run; `today` the day the batch was
    first sealed. `rows` must be the whole list, able to be read twice: an identity depends on who
    shares an address. With `leaves_machine`, reserved domains are problems. Raises CampaignError
    and RecipientsError for what is wrong as a whole.
    """

    def __init__(
        self,
        campaign: Campaign,
        rows: Iterable[Row],
        *,
        nonce: str,
        today: date,
        file: str = "",
        same_address: SameAddress = SameAddress.STOP,
        strict: bool = False,
        leaves_machine: bool = False,
        test_to: Mailbox | None = None,
    ) -> None:
        self.campaign = campaign
        self.report = Report(strict=strict)
        self._rows = rows
        self._file = file
        self._same_address = same_address
        self._writer = Writer(campaign, nonce=nonce, today=today)
        self._sealer = Sealer(campaign, test_to=test_to)
        self._checks = Checks(campaign, leaves_machine=leaves_machine)
        self._copied = not campaign.settings.sender.copy_to
        self._digest = bytes.fromhex(campaign.digest)
        self._columns = lru_cache(maxsize=8)(self._digest_of_columns)

    def __iter__(self) -> Iterator[Proofed]:
        for problem in self._checks.campaign():
            self.report.add(replace(problem, file=str(self.campaign.folder / SETTINGS)))
        with closing(_Addresses()) as addresses:
            if self._same_address is SameAddress.EACH:
                addresses.find_shared(self._rows)
            for recipient, problems in self._rows:
                for proofed in self._row(recipient, problems, addresses):
                    for problem in proofed.problems:
                        self.report.add(problem)
                    yield proofed
        self.report.wordings = self._writer.wordings

    def _row(
        self, recipient: Recipient | None, problems: tuple[Problem, ...], addresses: "_Addresses"
    ) -> Iterator[Proofed]:
        if recipient is None:
            for problem in problems:
                self.report.add(problem)
            return
        if recipient.mailbox is None:
            self.report.not_mailable += 1
            yield Proofed(recipient, self._inputs(recipient), problems=problems)
            return
        identity = recipient.identity
        if self._same_address is SameAddress.EACH and addresses.is_shared(identity):
            identity = each_identity(recipient)
        first = addresses.first_row(identity, recipient.row)
        if first is not None:
            if self._same_address is SameAddress.FIRST:
                self.report.skipped += 1
                return
            problems = (*problems, _same_address(recipient, first))
        proofed = self._letter(recipient, identity, problems)
        yield proofed
        if not self._copied and proofed.letter:
            self._copied = True
            yield self._copy(proofed.letter, addresses)

    def _letter(
        self, recipient: Recipient, identity: str, problems: tuple[Problem, ...]
    ) -> Proofed:
        self.report.letters += 1
        letter = self._writer.write(recipient)
        if isinstance(letter, Problem):
            return Proofed(recipient, problems=self._placed((*problems, letter)))
        found = [*problems, *self._checks.letter(letter)]
        message, more = self._sealed(letter, identity)
        found += more
        inputs = self._inputs(recipient)
        return Proofed(recipient, inputs, letter, message, self._placed(found) if found else ())

    def _copy(self, letter: Letter, addresses: "_Addresses") -> Proofed:
        """One copy of the open letter for the organisation's archive, a letter of its own."""
        sender, languages = self.campaign.settings.sender, self.campaign.settings.languages
        mailbox = parse(sender.copy_to)
        archive = structs.replace(
            letter.recipient,
            row=0,
            mailbox=mailbox,
            identity=mailbox.identity,
            name=localised(sender.organisation, languages[0]) or sender.name,
        )
        self.report.letters += 1
        first = addresses.first_row(archive.identity, 0)
        found = [] if first is None else [_same_address(archive, first)]
        message, problems = self._sealed(
            structs.replace(letter, recipient=archive), archive.identity
        )
        found += problems
        return Proofed(archive, self._inputs(archive), letter, message, self._placed(found))

    def _sealed(self, letter: Letter, identity: str) -> tuple[Message | None, list[Problem]]:
        """The letter sealed, and what is wrong with its bytes."""
        if self._checks.attachments_missing:
            return None, []
        message = self._sealer.seal(letter, identity)
        if isinstance(message, Problem):
            return None, [message]
        return message, list(self._checks.message(letter, message))

    def _placed(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Problems of a letter with the file of its row, unless they name another."""
        return tuple(
            p if p.file or p.row is None else replace(p, file=self._file) for p in problems
        )

    def _inputs(self, recipient: Recipient) -> str:
        fields = recipient.fields
        names, base = self._columns(tuple(fields))
        hashed = base.copy()
        hashed.update("\0".join([fields[name] for name in names]).encode())
        return hashed.hexdigest()

    def _digest_of_columns(self, columns: tuple[str, ...]) -> "tuple[list[str], hashlib._Hash]":
        """The columns in an order of their own, and the digest of all but the row's cells."""
        names = sorted(columns)
        return names, hashlib.sha256(self._digest + "\0".join(names).encode() + b"\0")


def _same_address(recipient: Recipient, first: int) -> Problem:
    address = recipient.mailbox.address if recipient.mailbox else ""
    if 0 in {first, recipient.row}:
        message = f"{address} gets the organisation's copy, and stands in the list too"
        remedy = "remove the row, or copy_to under [sender]"
    else:
        message = f"{address} stands in row {first} and in row {recipient.row}"
        remedy = (
            "remove one row, or choose: --same-address first (one letter, to the first row) "
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


class _Addresses:
    """Which row first had an identity, in a temporary table: memory stays flat."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -256; BEGIN;"
            "CREATE TABLE seen (identity TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID;"
            "CREATE TABLE shared (identity TEXT PRIMARY KEY, rows INTEGER) WITHOUT ROWID;"
        )

    def first_row(self, identity: str, row: int) -> int | None:
        """The row that had this identity before; None when this is the first."""
        try:
            self._table.execute("INSERT INTO seen VALUES (?, ?)", (identity, row))
        except sqlite3.IntegrityError:
            found = self._table.execute("SELECT row FROM seen WHERE identity = ?", (identity,))
            return int(found.fetchone()[0])
        return None

    def find_shared(self, rows: Iterable[Row]) -> None:
        """Read the list once beforehand, to know which addresses stand in several rows."""
        self._table.executemany(
            "INSERT INTO shared VALUES (?, 1) ON CONFLICT DO UPDATE SET rows = rows + 1",
            ((r.identity,) for r, _ in rows if r is not None and r.identity),
        )

    def is_shared(self, identity: str) -> bool:
        """Whether several rows have this address."""
        found = self._table.execute("SELECT rows > 1 FROM shared WHERE identity = ?", (identity,))
        row = found.fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Drop the table."""
        self._table.close()
