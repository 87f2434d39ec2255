"""A sender without a postal address."""

from collections.abc import Iterator

from letters.campaign.settings import localised
from letters.errors import Problem
from letters.proof.rules.rule import Rule


class PostalAddress(Rule):
    """Finds a campaign without the sender's postal address."""

    name = "postal-address"

    def check_campaign(self) -> Iterator[Problem]:
        """A problem when the address in the first language is empty."""
        address = self.settings.sender.postal_address
        if not localised(address, self.settings.languages[0]).strip():
            yield self.problem(
                "the sender has no postal address, and offices answer letters that have one",
                'add postal_address = "…" under [sender], and print it in the letter',
            )
