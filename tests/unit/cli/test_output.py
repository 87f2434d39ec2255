"""What the command line says: outside text is inert, our own words are plain."""

from letters.cli import problems
from letters.cli.output import counted, say_error, say_json, styled, table
from letters.errors import LettersError, Problem, Severity
from letters.proof.proof import Report


def test_things_are_counted_in_words():
    assert [counted(n, "letter") for n in (0, 1, 2)] == ["0 letters", "1 letter", "2 letters"]


def test_nothing_is_styled_where_nobody_looks(capsys):
    assert styled("letters", fg="red") == "letters"
    say_error(LettersError("it is \x1b[0m wrong", "mend it"))
    assert capsys.readouterr().err == "letters: it is \\x1b[0m wrong\n  mend it\n"


def test_json_stays_on_one_line(capsys):
    say_json({"name": "Hélène\n\x1b"})
    assert capsys.readouterr().out == '{"name": "Hélène\\n\\u001b"}\n'


def test_a_table_is_as_wide_as_what_it_shows(capsys):
    table(("state", "name"), [("sent", "A\x07"), ("in doubt", "")])
    assert capsys.readouterr().out == "state     name\nsent      A\\x07\nin doubt\n"


def problem(row: int, **fields) -> Problem:
    return Problem(**{"rule": "r", "message": "m", "remedy": "mend", "row": row} | fields)


def report(*found: Problem) -> Report:
    made = Report()
    for one in found:
        made.add(one)
    return made


def test_errors_come_before_warnings_and_each_rule_once(capsys):
    problems.show(
        report(
            problem(2, rule="b", severity=Severity.WARNING),
            problem(4, rule="a", file="list.csv", column="email", address="x@example.org"),
            problem(3, rule="a", template="letter.md.j2", line=7),
        )
    )
    assert capsys.readouterr().err.splitlines() == [
        "error: a (2)",
        "  row 3, letter.md.j2:7: m",
        "  list.csv, row 4, column email, <x@example.org>: m",
        "    → mend",
        "warning: b (1)",
        "  row 2: m",
        "    → mend",
    ]


def test_many_problems_of_one_rule_are_told_in_few_lines(capsys):
    problems.show(report(*(problem(row) for row in range(2, 30))))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + 20 + 1 + 1
    assert lines[-2] == "  … and 8 more: rows 22, 23, 24, 25, 26, 27, 28, 29"


def test_problems_beyond_the_kept_ones_are_counted(capsys):
    problems.show(report(*(problem(row) for row in range(2, 1300))))
    assert "… and 298 more problems" in capsys.readouterr().err


def test_a_problem_cannot_write_on_the_terminal(capsys):
    problems.show(report(problem(2, message="\x1b[2J", address="a\x07@example.org")))
    assert "\x1b" not in capsys.readouterr().err


def test_what_does_not_apply_is_null_for_scripts():
    (one,) = problems.as_json([problem(2)])
    assert one["row"] == 2
    assert one["file"] is one["column"] is one["template"] is one["line"] is one["address"] is None
