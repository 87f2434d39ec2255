"""`letters send` is killed at every kind of moment; the relay's record shows what was accepted."""

import os
import random
import time
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from letters.journal.types import State
from tests.acceptance.desk import (
    address,
    desk,
    kill,
    recipient,
    row,
    rows,
    taken,
    undated,
    until,
    url,
)
from tests.relay import Fault, Relay

KILLS = int(os.environ.get("LETTERS_KILLS", "20"))
SEED = 20140109
WAITING, OPEN, SENT, IN_DOUBT = State.WAITING, State.OPEN, State.SENT, State.IN_DOUBT


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", connections=1)


def struck(relay, fault):
    return lambda: relay.faults[fault] > 0


def resolve_by_record(office, relay):
    """A person looks at what the relay has, and says so for each letter in doubt."""
    arrived = {to for to in office.in_doubt() if to in taken(relay)}
    missing = office.in_doubt() - arrived
    if arrived:
        office.run("resolve", *arrived, "--sent")
    if missing:
        office.run("resolve", *missing, "--resend")


def each_once(office, relay, count):
    """P1: the relay took each letter exactly once, and the journal says so of each."""
    assert {to: len(contents) for to, contents in taken(relay).items()} == {
        address(number): 1 for number in range(1, count + 1)
    }
    status = office.status()
    assert status["counts"]["sent"] == status["counts"]["total"] == count
    return status


