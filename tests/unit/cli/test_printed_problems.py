"""Problems as `check` and `send` print them, for people and for scripts."""

import pytest

from letters.cli.problems import as_json, exit_code, print_problems, require_sound
from letters.errors import Exit, Problem, ProofFailed, Severity
from letters.proof.proof import Report


def problem(row: int, **fields) -> Problem:
    return Problem(**{"rule": "r", "message": "m", "remedy": "mend", "row": row} | fields)


def report(*found: Problem) -> Report:
    made = Report()
    for one in found:
        made.add(one)
    return made


def test_errors_come_before_warnings_and_each_rule_once(capsys):
    print_problems(
        report(problem(2, rule="a", severity=Severity.WARNING), problem(4, rule="b")),
        to_stderr=True,
    )
    assert capsys.readouterr().err.splitlines() == [
        "error: b (1)",
        "  row 4: m",
        "    → mend",
        "warning: a (1)",
        "  row 2: m",
        "    → mend",
    ]


def test_problems_beyond_the_kept_ones_are_counted(capsys):
    print_problems(report(*(problem(row) for row in range(2, 1300))), to_stderr=False)
    assert capsys.readouterr().out.splitlines()[-1] == "… and 298 more problems"


def test_a_problem_cannot_write_on_the_terminal(capsys):
    print_problems(report(problem(2, message="\x1b[2J", address="a\x07@x.example")), to_stderr=True)
    assert "\x1b" not in capsys.readouterr().err


def test_letters_with_problems_are_not_sent_and_with_warnings_they_are():
    failed, warned = report(problem(2)), report(problem(2, severity=Severity.WARNING))
    with pytest.raises(ProofFailed) as refused:
        require_sound(failed)
    assert refused.value.message == "1 problem; nothing was sent"
    assert refused.value.next == ("check",)
    require_sound(warned)
    assert (exit_code(failed), exit_code(warned)) == (Exit.DATA, Exit.OK)


def test_what_does_not_apply_is_null_for_scripts():
    (one,) = as_json(report(problem(2)))["problems"]
    assert one["row"] == 2
    assert one["file"] is one["column"] is one["template"] is one["line"] is one["address"] is None
