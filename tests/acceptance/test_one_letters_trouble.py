"""`letters send` where the relay refuses one of sixty letters again and again, in words about the sender."""

import pytest

from letters.journal.types import State
from tests.acceptance.desk import address, desk
from tests.relay import Fault, Relay

REPLIES = {
    "a disabled mailbox": ("rcpt", "450 4.2.1 this account is disabled"),
    "a mailbox with a rate of its own": ("rcpt", "450 4.2.1 it gets mail too quickly"),
    "suspicious content": ("dot", "421 4.7.0 This message has suspicious content"),
}


@pytest.mark.parametrize(("phase", "reply"), REPLIES.values(), ids=REPLIES)
def test_the_run_ends_by_itself_with_that_letter_deferred_and_all_others_sent(
    tmp_path, phase, reply
):
    office = desk(tmp_path / "river", 60)
    with Relay(Fault(phase, reply, recipient=address(7)), pipelining=True) as relay:
        done = office.send(relay, code=75)

    states = office.states()
    assert states.pop(address(7)) is State.DEFERRED
    assert set(states.values()) == {State.SENT}
    assert address(7) in done.stdout
    assert reply[10:] in done.stdout
    assert office.standings()[address(7)].attempts == 1
    assert max(relay.counts().values()) == 1
