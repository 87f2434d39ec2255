"""Problems in words: how they are grouped, where they are, and what they mean for the batch."""

import pytest

from letters.errors import Problem, Severity
from letters.preview.problems import by_rule, conclusion, grouped, rows, totals, unlisted
from letters.proof.proof import Report

WARNING = Severity.WARNING


def problem(row: int, **fields) -> Problem:
    return Problem(**{"rule": "r", "message": "m", "remedy": "mend", "row": row} | fields)


def report(*found: Problem, strict: bool = False) -> Report:
    made = Report(strict=strict)
    for one in found:
        made.add(one)
    return made


def lines(*found: Problem) -> list[str]:
    return [line for rule in by_rule(found) for line in (rule.heading, *rule.lines())]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        ([7], "row 7"),
        ([2, 3], "rows 2, 3"),
        ([2, 3, 4, 9, 11, 12, 13], "rows 2–4, 9, 11–13"),
    ],
)
def test_rows_are_written_as_a_person_writes_them(numbers, words):
    assert rows(numbers) == words


def test_problems_that_differ_only_in_the_row_are_one_group_and_errors_come_first():
    def with_address(row, rule="empty-field", severity=Severity.ERROR):
        return problem(row, rule=rule, severity=severity, address=f"{row}@x.example")

    groups = grouped(
        [
            with_address(9, "a-warning", WARNING),
            with_address(4),
            with_address(2, "header"),
            with_address(3),
        ]
    )

    assert [(group.problem.rule, group.rows) for group in groups] == [
        ("empty-field", (3, 4)),
        ("header", (2,)),
        ("a-warning", (9,)),
    ]
    assert groups[0].where == "rows 3, 4"
    assert groups[1].where == "row 2 · <2@x.example>"


def test_a_group_says_where_it_is_with_the_files_name_alone():
    places = {
        "file": "/home/ann/list.csv",
        "column": "riding",
        "template": "letter.md.j2",
        "line": 7,
    }

    (group,) = grouped([problem(4, **places), problem(5, **places), problem(6, **places)])

    assert group.where == "list.csv · rows 4–6 · column riding · letter.md.j2:7"


def test_each_rule_has_a_heading_and_each_problem_its_place():
    found = lines(
        problem(2, rule="b", severity=WARNING),
        problem(4, rule="a", file="list.csv", column="email", address="x@example.org"),
        problem(3, rule="a", template="letter.md.j2", line=7),
    )

    assert found == [
        "a (2)",
        "row 3, letter.md.j2:7: m",
        "list.csv, row 4, column email, <x@example.org>: m",
        "  → mend",
        "b (1)",
        "row 2: m",
        "  → mend",
    ]


def test_many_problems_with_one_remedy_are_cut_to_their_rows():
    found = lines(*(problem(row) for row in range(2, 30)))

    assert len(found) == 1 + 20 + 1 + 1
    assert found[-2:] == ["… and 8 more: rows 22–29", "  → mend"]


def test_a_problem_of_the_whole_campaign_is_its_message_alone():
    assert lines(problem(0), *(problem(0) for _ in range(20))) == [
        "r (21)", *["m"] * 20, "… and 1 more", "  → mend",
    ]  # fmt: skip


def test_what_problems_mean_depends_on_strictness():
    warned = problem(2, severity=WARNING)

    assert conclusion(report()) == "No problems."
    assert conclusion(report(warned)) == "1 warning: it can be sent."
    assert conclusion(report(warned, strict=True)) == (
        "1 warning: it can be sent, but not with --strict."
    )
    assert conclusion(report(warned, problem(3))) == (
        "1 problem and 1 warning: nothing can be sent until mended."
    )


def test_problems_beyond_those_kept_are_counted():
    found = report(*(problem(row) for row in range(1500)))

    assert unlisted(found) == 500
    assert totals(found) == "1,500 problems"
