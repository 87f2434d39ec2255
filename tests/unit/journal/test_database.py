"""The SQL of the journal is read by name, and none of it is idle."""

import re
import sqlite3
from pathlib import Path

import pytest

import letters.journal
from letters.database import statements
from letters.journal.ids import address_and_ordinal, id_of
from letters.journal.sqlite.queries import QUERIES, SCHEMA

FOLDER = Path(letters.journal.__file__).parent / "sqlite"


def test_every_query_is_used_and_every_used_query_is_there():
    source = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    used = set(re.findall(r"""_do\(\s*"([a-z ]+)\"""", source))
    used |= set(re.findall(r"""QUERIES\["([a-z ]+)"\]""", source))

    assert used == set(QUERIES)


def test_every_query_that_changes_something_says_what_it_means():
    silent = [name for name, sql in QUERIES.items() if not sql.startswith(("select", "-- "))]

    assert silent == []


def test_every_query_is_one_statement_that_the_schema_understands():
    connection = sqlite3.connect(":memory:")
    for statement in statements("".join(SCHEMA.values())):
        connection.execute(statement)
    connection.execute("create temp table listed (letter integer primary key)")
    connection.execute("create temp table chosen (identity text primary key)")

    for sql in QUERIES.values():
        by_name = dict.fromkeys(re.findall(r":([a-z_0-9]+)", sql), 1)
        by_number = len(set(re.findall(r"\?\d", sql))) or sql.count("?")
        assert connection.execute(f"explain {sql}", by_name or (1,) * by_number).fetchone()
    connection.close()


@pytest.mark.parametrize(
    ("name", "address", "ordinal"),
    [
        ("rae@parl.example", "rae@parl.example", 1),
        (" rae@parl.example#2 ", "rae@parl.example", 2),
        ("a#2@parl.example", "a#2@parl.example", 1),
        ("a#2@parl.example#13", "a#2@parl.example", 13),
        ("rae@parl.example#x", "rae@parl.example#x", 1),
    ],
)
def test_a_letter_answers_to_its_address_and_number(name, address, ordinal):
    assert address_and_ordinal(name) == (address, ordinal)
    assert address_and_ordinal(id_of(address, ordinal)) == (address, ordinal)
