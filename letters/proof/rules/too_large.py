"""A message over `max_size`."""

from collections.abc import Iterable

from letters.campaign.campaign import Campaign
from letters.campaign.settings import octets
from letters.errors import Problem
from letters.message.message import Message
from letters.proof.rules.rule import Rule
from letters.render.letter import Letter


class TooLarge(Rule):
    """Finds messages over `[proof] max_size`. Raises CampaignError when that is not a size."""

    name = "too-large"
    can_be_silenced = False

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        super().__init__(campaign, leaves_machine=leaves_machine)
        self._limit = octets(self.settings.proof.max_size)

    def check_message(self, letter: Letter, message: Message) -> Iterable[Problem]:
        """A problem with the message's size and the limit."""
        if message.size <= self._limit:
            return ()
        return (
            self.problem(
                f"the message has {message.size:,} octets, more than {self.settings.proof.max_size}",
                "attach less, or raise max_size under [proof]",
                letter,
            ),
        )
