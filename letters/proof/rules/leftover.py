"""Unfinished text in a letter: `{{`, `{%`, `TODO`, `XXX`, `FIXME`."""

import re
from collections.abc import Iterable, Iterator

from letters.campaign.campaign import SETTINGS
from letters.errors import Problem
from letters.proof.rules.rule import Rule
from letters.proof.rules.shown_text import shown_text
from letters.render.letter import Letter
from letters.render.wording import Wording

_LEFTOVER = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|\bTODO\b|\bXXX\b|\bFIXME\b")
# Every match holds one of these; looking for them first is ten times faster than the pattern.
_SIGNS = ("{", "}", "TODO", "XXX", "FIXME")
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class Leftover(Rule):
    """Finds unfinished text in the templates and in the cells that a letter prints."""

    name = "leftover"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """One problem for each kind of leftover, with the template and line that it comes from."""
        shown = (
            wording.subject.outline,
            wording.text.outline,
            shown_text(wording.html.outline),
        )
        for token in dict.fromkeys(match[0] for match in map(_LEFTOVER.search, shown) if match):
            template, line = self._find(wording, token)
            yield self.problem(
                f"the letter still holds {token!r}",
                "finish the template",
                template=template,
                line=line,
            )

    def check_letter(self, letter: Letter) -> Iterable[Problem]:
        """A problem for the first leftover in the values, with its column."""
        joined = "\n".join(letter.values)
        found = _LEFTOVER.search(joined) if any(map(joined.__contains__, _SIGNS)) else None
        if not found:
            return ()
        column = next((value.source for value in letter.values if found[0] in value), "")
        message = f"a cell used in the letter holds {found[0]!r}"
        return (self.problem(message, "mend the cell", letter, column=column),)

    def _find(self, wording: Wording, token: str) -> tuple[str, int | None]:
        """Template and line of a leftover; the line is None when no source holds it literally."""
        parts = sorted(path.name for path in self.campaign.folder.glob("*.j2"))
        for name in (*wording.templates, *parts, SETTINGS):
            path = self.campaign.template_file(name)
            source = path.read_text(encoding="utf-8", errors="replace") if path else ""
            if name != SETTINGS:
                source = _JINJA.sub(lambda tag: "\n" * tag[0].count("\n"), _RAW.sub("", source))
            before, found, _ = source.partition(token)
            if found:
                return name, before.count("\n") + 1
        return wording.templates[0], None
