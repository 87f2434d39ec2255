"""Short lines in a row, which Markdown joins to one paragraph."""

from collections.abc import Iterator

from letters.errors import Problem, Severity
from letters.proof.rules.rule import Rule
from letters.render.wording import Wording


class ShortLines(Rule):
    """Warns of lines that were meant to stand alone, such as those of an address."""

    name = "short-lines"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """One warning for each paragraph."""
        for lines in wording.joined_lines:
            yield self.problem(
                f"these short lines become one: {lines}",
                "end each line but the last with a backslash (\\), or make them a list: - one, - two",
                wording,
                severity=Severity.WARNING,
            )
