"""Open letters to office-holders: written from templates, looked at, and sent once each.

The library's names in the order in which a program needs them; docs/library.md has two programs.
Modules are imported when a name of theirs is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letters.campaign.campaign import Campaign as Campaign
    from letters.delivery.mailer import Mailer as Mailer
    from letters.delivery.policy import RunOptions as RunOptions
    from letters.delivery.sending import Sending as Sending
    from letters.errors import CampaignError as CampaignError
    from letters.errors import ChangedSinceSealing as ChangedSinceSealing
    from letters.errors import ConfigurationError as ConfigurationError
    from letters.errors import JournalError as JournalError
    from letters.errors import LettersError as LettersError
    from letters.errors import Parked as Parked
    from letters.errors import Problem as Problem
    from letters.errors import ProofFailed as ProofFailed
    from letters.errors import RecipientsError as RecipientsError
    from letters.errors import RelayRefused as RelayRefused
    from letters.errors import RelayUnavailable as RelayUnavailable
    from letters.journal.open import open_journal as open_journal
    from letters.journal.types import Changed as Changed
    from letters.journal.types import State as State
    from letters.limits.pace import Limits as Limits
    from letters.limits.pace import read_limits as read_limits
    from letters.message.message import Message as Message
    from letters.proof.proof import Proof as Proof
    from letters.recipients.csv import read_recipients as read_recipients
    from letters.recipients.recipient import Recipient as Recipient
    from letters.render.letter import Letter as Letter
    from letters.transport.open import open_transport as open_transport
    from letters.verdict import Verdict as Verdict

__version__ = "0.1.0"

_ERRORS = "letters.errors"
_WHERE = {
    "Campaign": "letters.campaign.campaign",
    "read_recipients": "letters.recipients.csv",
    "Recipient": "letters.recipients.recipient",
    "Proof": "letters.proof.proof",
    "Letter": "letters.render.letter",
    "Message": "letters.message.message",
    "Problem": _ERRORS,
    "open_journal": "letters.journal.open",
    "State": "letters.journal.types",
    "Changed": "letters.journal.types",
    "open_transport": "letters.transport.open",
    "Verdict": "letters.verdict",
    "Limits": "letters.limits.pace",
    "read_limits": "letters.limits.pace",
    "Sending": "letters.delivery.sending",
    "Mailer": "letters.delivery.mailer",
    "RunOptions": "letters.delivery.policy",
    "LettersError": _ERRORS,
    "CampaignError": _ERRORS,
    "RecipientsError": _ERRORS,
    "ProofFailed": _ERRORS,
    "ChangedSinceSealing": _ERRORS,
    "RelayUnavailable": _ERRORS,
    "RelayRefused": _ERRORS,
    "Parked": _ERRORS,
    "JournalError": _ERRORS,
    "ConfigurationError": _ERRORS,
}

__all__ = [  # noqa: RUF022 - in the order in which a program needs them
    "Campaign", "read_recipients", "Recipient", "Proof", "Letter", "Message", "Problem",
    "open_journal", "State", "Changed", "open_transport", "Verdict", "Limits", "read_limits", "Sending",
    "Mailer", "RunOptions", "LettersError", "CampaignError", "RecipientsError", "ProofFailed",
    "ChangedSinceSealing", "RelayUnavailable", "RelayRefused", "Parked", "JournalError",
    "ConfigurationError",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module 'letters' has no attribute {name!r}")
    value: object = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
