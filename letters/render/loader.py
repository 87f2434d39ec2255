"""Where Jinja finds the templates of a campaign, and the environment of its layout.

Templates are looked for in the campaign's folder, then among the shared parts; all are UTF-8.
"""

from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from letters.campaign.campaign import Campaign
from letters.errors import CampaignError


def campaign_loader(campaign: Campaign) -> BaseLoader:
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


class UnknownName(StrictUndefined):
    """A name that does not exist; using it raises, and says which object lacked it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return self._undefined_hint or f"`{self._undefined_name}` is not known here"


class LayoutEnvironment(SandboxedEnvironment):
    """Renders the layout, once a wording, around a body that is already HTML."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            loader=campaign_loader(campaign),
            undefined=UnknownName,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
