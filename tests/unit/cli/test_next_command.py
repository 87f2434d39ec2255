"""Commands to be pasted: they name what was typed, and nothing else."""

import shlex

import pytest

from letters.cli.next_command import command, commands, resolve_command
from letters.cli.session import Session

TYPED = Session(
    campaign_flag="the river", recipients_flag="a b.csv", encoding_flag="windows-1250", journal_flag="sqlite:j.db",
    channel_flag="maildir:out", relay_flag="smtp://mail.example.org",
)  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "flags"),
    [
        ("new", []),
        ("check", ["-c", "the river", "-r", "a b.csv", "--encoding", "windows-1250"]),
        ("preview", ["-c", "the river", "-r", "a b.csv", "--encoding", "windows-1250"]),
        ("send", ["-c", "the river", "-r", "a b.csv", "--encoding", "windows-1250", "--journal", "sqlite:j.db"]),
        ("status", ["-c", "the river", "--journal", "sqlite:j.db", "--channel", "maildir:out"]),
        ("retry --rejected", ["-c", "the river", "--journal", "sqlite:j.db", "--channel", "maildir:out"]),
        ("journal show ADDRESS", ["-c", "the river", "--journal", "sqlite:j.db", "--channel", "maildir:out"]),
    ],
)  # fmt: skip
def test_a_command_has_the_typed_flags_that_its_verb_takes(verb, flags):
    assert shlex.split(command(TYPED, verb)) == ["letters", *verb.split(), *flags]


def test_where_nothing_was_typed_the_verb_is_enough():
    assert commands(Session(), ("status", "retry --rejected")) == [
        "letters status", "letters retry --rejected",
    ]  # fmt: skip


def test_the_channel_that_is_meant_replaces_the_typed_one_and_mail_needs_no_flag():
    assert command(Session(channel_flag="maildir:out"), "status", "mail") == "letters status"
    assert command(Session(channel_flag="mail"), "status") == "letters status"
    assert command(Session(), "status", "maildir-1") == "letters status --channel maildir-1"


def test_a_pasted_command_is_one_line_whatever_was_typed():
    printed = command(Session(campaign_flag="a\nb\x1b[2J"), "check")
    assert len(printed.splitlines()) == 1
    assert "\x1b" not in printed


def test_the_command_that_ends_a_doubt_cannot_take_an_address_for_an_option():
    session = Session(campaign_flag="river")
    assert resolve_command(session, "ann@x.example", "mail") == (
        "letters resolve ann@x.example -c river --sent"
    )
    assert resolve_command(session, "-ann@x.example", "mail") == (
        "letters resolve -c river --sent -- -ann@x.example"
    )
