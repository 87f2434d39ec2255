"""Text from outside is safe where it is shown: on a terminal, in a spreadsheet, as a file's name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.text import csv_cell, file_name, one_line, slug, visible, without_stray_joiners


@given(st.text())
def test_visible_text_holds_no_control_and_no_hidden_direction(text):
    shown = visible(text)

    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", shown
    )


@given(st.text())
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1


JOINED = [
    "👩‍🔬 Zoë 李明", "\U0001f469\u200d\u2695\ufe0f", "\U0001f3f3\ufe0f\u200d\U0001f308", "\u2764\ufe0f\u200d\U0001f525",
    "\U0001f469\U0001f3fd\u200d\U0001f680", "\U0001f468\u200d\U0001f469\u200d\U0001f467 at home",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "1\ufe0f\u20e3",
    "می\u200cکنم", "क्\u200dष", "ශ්\u200dරී", "ᠠ\u180e",
]  # fmt: skip


@pytest.mark.parametrize("text", ["Mme\u00a0Roy\u202f!", "a\tb\nc", *JOINED])
def test_good_typography_stays_as_it_is(text):
    assert visible(text) == text
    assert without_stray_joiners(text) == text


@pytest.mark.parametrize("stray", ["\u200d", "\u200c", "\u180e", "\U000e0041", "\U000e007f"])
@pytest.mark.parametrize("around", ["Ann{} Lee", "a{}b", "{}Ann", "Ann{}", "\U0001f469{}a", "É{}É"])
def test_a_joiner_that_joins_nothing_is_made_visible_or_goes(stray, around):
    assert visible(around.format(stray)) == around.format(stray.encode("unicode_escape").decode())
    assert without_stray_joiners(around.format(stray)) == around.format("")


def test_an_escape_is_shown_as_one():
    assert visible("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert csv_cell(f"{start}1") == f"'{start}1"


def test_other_cells_stay_as_they_are_and_nothing_is_an_empty_cell():
    assert [csv_cell(value) for value in ("a=b", 7, None, "")] == ["a=b", "7", "", ""]


@given(st.text(min_size=1))
def test_a_file_name_leads_to_no_other_folder_and_is_short(text):
    name = file_name(text)

    assert not re.search(r'[/\\:*?"<>|\s\x00-\x1f]', name)
    assert 1 <= len(name) <= 100


DEVICES = ["con", "PRN", "aux", "Nul", "com1", "COM\u00b9", "lpt9"]


@given(
    st.builds(
        "".join, st.tuples(st.sampled_from([*DEVICES, ""]), st.text(" .:ax\u00e9", max_size=3))
    )
)
def test_a_file_name_can_be_a_files_on_windows(text):
    name = file_name(text)

    assert name.partition(".")[0].casefold() not in [device.casefold() for device in DEVICES]
    assert not name.endswith((".", " "))
    assert not set(name) & set('<>:"/\\|?*')


def test_an_address_is_its_own_file_name():
    assert file_name("o.riel+mp@parl-1.example") == "o.riel+mp@parl-1.example"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Hélène Laverdière", "helene-laverdiere"),
        ("../x", "x"),
        ("李明", "y"),
        ("a" * 50, "a" * 40),
    ],
)
def test_a_slug_is_short_plain_ascii(text, made):
    assert slug(text, "y") == made
