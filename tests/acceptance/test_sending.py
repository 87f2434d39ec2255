"""`letters send` as a person or a script uses it: what it says, asks, chooses, and ends with."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

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
    until,
    url,
)
from tests.acceptance.terminal import Terminal
from tests.relay import Fault, Relay

WAITING, SENT, WITHDRAWN = State.WAITING, State.SENT, State.WITHDRAWN
KEPT = ("address", "name", "state", "relay", "queue_id", "message_id")


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", 4, connections=1)


def files(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*")}


# What it says, and asks


def test_a_person_sees_the_exact_numbers_before_anything_leaves(office):
    office.write_list([*rows(4), row(9, email="")])
    with Relay() as relay:
        office.send(relay, "--only", address(1))
        with Terminal(office, "send", "--relay", url(relay)) as terminal:
            terminal.expect("?")
            assert "3 to send · 1 already sent · 1 not mailable · 0 suppressed" in terminal.shown
            assert f"Send 3 letters through {url(relay)}? [y/N]" in terminal.shown
            assert "sender    Friends of the River <office@river.example>" in terminal.shown
            assert "subject   The river in Canary00" in terminal.shown
            assert str(office.folder / "journal.db") in terminal.shown
            assert len(relay.accepted) == 1
            terminal.type("y\n")
            assert terminal.end() == 0
        assert "sent 3 now; 5 in all: 4 sent, 1 not mailable" in terminal.shown
        assert len(relay.accepted) == 4


@pytest.mark.parametrize(
    "answer", ["n\n", "\n", "\x03", "\x04"], ids=["no", "enter", "ctrl-c", "ctrl-d"]
)
def test_without_a_yes_nothing_is_sent_and_nothing_is_recorded(office, answer):
    with Relay() as relay:
        with Terminal(office, "send", "--relay", url(relay)) as terminal:
            terminal.expect("[y/N]")
            terminal.type(answer)
            assert terminal.end() == 130
        assert "Traceback" not in terminal.shown
        assert relay.connections == 0
    assert office.standings() == {}


def test_a_password_is_asked_for_on_a_terminal_and_not_shown(office):
    with Relay(login=("me", "geheim-77")) as relay:
        with Terminal(office, "send", "--yes", "--relay", url(relay, "me@")) as terminal:
            terminal.expect("Password of me at 127.0.0.1: ")
            terminal.type("geheim-77\n")
            assert terminal.end() == 0
        assert "geheim-77" not in terminal.shown
        assert len(relay.accepted) == 4


def test_a_new_journal_is_said_to_be_new_once(office):
    said = "new: nobody has been written to by this record"
    assert said in office.run("send").stdout
    assert said not in office.run("send").stdout


def test_one_letter_in_one_wording_is_counted_as_one(office):
    office.write_list([row(1)])
    assert "recipients.csv: 1 letter, 1 wording\n" in office.run("send").stdout


def test_a_rehearsal_says_that_nothing_was_mailed(office):
    done = office.run("send")
    assert "a rehearsal: nothing is mailed" in done.stdout
    assert f"{office.folder / 'outbox'}/new; nothing was mailed" in done.stdout


def test_events_are_json_one_a_line(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["0.3 s"]\n\n[sender]')
    faults = (
        Fault("rcpt", "450 4.2.0 greylisted", recipient=address(1), times=1),
        Fault("rcpt", "550 5.1.1 nobody \x1b[31mhere", recipient=address(2)),
    )
    with Relay(*faults) as relay:
        done = office.send(relay, "--format", "json", code=1)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    settled = [(e["address"], e["state"], e["code"]) for e in events if e["event"] == "settled"]
    assert settled == [
        (address(1), "deferred", 450),
        (address(2), "rejected", 550),
        (address(3), "sent", 250),
        (address(4), "sent", 250),
        (address(1), "sent", 250),
    ]
    assert {e["relay"] for e in events if e["event"] == "settled"} == {url(relay)}
    assert [e["event"] for e in events].count("waiting") == 1
    assert events[-1]["event"] == "end"
    assert events[-1]["counts"]["sent"] == 3
    assert "\x1b" not in done.stdout + done.stderr


def test_the_first_event_tells_the_numbers_that_a_person_sees(office):
    nobody = [row(number, email="") for number in range(21, 25)]
    numbers = ("already_sent", "withdrawn", "to_send", "not_mailable", "rejected", "in_doubt")
    faults = [
        Fault("rcpt", "450 4.2.0 greylisted", recipient=address(number)) for number in (2, 3)
    ] + [
        Fault("rcpt", "550 5.1.1 nobody here", recipient=address(number)) for number in range(4, 9)
    ]
    office.write_list(rows(8))
    with Relay(*faults) as relay:
        office.send(relay, "--wait", "0 s", code=75)
        office.write_list([row(1), *rows(11)[3:], *nobody])
        done = office.send(relay, "--format", "json", "--pace", "1000/s", code=1)
        begin = json.loads(done.stdout.splitlines()[0])
        test = office.send(
            relay, "--test-to", "me@river.example", "--limit", "1", "--format", "json"
        )
    assert begin["event"] == "begin"
    assert [begin[number] for number in numbers] == [1, 2, 3, 4, 5, 0]
    assert (begin["relay"], begin["channel"], begin["rehearsal"]) == (url(relay), "mail", False)
    assert begin["journal"] == str(office.folder / "journal.db")
    assert datetime.fromisoformat(begin["done_at"]).tzinfo
    begin = json.loads(test.stdout.splitlines()[0])
    assert (begin["event"], begin["to_send"], begin["journal"]) == ("begin", 1, None)


def test_the_event_of_a_sent_letter_has_what_the_receipt_has(office):
    with Relay() as relay:
        done = office.send(relay, "--format", "json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    receipts = csv.DictReader(io.StringIO(office.run("status", "--format", "csv").stdout))
    told = [{key: e[key] for key in KEPT} for e in events if e["event"] == "settled"]
    assert told == [{key: receipt[key] for key in KEPT} for receipt in receipts]
    assert told[0]["queue_id"]


def test_a_reply_cannot_write_on_the_terminal(office):
    with Relay(Fault("rcpt", "550 5.1.1 \x1b]0;pwned\x07\x1b[2J", recipient=address(2))) as relay:
        done = office.send(relay, code=1)
        shown = office.run("status").stdout
    for text in (done.stdout, shown):
        assert "\x1b" not in text
        assert r"\x1b]0;pwned" in text


def test_characters_that_the_terminal_cannot_show_are_escaped(office):
    office.write_list([row(1, name="Renée Łukasz")])
    western = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252", "encoding": "cp1252"}
    assert "1 to send · 0 already sent" in office.run("send", **western).stdout
    assert r"Renée \u0141ukasz" in office.run("status", **western).stdout


def test_a_closed_pipe_is_an_error_of_send_and_of_no_other_verb(office):
    for verb, code in (("send", 74), ("status", 0)):
        if verb == "status":
            office.run("send")
        reads, writes = os.pipe()
        os.close(reads)
        started = office.start(verb, stdout=writes)
        os.close(writes)
        _, err = started.communicate(timeout=60)
        assert (started.returncode, "Traceback" in err) == (code, False), err


# What it chooses


@pytest.mark.parametrize("limit", ["--pace", "--quota", "--window"])
def test_a_dry_run_and_a_rehearsal_refuse_the_limits_that_a_run_would_refuse(office, limit):
    office.write_list(rows(1))
    for relay in ((), ("--relay", "smtp+plain://127.0.0.1:9")):
        office.run("send", "--dry-run", *relay, limit, "bogus", code=78)
    office.run("send", limit, "bogus", code=78)


def test_a_dry_run_writes_no_file_and_connects_to_no_relay(office):
    office.write_list([*rows(4), row(9, email="")])
    before = files(office.folder)
    with Relay() as relay:
        done = office.run("send", "--dry-run", "--relay", url(relay))
        assert "4 letters would be sent, 1 not mailable" in done.stdout
        nobody = office.run("send", "--dry-run", "--only", "zzz")
        assert "holds “zzz”" in nobody.stderr
        me = ("--test-to", "me@parl.example")
        office.run("send", "--dry-run", "--relay", url(relay), *me, "--yes", "--limit", "1")
        assert relay.connections == 0
    assert files(office.folder) == before


def test_a_dry_run_of_the_shipped_campaign_leaves_an_empty_folder_empty(office, tmp_path):
    (tmp_path / "empty").mkdir()
    office.run("send", "--dry-run", cwd=tmp_path / "empty")
    assert files(tmp_path / "empty") == {}


def test_a_limit_sends_that_many_and_the_next_run_the_next_ones(office):
    with Relay() as relay:
        limited = office.send(relay, "--limit", "2")
        assert "2 to send" in limited.stdout
        assert " · 2 of the list not chosen\n" in limited.stdout
        assert list(taken(relay)) == [address(1), address(2)]
        assert set(office.states()) == {address(1), address(2)}
        office.send(relay, "--limit", "1")
        assert list(taken(relay)) == [address(1), address(2), address(3)]
        assert "not chosen" not in office.send(relay, "--limit", "9").stdout
        assert list(taken(relay)) == [address(n) for n in range(1, 5)]


def test_a_limit_holds_when_more_are_waiting(office):
    with Relay(Fault("mail", "550 5.7.1 not you", times=1)) as relay:
        office.send(relay, code=77)
        assert list(office.states().values()) == [WAITING] * 4
        office.send(relay, "--limit", "1")
        assert list(taken(relay)) == [address(1)]


def test_a_bad_row_after_the_limit_stops_the_whole_batch(office):
    office.write_list([*rows(3), row(4, riding="")])
    with Relay() as relay:
        assert "row 5" in office.send(relay, "--limit", "1", code=65).stderr
        assert relay.connections == 0


def stopped_at_the_second(office, listed):
    """A campaign of so many rows whose first letter was sent before the relay stopped it."""
    office.write_list(listed)
    with Relay(Fault("mail", "550 5.7.1 not you", nth=2, times=1)) as relay:
        office.send(relay, code=77)


@pytest.mark.parametrize(("left_off", "named"), [(1, 1), (20, 20), (23, 20)])
def test_a_list_cut_short_names_whom_it_withdraws_before_the_question(office, left_off, named):
    stopped_at_the_second(office, rows(left_off + 2))
    office.write_list(rows(2))
    with Relay() as relay:
        with Terminal(office, "send", "--relay", url(relay)) as terminal:
            terminal.expect("[y/N]")
            shown = terminal.shown
            letters = f"{left_off} letter" if left_off == 1 else f"{left_off} letters"
            assert f"no longer on this list, so withdrawn unsent: {letters}\n" in shown
            assert f"Send 1 letter through {url(relay)} and withdraw {letters}? [y/N]" in shown
            assert [address(n) in shown for n in range(3, left_off + 3)].count(True) == named
            assert ("and 3 more" in shown) is (left_off > named)
            terminal.type("n\n")
            assert terminal.end() == 130
            assert "nothing was sent and nothing withdrawn" in terminal.shown
        assert relay.accepted == []
        assert list(office.states().values()) == [SENT, *[WAITING] * (left_off + 1)]


def test_a_list_cut_to_those_who_have_the_letter_is_asked_about_too(office):
    stopped_at_the_second(office, rows(3))
    office.write_list(rows(1))
    with Relay() as relay:
        refused = office.run("send", "--relay", url(relay), code=78)
        assert "add --yes" in refused.stderr
        assert set(office.states().values()) == {SENT, WAITING}
        with Terminal(office, "send", "--relay", url(relay)) as terminal:
            terminal.expect("Withdraw 2 letters? [y/N]")
            terminal.type("y\n")
            assert terminal.end() == 0
        assert relay.connections == 0
        assert list(office.states().values()) == [SENT, WITHDRAWN, WITHDRAWN]


def test_a_script_that_withdraws_says_whom_and_the_rows_put_back_are_sent_to(office):
    stopped_at_the_second(office, rows(3))
    office.write_list(rows(1))
    with Relay() as relay:
        done = office.send(relay)
        assert "withdrawn unsent: 2 letters" in done.stdout
        assert all(f"<{address(n)}>" in done.stdout for n in (2, 3))
        office.write_list(rows(3))
        assert "withdrawn unsent" not in office.send(relay).stdout
        assert list(taken(relay)) == [address(2), address(3)]


def test_only_some_are_sent_and_nobody_is_withdrawn(office):
    with Relay(Fault("mail", "550 5.7.1 not you", times=1)) as relay:
        office.send(relay, code=77)
        some = office.send(relay, "--only", "oFRiver003")
        assert " · 3 of the list not chosen\n" in some.stdout
        assert list(taken(relay)) == [address(3)]
        office.send(relay, "--only", address(1))
        assert list(taken(relay)) == [address(3), address(1)]
        nobody = office.send(relay, "--only", "nobody")
        assert "0 to send" in nobody.stdout
        assert "no recipient's name or address holds “nobody”" in nobody.stdout
        assert list(office.states().values()) == [SENT, WAITING, SENT, WAITING]


ETIENNE = row(1, name="E\u0301tienne Roy")
ETIENNE_TOO = row(2, name="ÉTIENNE Côté")


@pytest.mark.parametrize(
    "how",
    [
        ("preview", "--part", "headers"),
        ("preview", "--salutations"),
        ("send", "--dry-run"),
        ("send", "--yes", "--test-to", "me@parl.example"),
        ("send", "--yes"),
    ],
    ids=" ".join,
)
def test_every_verb_that_chooses_finds_a_name_without_its_accents(office, how):
    office.write_list([ETIENNE, *rows(3)[1:]])
    done = office.run(*how, "--only", "etienne", LETTERS_RELAY="maildir:out")
    shown = done.stdout + "".join(
        path.read_text() for path in office.folder.glob("out/new/*") if path.is_file()
    )
    assert "1 letter would be sent" in shown or "Canary001" in shown or "tienne Roy" in shown
    assert "Canary002" not in shown
    missed = office.run(*how, "--only", "etiene", LETTERS_RELAY="maildir:out")
    assert "holds “etiene”; the nearest: Étienne Roy <m001@" in missed.stderr + missed.stdout


def test_whom_only_chose_is_named_before_the_question(office):
    office.write_list([ETIENNE, ETIENNE_TOO, *rows(4)[2:]])
    with Relay() as relay, Terminal(office, "send", "--relay", url(relay), "--only", "tienne") as t:
        t.expect("Send 2 letters")
        chosen = (
            "chosen by --only: Étienne Roy <m001@parl.example>, ÉTIENNE Côté <m002@parl.example>"
        )
        assert chosen in t.shown


@pytest.mark.parametrize(
    "only", ["m001@québec.example", "QUÉBEC", "m001@xn--qubec-csa.example", "@XN--qubec"]
)
def test_only_matches_either_form_of_an_international_domain(office, only):
    office.write_list([row(1, email="m001@québec.example"), *rows(4)[1:]])
    with Relay() as relay:
        office.send(relay, "--only", only)
        assert list(taken(relay)) == ["m001@xn--qubec-csa.example"]
    shown = office.run("journal", "show", "m001@Québec.example")
    assert "<m001@xn--qubec-csa.example>: sent" in shown.stdout


@pytest.mark.parametrize(
    "address", ["@québec.example", "québec", "a@b@c", "\udcff@x.example", "#2"]
)
def test_an_argument_that_is_not_an_address_is_reported_as_not_found(office, address):
    office.run("send")
    for verb in (["journal", "show"], ["retry"], ["resolve", "--sent"]):
        assert "letter" in office.run(*verb, address, code=65).stderr


def test_a_test_goes_to_oneself_names_the_recipient_and_counts_for_nothing(office):
    with Relay() as relay:
        named = ("send", "--relay", url(relay), "--test-to", "me@home.example")
        office.run(*named, code=78)  # nobody is here to confirm
        done = office.run(*named, "--yes", "--limit", "2")
        assert "me@home.example" in done.stderr
        assert [accepted.recipients for accepted in relay.accepted] == [["me@home.example"]] * 2
        parsed = [message_from_bytes(a.content, policy=policy.default) for a in relay.accepted]
        assert [message["Subject"] for message in parsed] == [
            f"[TEST → Member00{n} Ofriver00{n}] The river in Canary00{n}—Ouest" for n in (1, 2)
        ]
        assert {recipient(a.content) for a in relay.accepted} == {"me@home.example"}
        assert not (office.folder / "journal.db").exists()
        office.send(relay)
        assert len(relay.accepted) == 2 + 4


def test_a_test_that_chooses_nobody_or_fails_is_not_reported_as_a_success(office):
    with Relay(Fault("mail", "550 5.7.1 not you", times=1)) as relay:
        me = ("--test-to", "me@home.example")
        nobody = office.send(relay, *me, "--only", "zzz")
        assert nobody.stderr == "no recipient's name or address holds “zzz”\n"
        assert nobody.stdout == ""
        assert relay.connections == 0
        failed = office.send(relay, *me, "--limit", "1", code=77)
        assert failed.stderr.endswith(
            "not every test letter went to me@home.example: no journal was touched, "
            "nobody else was written to; test again\n"
        )


def test_a_test_that_went_wrong_names_no_command_and_no_time(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["1 h"]\n\n[sender]')
    faults = (
        Fault("rcpt", "450 4.2.0 greylisted", nth=1),
        Fault("rcpt", "550 5.1.1 nobody here", nth=2),
        Fault("dot", "close", nth=3),
    )
    with Relay(*faults) as relay:
        done = office.send(relay, "--test-to", address(9), "--wait", "0 s", code=75)
    told = [line.partition(":")[::2] for line in done.stdout.splitlines() if line[:2] == "  "]
    assert {(state, said.split()[0]) for state, said in told if "Member" in state} == {
        ("  deferred  Member001 Ofriver001", "450"),
        ("  rejected  Member002 Ofriver002", "550"),
        ("  in doubt  Member003 Ofriver003", "the"),
    }
    assert "letters resolve" not in done.stdout
    assert "due " not in done.stdout


@pytest.mark.parametrize(
    "faults",
    [[Fault("dot", "close")], [Fault("mail", "550 5.7.1 not you")], []],
    ids=["doubts", "refused", "absent"],
)
def test_a_test_that_is_stopped_does_not_say_that_letters_are_waiting(office, faults):
    stopped = []
    for more in ([], ["--test-to", "me@home.example"]):
        with Relay(*faults) if faults else nullcontext(NoRelay) as relay:
            stopped.append(office.send(relay, *more, "--format", "json", code=None))
    ends = [json.loads(done.stdout.splitlines()[-1]) for done in stopped]
    (real, of_real), (test, of_test) = zip(stopped, ends, strict=True)
    assert real.returncode == test.returncode
    assert (
        of_real["next"] == ["letters status"]
        or "every letter not sent is waiting" in of_real["hint"]
    )
    assert "nothing of a test is kept" in of_test["hint"]
    assert of_test["next"] == []
    assert "letters status" not in test.stderr
    assert "is waiting" not in of_test["hint"] + test.stderr


def test_a_test_that_is_rehearsed_stays_out_of_the_campaigns_outbox(office):
    office.run("send", "--test-to", "me@home.example", "--limit", "1")
    office.run("send")
    assert len(office.rehearsed()) == 4
    assert len(list((office.folder / "outbox-test" / "new").iterdir())) == 1


def test_the_day_in_the_letter_is_the_day_of_the_first_sealing(office):
    office.edit("letter.en.md.j2", "is ill.", "is ill on {{ today }}.")
    office.edit("letter.fr.md.j2", "est malade.", "est malade, {{ today }}.")
    west, east = {"TZ": "Etc/GMT+12"}, {"TZ": "Etc/GMT-14"}  # never the same day
    office.run("send", **west)
    first = office.rehearsed()
    office.write_list(rows(5))
    again = office.run("send", **east)
    assert "1 to send · 4 already sent" in again.stdout
    (day,) = {
        found[0]
        for c in office.rehearsed().values()
        if (found := re.search(rb"\d{4}-\d\d-\d\d", c))
    }
    assert day in first[address(1)]


# Relays, logins and passwords


def test_a_letter_that_is_deferred_is_sent_when_it_falls_due(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["0.2 s"]\n\n[sender]')
    with Relay(Fault("rcpt", "450 4.2.0 greylisted", times=6)) as relay:
        done = office.send(relay, "--wait", "all")
        assert "waiting until" in done.stderr
        assert {to: len(contents) for to, contents in taken(relay).items()} == {
            address(n): 1 for n in range(1, 5)
        }


def test_a_deferred_letter_is_left_to_a_later_run_when_the_wait_is_too_short(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["1 h"]\n\n[sender]')
    with Relay(Fault("rcpt", "450 4.2.0 greylisted", recipient=address(2), times=1)) as relay:
        office.send(relay, code=75)
        office.send(relay, code=75)
        assert sum(address(2) in said for said in relay.commands) == 1  # it is not due


def dot_env(folder, **settings):
    lines = [f"LETTERS_{name.upper()}={value}\n" for name, value in settings.items()]
    (folder / ".env").write_text("".join(lines))


def test_relay_and_password_may_stand_in_the_campaigns_dot_env(office, tmp_path):
    with Relay(login=("me", "p@ss")) as relay:
        dot_env(office.folder, relay=url(relay, "me@"), relay_password="p@ss")
        office.run("send", "--yes", "--limit", "1", "-c", str(office.folder), cwd=tmp_path)
        dot_env(office.folder, relay=url(relay, "me:p%40ss@"))
        office.run("send", "--yes", "--limit", "1")
        assert len(relay.accepted) == 2
        assert not (tmp_path / "journal.db").exists()


def test_a_password_goes_with_the_relay_of_its_own_source_or_of_a_flag(office):
    with Relay(login=("me", "right")) as relay:
        dot_env(office.folder, relay_password="right")
        named = {"LETTERS_RELAY": url(relay, "me@")}
        refused = office.run("send", "--yes", code=78, **named)
        assert "needs a password" in refused.stderr
        assert relay.connections == 0
        office.run("send", "--yes", "--relay", url(relay, "me@"), "--limit", "1")
        office.run("send", "--yes", LETTERS_RELAY_PASSWORD="right", **named)
        assert len(relay.accepted) == 4


def test_the_environment_goes_before_dot_env_and_a_flag_before_both(office):
    with Relay() as flag, Relay() as environment, Relay() as file:
        dot_env(office.folder, relay=url(file))
        named = {"LETTERS_RELAY": url(environment)}
        office.run("send", "--yes", "--limit", "1", "--relay", url(flag), **named)
        office.run("send", "--yes", "--limit", "1", **named)
        office.run("send", "--yes", "--limit", "1")
        assert [len(relay.accepted) for relay in (flag, environment, file)] == [1, 1, 1]


def test_a_flags_pace_replaces_what_it_names_and_leaves_the_environments_rest(office):
    office.write_list([row(1, email="m1@slow.example"), row(2, email="m2@slow.example")])
    with Relay() as relay:
        named = {"LETTERS_PACE": "1/min, slow.example 1/h"}
        arguments = "send", "--yes", "--relay", url(relay), "--pace", "600/min"
        started = office.start(*arguments, "--format", "json", **named)
        begun = json.loads(started.stdout.readline())
        kill(started)
    done = datetime.fromisoformat(begun["done_at"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < done < timedelta(minutes=70)


def test_journal_and_list_of_dot_env_lie_beside_it(office, tmp_path):
    dot_env(office.folder, journal="sqlite:kept/j.db", recipients="others.csv")
    (office.folder / "kept").mkdir()
    office.write_list([row(8)], "others.csv")
    office.run("send", "-c", str(office.folder), cwd=tmp_path)
    assert (office.folder / "kept" / "j.db").exists()
    assert list(office.rehearsed()) == [address(8)]


# How it ends


def test_the_exit_code_for_deferred_letters_goes_before_that_for_rejected_ones(office):
    faults = (
        Fault("rcpt", "450 4.2.0 later", recipient=address(1)),
        Fault("rcpt", "550 5.1.1 nobody", recipient=address(2)),
    )
    with Relay(*faults) as relay:
        office.send(relay, "--wait", "0 s", code=75)
        office.send(relay, "--wait", "0 s", "--only", address(2), code=1)
        office.send(relay, "--wait", "0 s", "--only", address(3), code=0)


def test_without_a_relay_every_letter_is_left_waiting(office):
    office.send(NoRelay, code=69)
    assert list(office.states().values()) == [WAITING] * 4


class NoRelay:
    port = 9  # discard: nobody listens there


def interrupted(office, relay, moment, what):
    """Send until a moment, then press Ctrl-C once."""
    started = office.start("send", "--yes", "--relay", url(relay))
    until(moment, what)
    started.send_signal(signal.SIGINT)
    return started


def test_ctrl_c_finishes_the_letter_in_hand_and_says_where_things_stand(office):
    with Relay(delay=0.25) as relay:  # taken, and a while later said so
        started = interrupted(
            office, relay, lambda: len(relay.accepted) == 2, "the second is taken"
        )
        out, err = started.communicate(timeout=60)
        assert started.returncode == 130
        assert "finishing the letters in hand" in err
        assert "sent 2 now; 4 in all: 2 waiting, 2 sent" in out
        assert list(office.states().values()) == [SENT, SENT, WAITING, WAITING]
        relay.delay = 0
        office.send(relay)
        assert max(map(len, taken(relay).values())) == 1


def test_a_second_ctrl_c_is_a_kill(office):
    fault = Fault("dot", "hang", nth=2, times=1)
    with Relay(fault) as relay:
        started = interrupted(office, relay, lambda: relay.faults[fault], "the relay thinks")
        said = started.stderr.readline()
        while "finishing" not in said:
            said = started.stderr.readline()
        assert "10 minutes to answer for " in said
        assert f"<{address(2)}>" in said
        assert address(1) not in said
        assert "that letter is then in doubt" in started.stderr.readline()
        assert started.poll() is None
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)
        assert started.returncode == -signal.SIGINT
        assert office.in_doubt() == {address(2)}


def test_ctrl_c_does_not_wait_for_a_relay_that_does_not_answer(office):
    fault = Fault("banner", "hang", times=1)
    with Relay(fault) as relay:
        started = interrupted(office, relay, lambda: relay.faults[fault], "nobody answers")
        _, err = started.communicate(timeout=60)
        assert "in doubt" not in err
        assert started.returncode == 130
        assert list(office.states().values()) == [WAITING] * 4


def test_ctrl_c_ends_the_wait_for_what_is_deferred(office):
    with Relay(Fault("rcpt", "450 4.2.0 later")) as relay:
        started = office.start("send", "--yes", "--relay", url(relay), "--wait", "all")
        said = started.stderr.readline()
        while "waiting until" not in said:
            said = started.stderr.readline()
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)
        assert started.returncode == 130
        assert set(office.states().values()) == {State.DEFERRED}


def test_status_does_not_wait_while_a_batch_is_staged(office):
    office.run("send")
    with closing(sqlite3.connect(office.folder / "journal.db", isolation_level=None)) as staging:
        staging.execute("begin immediate")
        assert office.status()["counts"]["sent"] == 4
