"""A link that the HTML has and the plain text has not."""

import re
from collections.abc import Iterator
from html import unescape

from letters.errors import Problem
from letters.proof.rules.rule import Rule
from letters.render.wording import Wording

_LINK = re.compile(r"<a\b[^>]*?\bhref=\"((?:https?:|mailto:)[^\"]*)\"", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:mailto:|https://(?=www\.))", re.IGNORECASE)


class LostLink(Rule):
    """Finds links of the HTML whose address is not in the plain text."""

    name = "lost-link"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """One problem for each lost link."""
        text = wording.text.outline
        for url in map(unescape, _LINK.findall(wording.html.outline)):
            if url not in text and _SCHEME.sub("", url) not in text:
                yield self.problem(
                    f"the plain text lost the link {url}", "name it in letter.*.txt.j2", wording
                )
