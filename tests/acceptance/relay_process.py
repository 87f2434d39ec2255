"""A relay in a process of its own, whose record survives the kills of the sender."""

import json
import subprocess
import sys
from pathlib import Path

from tests.acceptance.desk import ROOT, kill
from tests.relay import Accepted


class RelayProcess:
    """`tests/relay.py` on its own, between `with` and its end."""

    def __init__(self, record: Path, *options: str) -> None:
        self._record, self._read, self._accepted = record, 0, []
        command = [sys.executable, str(ROOT / "tests" / "relay.py"), "--record", str(record)]
        self._process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.port = int(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        kill(self._process)

    @property
    def accepted(self):
        """What the relay took, in order; a torn last line was never answered with 250."""
        with self._record.open("rb") as record:
            record.seek(self._read)
            lines = record.read().split(b"\n")[:-1]
        for line in lines:
            self._read += len(line) + 1
            row = json.loads(line)
            self._accepted.append(Accepted(**row | {"content": row["content"].encode("latin-1")}))
        return self._accepted

    @property
    def size(self) -> int:
        """Octets of the record: it grows with each letter taken."""
        return self._record.stat().st_size
