"""The hours in which letters leave: `"Mon–Fri 09:00–17:00 America/Toronto"` is read. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FORM = "write for example Mon–Fri 09:00–17:00 America/Toronto"
_RANGE = re.compile(
    r"(?:(?P<days>[a-z]+(?:\s*[-–,]\s*[a-z]+)*)\s+)?"
    r"(?P<opens>\d{1,2}(?::\d\d)?)\s*[-–]\s*(?P<closes>\d{1,2}(?::\d\d)?)"
    r"(?:\s+(?P<zone>\S+))?",
    re.IGNORECASE,
)
_DAY_MINUTES = 24 * 60
_AHEAD = 15  # days: a span of one day a week that a change of clocks swallows comes again in 14


@dataclass(frozen=True, slots=True)
class Span:
    """Some hours on some days of the week (0: Monday); `closes` at or before `opens`: next day.

    `opens` and `closes` are minutes after midnight, on a wall clock in `zone`.
    """

    days: frozenset[int]
    opens: int
    closes: int
    zone: ZoneInfo

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """From when to when, in UTC, the span that begins on this date is open."""
        if day.weekday() not in self.days:
            return None
        # A wall clock that is set forth or back shows some times never, others twice. The later
        # reading opens and the earlier closes: no letter leaves at an hour that is not named.
        start = max(_readings(day, self.opens, self.zone))
        overnight = _DAY_MINUTES * (self.closes <= self.opens)
        end = min(_readings(day, self.closes + overnight, self.zone))
        return (start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Window:
    """When letters may leave, as a person wrote it (`text`) and as spans."""

    text: str
    spans: tuple[Span, ...]

    def __str__(self) -> str:
        return self.text

    def opening(self, at: datetime) -> tuple[datetime, datetime]:
        """From when to when, in UTC, the window is open: the opening that lasts beyond `at`."""
        return min(opening for opening in self._openings(at) if opening[1] > at)

    def opens(self, at: datetime) -> datetime:
        """`at` itself when letters may leave then, else the next instant when they may."""
        return max(at, self.opening(at)[0])

    def _openings(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        for span in self.spans:
            first = at.astimezone(span.zone).date() - timedelta(days=1)
            for ahead in range(_AHEAD + 1):
                if opening := span.on(first + timedelta(days=ahead)):
                    yield opening


def parse_window(text: str) -> Window | None:
    """Read a window; None for `none`. Raises ValueError saying what is expected."""
    if text.strip().casefold() == "none":
        return None
    matches = [_matched(part) for part in text.split(";")]
    if matches[-1]["zone"] is None:
        raise ValueError(f"{text.strip()!r} names no time zone: {_FORM}")
    spans: list[Span] = []
    zone = _zone(matches[-1]["zone"])
    for match in reversed(matches):
        zone = _zone(match["zone"]) if match["zone"] else zone
        opens, closes = _minutes(match["opens"]), _minutes(match["closes"])
        if opens in {closes, _DAY_MINUTES}:
            raise ValueError(f"{match[0].strip()!r} is no time at all: all day is 00:00–24:00")
        spans.insert(0, Span(_days(match["days"]), opens, closes, zone))
    return Window(" ".join(text.split()), tuple(spans))


def _matched(part: str) -> re.Match[str]:
    match = _RANGE.fullmatch(part.strip())
    if match is None:
        raise ValueError(f"{part.strip()!r} is not a window: {_FORM}")
    return match


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, *rest = (_day(name) for name in re.split(r"[-–]", part))
        last = rest[-1] if rest else first
        days.update((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))
    return frozenset(days)


def _day(text: str) -> int:
    name = text.strip().casefold()
    for names in (_DAYS, _LONG):
        if name in names:
            return names.index(name)
    raise ValueError(f"{text.strip()!r} is not a day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun")


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    total = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or total > _DAY_MINUTES:  # noqa: PLR2004 - a clock's last minute
        raise ValueError(f"{text!r} is not a time of day: write 00:00 to 24:00")
    return total


def _zone(name: str) -> ZoneInfo:
    if "/" in name or name == "UTC":
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # the last: a folder of the database, "America/"
            pass
    raise ValueError(f"{name!r} is not a time zone: {_zone_remedy(name, available_timezones())}")


def _zone_remedy(name: str, known: set[str]) -> str:
    if not known:
        return "this machine has no tz database; install one with: pip install tzdata"
    if "/" not in name:
        return "write region and city, for example America/Toronto, or UTC"
    folded = {zone.casefold(): zone for zone in known}
    near = get_close_matches(name.casefold(), folded, 1)
    return f"did you mean {folded[near[0]]}?" if near else "write for example America/Toronto"


def _readings(day: date, minutes: int, zone: ZoneInfo) -> Sequence[datetime]:
    """The instants, in UTC, at which clocks in `zone` show this time, or stand in for it."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
