"""Where Jinja finds the templates of a campaign: its folder, then the shared parts, all UTF-8.

Leans on `campaign`.
"""

from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader

from letters.campaign.campaign import Campaign
from letters.errors import CampaignError


def sources(campaign: Campaign) -> BaseLoader:
    """The loader of a campaign's templates; it raises CampaignError naming one that is not UTF-8."""
    return ChoiceLoader([_Folder(folder) for folder in campaign.folders])


class _Folder(FileSystemLoader):
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError:
            file = Path(self.searchpath[0]) / template
            raise CampaignError(f"{file} is not UTF-8", "save it again as UTF-8") from None
