"""An attachment that is not in the campaign folder."""

from collections.abc import Iterator

from letters.campaign.campaign import Campaign
from letters.errors import Problem
from letters.proof.rules.rule import Rule


class Attachment(Rule):
    """Finds the attachments in campaign.toml that are no files of the campaign folder."""

    name = "attachment"
    can_be_silenced = False

    def check_campaign(self) -> Iterator[Problem]:
        """One problem for each missing file."""
        for name in missing_attachments(self.campaign):
            yield self.problem(
                f"the attachment {name} is not in the campaign folder",
                f"put the file there, or take it out of attachments: {self.campaign.folder / name}",
            )


def missing_attachments(campaign: Campaign) -> list[str]:
    """The attachments in campaign.toml that do not exist; with one missing, nothing is sealed."""
    return [
        name for name in campaign.settings.attachments if not (campaign.folder / name).is_file()
    ]
