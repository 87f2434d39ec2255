"""Proofing one invented letter, for the tests of the rules."""

from letters.errors import Problem
from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.proof.checks import Checks
from letters.proof.rules.attachment import missing_attachments
from letters.render.letter import Letter
from tests.mail import make_recipient, make_writer


def proofed(campaign, recipient=None, *, demands=False, **options) -> list[Problem]:
    """Every problem of a campaign and one letter.

    Most letters here are a few words, so that missing demands are only reported on request.
    """
    recipient = recipient or make_recipient(row=7)
    checks = Checks(campaign, **options)
    letter = make_writer(campaign).write(recipient)
    assert isinstance(letter, Letter), letter
    found = [*checks.campaign(), *checks.letter(letter)]
    if not missing_attachments(campaign):
        message = Sealer(campaign).seal(letter, recipient.identity)
        assert isinstance(message, Message), message
        found += checks.message(letter, message)
    assert all(problem.remedy and problem.message for problem in found)
    return [p for p in found if demands or p.rule != "missing-demand"]
