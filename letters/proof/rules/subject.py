"""An empty subject."""

from collections.abc import Iterator

from letters.errors import Problem
from letters.proof.rules.rule import Rule
from letters.render.wording import Wording


class Subject(Rule):
    """Finds wordings whose subject has no text."""

    name = "subject"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """A problem when the subject is empty."""
        if not wording.subject.outline.strip():
            yield self.problem("the subject is empty", "write one under [subject]", wording)
