"""Opening the journal that a URL names."""

import re
from collections.abc import Sequence
from pathlib import Path

from letters.errors import ConfigurationError
from letters.journal.interface import Journal


def open_journal(
    url: str,
    *,
    campaign: str,
    create: bool,
    looking: bool = False,
    traces: Sequence[Path] = (),
) -> Journal:
    """The journal at `url`, as the campaign of this id sees it: `sqlite:FILE`, or a bare path.

    With `create`, for sending: the file is made when missing, and checked whole. `traces` are
    places that show a sending (an outbox): an empty journal beside one of them is refused. With
    `looking`, for verbs that change nothing, one in a read-only place is read while nobody sends.
    Raises ConfigurationError for a URL of another kind, JournalError for a record that is missing
    (without `create`), damaged, another program's, of a newer version or incomplete.
    """
    from letters.journal.sqlite.journal import SqliteJournal

    # One letter and a colon is a Windows drive.
    kind = re.match(r"[A-Za-z][A-Za-z0-9+.-]+(?=:)", url)
    if kind and kind[0].lower() != "sqlite":
        raise ConfigurationError(f"this journal is not known: {kind[0]}:…", "use sqlite:FILE")
    file = url[len("sqlite:") :] if kind else url
    if not file:
        raise ConfigurationError("the journal has no file", "use sqlite:FILE")
    return SqliteJournal(
        Path(file).expanduser().absolute(),
        campaign=campaign,
        create=create,
        looking=looking,
        traces=traces,
    )
