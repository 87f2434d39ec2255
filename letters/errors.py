"""What can go wrong, as values and as exceptions.

A letter's failure is a value, `Problem`. The author's, the list's, the relay's or the journal's
failure is an exception:

    LettersError                      message, hint, exit code
    ├── CampaignError          65     the campaign folder, its settings or its templates
    ├── RecipientsError        65     the recipients file
    ├── ProofFailed            65     the proof found errors in the letters
    ├── ChangedSinceSealing    65     unsent letters differ from what was sealed
    ├── LetterNotFound         65     the journal has no such letter
    ├── RelayUnavailable       69     no answer, or not the answer of a relay
    │   └── TooFast            69     the relay asks for fewer connections, logins or letters
    ├── JournalError           74     the journal or the disk
    ├── ScaffoldError          74     a new campaign's folder (`scaffold`)
    ├── ExportError            74     the pages of a preview (`preview.export`)
    ├── Parked                 75     the relay told the sender to come back later
    ├── RelayRefused           77     the relay accepts no mail from this sender
    │   └── LoginRefused       77     the relay refuses login or password
    └── ConfigurationError     78     options, environment, URLs
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar

ALL_WAIT = "every letter not sent is waiting"
"""Part of the hints of a run that stopped. It is not true of a test, whose report leaves it out."""


class Exit(IntEnum):
    """Exit codes: those of sysexits.h, 1 for letters that need a person, 130 for Ctrl-C."""

    OK = 0
    ATTENTION = 1
    USAGE = 2
    DATA = 65
    UNAVAILABLE = 69
    IO = 74
    TEMPORARY = 75
    REFUSED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


class LettersError(Exception):
    """A failure that a person can mend: `message` says what happened, `hint` how to mend it.

    `next` holds the commands that help, each a verb with its arguments (`"retry --rejected"`); the
    command line prints them with the flags that name the same campaign, journal and channel.
    """

    exit_code: ClassVar[Exit] = Exit.ATTENTION

    def __init__(self, message: str, hint: str = "", *, next: Sequence[str] = ()) -> None:  # noqa: A002 - as the attribute
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.next = tuple(next)


class CampaignError(LettersError):
    """The campaign folder, its settings or its templates cannot be used."""

    exit_code = Exit.DATA


class RecipientsError(LettersError):
    """The recipients file cannot be read without guessing."""

    exit_code = Exit.DATA


class ProofFailed(LettersError):
    """The proof found errors: nothing is sealed, and no relay is connected to."""

    exit_code = Exit.DATA


class ChangedSinceSealing(LettersError):
    """Unsent letters differ from what was sealed, and neither `--reseal` nor `--keep` was given."""

    exit_code = Exit.DATA


class LetterNotFound(LettersError):
    """The journal has no such letter, or not in the state that the command needs."""

    exit_code = Exit.DATA


class RelayUnavailable(LettersError):
    """The relay cannot be reached, or does not answer as a relay must."""

    exit_code = Exit.UNAVAILABLE


class TooFast(RelayUnavailable):
    """The relay refuses a connection for now: there are too many, or they come too often."""


class JournalError(LettersError):
    """The journal cannot be read, written or trusted, or another sender holds it."""

    exit_code = Exit.IO


class Parked(LettersError):
    """The relay asked the sender to come back later; letters not yet begun stay waiting."""

    exit_code = Exit.TEMPORARY


class RelayRefused(LettersError):
    """The relay refuses this sender: password, certificate, From."""

    exit_code = Exit.REFUSED


class LoginRefused(RelayRefused):
    """The relay refuses login or password."""


class ConfigurationError(LettersError):
    """An option, an environment variable or a URL is wrong."""

    exit_code = Exit.CONFIGURATION


class Severity(StrEnum):
    """How much a problem weighs: an `ERROR` stops the batch, a `WARNING` is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one letter, one row or one template, and how to mend it.

    `row` counts as a spreadsheet does: the header is row 1. `line` is a line of `template`.
    Empty strings and `None` mean "does not apply".
    """

    rule: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR
    file: str = ""
    row: int | None = None
    column: str = ""
    template: str = ""
    line: int | None = None
    address: str = ""
