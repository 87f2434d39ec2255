"""Instants as the journal writes them: ISO 8601 text in UTC that sorts by time. Leans on nothing."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """An aware instant as text, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str | None) -> datetime | None:
    """The instant that `written` made a text of."""
    return None if text is None else datetime.fromisoformat(text)
