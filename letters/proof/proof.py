"""`Proof`: the check of a whole batch before anything is sent."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct, structs

from letters.campaign.campaign import SETTINGS, Campaign
from letters.campaign.file_names import composed
from letters.campaign.settings import localised
from letters.errors import Problem, Severity
from letters.mailbox import Mailbox, parse
from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.proof.addresses import Addresses, merge_warnings, same_address_problem
from letters.proof.checks import Checks
from letters.proof.rules.attachment import missing_attachments
from letters.recipients.recipient import Recipient, each_identity
from letters.recipients.row import ReadRow
from letters.render.letter import Letter, Writer
from letters.render.wording import Wording

KEPT_PROBLEMS = 1000
"""Problems that a report lists; the others are only counted."""


class SameAddress(StrEnum):
    """What is done with rows that have the same address.

    `STOP`: it is a problem. `FIRST`: one letter, to the first row. `MERGE`: the same, and its template
    sees all of them as `recipient.rows`. `EACH`: a letter to each row.
    """

    STOP = "stop"
    FIRST = "first"
    MERGE = "merge"
    EACH = "each"


class Proofed(Struct, frozen=True):
    """One row of the list, checked.

    `letter` is None when the row is not mailable or its letter could not be written, `message` when
    it could not be sealed. `inputs` is a SHA-256 (hex) of everything that the message's bytes depend
    on: each file that was read, settings, the row.
    """

    recipient: Recipient
    inputs: str = ""
    letter: Letter | None = None
    message: Message | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Report:
    """What a proof found: counts, and the first problems (`KEPT_PROBLEMS`).

    With `strict` a warning fails the proof as an error does. `skipped` are rows left out by
    `SameAddress.FIRST`, `merged` those that share an earlier row's letter by `SameAddress.MERGE`.
    """

    strict: bool = False
    letters: int = 0
    wordings: int = 0
    not_mailable: int = 0
    skipped: int = 0
    merged: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[Severity] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Whether nothing may be sent: there is an error, or a warning when strict."""
        return bool(self.counts[Severity.ERROR] or (self.strict and self.counts[Severity.WARNING]))

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is one of the first."""
        self.counts[problem.severity] += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)


class Proof:
    """Writes, seals and checks every letter of a list. Iterate it once; `report` is then complete.

    Iterating yields each row as soon as it is checked, so memory does not grow with the list. A row
    that cannot be read is only in the report.

    `rows` is the whole list, such as a `RecipientsFile`; it must be possible to iterate it again.
    `today` is the date in the letters: the day the batch was first sealed, by default this day. `nonce` marks values
    in templates; it is 16 hex digits, the first a letter, and random unless a test gives one. `file`
    is the list's name in problems. `leaves_machine`: the letters go to a relay on another machine,
    and addresses at reserved domains are problems. `test_to` replaces every recipient's address.

    Raises CampaignError and RecipientsError when campaign or list as a whole cannot be used.
    """

    def __init__(
        self,
        campaign: Campaign,
        rows: Iterable[ReadRow],
        *,
        today: date | None = None,
        nonce: str | None = None,
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
        self._writer = Writer(
            campaign, nonce=nonce or _new_nonce(), today=today or datetime.now().astimezone().date()
        )
        self._sealer = Sealer(campaign, test_to=test_to)
        self._checks = Checks(campaign, leaves_machine=leaves_machine)
        self._can_seal = not missing_attachments(campaign)
        self._copied = not campaign.settings.sender.copy_to
        self._shared_inputs = lru_cache(maxsize=256)(self._digest_of_shared)

    def __iter__(self) -> Iterator[Proofed]:
        for problem in self._checks.campaign():
            self.report.add(replace(problem, file=str(self.campaign.folder / SETTINGS)))
        with closing(Addresses()) as addresses:
            if self._same_address in {SameAddress.EACH, SameAddress.MERGE}:
                addresses.find_shared(self._rows)
            if self._same_address is SameAddress.MERGE:
                addresses.keep_shared(self._rows)
            for recipient, problems in self._rows:
                for proofed in self._row(recipient, problems, addresses):
                    for problem in proofed.problems:
                        self.report.add(problem)
                    yield proofed
        self.report.wordings = self._writer.wordings

    def _row(
        self, recipient: Recipient | None, problems: tuple[Problem, ...], addresses: Addresses
    ) -> Iterator[Proofed]:
        if recipient is None:
            for problem in problems:
                self.report.add(problem)
            return
        if recipient.mailbox is None:
            self.report.not_mailable += 1
            yield Proofed(recipient, problems=problems)
            return
        identity = recipient.identity
        if self._same_address is SameAddress.EACH and addresses.is_shared(identity):
            identity = each_identity(recipient)
        first = addresses.first_row(identity, recipient.row)
        if first is not None:
            if self._has_letter_of(first, problems):
                return
            problems = (*problems, same_address_problem(recipient, first))
        elif self._same_address is SameAddress.MERGE:
            recipient = structs.replace(recipient, others=addresses.others(identity))
        proofed = self._letter(recipient, identity, problems)
        yield proofed
        if not self._copied and proofed.letter:
            self._copied = True
            yield self._copy(proofed.letter, addresses)

    def _has_letter_of(self, first: int, problems: tuple[Problem, ...]) -> bool:
        """Whether a row needs no letter, since that of the row `first` is its own, too."""
        if self._same_address is SameAddress.FIRST:
            self.report.skipped += 1
            return True
        if self._same_address is SameAddress.MERGE and first:  # row 0 is the organisation's copy
            self.report.merged += 1
            for problem in problems:
                self.report.add(problem)
            return True
        return False

    def _letter(
        self, recipient: Recipient, identity: str, problems: tuple[Problem, ...]
    ) -> Proofed:
        self.report.letters += 1
        letter = self._writer.write(recipient)
        if isinstance(letter, Problem):
            return Proofed(recipient, problems=self._placed((*problems, letter)))
        found = [*problems, *self._checks.letter(letter)]
        if recipient.others:
            found += merge_warnings(recipient, names_rows=letter.names_rows)
        message, more = self._sealed(letter, identity)
        found += more
        inputs = self._inputs(recipient, letter.wording)
        return Proofed(recipient, inputs, letter, message, self._placed(found) if found else ())

    def _copy(self, letter: Letter, addresses: Addresses) -> Proofed:
        """One copy of the first letter for the sender's own organisation (`copy_to`)."""
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
        found = [] if first is None else [same_address_problem(archive, first)]
        message, problems = self._sealed(
            structs.replace(letter, recipient=archive), archive.identity
        )
        found += problems
        return Proofed(
            archive, self._inputs(archive, letter.wording), letter, message, self._placed(found)
        )

    def _sealed(self, letter: Letter, identity: str) -> tuple[Message | None, list[Problem]]:
        """The sealed letter, or None, and what is wrong with it."""
        if not self._can_seal:
            return None, []
        message = self._sealer.seal(letter, identity)
        if isinstance(message, Problem):
            return None, [message]
        return message, self._checks.message(letter, message)

    def _placed(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """The problems, with the list's name where they name a row and no file."""
        return tuple(
            p if p.file or p.row is None else replace(p, file=self._file) for p in problems
        )

    def _inputs(self, recipient: Recipient, wording: Wording) -> str:
        fields = recipient.fields
        names, shared = self._shared_inputs(tuple(fields), wording)
        hashed = shared.copy()
        hashed.update("\0".join([fields[name] for name in names]).encode())
        for other in recipient.others:
            hashed.update(b"\0\0" + "\0".join([other.fields[name] for name in names]).encode())
        return hashed.hexdigest()

    def _digest_of_shared(
        self, columns: tuple[str, ...], wording: Wording
    ) -> "tuple[list[str], hashlib._Hash]":
        """The columns in alphabetical order, and the digest of everything but the row's cells."""
        names = sorted(columns)
        files = sorted({*wording.files, *map(composed, self.campaign.settings.attachments)})
        opened = [f"{name}\0{self.campaign.opened.get(name, '')}" for name in files]
        parts = (self.campaign.settings_digest, *opened, "", *names)
        return names, hashlib.sha256("\0".join(parts).encode() + b"\0")


def _new_nonce() -> str:
    return f"{secrets.choice('abcdef')}{secrets.token_hex(8)[1:]}"
