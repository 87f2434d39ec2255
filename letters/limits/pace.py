"""How fast letters may leave: reading pace and quota, and the limits of an account put together.

Pure. When a letter may leave is decided in `counters`, from these values and from what left before.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from letters.limits.providers import Provider, provider
from letters.limits.window import Window, parse_window
from letters.mailbox import AddressError, parse_domain

SECOND = 1_000_000
"""Microseconds: instants and periods are whole numbers of them."""

DAY = 86_400 * SECOND
EACH = "*"
"""Stands for every receiving domain that has no pace of its own."""

_UNITS = {
    **dict.fromkeys(("s", "sec", "second"), SECOND),
    **dict.fromkeys(("m", "min", "minute"), 60 * SECOND),
    **dict.fromkeys(("h", "hour"), 3600 * SECOND),
    **dict.fromkeys(("d", "day", "24h", "24 h"), DAY),
}
_NAMES = {SECOND: "s", 60 * SECOND: "min", 3600 * SECOND: "h", DAY: "day"}
_RATE = re.compile(r"(\d{1,9})\s*(?:/|\s+(?:per|a)\s+)\s*(24\s?h|[a-z]+)", re.IGNORECASE)
_PART = re.compile(
    r"(?:(?P<domain>each(?:\s+domain)?|\*|[^\s=:/*]*\.[^\s=:/*]*)\s*[\s=:]\s*)?(?P<rate>\S.*)",
    re.IGNORECASE,
)
_PACE = "write for example 30/min, 2/s or 120/h"
_QUOTA = "write for example 500/day"
_SLACK_PARTS = 60


@dataclass(frozen=True)
class Rate:
    """So many letters in any stretch of so many microseconds."""

    letters: int
    period: int

    def __str__(self) -> str:
        return f"{self.letters}/{_NAMES.get(self.period, f'{self.period / SECOND:g}s')}"

    @cached_property
    def stretch(self) -> int:
        """The period with its slack: the stretch in which no more letters may leave.

        Letters are a while on their way, some longer than others; the slack, a sixtieth of the
        period and at most a minute, keeps the rate where the relay counts.
        """
        return self.period + min(self.period // _SLACK_PARTS, 60 * SECOND)

    @cached_property
    def gap(self) -> float:
        """From one letter to the next, in microseconds, when they leave evenly."""
        return self.stretch / self.letters


Pace = Mapping[str, Rate | None]
"""A rate for the account (key "") and for receiving domains (`EACH` or a name); None: lifted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """All that bounds the letters of one account; without any, nothing does.

    `domains` maps a receiving domain, in lower-case A-labels, or `EACH`, to its rate; None: unlimited.
    `connections` is how many connections the provider allows at once.
    """

    pace: Rate | None = None
    quota: Rate | None = None
    window: Window | None = None
    domains: Mapping[str, Rate | None] = field(default_factory=dict)
    connections: int | None = None

    @property
    def counts(self) -> bool:
        """Whether letters must be counted before they leave."""
        return bool(self.pace or self.quota or any(self.domains.values()))

    def __bool__(self) -> bool:
        """Whether anything limits the letters at all."""
        return self.counts or self.window is not None

    def of(self, domain: str) -> Rate | None:
        """The rate of letters to this receiving domain."""
        name = domain.lower()
        return self.domains[name] if name in self.domains else self.domains.get(EACH)

    def __str__(self) -> str:
        names = {EACH: "each domain"}
        domains = (f"{names.get(d, d)} {rate}" for d, rate in self.domains.items() if rate)
        said = (*map(str, filter(None, (self.pace, self.quota))), *domains)
        return ", ".join((*said, str(self.window)) if self.window else said)


def parse_pace(text: str) -> Pace:
    """Read `"30/min"`, or `"30/min, each domain 20/min, parl.gc.ca 10/min"`.

    Raises ValueError saying what is expected.
    """
    pace: dict[str, Rate | None] = {}
    for part in re.split(r"[,;]", text):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a pace: {_PACE}")
        rate = _pace(match["rate"])
        domain = _domain(match["domain"] or "")
        if domain in pace:
            raise ValueError(f"{text!r} sets one pace twice: {domain or 'the account’s'}")
        pace[domain] = rate
    return pace


def _domain(text: str) -> str:
    """The key of a pace: as the domains of recipients are written."""
    if not text or text == EACH or "." not in text:
        return EACH if text else ""
    try:
        return parse_domain(text.removeprefix("@").removesuffix("."))
    except AddressError as error:
        raise ValueError(
            f"{text!r} is no domain: {error.reason}; write for example parl.gc.ca 10/min"
        ) from None


def _pace(text: str) -> Rate | None:
    rate = _rate(text, "pace", _PACE)
    if rate and rate.period == DAY:
        raise ValueError(f'{text!r} is a quota, not a pace: write quota = "{rate}"')
    return rate


def parse_quota(text: str) -> Rate | None:
    """Read `"500/day"`, or `"500"`; None for `none`. Raises ValueError saying what is expected."""
    rate = _rate(f"{text}/day" if text.strip().isdecimal() else text, "quota", _QUOTA)
    if rate and rate.period != DAY:
        raise ValueError(f'{text!r} is a pace, not a quota: write pace = "{rate}"')
    return rate


def _rate(text: str, what: str, form: str) -> Rate | None:
    if text.strip().casefold() == "none":
        return None
    match = _RATE.fullmatch(text.strip())
    period = _UNITS.get(match[2].casefold()) if match else None
    if match is None or period is None:
        raise ValueError(f"{text.strip()!r} is not a {what}: {form}")
    if int(match[1]) == 0:
        raise ValueError(f"{text.strip()!r} would let no letter leave: {form}, or none")
    return Rate(int(match[1]), period)


def read_limits(
    *, name: str = "", paces: Iterable[str] = (), quota: str = "", window: str = ""
) -> Limits:
    """The limits that settings stand for; "" where nothing is set.

    `name` is the provider's, and all else goes before what it stands for. `paces` come with the
    weakest first, each replacing what it names. Raises ValueError saying what is expected.
    """
    known = provider(name) or Provider(name="none", source="")
    pace = dict(parse_pace(known.pace)) if known.pace else {}
    for text in filter(None, paces):
        pace.update(parse_pace(text))
    limit = quota or known.quota
    return Limits(
        pace=pace.pop("", None),
        quota=parse_quota(limit) if limit else None,
        window=parse_window(window) if window else None,
        domains=pace,
        connections=known.connections,
    )


def forecast_words(letters: int, limits: Limits, done: datetime, now: datetime) -> str:
    """`338 letters at 30/min: done 14:20`; on another day `done Tue 14:20`, later `done 3 Feb 14:20`.

    Both instants are in the time zone of the person who reads it.
    """
    rates = " and ".join(str(rate) for rate in (limits.pace, limits.quota) if rate)
    letters_words = f"{letters} letter{'s' * (letters != 1)}"
    days = (done.date() - now.date()).days
    day = "" if days == 0 else f"{done:%a} " if days < 7 else f"{done.day} {done:%b} "  # noqa: PLR2004 - a week
    return f"{letters_words}{f' at {rates}' if rates else ''}: done {day}{done:%H:%M}"
