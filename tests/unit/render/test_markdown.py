"""The author's Markdown as HTML, and as plain text that a person would have typed."""

import pytest

from letters.render import markdown
from letters.render.plain_text import URL_END, URL_START

plain = markdown.plain


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Stop *the* **spills** `now`.", "Stop the spills now.\n"),
        ("one\ntwo", "one two\n"),
        ("one\\\ntwo", "one\ntwo\n"),
        ("one  \ntwo", "one\ntwo\n"),
        ("one<br>two", "one\ntwo\n"),
        ("one\n\ntwo", "one\n\ntwo\n"),
        ("# Title *x*\n\ntext", "Title x\n\ntext\n"),
        ("1. one\n2. two", "1. one\n2. two\n"),
        ("7. seven\n8. eight", "7. seven\n8. eight\n"),
        ("0. none", "0. none\n"),
        ("- a\n- b\n  - c\n  - d\n- e", "- a\n- b\n  - c\n  - d\n- e\n"),
        ("- a\n-\n- b", "- a\n-\n- b\n"),
        ("1. a\n   - b\n\n2. c", "1. a\n\n   - b\n\n2. c\n"),
        ("1. a\n\n   more\n\n2. b", "1. a\n\n   more\n\n2. b\n"),
        ("> said\n> so", "> said so\n"),
        ("---", "-" * 40 + "\n"),
        ("    indented *x*", "indented x\n"),
        ("Yours sincerely,\\\n--\\\nJo", "Yours sincerely,\n--\nJo\n"),
        ("Title\n===\nText", "Title === Text\n"),
        ("```\na\n\nb\n```", "    a\n\n    b\n"),
        ("| a | b |\n|---|---|\n| 1 | **2** |", "a | b\n1 | 2\n"),
        ("[our report](https://river.example/a)", "our report <https://river.example/a>\n"),
        ("<https://river.example/a>", "<https://river.example/a>\n"),
        ("[https://river.example](https://river.example)", "<https://river.example>\n"),
        ("<office@river.example>", "<office@river.example>\n"),
        ("[write](mailto:office@river.example)", "write <mailto:office@river.example>\n"),
        ("[**b** c](https://river.example 'title')", "b c <https://river.example>\n"),
        ("![the river](river.png)", "the river\n"),
        ("[![the river](river.png)](https://river.example)", "the river <https://river.example>\n"),
        ("<div>\nblock <b>x</b>\n</div>", "block x\n"),
        ("a <b>bold</b> &amp; &copy; word", "a bold & © word\n"),
        ("<style>p { color: red }</style>\n\nHello", "Hello\n"),
        ("<!-- hidden -->\n\nHello", "Hello\n"),
        ("1\\. not a list, \\*plain\\*", "1. not a list, *plain*\n"),
        ("https://river.example stays", "https://river.example stays\n"),
        ('"straight" -- quotes...', '"straight" -- quotes...\n'),
    ],
)
def test_plain_text_reads_as_if_typed(source, text):
    assert plain(source) == text


def test_urls_in_plain_text_are_marked_at_both_ends():
    text = markdown.marked_plain("[a](https://river.example/x) and <https://river.example>")

    assert text.count(URL_START) == text.count(URL_END) == 2
    assert f"<{URL_START}https://river.example/x{URL_END}>" in text


def test_html_keeps_straight_quotes():
    assert markdown.html('"so" it\'s -- so') == "<p>&quot;so&quot; it's -- so</p>\n"


def test_a_javascript_link_is_not_made_a_link():
    assert "href" not in markdown.html("[x](javascript:alert(1))")


FACTS = (
    "12 Quay St. N., Gander",
    "1. Floor",
    "12. Floor",
    "# 3, The Quay",
    "- dash",
    "+ plus",
    "*stars* _under_ __two__ snake_case",
    "[x](https://a.example) ![y](z)",
    "<b>bold</b> & &copy; &#65;",
    "a | b",
    "`code` \\back\\",
    "office_of.the-river@river.example",
    "https://river.example/?a=1&b=2",
    "~~~ fence",
    "= line",
    "1455 De Maisonneuve Blvd. W., Montréal, Québec H3G 1M8",
)


@pytest.mark.parametrize("fact", FACTS)
def test_an_escaped_fact_appears_as_typed_in_markdown_a_table_and_html(fact):
    from html import unescape

    escaped = markdown.escape(fact)

    assert plain(escaped) == f"{fact}\n"
    assert plain(f"before {escaped} after") == f"before {fact} after\n"
    assert plain(f"| h |\n|---|\n| {escaped} |") == f"h\n{fact}\n"
    assert unescape(markdown.html(f"<p>{escaped}</p>")) == f"<p>{fact}</p>"


def test_line_breaks_of_an_escaped_fact_are_kept():
    escaped = markdown.escape("12 Quay St.\nGander")

    assert plain(escaped) == "12 Quay St.\nGander\n"
    assert markdown.html(escaped) == "<p>12 Quay St.<br>Gander</p>\n"


@pytest.mark.parametrize("link", ["<mailto:{}>", "[x](mailto:{})", '<a href="mailto:{}">x</a>'])
def test_an_escaped_mailbox_can_be_linked(link):
    html = markdown.html(link.format(markdown.escape("the-office@river.example")))

    assert 'href="mailto:the-office@river.example"' in html


def test_plain_text_for_people_has_no_marks():
    source = (
        "See [why](https://river.example/why) and https://river.example/a.\n\n| h |\n|---|\n| c |"
    )

    assert plain(source).replace("\n", "").isprintable()
