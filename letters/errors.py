"""What can go wrong, as values and as exceptions. Leans on nothing.

A letter's failure is a value, `Problem`. The author's, the list's, the relay's or the journal's
failure is an exception:

    LettersError                      message, hint, exit code
    ├── CampaignError          65     the campaign folder, its settings or its templates
    ├── RecipientsError        65     the recipients file
    ├── ChangedSinceSealing    65     unsent letters differ from what was sealed
    ├── RelayUnavailable       69     nobody answers, or not as a relay should
    │   └── TooFast            69     or it wants fewer connections, logins or letters
    ├── JournalError           74     the journal or the disk
    ├── ScaffoldError          74     a new campaign's folder (`scaffold`)
    ├── ExportError            74     the pages of a preview (`preview.export`)
    ├── Parked                 75     the relay told the sender to come back later
    ├── RelayRefused           77     the relay will not take mail from this sender
    │   └── LoginRefused       77     nor let it in with this password
    └── ConfigurationError     78     options, environment, URLs
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar

ALL_WAIT = "every letter not sent is waiting"
"""What hints promise of a run that stopped; of a test it is not true, and not said."""


class Exit(IntEnum):
    """Exit codes: sysexits.h, `1` for letters that need a person, and the shell's own for Ctrl-C."""

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
    """A failure told to a person: what happened, and in `hint` how to mend it.

    `next` names the commands that help, each a verb with its arguments (`"retry --rejected"`); the
    command line prints them with the campaign, journal and channel that were meant.
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


class ChangedSinceSealing(LettersError):
    """Unsent letters differ from what was sealed, and nobody chose `--reseal` or `--keep`."""

    exit_code = Exit.DATA


class RelayUnavailable(LettersError):
    """The relay cannot be reached, or does not answer as a relay must."""

    exit_code = Exit.UNAVAILABLE


class TooFast(RelayUnavailable):
    """The relay takes no connection now and asks to slow down: there are too many, or too often."""


class JournalError(LettersError):
    """The journal cannot be read, written or trusted, or another sender holds it."""

    exit_code = Exit.IO


class Parked(LettersError):
    """The relay asked the sender to come back later; every untouched letter waits."""

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
