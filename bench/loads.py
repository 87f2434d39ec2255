"""One load in a process of its own, which tells its peak of resident memory in KiB.

`python -m bench.loads read|proof|enqueue LIST`. The journal is a file beside the list.
"""

import asyncio
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import batch
from bench.peak import kib
from letters.journal.open import open_journal
from letters.journal.types import MAIL, Entry
from letters.recipients.csv import RecipientsFile

_STATUS = Path("/proc/self/status")


def _list(path: Path) -> RecipientsFile:
    return RecipientsFile(path, languages=("en", "fr"))


def read(path: Path) -> int:
    """Read the list."""
    return sum(1 for _ in _list(path))


def proof(path: Path) -> int:
    """Proof and seal every letter."""
    return sum(1 for _ in batch.proof(batch.campaign(), _list(path)))


def enqueue(path: Path) -> int:
    """Proof and seal every letter into a new journal, as `letters send` does before it asks."""
    return asyncio.run(_enqueue(path))


async def _enqueue(path: Path) -> int:
    now = datetime.now(UTC)
    journal = open_journal(f"sqlite:{path.with_suffix('.db')}", campaign="t3st-river", create=True)
    try:
        await journal.start("0" * 16, relay="none", at=now)
        staged = await journal.enqueue(MAIL, _entries(path), at=now)
        await journal.commit()
        await journal.finish(at=now)
    finally:
        await journal.aclose()
    return staged.new


def _entries(path: Path) -> Iterator[Entry]:
    for proofed in batch.proof(batch.campaign(), _list(path)):
        recipient = proofed.recipient
        yield Entry(recipient.row, recipient.name, proofed.inputs, proofed.message)


LOADS: dict[str, Callable[[Path], int]] = {"read": read, "proof": proof, "enqueue": enqueue}


def peak() -> int:
    """The peak of this process in KiB.

    Linux's ru_maxrss may hold that of the process which started this one; VmHWM does not.
    """
    if _STATUS.exists():
        line = next(x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1])
    return kib(resource.getrusage(resource.RUSAGE_SELF))


if __name__ == "__main__":
    count = LOADS[sys.argv[1]](Path(sys.argv[2]))
    print(count, peak())
