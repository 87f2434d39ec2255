"""`--only` as a person types it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.cli.selection import Selection
from tests.mail import make_recipient


def chooses(only, name, **cells):
    return Selection(only).matches(make_recipient(name=name, **cells))


@pytest.mark.parametrize(
    ("only", "name"),
    [
        ("etienne", "Étienne Roy"),
        ("ETIENNE", "E\u0301tienne Roy"),
        ("É", "etienne"),
        ("e\u0301tienne", "Étienne Roy"),
        ("Nguyen", "Nguyễn Thị Ánh"),
        ("Soeur", "Sœur Marie"),
        ("lodz", "Łódź Jørgen"),
        ("jorgen", "Łódź Jørgen"),
        ("strasse", "Anna Straße"),
        ("izmir", "İzmir I\u015f\u0131k"),
        ("isik", "İzmir I\u015f\u0131k"),
        ("o'brien", "Siobhán O\u2019Brien"),
        ("anne-marie", "Anne\u2011Marie Côté"),
    ],
)
def test_only_finds_a_name_whatever_its_case_accents_and_composition(only, name):
    assert chooses(only, name)


@pytest.mark.parametrize("only", ["etiennes", "etienne  roy", "roye"])
def test_only_finds_no_other_name(only):
    assert not chooses(only, "Étienne Roy")


@given(st.text(min_size=1), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_only_finds_whatever_is_on_the_list_in_every_normal_form(name, form):
    assert chooses(unicodedata.normalize(form, name), f"Ann {name}")


def test_who_is_not_found_is_answered_with_the_nearest_names_of_the_list():
    rows = [
        (make_recipient(row=2, name="Étienne Roy", email="roy@parl.example"), ()),
        (None, ()),
        (make_recipient(row=3, name="Ann Lee", email="lee@parl.example"), ()),
        (make_recipient(row=4, name="Etienne Côté", email="cote@parl.example"), ()),
    ]

    said = Selection("etiene").nobody(rows)

    assert said == (
        "no recipient's name or address holds “etiene”; the nearest: "
        "Étienne Roy <roy@parl.example>, Etienne Côté <cote@parl.example>"
    )
    assert "; the nearest: Ann Lee <" in Selection("lee@parl.exmaple").nobody(rows)
    assert Selection("zzz").nobody(rows) == "no recipient's name or address holds “zzz”"
