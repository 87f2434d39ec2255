"""A gap is filled by its place, and has no place in some."""

from html import unescape
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.render.plain_text import URL_END, URL_START
from letters.render.wording import FILLERS, FillingError, GapMarks, Place, PlaceError
from tests.mail import NONCE, datum

MARKS = GapMarks(NONCE)
A, B = MARKS.of(0), MARKS.of(1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def places(html: str) -> list[Place]:
    return [gap.place for gap in MARKS.html(html).gaps]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<p>{A}</p>", [Place.HTML]),
        (f"{A}", [Place.HTML]),
        (f"<p title='{A}'>{B}</p>", [Place.ATTRIBUTE, Place.HTML]),
        (f'<a href="{A}">x</a>', [Place.URL]),
        (f'<a href="{A}/{B}">x</a>', [Place.URL, Place.URL_PART]),
        (f'<a href="{A}{B}">x</a>', [Place.URL, Place.URL_PART]),
        (f'<a HREF="HTTPS://river.example/{A}">x</a>', [Place.URL_PART]),
        (f'<a href="mailto:{A}?subject={B}">x</a>', [Place.URL_PART, Place.URL_PART]),
        (f'<img alt="{A}" src="https://river.example/{B}">', [Place.ATTRIBUTE, Place.URL_PART]),
        (f'<svg><a xlink:href="{A}">x</a></svg>', [Place.URL]),
        (f"<title>{A}</title><p>{B}</p>", [Place.ATTRIBUTE, Place.HTML]),
        (f"a < b {A} c > d", [Place.HTML]),
        (f'<p data-x="a > b {A}">', [Place.ATTRIBUTE]),
    ],
)
def test_each_gap_of_an_html_document_has_its_place(html, expected):
    assert places(html) == expected


@pytest.mark.parametrize(
    "html",
    [
        f"<style>p {{ color: {A} }}</style>",
        f"<script>let x = '{A}'</script>",
        f"<SCRIPT>{A}</SCRIPT >",
        f"<!-- {A} -->",
        f"<p title={A}>",
        f"<{A}>",
        f"<p {A}>",
        f'<p {A}="x">',
        f'<p onclick="say({A})">',
        f'<p ONCLICK="{A}">',
        f'<p style="color: {A}">',
        f'<img srcset="{A}">',
        f'<iframe srcdoc="{A}"></iframe>',
        f"<iframe>{A}</iframe>",
        f'<a href="/{A}">',
        f'<a href="javascript:{A}">',
        f'<a href=" https://river.example/{A}">',
        f'<a href="data:text/html,{A}">',
        f'<form action="x{A}">',
        f'<a href="&#104;ttps://{A}">',
    ],
)
def test_a_value_in_a_forbidden_place_is_an_error(html):
    with pytest.raises(PlaceError):
        MARKS.check_html(html)


def test_gaps_in_urls_of_plain_text_have_their_own_place():
    form = MARKS.plain(f"{A} <{URL_START}{B}{URL_END}> <{URL_START}https://a.example/{A}{URL_END}>")

    assert [gap.place for gap in form.gaps] == [
        Place.PLAIN,
        Place.PLAIN_URL,
        Place.PLAIN_URL_PART,
    ]
    assert form.outline == "… <…> <https://a.example/…>"


@given(TEXT)
def test_html_text_shows_the_value(value):
    filled = FILLERS[Place.HTML](datum(value))

    assert "<" not in filled.replace("<br>\n", "")
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    assert unescape(filled.replace("<br>\n", "\n")) == unescape(_as_html(lines))


def _as_html(text: str) -> str:
    """The text as references that `unescape` gives back: it maps some controls to others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(TEXT)
def test_an_attribute_holds_the_value_on_one_line(value):
    filled = FILLERS[Place.ATTRIBUTE](datum(value))

    assert not set(filled) & set("\"'<>\r\n")


@given(TEXT.filter(lambda text: not set(text) & set("\r\n")))
def test_part_of_a_url_decodes_to_the_value(value):
    for place in (Place.URL_PART, Place.PLAIN_URL_PART):
        filled = FILLERS[place](datum(value))

        assert filled.isascii()
        assert unquote(filled) == value
        assert not set(filled) & set("\"'<>/?#&= ")


def test_a_value_that_went_through_urlencode_is_not_encoded_again():
    assert FILLERS[Place.URL_PART](datum("a%20b", quoted=True)) == "a%20b"
    assert FILLERS[Place.URL_PART](datum("a%20b")) == "a%2520b"


@pytest.mark.parametrize(
    "url",
    [
        "https://river.example",
        "http://river.example/a?b=c&d=e#f",
        "HTTPS://River.example/é",
        "mailto:office@river.example",
        "  https://river.example  ",
        "https://river.example/%20x",
    ],
)
def test_a_whole_url_may_be_a_value(url):
    filled = FILLERS[Place.PLAIN_URL](datum(url))

    assert unquote(filled) == unquote(url.strip())
    assert filled.isascii()
    assert unescape(FILLERS[Place.URL](datum(url))) == filled


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "/relative",
        "river.example",
        "https:",
        "https://",
        "http:/river.example",
        "mailto:",
        "https://[x",
        "https://[::1",
        "https://a\u2100b.example",
        "https://river.example/a b",
        "https://river.example/\nx",
        "https://river.example/\x00",
        "",
        "x",
    ],
)
@pytest.mark.parametrize("place", [Place.URL, Place.PLAIN_URL])
def test_a_value_at_the_start_of_a_url_must_be_a_whole_url(place, value):
    with pytest.raises(FillingError):
        FILLERS[place](datum(value))


@pytest.mark.parametrize("place", [Place.URL_PART, Place.PLAIN_URL_PART])
def test_a_line_break_is_a_problem_in_a_url(place):
    with pytest.raises(FillingError, match="line break"):
        FILLERS[place](datum("a\nb"))


def test_a_line_break_is_written_as_its_place_needs():
    value = datum("a \r\n b\rc\nd")

    assert FILLERS[Place.HTML](value) == "a <br>\n b<br>\nc<br>\nd"
    assert FILLERS[Place.PLAIN](value) == "a \n b\nc\nd"
    assert FILLERS[Place.HEADER](value) == "a b c d"
    assert FILLERS[Place.ATTRIBUTE](value) == "a b c d"


def test_a_form_is_filled_gap_by_gap():
    form = MARKS.html(f'<p title="{B}">{A}{B}</p>')

    assert form.filled([datum("<x>"), datum('"y"')]) == (
        '<p title="&quot;y&quot;">&lt;x&gt;"y"</p>'
    )
    assert form.outline == '<p title="…">……</p>'


def test_a_mark_is_found_in_upper_and_lower_case():
    assert MARKS.inside(f"x{NONCE.upper()}y")
    assert not MARKS.inside("Ann Lee")
