"""Printed commands name the same campaign and record as the command that printed them."""

import re
import shlex

import pytest

from tests.acceptance.desk import address, desk, row, rows
from tests.relay import Fault, Relay

NAMED = ("-c", "the river", "--journal", "sqlite:my own.db")


@pytest.fixture
def office(tmp_path):
    """A campaign that is named by flags, from another folder."""
    return desk(tmp_path / "the river", 11, connections=1)


def printed(text):
    """The words of the one command in a text."""
    (command,) = re.findall(": letters (.+)$", text, re.MULTILINE)
    return shlex.split(command)


def test_a_run_with_equal_rejections_names_the_command_that_retries_them(office, tmp_path):
    with Relay(Fault("rcpt", "550 5.7.1 we do not know you")) as relay:
        refused = office.send(relay, *NAMED, code=77, cwd=tmp_path)
    command = printed(refused.stderr)
    assert command == ["retry", "--rejected", *NAMED]
    waits = office.run(*command, cwd=tmp_path).stdout
    assert f"<{address(10)}> waits; send again as before" in waits
    assert "letters " not in waits


@pytest.mark.parametrize("verb", [["resolve", "--sent"], ["retry"], ["journal", "show"]])
def test_after_an_unknown_address_status_is_named_with_the_same_record(office, tmp_path, verb):
    office.run("send", *NAMED, cwd=tmp_path)
    named = (*NAMED, "--channel", "maildir:outbox")
    nobody = office.run(*verb, "nobody@parl.example", *named, code=65, cwd=tmp_path)
    command = printed(nobody.stderr)
    assert command == ["status", *named]
    assert "11 sent" in office.run(*command, cwd=tmp_path).stdout


def test_after_resend_no_incomplete_command_is_printed(office, tmp_path):
    with Relay(Fault("dot", "close", recipient=address(2))) as relay:
        office.send(relay, *NAMED, code=1, cwd=tmp_path)
    done = office.run("resolve", address(2), "--resend", *NAMED, cwd=tmp_path)
    assert f"<{address(2)}> waits; send again as before" in done.stdout
    assert "letters " not in done.stdout


def test_a_letter_in_doubt_is_listed_before_many_deferred_ones_with_its_command(office, tmp_path):
    office.write_list(rows(54))
    faults = [Fault("rcpt", "450 4.2.0 greylisted", recipient=address(n)) for n in range(1, 53)]
    rejected = Fault("rcpt", "550 5.1.1 nobody here", recipient=address(53))
    with Relay(*faults, rejected, Fault("dot", "close", recipient=address(54))) as relay:
        done = office.send(relay, *NAMED, "--wait", "0 s", code=75, cwd=tmp_path)
    told = [line for line in done.stdout.splitlines() if line.startswith("  ") and "<m" in line]
    assert [line.split()[0] for line in told] == ["in", "rejected", *["deferred"] * 49]
    assert shlex.join(["letters", "resolve", address(54), *NAMED, "--sent"]) in done.stdout
    assert "  … and 3 more: letters status -c" in done.stdout
    assert printed(done.stdout) == ["status", *NAMED]


def test_after_a_failed_proof_check_is_named_with_the_same_campaign_and_list(office, tmp_path):
    office.write_list([row(1, riding="")], "../some list.csv")
    failed = office.run("send", "-c", "the river", "-r", "some list.csv", code=65, cwd=tmp_path)
    command = printed(failed.stderr)
    assert command == ["check", "-c", "the river", "-r", "some list.csv"]
    assert "row 2" in office.run(*command, code=65, cwd=tmp_path).stdout


def test_what_the_environment_names_is_not_repeated_as_a_flag(office, tmp_path):
    environment = {"LETTERS_CAMPAIGN": "the river", "cwd": tmp_path}
    office.run("send", **environment)
    nobody = office.run("retry", "nobody@parl.example", code=65, **environment)
    assert printed(nobody.stderr) == ["status"]


def test_a_name_refused_in_ehlo_stops_the_run_and_the_setting_it_names_mends_it(office):
    literal = {"LETTERS_EHLO_NAME": "[127.0.0.1]"}
    with Relay(full_name=True) as relay:
        refused = office.send(relay, code=77, **literal)
        assert "need fully-qualified hostname" in refused.stderr
        assert "LETTERS_EHLO_NAME" in refused.stderr
        option = re.search(r"--ehlo-name [\w.]+", refused.stderr)[0].split()
        office.send(relay, *option, code=0, **literal)
    assert relay.commands.count(f"EHLO {option[1]}") == 1
    assert len(relay.accepted) == 11
