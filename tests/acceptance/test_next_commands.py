"""Commands that are printed: pasted, they mean the campaign and the record that were meant."""

import re
import shlex

import pytest

from tests.acceptance.desk import address, desk, row, rows
from tests.relay import Fault, Relay

NAMED = ("-c", "the river", "--journal", "sqlite:my own.db")


@pytest.fixture
def office(tmp_path):
    """A campaign that is named by flags, from a folder that is none."""
    return desk(tmp_path / "the river", 11, connections=1)


def printed(text):
    """The words of the one command in a text."""
    (command,) = re.findall(": letters (.+)$", text, re.MULTILINE)
    return shlex.split(command)


def test_a_run_that_is_refused_alike_names_the_command_that_lets_those_letters_wait(
    office, tmp_path
):
    with Relay(Fault("rcpt", "550 5.7.1 we do not know you")) as relay:
        refused = office.send(relay, *NAMED, code=77, cwd=tmp_path)
    command = printed(refused.stderr)
    assert command == ["retry", "--rejected", *NAMED]
    waits = office.run(*command, cwd=tmp_path).stdout
    assert f"<{address(10)}> waits; send again as before" in waits
    assert "letters " not in waits


@pytest.mark.parametrize("verb", [["resolve", "--sent"], ["retry"], ["journal", "show"]])
def test_who_is_not_found_is_looked_for_in_the_record_that_was_named(office, tmp_path, verb):
    office.run("send", *NAMED, cwd=tmp_path)
    named = (*NAMED, "--channel", "maildir:outbox")
    nobody = office.run(*verb, "nobody@parl.example", *named, code=65, cwd=tmp_path)
    command = printed(nobody.stderr)
    assert command == ["status", *named]
    assert "11 sent" in office.run(*command, cwd=tmp_path).stdout


def test_after_a_doubt_a_letter_leaves_by_what_was_typed_and_not_by_half_a_command(
    office, tmp_path
):
    with Relay(Fault("dot", "close", recipient=address(2))) as relay:
        office.send(relay, *NAMED, code=1, cwd=tmp_path)
    done = office.run("resolve", address(2), "--resend", *NAMED, cwd=tmp_path)
    assert f"<{address(2)}> waits; send again as before" in done.stdout
    assert "letters " not in done.stdout


def test_a_doubt_behind_many_deferred_letters_is_named_first_with_its_command(office, tmp_path):
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


def test_what_the_proof_found_is_looked_at_again_in_the_same_campaign_and_list(office, tmp_path):
    office.write_list([row(1, riding="")], "../some list.csv")
    failed = office.run("send", "-c", "the river", "-r", "some list.csv", code=65, cwd=tmp_path)
    command = printed(failed.stderr)
    assert command == ["check", "-c", "the river", "-r", "some list.csv"]
    assert "row 2" in office.run(*command, code=65, cwd=tmp_path).stdout


def test_what_the_environment_names_need_not_be_typed_again(office, tmp_path):
    environment = {"LETTERS_CAMPAIGN": "the river", "cwd": tmp_path}
    office.run("send", **environment)
    nobody = office.run("retry", "nobody@parl.example", code=65, **environment)
    assert printed(nobody.stderr) == ["status"]
