"""Postfix's own test programs: `smtp-sink`, a relay that takes everything, and `smtp-source`.

Debian has them in the package postfix, in /usr/sbin. Where they are missing the measurements that
need them are left out, and said to be.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import processes
from bench.measure import CannotMeasure

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/libexec/postfix"
_PATIENCE = 10.0


def absent(goals: str) -> bool:
    """Whether the programs are missing; then it says which goals are left out."""
    if _found("smtp-sink") and _found("smtp-source"):
        return False
    print(f"bench: {goals} left out: no smtp-sink and smtp-source (postfix)", file=sys.stderr)
    return True


def _found(name: str) -> str | None:
    return shutil.which(name, path=_PATH)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def listening(port: int, *command: str | Path) -> Iterator[int]:
    """A server of ours on this port, until the end of the block."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield port
    finally:
        server.kill()
        server.wait()


def _await(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise CannotMeasure(f"nothing listens on port {port}")


@contextmanager
def sink() -> Iterator[int]:
    """A sink on loopback, its port; it counts nothing (no -c), for every client alike."""
    port = free_port()
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    with listening(
        port, _found("smtp-sink") or "", "-m", "1000", *user, f"127.0.0.1:{port}", "1000"
    ):
        yield port


@contextmanager
def delayed(port: int, milliseconds: float) -> Iterator[int]:
    """A port that leads to another one, so many milliseconds away (round trip)."""
    near = free_port()
    command = [sys.executable, str(processes.ROOT / "bench" / "delay.py")]
    with listening(near, *command, str(near), str(port), str(milliseconds / 2)):
        yield near


def source(port: int, letters: int, octets: int, folder: Path) -> float:
    """Letters a second that smtp-source hands over, in 16 sessions that it reuses."""
    ended = processes.run(
        _found("smtp-source") or "",
        *("-d", "-s", "16", "-m", str(letters), "-l", str(octets)),
        *("-f", "a@example.org", "-t", "b@example.net", f"127.0.0.1:{port}"),
        folder=folder,
    )
    return letters / ended.seconds
