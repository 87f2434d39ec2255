"""The list of all rules, and running them."""

from typing import Final

from letters.campaign.campaign import Campaign
from letters.errors import Problem
from letters.message.message import Message
from letters.proof.rules.attachment import Attachment
from letters.proof.rules.dead_link import DeadLink
from letters.proof.rules.header import HeaderRule
from letters.proof.rules.language import Language
from letters.proof.rules.leftover import Leftover
from letters.proof.rules.lost_demand import LostDemand
from letters.proof.rules.lost_link import LostLink
from letters.proof.rules.missing_demand import MissingDemand
from letters.proof.rules.postal_address import PostalAddress
from letters.proof.rules.remote_image import RemoteImage
from letters.proof.rules.reserved_domain import ReservedDomain
from letters.proof.rules.rule import Rule
from letters.proof.rules.salutation import Salutation
from letters.proof.rules.short_lines import ShortLines
from letters.proof.rules.subject import Subject
from letters.proof.rules.too_large import TooLarge
from letters.render.letter import Letter

# A letter's problems are reported in this order.
RULES: Final[tuple[type[Rule], ...]] = (
    Attachment,
    ReservedDomain,
    PostalAddress,
    MissingDemand,
    Language,
    Leftover,
    Salutation,
    Subject,
    ShortLines,
    DeadLink,
    LostLink,
    LostDemand,
    RemoteImage,
    TooLarge,
    HeaderRule,
)


class Checks:
    """The rules as they apply to one campaign: without those that its settings silence."""

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        every = [rule(campaign, leaves_machine=leaves_machine) for rule in RULES]
        silenced = campaign.settings.proof.silence
        rules = [r for r in every if not (r.can_be_silenced and r.name in silenced)]
        # Only overridden checks are called, since there are many letters.
        self._campaign = [r.check_campaign for r in rules if _overrides(r, "check_campaign")]
        self._wording = [r.check_wording for r in rules if _overrides(r, "check_wording")]
        self._letter = [r.check_letter for r in rules if _overrides(r, "check_letter")]
        self._message = [r.check_message for r in rules if _overrides(r, "check_message")]
        self._checked_wordings: set[int] = set()

    def campaign(self) -> list[Problem]:
        """What is wrong with the campaign itself."""
        return [problem for check in self._campaign for problem in check()]

    def letter(self, letter: Letter) -> list[Problem]:
        """What is wrong with one letter; problems of its wording come with the first such letter."""
        found: list[Problem] = []
        if letter.wording.number not in self._checked_wordings:
            self._checked_wordings.add(letter.wording.number)
            for check_wording in self._wording:
                found += check_wording(letter.wording)
        for check in self._letter:
            found += check(letter)
        return found

    def message(self, letter: Letter, message: Message) -> list[Problem]:
        """What is wrong with one letter as sealed."""
        found: list[Problem] = []
        for check in self._message:
            found += check(letter, message)
        return found


def _overrides(rule: Rule, method: str) -> bool:
    return getattr(type(rule), method) is not getattr(Rule, method)
