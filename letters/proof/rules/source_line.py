"""Where a text of a letter stands in the author's files."""

import re

from letters.campaign.campaign import SETTINGS, Campaign
from letters.render.wording import Wording

# A raw block, whose content is printed, or a tag, whose content is not.
_JINJA = re.compile(
    r"\{%-?\s*raw\s*-?%\}(?P<raw>.*?)\{%-?\s*endraw\s*-?%\}|\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)


def source_line(campaign: Campaign, wording: Wording, *spellings: str) -> tuple[str, int | None]:
    """File and line of the first of these spellings that a file of the wording holds, in any case.

    The line is None when none holds one: the text was put together by a template.
    """
    images = {name for name, _ in wording.images}
    parts = [n for n in wording.files if n not in images and n not in wording.templates]
    sources = [(n, _source(campaign, n)) for n in (*wording.templates, *parts, SETTINGS)]
    for spelling in filter(None, (spelling.casefold() for spelling in spellings)):
        for name, source in sources:
            before, found, _ = source.partition(spelling)
            if found:
                return name, before.count("\n") + 1
    return wording.templates[0], None


def _source(campaign: Campaign, name: str) -> str:
    """What the author wrote in a file, casefolded, without what its tags say."""
    path = campaign.template_file(name)
    source = path.read_text(encoding="utf-8", errors="replace").casefold() if path else ""
    return source if name == SETTINGS else _JINJA.sub(_printed, source)


def _printed(tag: re.Match[str]) -> str:
    return tag[0].count("\n") * "\n" if tag["raw"] is None else tag["raw"]
