"""How long this machine has been running: a clock that nobody can set."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SAME = 600  # seconds within which two start times are one


@dataclass(frozen=True, slots=True)
class Uptime:
    """`seconds` since the machine started, time asleep included; `boot` names that start.

    Equal in every process of the machine.
    """

    boot: str
    seconds: Callable[[], float]


def machine_uptime() -> Uptime:
    """This machine's."""
    seconds = _seconds()
    if _BOOT_ID.exists():
        return Uptime(_BOOT_ID.read_text(encoding="ascii").strip(), seconds)
    # Elsewhere it is computed from the wall clock; setting that by more than `_SAME` looks like a restart.
    return Uptime(f"about {round((time.time() - seconds()) / _SAME) * _SAME}", seconds)


def _seconds() -> Callable[[], float]:
    # Linux stops CLOCK_MONOTONIC, which Python's monotonic() reads, while the machine sleeps; macOS
    # stops what monotonic() reads, but not CLOCK_MONOTONIC. Windows counts its sleep anyway.
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        clock = getattr(time, name, None)
        if clock is not None:
            return lambda: time.clock_gettime(clock)
    return time.monotonic
