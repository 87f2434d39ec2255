"""What an attempt learned, and whom a relay's reply is about. Leans on `errors`."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an attempt ended (glossary: verdict)."""

    SENT = "sent"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    IN_DOUBT = "in doubt"


class Concern(StrEnum):
    """Whom the reply is about; only `RECIPIENT` and `MESSAGE` settle a letter."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one attempt learned, with the relay's own words.

    `code` is the SMTP reply code (0: no reply), `enhanced` the RFC 3463 code as `"5.1.1"` or "".
    `said` is outside text: show it only through the terminal's escaping.
    """

    outcome: Outcome
    concern: Concern = Concern.RECIPIENT
    said: str = ""
    code: int = 0
    enhanced: str = ""
