"""A demand that the HTML has and the plain text has not."""

from collections.abc import Iterator

from letters.campaign.settings import localised
from letters.errors import Problem
from letters.proof.rules.comparable import flat
from letters.proof.rules.parsed_html import parsed_html
from letters.proof.rules.rule import Rule
from letters.render.markdown import plain
from letters.render.wording import Wording


class LostDemand(Rule):
    """Finds demands, or points of them, that only the HTML shows."""

    name = "lost-demand"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """One problem for each lost demand and each lost point."""
        text, html = flat(wording.text.outline), flat(parsed_html(wording.html.outline).text)
        for demand in self.settings.demands:
            for language in wording.languages:
                points = localised(demand.points, language) or []
                for part in (demand.text[language], *points):
                    words = flat(plain(part))
                    if words not in text and words in html:
                        yield self.problem(
                            f"the plain text lost the demand {demand.id}",
                            "loop over demands in letter.*.txt.j2 too",
                            wording,
                        )
