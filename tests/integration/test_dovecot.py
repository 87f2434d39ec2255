"""Debian's Dovecot as a submission server, which loses a connection when an envelope follows a dot."""

from collections import Counter

import pytest

from letters.journal.types import State
from tests import dovecot
from tests.acceptance.desk import desk
from tests.relay import Relay

pytestmark = pytest.mark.skipif(
    not dovecot.INSTALLED, reason="Debian's dovecot-submissiond is not installed"
)
LETTERS = 60


@pytest.fixture(params=[1, 4], ids=["1 connection", "4 connections"])
def send(request, tmp_path):
    """Send a new list through a port, with one state folder; returns how many letters are in each state."""
    lists = []

    def send(port):
        office = desk(tmp_path / f"list-{len(lists)}", LETTERS)
        lists.append(office)
        url = f"smtp+plain://{dovecot.LOGIN}@127.0.0.1:{port}"
        (office.folder / ".env").write_text(
            f"LETTERS_RELAY={url}\nLETTERS_RELAY_PASSWORD={dovecot.PASSWORD}\n"
        )
        office.run(
            "send", "--yes", "--connections", str(request.param),
            code=None, LETTERS_STATE=str(tmp_path / "state"),
        )  # fmt: skip
        return Counter(office.states().values())

    return send


def every_letter_once(relay, lists):
    """Whether the relay behind Dovecot took every letter of so many equal lists once."""
    assert Counter(relay.counts().values()) == {lists: LETTERS}


def test_dovecot_is_recognised_and_takes_every_letter_once(tmp_path, send):
    with Relay() as relay, dovecot.submission(tmp_path / "dovecot", relay.port) as port:
        assert send(port) == {State.SENT: LETTERS}
    every_letter_once(relay, lists=1)


def test_a_dovecot_that_does_not_say_so_costs_at_most_one_doubt_and_is_remembered(tmp_path, send):
    folder, greeting = tmp_path / "dovecot", "mail.example.org ready"
    with Relay() as relay, dovecot.submission(folder, relay.port, greeting=greeting) as port:
        assert send(port) in ({State.SENT: LETTERS}, {State.SENT: LETTERS - 1, State.IN_DOUBT: 1})
        assert send(port) == {State.SENT: LETTERS}
    every_letter_once(relay, lists=2)