# Where the relay stops, and how the third letter then stands: to us while the sender lives, and
# once it is dead. The second was answered just before: its verdict may be on the way to the disk.
MOMENTS = {
    "before-the-banner": (Fault("banner", "hang", times=1), WAITING, WAITING),
    "before-hello": (Fault("ehlo", "hang", times=1), WAITING, WAITING),
    "at-mail": (Fault("mail", "hang", nth=3, times=1), WAITING, WAITING),
    "at-rcpt": (Fault("rcpt", "hang", nth=3, times=1), WAITING, WAITING),
    "before-go-on": (Fault("data", "hang", nth=3, times=1), WAITING, WAITING),
    "in-the-data": (Fault("mid-data", "hang", nth=3, times=1), OPEN, IN_DOUBT),
    "behind-the-dot-taken": (Fault("dot", "hang", nth=3, times=1), OPEN, IN_DOUBT),
    "behind-the-dot-lost": (Fault("dot", "hang", nth=3, times=1, taken=False), OPEN, IN_DOUBT),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_this_moment_loses_no_letter_and_sends_none_twice(office, moment):
    fault, living, dead = MOMENTS[moment]
    with Relay(fault) as relay:
        started = office.start("send", "--yes", "--relay", url(relay))
        until(struck(relay, fault), moment)
        third = office.states()[address(3)]
        kill(started)
        assert third is living  # P3: begun before its data, and not before the relay said go on
        assert office.states()[address(3)] is dead
        assert len(office.in_doubt()) <= 1  # P2
        if office.in_doubt():
            doubtful = office.send(relay, code=1)
            assert "in doubt" in doubtful.stdout
            assert "Message-ID <" in doubtful.stdout
            assert len(office.in_doubt()) == 1  # not sent again without a person's word
            resolve_by_record(office, relay)
        office.send(relay)
        each_once(office, relay, 5)


def test_a_verdict_is_durable_while_the_next_letter_has_no_reply_yet(office):
    fault = Fault("mail", "hang", nth=3, times=1)
    with Relay(fault) as relay:
        started = office.start("send", "--yes", "--relay", url(relay))
        until(struck(relay, fault), "the relay hangs between two letters")
        until(lambda: office.states()[address(2)] is SENT, "the verdict is on disk")
        kill(started)
        assert office.in_doubt() == set()
        office.send(relay)
        each_once(office, relay, 5)


def test_a_kill_at_quit_leaves_nothing_to_do(office):
    fault = Fault("quit", "hang", times=1)
    with Relay(fault) as relay:
        office.kill_when(struck(relay, fault), "QUIT", "send", "--yes", "--relay", url(relay))
        assert relay.connections == 1
        office.send(relay)
        assert relay.connections == 1
        each_once(office, relay, 5)


def test_kills_at_any_instant_lose_no_letter_and_send_none_twice(tmp_path):
    count = KILLS * 8
    office = desk(tmp_path / "river", count, connections=1)
    chance = random.Random(SEED)
    with Relay(delay=0.001) as relay:
        for _ in range(KILLS):
            doubts, before = office.in_doubt(), len(relay.commands)
            more = chance.choice([0, chance.randint(1, 30)])
            started = office.start("send", "--yes", "--relay", url(relay))
            if more:
                until(
                    lambda n=before + more: len(relay.commands) >= n, "the relay gets more commands"
                )
                time.sleep(chance.uniform(0, 0.008))
            else:  # while the program starts, proofs, seals
                time.sleep(chance.uniform(0, 0.6))
            kill(started)
            assert len(office.in_doubt() - doubts) <= 1, "P2"
            assert doubts <= office.in_doubt(), "P1: a doubt ends by a person's word alone"
            assert max(map(len, taken(relay).values()), default=1) == 1, "P1"
        relay.delay = 0
        office.send(relay, code=1 if office.in_doubt() else 0)
        resolve_by_record(office, relay)
        office.send(relay)
        status = each_once(office, relay, count)
        ids = {letter["address"]: letter["message_id"] for letter in status["letters"]}
        assert {a.recipients[0]: a.message_id for a in relay.accepted} == ids


def test_a_letter_sent_again_is_the_same_in_every_byte(office):
    fault = Fault("dot", "hang", nth=3, times=1)
    with Relay(fault) as relay:
        office.kill_when(
            lambda: len(relay.accepted) == 3, "taken", "send", "--yes", "--relay", url(relay)
        )
        office.run("resolve", address(3), "--resend")
        office.edit("letter.en.md.j2", "is ill", "is very ill")
        office.edit("letter.fr.md.j2", "est malade", "est bien malade")
        time.sleep(1.1)  # a Date has no fractions of a second
        office.send(relay, "--reseal")
        first, second = taken(relay)[address(3)]
        assert first == second
        assert b"very ill" in taken(relay)[address(4)][0]


def test_a_letter_deferred_after_its_data_keeps_its_first_date(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["1.2 s"]\n\n[sender]')
    with Relay(Fault("dot", "451 4.7.1 come back", nth=2, times=1)) as relay:
        office.send(relay)
        assert relay.accepted[-1].recipients == [address(2)]
        dates = {to: message_from_bytes(content)["Date"] for to, (content,) in taken(relay).items()}
        assert parsedate_to_datetime(dates[address(2)]) <= parsedate_to_datetime(dates[address(3)])


def test_one_bad_row_stops_everything_before_the_first_connection(office):
    office.write_list([*rows(4), row(5, riding="")])
    with Relay() as relay:
        refused = office.send(relay, code=65)
        assert relay.connections == 0
    assert "recipients.csv, row 6" in refused.stderr
    assert "riding" in refused.stderr
    assert "nobody has been written to" in office.run("status").stdout


def test_the_relay_gets_the_bytes_that_were_previewed_and_rehearsed(office):
    office.run("preview", "--out", "pages")
    office.run("send")
    looked_at = {
        recipient(file.read_bytes()): undated(file.read_bytes())
        for file in office.folder.rglob("*.eml")
    }
    with Relay() as relay:
        office.send(relay)
        sent = {to: undated(content) for to, (content,) in taken(relay).items()}
        assert sent == office.rehearsed() == looked_at
        assert len(sent) == 5


def test_reordered_added_and_removed_rows_send_nobody_twice(office):
    with Relay(Fault("mail", "550 5.7.1 not you", nth=3, times=1)) as relay:
        office.send(relay, code=77)
        assert set(taken(relay)) == {address(1), address(2)}
        office.write_list([row(6), *reversed(rows(4))])
        shown = office.send(relay)
        assert "4 to send" not in shown.stdout
        assert "3 to send · 2 already sent" in shown.stdout
        assert "1 withdrawn" in shown.stdout
        assert f"<{address(5)}>" in shown.stdout
        assert set(taken(relay)) == {address(n) for n in (1, 2, 3, 4, 6)}
        office.write_list(rows(6))
        office.send(relay)
        each_once(office, relay, 6)


def test_rows_that_are_merged_are_written_to_once_and_a_change_in_any_is_asked_about(office):
    loop = "{% for row in recipient.rows %}\n- {{ row.name }}, {{ row.riding }}\n{% endfor %}\n"
    (office.folder / "letter.en.md.j2").write_text(f"{{{{ recipient.salutation }}}}\n\n{loop}")
    deputy = row(4, email=address(1), name="Deputy Ofriver")
    merge = ("--same-address", "merge")
    office.write_list([row(1), row(2), deputy])
    with Relay(Fault("mail", "550 5.7.1 not you", times=1)) as relay:
        office.send(relay, *merge, code=77)
        office.write_list([row(1), row(2), deputy | {"riding": "Canary900—Ouest"}])
        changed = office.send(relay, *merge, code=65)
        assert f"Member001 Ofriver001 <{address(1)}>" in changed.stderr
        assert address(2) not in changed.stderr
        office.send(relay, *merge, "--reseal", "--only", "deputy")
        ((letter,),) = taken(relay).values()
        assert all(name in letter.decode() for name in ("Member001", "Deputy", "Canary900"))
        office.send(relay, *merge)
        assert {to: len(letters) for to, letters in taken(relay).items()} == {
            address(1): 1,
            address(2): 1,
        }
    shown = office.run("preview", *merge, "--salutations")
    assert office.states() == {address(1): SENT, address(2): SENT}
    assert "Deputy" not in shown.stdout


def test_a_row_that_shares_its_address_for_a_while_is_written_to_once(office):
    again = row(1, name="Deputy Ofriver", riding="Canary900—Ouest")
    with Relay() as relay:
        office.send(relay)
        office.write_list([again, *rows(5)])
        office.send(relay, code=65)
        office.send(relay, "--same-address", "each")
        office.write_list(rows(5))
        office.send(relay)
        office.write_list([*rows(5), again])
        office.send(relay, "--same-address", "each")
        counts = {to: len(contents) for to, contents in taken(relay).items()}
        assert counts == {address(1): 2} | {address(n): 1 for n in range(2, 6)}
        assert sum(b"Canary900" in accepted.content for accepted in relay.accepted) == 1


def test_who_shared_an_address_gets_the_own_letter_though_another_was_alone_with_it(office):
    bo, ann = (row(1, name=name, riding=f"Canary{name}") for name in ("Bo Ofriver", "Ann Ofriver"))
    each = ("--same-address", "each")
    with Relay(Fault("mail", "550 5.7.1 not you", nth=2, times=1)) as relay:
        office.write_list([bo, ann])
        office.send(relay, *each, code=77)
        assert [b"CanaryBo" in accepted.content for accepted in relay.accepted] == [True]
        office.write_list([bo])
        assert "0 to send · 1 already sent" in office.send(relay).stdout
        office.write_list([ann])
        office.send(relay)
        office.write_list([ann, bo])
        assert "0 to send · 2 already sent" in office.send(relay, *each).stdout
        assert [b"CanaryAnn" in accepted.content for accepted in relay.accepted] == [False, True]


def test_what_changed_after_sealing_is_named_and_waits_for_a_choice(office):
    with Relay(Fault("mail", "550 5.7.1 not you", nth=3, times=1)) as relay:
        office.send(relay, code=77)
        office.write_list([row(1, riding="Elsewhere"), *rows(4)[1:], row(5, riding="Grand Bend")])
        before = relay.connections
        asked = office.send(relay, code=65)
        assert relay.connections == before
        assert f"<{address(5)}>" in asked.stderr
        assert address(1) not in asked.stderr  # it has left: an edit comes too late
        assert address(4) not in asked.stderr
        assert "--reseal" in asked.stderr
        office.send(relay, "--reseal")
        each_once(office, relay, 5)
        assert b"Grand Bend" in taken(relay)[address(5)][0]


def test_with_keep_the_letters_are_sent_as_they_were_sealed(office):
    with Relay(Fault("mail", "550 5.7.1 not you", nth=3, times=1)) as relay:
        office.send(relay, code=77)
        office.edit("letter.en.md.j2", "is ill", "is very ill")
        asked = office.send(relay, code=65).stderr
        assert "2 letters" in asked
        assert address(3) not in asked  # in French: not a byte of it changed
        office.send(relay, "--keep")
        each_once(office, relay, 5)
        assert not any(b"very ill" in accepted.content for accepted in relay.accepted)


def test_a_setting_that_changes_no_byte_is_no_change(office):
    with Relay(Fault("mail", "550 5.7.1 not you", nth=3, times=1)) as relay:
        office.send(relay, code=77)
        office.edit("campaign.toml", "[sender]", "[variables]\nunused = 1\n\n[sender]")
        office.send(relay)
        each_once(office, relay, 5)


def test_a_second_sender_is_refused_and_a_killed_one_blocks_nobody(office):
    fault = Fault("mail", "hang", nth=3, times=1)
    with Relay(fault) as relay:
        started = office.start("send", "--yes", "--relay", url(relay))
        until(struck(relay, fault), "the first sends")
        refused = office.send(relay, code=74)
        assert "another `letters send`" in refused.stderr
        assert relay.connections == 1
        kill(started)
        office.send(relay, code=None)
        resolve_by_record(office, relay)
        office.send(relay)
        each_once(office, relay, 5)


FAULTS_OF_THE_SENDER = {
    "wrong-password": ((), "me:wrong", 77, "535"),
    "refused-from": ((Fault("mail", "550 5.7.60 SendAsDenied"),), "me:right", 77, "5.7.60"),
    "spent-quota": ((Fault("dot", "550 5.4.5 daily limit"),), "me:right", 75, "5.4.5"),
    "quota-at-mail": ((Fault("mail", "452 4.5.3 too many"),), "me:right", 75, "452"),
}


@pytest.mark.parametrize("case", FAULTS_OF_THE_SENDER)
def test_the_senders_fault_costs_no_recipient(office, case):
    faults, login, code, words = FAULTS_OF_THE_SENDER[case]
    name, password = login.split(":")
    with Relay(*faults, login=("me", "right")) as relay:
        named = ("send", "--yes", "--relay", url(relay, f"{name}@"))
        stopped = office.run(*named, code=code, LETTERS_RELAY_PASSWORD=password)
        assert words in stopped.stderr
        assert relay.accepted == []
    letters = office.standings().values()
    assert {letter.state for letter in letters} == {WAITING}
    assert {letter.attempts for letter in letters} == {0}


def test_nothing_of_one_letter_is_in_another_and_no_password_anywhere(office):
    password = "Tr0ub4dor&3-geheim"
    with Relay(Fault("mail", "hang", nth=4, times=1), login=("me", password)) as relay:
        started = office.start(
            "send", "--yes", "--relay", url(relay, "me@"), LETTERS_RELAY_PASSWORD=password
        )
        until(lambda: len(relay.accepted) == 3, "three letters")
        said = [Path(f"/proc/{started.pid}/cmdline").read_bytes()]
        started.terminate()
        relay.stopping.set()
        said += [text.encode() for text in started.communicate()]
    with Relay(login=("me", password)) as second:
        done = office.run(
            "send", "--yes", "--relay", url(second, "me@"), LETTERS_RELAY_PASSWORD=password
        )
        said += [done.stdout.encode(), done.stderr.encode()]
    said += [file.read_bytes() for file in office.folder.rglob("*") if file.is_file()]
    assert not any(password.encode() in text for text in said)
    accepted = [*relay.accepted, *second.accepted]
    assert len(accepted) == 5
    for letter in accepted:
        (to,) = letter.recipients
        assert letter.content.count(b"\r\nTo: ") == 1
        assert recipient(letter.content) == to
        others = {number for number in range(1, 6) if address(number) != to}
        assert not any(b"Canary%03d" % number in letter.content for number in others)
    rcpts = [line for line in relay.commands + second.commands if line.startswith("RCPT")]
    mails = [line for line in relay.commands + second.commands if line.startswith("MAIL")]
    assert len(rcpts) in {len(mails), len(mails) - 1}


def test_a_rehearsal_can_be_repeated_after_an_edit_and_does_not_count_as_sent(office):
    first = office.run("send")
    assert "nothing was mailed" in first.stdout
    assert "already sent" in office.run("send").stdout
    assert len(office.rehearsed()) == 5
    office.edit("letter.en.md.j2", "is ill", "is very ill")
    again = office.run("send")
    assert "rehearsed 4 now" in again.stdout  # those in English
    assert sum(b"very ill" in content for content in office.rehearsed().values()) == 4
    assert office.status()["counts"]["sent"] == 5
    with Relay() as relay:
        shown = office.send(relay)
        assert "5 to send · 0 already sent" in shown.stdout
        assert {to: undated(c) for to, (c,) in taken(relay).items()} == office.rehearsed()


def test_a_rehearsal_has_the_exit_codes_of_a_run(office):
    office.write_list([*rows(4), row(5, riding="")])
    bad = office.run("send", code=65)
    with Relay() as relay:
        assert bad.stderr == office.send(relay, code=65).stderr
