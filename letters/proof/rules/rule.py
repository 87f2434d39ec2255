"""`Rule`, which every rule is a subclass of."""

from collections.abc import Iterable
from typing import ClassVar

from letters.campaign.campaign import Campaign
from letters.errors import Problem, Severity
from letters.message.message import Message
from letters.render.letter import Letter
from letters.render.wording import Wording


class Rule:
    """One thing that the proof looks for. Each proof makes one object of every rule.

    A subclass sets `name`, which is printed and which `[proof] silence` in campaign.toml takes, and
    overrides one or more of the four checks. With `can_be_silenced = False` the rule applies
    whatever the campaign says: the letter would be wrong, or could not be sent.

    `leaves_machine` is whether the letters go to a relay on another machine.
    """

    name: ClassVar[str]
    can_be_silenced: ClassVar[bool] = True

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        self.campaign = campaign
        self.settings = campaign.settings
        self.leaves_machine = leaves_machine

    def check_campaign(self) -> Iterable[Problem]:
        """What is wrong with the campaign itself. Called once in a proof."""
        return ()

    def check_wording(self, wording: Wording) -> Iterable[Problem]:  # noqa: ARG002 - for subclasses
        """What is wrong with every letter of a wording. Called once for each wording."""
        return ()

    def check_letter(self, letter: Letter) -> Iterable[Problem]:  # noqa: ARG002 - for subclasses
        """What is wrong with one letter's values. Called for each letter."""
        return ()

    def check_message(self, letter: Letter, message: Message) -> Iterable[Problem]:  # noqa: ARG002 - for subclasses
        """What is wrong with one letter's bytes or envelope. Called for each sealed letter."""
        return ()

    def problem(
        self,
        message: str,
        remedy: str,
        at: Wording | Letter | None = None,
        *,
        severity: Severity = Severity.ERROR,
        column: str = "",
        template: str = "",
        line: int | None = None,
    ) -> Problem:
        """A problem of this rule; `at` gives its template, and for a letter row and address."""
        letter = at if isinstance(at, Letter) else None
        wording = letter.wording if letter else at
        mailbox = letter.recipient.mailbox if letter else None
        return Problem(
            rule=self.name,
            message=message,
            remedy=remedy,
            severity=severity,
            row=letter.recipient.row if letter else None,
            column=column,
            template=template or (wording.templates[0] if isinstance(wording, Wording) else ""),
            line=line,
            address=mailbox.address if mailbox else "",
        )
