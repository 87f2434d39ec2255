"""Where Jinja finds the templates of a campaign, and the environment of its layout.

Templates are looked for in the campaign's folder, then among the shared parts; all are UTF-8.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from letters.campaign.campaign import Campaign
from letters.campaign.file_names import on_disk
from letters.errors import CampaignError


def campaign_loader(campaign: Campaign) -> BaseLoader:
    """The loader of a campaign's templates; it raises CampaignError naming one that is not UTF-8."""
    return ChoiceLoader([_Folder(folder) for folder in campaign.folders])


class _Folder(FileSystemLoader):
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        folder = Path(self.searchpath[0])
        if not template.isascii() and ".." not in template:
            template = on_disk(folder / template).relative_to(folder).as_posix()
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError:
            file = folder / template
            raise CampaignError(f"{file} is not UTF-8", "save it again as UTF-8") from None


# A raw block, or a tag or comment. `raw` is one token, since nothing in it is a tag.
_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL
)
_OWN_CONTROL = ("-%}", "-#}", "+%}", "+#}")  # the author says what becomes of the line end
_LINE_END = "{#\n#}"  # a comment that contains it


def without_tag_lines(source: str) -> str:
    """A template whose lines of nothing but tags and comments leave no line.

    The line end moves into a comment, so that errors name the same lines as before.
    A tag beside other text keeps its line end: Jinja's own `trim_blocks` would remove it, and join two
    paragraphs.
    """
    parts: list[str] = []
    position = 0
    while (start := _line_of_tags(source, position)) is not None:
        begin, tags, end = start
        parts += (source[position:begin], tags)
        position = end
    return "".join((*parts, source[position:]))


def _line_of_tags(source: str, position: int) -> tuple[int, str, int] | None:
    """The next line that has only tags: where it begins, what replaces it, and where it ends."""
    while tag := _TAG.search(source, position):
        line = source.rfind("\n", 0, tag.start()) + 1
        tags, end = [tag[0]], tag.end()
        while more := _TAG.match(source, _after_blanks(source, end)):
            tags.append(more[0])
            end = more.end()
        rest = _after_blanks(source, end)
        alone = not source[line : tag.start()].strip(" \t") and line >= position
        if alone and rest == len(source):
            return line, "".join(tags), rest
        if alone and source[rest] == "\n" and not tags[-1].endswith(_OWN_CONTROL):
            return line, "".join((*tags, _LINE_END)), rest + 1
        position = end
    return None


def _after_blanks(source: str, position: int) -> int:
    while position < len(source) and source[position] in " \t":
        position += 1
    return position


class TemplateEnvironment(SandboxedEnvironment):
    """An environment in which a line of nothing but tags leaves no line, and a tag eats nothing."""

    def preprocess(self, source: Any, name: str | None = None, filename: str | None = None) -> str:
        """Jinja's hook before a template is parsed."""
        text = str(source).replace("\r\n", "\n").replace("\r", "\n")
        return without_tag_lines(super().preprocess(text, name, filename))


class UnknownName(StrictUndefined):
    """A name that does not exist; using it raises, and says which object lacked it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        where = getattr(self._undefined_obj, "place", "here")
        return self._undefined_hint or f"`{self._undefined_name}` is not known {where}"


class LayoutEnvironment(TemplateEnvironment):
    """Renders the layout, once a wording, around a body that is already HTML."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            loader=campaign_loader(campaign),
            undefined=UnknownName,
            autoescape=True,
            auto_reload=False,
        )
