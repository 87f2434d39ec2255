"""A sender or recipient at a domain that is reserved for examples (RFC 2606, RFC 6761)."""

from collections.abc import Iterable, Iterator

from letters.errors import Problem
from letters.mailbox import is_reserved, parse
from letters.message.message import Message
from letters.proof.rules.rule import Rule
from letters.render.letter import Letter


class ReservedDomain(Rule):
    """Finds addresses at reserved domains, when the letters go to a relay on another machine."""

    name = "reserved-domain"
    can_be_silenced = False

    def check_campaign(self) -> Iterator[Problem]:
        """A problem when the sender's domain is reserved."""
        sender = parse(self.settings.sender.email)
        if self.leaves_machine and is_reserved(sender.domain):
            yield self.problem(
                f"the sender {sender.address} is at a domain that is reserved for examples",
                "put your own sender in campaign.toml: email under [sender]",
            )

    def check_message(self, letter: Letter, message: Message) -> Iterable[Problem]:
        """A problem when the domain of the envelope's recipient is reserved."""
        address = message.envelope.recipient
        if not self.leaves_machine or not is_reserved(address.rpartition("@")[2]):
            return ()
        return (
            self.problem(
                f"{address} is at a domain that is reserved for examples",
                "an example's list goes to a rehearsal or a relay on this machine only",
                letter,
            ),
        )
