"""What docs/recipients-format.md shows is what happens."""

import re
from pathlib import Path

DOCS = (Path(__file__).parents[3] / "docs" / "recipients-format.md").read_text("utf-8")
DAMAGED = """\
email,name,gender,language,privy_council,riding,title
nobody,A B,,,,,
=HYPERLINK(1),A B,,,,,
a@parl.example,,,,,,
a@parl.example,"A
B",,,,,
a@parl.example,A B
a@parl.example,A B,?,,,,
a@parl.example,A B,,?,,,
a@parl.example,A B,,,?,,
a@parl.example,Ga?tan,,,,,
a@parl.example,A B,,,,\x07x,
a@parl.example,A B,,,,#N/A,
a@parl.example,"B, A",,,,,
a@parl.example,A B,,,,,Mr
"""


def test_the_example_is_read_as_it_says(read):
    top = DOCS.partition("## Columns")[0]
    example = "".join(f"{line.strip()}\n" for line in re.findall(r"^ {4}(.*)$", top, re.MULTILINE))

    rows = read(example)

    assert [problems for _, problems in rows] == [(), (), ()]
    assert [recipient.mailbox is None for recipient, _ in rows] == [False, False, True]
    assert rows[1][0].languages == ("fr", "en")


def test_every_rule_is_documented_and_every_documented_rule_exists(read):
    table = DOCS.partition("## What is a problem of one row")[2].partition("##")[0]
    documented = set(
        re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    )

    raised = {problem.rule for _, problems in read(DAMAGED) for problem in problems}

    assert raised == documented
