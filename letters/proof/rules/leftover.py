"""Unfinished text in a letter: `{{`, `TODO`, other programs' placeholders, Markdown that was not understood."""

from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import unquote

from letters.campaign.campaign import Campaign
from letters.errors import Problem
from letters.proof.rules.parsed_html import ParsedHtml, parsed_html
from letters.proof.rules.placeholders import (
    FoundLeftover,
    in_cell,
    in_note,
    in_text,
    not_read,
    remedy_for,
)
from letters.proof.rules.rule import Rule
from letters.proof.rules.source_line import source_line
from letters.render.letter import Letter
from letters.render.wording import Wording

_ELEMENTS: Final = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink "
    "blockquote body br button canvas caption center cite code col colgroup data datalist dd del "
    "details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame "
    "frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li "
    "link main map mark marquee menu meta meter nav nobr noembed noframes noscript object ol optgroup "
    "option output p param picture plaintext pre progress q rb rp rt rtc ruby s samp script search "
    "section select slot small source span strike strong style sub summary sup svg table tbody td "
    "template textarea tfoot th thead time title tr track tt u ul var video wbr xmp math"
)
_OUTLOOK = ("o:", "v:", "w:", "m:", "st1:")
_TEXT_ATTRIBUTES = ("alt", "title", "aria-label", "summary")


class Leftover(Rule):
    """Finds unfinished text in the templates and in the cells that a letter prints."""

    name = "leftover"

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        super().__init__(campaign, leaves_machine=leaves_machine)
        self._searched: set[int] = set()

    def check_letter(self, letter: Letter) -> Iterator[Problem]:
        """A problem for the first leftover in the values, and those of the wording with its first letter.

        The columns of the list decide what is a placeholder, so a wording is searched with a letter.
        """
        if letter.wording.number not in self._searched:
            self._searched.add(letter.wording.number)
            yield from self._of_wording(letter.wording, letter.recipient.fields)
        token = in_cell("\n".join(letter.values))
        if token:
            column = next((value.source for value in letter.values if token in value), "")
            message = f"a cell used in the letter holds {token!r}"
            yield self.problem(message, "mend the cell", letter, column=column)

    def _of_wording(self, wording: Wording, columns: Collection[str]) -> Iterator[Problem]:
        """One problem for each leftover, with the template and line that it comes from."""
        found: dict[str, FoundLeftover] = {}
        for one in self._search(wording, columns):
            found.setdefault(one.text, one)
        for token, one in found.items():
            template, line = source_line(self.campaign, wording, *_spellings(token))
            yield self.problem(
                f"the letter still holds {token!r}",
                one.remedy,
                severity=one.severity,
                template=template,
                line=line,
            )

    def _search(self, wording: Wording, columns: Collection[str]) -> Iterator[FoundLeftover]:
        document = parsed_html(wording.html.outline)
        read = list(not_read(document.shown))
        yield from read
        notes = (*wording.comments, *(c for c in document.comments if c.startswith("?")))
        values = [
            text
            for _, attributes in document.elements
            for text in (
                unquote(attributes.get("href", "")),
                *(attributes.get(name, "") for name in _TEXT_ATTRIBUTES),
            )
        ]
        rendered = {name: form.outline for name, form in wording.headers}
        headers = ({"From": self.settings.sender.name} | self.settings.headers | rendered).values()
        shown = (wording.subject.outline, wording.text.outline, document.shown)
        for text in (*shown, *headers, *values):
            for one in in_text(text, columns):
                is_code = one.text in document.code and one.text not in document.shown
                if not is_code and not any(one.text in other.text for other in read):
                    yield one
        for text in notes:
            yield from in_note(text)
            if text.startswith("?"):
                yield FoundLeftover(f"<{text}>", remedy_for(text, columns))
        yield from _unknown_elements(document, columns)


def _unknown_elements(document: ParsedHtml, columns: Collection[str]) -> Iterator[FoundLeftover]:
    """`<riding>` is an element to a mail program, which shows nothing of it."""
    elements, inside_graphic = frozenset(_ELEMENTS.split()), False
    for name, attributes in document.elements:
        inside_graphic = inside_graphic or name in {"svg", "math"}
        if name in elements or name.startswith(_OUTLOOK) or inside_graphic:
            continue
        words = " ".join((name, *(key for key, value in attributes.items() if not value)))
        yield FoundLeftover(f"<{words}>", remedy_for(words, columns))


def _spellings(token: str) -> tuple[str, ...]:
    """How a leftover may be written in its source: a gap stands for what the template prints there."""
    pieces = [piece.strip() for piece in token.split("…")]
    return token, token.strip("<>"), max(pieces, key=len)
