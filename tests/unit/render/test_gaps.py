"""A value from outside behaves as its text, and prints as a mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import UndefinedError
from markupsafe import Markup, escape

from letters.render.gaps import Datum, Empty, EmptyFieldUsed, GapRecorder

NONCE = "a1b2c3d4e5f60718"


@pytest.fixture
def recorder():
    return GapRecorder(NONCE, 7)


def test_a_value_prints_as_a_mark_of_nonce_serial_and_ordinal(recorder):
    first, second = Datum("Ann", recorder), Datum("Gander", recorder)

    marks = [escape(first), escape(second), escape(first)]

    assert marks == [f"{NONCE}00000007{number:04x}" for number in range(3)]
    assert recorder.values == [first, second, first]


@given(st.text())
def test_any_value_prints_as_its_mark_and_nothing_else(text):
    recorder = GapRecorder(NONCE, 1)

    printed = Markup("<p>{}</p>").format(Datum(text, recorder))

    assert printed == f"<p>{NONCE}000000010000</p>"


@pytest.mark.parametrize(
    "derive",
    [
        lambda d: d.upper(),
        lambda d: d[1:],
        lambda d: d[0],
        lambda d: d + "!",
        lambda d: "Hon. " + d,
        lambda d: d * 2,
        lambda d: "%s!" % d,  # noqa: UP031 - what templates may write
        lambda d: d.replace("A", "<"),
        lambda d: d.join(["a", "b"]),
        lambda d: d.center(20),
        lambda d: d.split()[0],
        lambda d: d.partition(" ")[2],
        lambda d: next(iter(d)),
        lambda d: next(reversed(d)),
        lambda d: list(d)[-1],
        lambda d: d.format(1),
        lambda d: d.removesuffix("e"),
    ],
)
def test_text_derived_from_a_value_is_a_value_of_the_same_letter_and_column(recorder, derive):
    derived = derive(Datum("Ann Lee", recorder, "name"))

    assert type(derived) is Datum
    assert derived.recorder is recorder
    assert derived.source == "name"


def test_a_value_counts_and_compares_as_its_text(recorder):
    name = Datum("Ann Lee", recorder)

    assert name == "Ann Lee"
    assert len(name) == 7
    assert "Lee" in name
    assert {name: 1}["Ann Lee"] == 1
    assert name.split(" ") == ["Ann", "Lee"]


def test_printing_more_than_65536_values_is_an_error(recorder):
    recorder.values = [Datum("x", recorder)] * 65_536

    with pytest.raises(OverflowError, match="65,536"):
        recorder.mark(Datum("y", recorder))


def test_a_value_without_a_recorder_cannot_be_printed():
    with pytest.raises(UndefinedError):
        escape(Datum("x"))


def test_an_empty_field_is_false_and_equal_to_the_empty_text():
    empty = Empty(name="party")

    assert not empty
    assert empty == ""
    assert empty == Empty(name="riding")
    assert empty != "NDP"
    assert empty in ["", "x"]
    assert empty == ""
    assert len(list(empty)) == 0


@pytest.mark.parametrize(
    "use",
    [
        str,
        "{}".format,
        escape,
        int,
        float,
        lambda e: e + "x",
        lambda e: "x" + e,
        lambda e: e * 2,
        lambda e: e % 2,
        lambda e: e > 5,
        lambda e: e[0],
        lambda e: e.upper(),
        lambda e: e(),
        lambda e: "%s" % e,  # noqa: UP031 - what templates may write
    ],
)
def test_using_an_empty_field_raises_an_error_that_names_it(use):
    with pytest.raises(EmptyFieldUsed, match="`party` is empty") as raised:
        use(Empty(name="party"))

    assert raised.value.field == "party"
