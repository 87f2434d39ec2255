"""An image that is loaded from the web."""

import re
from collections.abc import Iterator

from letters.errors import Problem, Severity
from letters.proof.rules.rule import Rule
from letters.render.wording import Wording

_REMOTE_IMAGE = re.compile(r"<img\b[^>]*?\bsrc=\"(?:https?:)?//", re.IGNORECASE)


class RemoteImage(Rule):
    """Warns of images that a mail program would have to load from the web."""

    name = "remote-image"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """A warning when the HTML shows one."""
        if _REMOTE_IMAGE.search(wording.html.outline):
            yield self.problem(
                "the letter shows an image from the web, which most offices block",
                "put the file in the campaign folder and show it by its name",
                wording,
                severity=Severity.WARNING,
            )
