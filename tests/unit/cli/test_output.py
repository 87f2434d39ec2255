"""What the command line prints: outside text is safe, errors say how to mend them."""

import io
import sys

import pytest

from letters.cli.output import confirm, counted, say_error, say_json, some, styled
from letters.errors import ConfigurationError


def test_things_are_counted_in_words():
    assert [counted(n, "letter") for n in (0, 1, 2)] == ["0 letters", "1 letter", "2 letters"]


def test_the_first_names_are_listed_and_the_others_counted():
    assert some(["a", "b"]) == "a, b"
    assert some(["a", "b", "c"], 7, most=2) == "a, b and 5 more"
    assert some(list("abcdefghijkl")) == "a, b, c, d, e, f, g, h, i, j and 2 more"


def test_nothing_is_styled_where_there_is_no_terminal(capsys):
    assert styled("letters", fg="red") == "letters"
    say_error("it is \x1b[0m wrong", "mend it")
    assert capsys.readouterr().err == "letters: it is \\x1b[0m wrong\n  mend it\n"


@pytest.mark.parametrize(
    ("remedy", "commands", "lines"),
    [
        ("", [], []),
        ("wait", [], ["  wait"]),
        ("look", ["letters status"], ["  look: letters status"]),
        ("", ["letters status"], ["  letters status"]),
        ("try", ["letters check", "letters send"], ["  try:", "  letters check", "  letters send"]),
    ],
)
def test_commands_that_help_stand_behind_the_remedy(capsys, remedy, commands, lines):
    say_error("it failed", remedy, commands)
    assert capsys.readouterr().err.splitlines() == ["letters: it failed", *lines]


def test_where_there_is_no_terminal_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(ConfigurationError) as refused:
        confirm("Send?", without_terminal="add --yes")
    assert refused.value.hint == "add --yes"


def test_json_stays_on_one_line(capsys):
    say_json({"name": "Hélène\n\x1b"})
    assert capsys.readouterr().out == '{"name": "Hélène\\n\\u001b"}\n'
