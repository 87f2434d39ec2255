"""An attachment that is not in the campaign folder, or a file whose name differs in case."""

from collections.abc import Iterator

from letters.campaign.campaign import Campaign
from letters.campaign.file_names import spelled_otherwise
from letters.errors import Problem, Severity
from letters.proof.rules.rule import Rule
from letters.render.wording import Wording


class Attachment(Rule):
    """Finds the attachments in campaign.toml that are no files of the campaign folder."""

    name = "attachment"
    can_be_silenced = False

    def check_campaign(self) -> Iterator[Problem]:
        """One problem for each missing file."""
        missing = missing_attachments(self.campaign)
        for name in self.settings.attachments:
            other = spelled_otherwise(self.campaign.folder, name)
            if name not in missing:
                yield from self._warned_about(name, other, "attachments")
            elif other:
                yield self.problem(
                    f"the attachment {name} is not in the campaign folder; the file is called {other}",
                    f"write {other} in attachments: case matters",
                )
            else:
                yield self.problem(
                    f"the attachment {name} is not in the campaign folder",
                    f"put the file there, or take it out of attachments: {self.campaign.folder / name}",
                )

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """Inline images that are found on this disk alone, where case does not matter."""
        for name, _ in wording.images:
            other = spelled_otherwise(self.campaign.folder, name)
            yield from self._warned_about(name, other, "the template", wording)

    def _warned_about(
        self, name: str, other: str, where: str, at: Wording | None = None
    ) -> Iterator[Problem]:
        if other:
            yield self.problem(
                f"the file {name} is called {other}; on a disk where case matters it is not found",
                f"write {other} in {where}",
                at,
                severity=Severity.WARNING,
            )


def missing_attachments(campaign: Campaign) -> list[str]:
    """The attachments in campaign.toml that do not exist; with one missing, nothing is sealed."""
    return [name for name in campaign.settings.attachments if not campaign.file(name).is_file()]
