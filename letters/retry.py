"""When to try again: pure decisions over instants (RFC 5321 4.5.4.1)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: at least four to five days
GIVE_UP_TRIES = 5
JITTER = 0.1
_UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400}
_LONGEST = 366 * 86400
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)


def duration(text: str) -> timedelta:
    """Read `"5 min"`, `"2 h"`, `"90 s"`. Raises ValueError saying what is expected."""
    match = _DURATION.fullmatch(text)
    if not match or match[2].lower() not in _UNITS:
        raise ValueError(f"{text!r} is not a duration: write for example 90 s, 5 min, 2 h, 1 day")
    seconds = float(match[1]) * _UNITS[match[2].lower()]
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than a year")
    return timedelta(seconds=seconds)


def pauses(retry: Sequence[str]) -> tuple[timedelta, ...]:
    """The campaign's `retry` as durations. Raises ValueError."""
    return tuple(map(duration, retry))


def due(tries: int, now: datetime, retry: Sequence[timedelta], chance: float) -> datetime:
    """When the next try falls due after `tries` of them; `chance` (0 to 1) spreads them by 10 %.

    The last pause repeats.
    """
    pause = retry[min(tries, len(retry)) - 1] if retry else timedelta(minutes=30)
    return now + pause * (1 + JITTER * chance)


def expired(tries: int, first_tried_at: datetime, now: datetime) -> bool:
    """Whether no further try is made: after five days and five tries, both together."""
    return tries >= GIVE_UP_TRIES and now - first_tried_at >= GIVE_UP_AFTER
