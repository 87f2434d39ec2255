"""Where Jinja finds the templates of a campaign: in its folder, then among the shared parts."""

import codecs
from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.loaders import split_template_path

from letters.campaign.campaign import Campaign
from letters.errors import CampaignError

_LARGEST = 5_000_000  # octets of one template: room for a logo written into a layout
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AGAIN = "save it again as UTF-8"


class CampaignLoader(BaseLoader):
    """Loads a campaign's templates, and what they include.

    All are UTF-8, with or without a byte order mark. Raises CampaignError naming file and line for
    one that is not, or that lies elsewhere.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja's signature
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template, and its file."""
        file = self._campaign.template_file("/".join(split_template_path(template)))
        if file is None:
            raise TemplateNotFound(template)
        if file.is_relative_to(self._campaign.folder):
            self._campaign.file(template)  # refuses a link that leads out of the folder
        try:
            content = self._campaign.read(template, file)
        except OSError as error:
            raise CampaignError(
                f"{file} cannot be read: {error.strerror}", "check its permissions"
            ) from None
        return _decoded(file, content), str(file), lambda: True


def _decoded(file: Path, content: bytes) -> str:
    if len(content) > _LARGEST:
        raise CampaignError(
            f"{file} has {len(content):,} octets, and a template at most {_LARGEST:,}",
            "attach large files, and show images by their name",
        )
    if content.startswith(_UTF16) or b"\0" in content:
        raise CampaignError(f"{file} is UTF-16, or no text", _SAVE_AGAIN)
    try:
        return content.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CampaignError(f"{file}:{line}: this is not UTF-8", _SAVE_AGAIN) from None
