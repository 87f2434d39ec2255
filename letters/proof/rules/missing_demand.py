"""A demand that the letter leaves out."""

from collections.abc import Iterable, Iterator

from letters.campaign.campaign import Campaign
from letters.campaign.settings import localised
from letters.errors import Problem, Severity
from letters.proof.rules.comparable import comparable
from letters.proof.rules.parsed_html import parsed_html
from letters.proof.rules.rule import Rule
from letters.render.letter import Letter
from letters.render.markdown import plain
from letters.render.wording import Wording


class MissingDemand(Rule):
    """Warns of demands addressed to an office that neither form of its letter shows."""

    name = "missing-demand"

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        super().__init__(campaign, leaves_machine=leaves_machine)
        self._checked: set[tuple[int, str]] = set()

    def check_letter(self, letter: Letter) -> Iterable[Problem]:
        """Warnings for the first letter of each wording to each office."""
        key = (letter.wording.number, letter.recipient.office)
        if key in self._checked:
            return ()
        self._checked.add(key)
        return self._missing(letter.wording, letter.recipient.office)

    def _missing(self, wording: Wording, office: str) -> Iterator[Problem]:
        shown = [
            comparable(wording.text.outline),
            comparable(parsed_html(wording.html.outline).text),
        ]
        for demand in self.settings.demands:
            if demand.offices and office not in demand.offices:
                continue
            for language in wording.languages:
                points = localised(demand.points, language) or []
                words = [comparable(plain(part)) for part in (demand.text[language], *points)]
                if not all(any(part in form for form in shown) for part in words):
                    yield self.problem(
                        f"the letter to {office or 'a row without an office'} leaves out the demand {demand.id} ({language})",
                        "print every demand: {% for demand in demands %}, with its text and its points; "
                        "or silence the rule, if it is left out on purpose",
                        wording,
                        severity=Severity.WARNING,
                    )
