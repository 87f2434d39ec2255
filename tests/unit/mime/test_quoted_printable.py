"""Quoted-printable in parts: in every combination each line is short, plain and safe."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.mime.quoted_printable import SOFT_BREAK, encoded

PIECES = st.lists(
    st.one_of(
        st.text(max_size=120),
        st.sampled_from(["", ".", "From ", "From", "é" * 200, "x" * 75, " ", "\t", "=", "\n", "."]),
        st.builds(
            lambda head, length, tail: head + "x" * length + tail,
            st.sampled_from(["", ".", "From ", " "]),
            st.integers(60, 90),
            st.sampled_from(["", " ", "\t", "  ", ".", "é "]),
        ),
    ),
    max_size=6,
)


def decoded(data: bytes) -> str:
    return quopri.decodestring(data).decode("utf-8").replace("\r\n", "\n")


def lines_of(data: bytes) -> list[bytes]:
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    return data.split(b"\r\n")


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(PIECES)
def test_parts_joined_by_soft_breaks_decode_to_the_whole(pieces):
    texts = [text.encode("utf-8", "replace").decode() for text in pieces]

    data = b"".join(encoded(text) + SOFT_BREAK for text in texts)

    assert decoded(data) == "".join(map(with_line_feeds, texts))
    for line in lines_of(data):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
    assert data.isascii()
    assert b"\0" not in data


@pytest.mark.parametrize("length", range(60, 90))
@pytest.mark.parametrize("end", [" ", "\t", "  ", "é ", ".", ""])
@pytest.mark.parametrize("start", ["", ".", "From ", "é"])
def test_every_length_of_line_with_every_end_stays_short(start, length, end):
    text = f"{start}{'x' * length}{end}\nnext"

    data = encoded(text)

    assert max(map(len, lines_of(data))) <= 76
    assert decoded(data) == text


def test_an_ending_part_leaves_room_for_its_soft_break():
    for length in range(60, 100):
        for end in ("", " ", "\t", ".", "é"):
            assert len(lines_of(encoded("x" * length + end))[-1]) <= 75


def test_fifteen_hundred_accents_on_one_line_decode_exactly():
    text = "é" * 1500

    data = encoded(text)

    assert decoded(data) == text
    assert max(map(len, lines_of(data))) <= 76


def test_an_empty_text_is_encoded_as_no_bytes():
    assert encoded("") == b""


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "a\nb", "a\n\rb"])
def test_every_line_end_is_encoded_as_crlf(text):
    assert decoded(encoded(text)) == with_line_feeds(text)
    lines_of(encoded(text))


def test_a_plain_ascii_value_is_unchanged():
    assert encoded("Ottawa Centre, Ms. Lee") == b"Ottawa Centre, Ms. Lee"
