"""A subject or a name that does not survive its encoding in a header."""

from collections.abc import Iterator
from functools import lru_cache

from letters.errors import Problem
from letters.message.message import Message
from letters.mime import headers
from letters.proof.rules.rule import Rule
from letters.render.letter import Letter


class HeaderRule(Rule):
    """Decodes the subject and the recipient's name again, and compares them with the original."""

    name = "header"
    can_be_silenced = False

    def check_message(self, letter: Letter, message: Message) -> Iterator[Problem]:
        """A problem for each of the two that is changed."""
        remedy = "shorten it, and report this"
        if not _subject_survives(message.subject):
            yield self.problem("the subject does not read back as written", remedy, letter)
        if letter.recipient.name and not _name_survives(message.name, message.envelope.recipient):
            yield self.problem("the name does not read back as written", remedy, letter)


@lru_cache(maxsize=1024)
def _subject_survives(subject: str) -> bool:
    return headers.decoded(headers.unstructured("Subject", subject)) == subject


def _name_survives(name: str, address: str) -> bool:
    if name.isascii() and name.replace(" ", "").isalpha():
        return True  # atoms are not encoded
    decoded, decoded_address = headers.decoded_mailbox(headers.mailbox("To", name, address))
    return decoded == name and decoded_address == address
