"""A row that names no language, in a campaign of several."""

from collections.abc import Iterable

from letters.errors import Problem, Severity
from letters.proof.rules.rule import Rule
from letters.render.letter import Letter


class Language(Rule):
    """Warns of letters whose language was not chosen by the row."""

    name = "language"

    def check_letter(self, letter: Letter) -> Iterable[Problem]:
        """A warning when the column is empty; one that cannot be read is the list's own problem."""
        recipient, known = letter.recipient, self.settings.languages
        if recipient.languages or len(known) == 1 or recipient.fields.get("language"):
            return ()
        return (
            self.problem(
                f"the row names no language; the letter is in {known[0]}",
                f"fill the column language: {', '.join(known)}",
                letter,
                severity=Severity.WARNING,
                column="language",
            ),
        )
