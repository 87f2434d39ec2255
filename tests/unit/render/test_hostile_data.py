"""Whatever stands in a cell comes out as typed, or is a named problem.

The oracle: with the gaps cut out every form equals a harmless recipient's, each filling decodes to
the value, and no value stands in a wording.
"""

import re
from html.parser import HTMLParser
from itertools import count
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from letters.errors import Problem
from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.render.letter import Letter
from letters.render.wording import Form, Place
from tests.mail import (
    DATE,
    datum,
    make_campaign,
    make_recipient,
    make_writer,
    parts,
    read_back,
)

HARMLESS = "Harmless"
FRAGMENTS = (
    "<b>", "</p>", "<script>alert(1)</script>", "<!--", "-->", "]]>", "<br>", "&amp;", "&", "&#60;",
    "*x*", "**", "_", "`", "```", "~~~", "[a](b)", "![a](b)", "](", "<https://evil.example>", "# ",
    "\n# ", "\n\n", "\n---\n", "\n===\n", "\n    ", "- ", "1. ", "> ", "|", "\\", "\n[x]: y\n",
    "{{ 7 * 7 }}", "{% if x %}", "{#", "{{", "}}", '"', "'", "\"'>", "\r", "\r\n", "\n", "\t", "\0",
    "\x02", "\x03", "\x07", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\u200b", "\u202e", "\ufeff",
    "مرحبا", "שלום", "🕊️", "👩‍👩‍👧", "é", "e\u0301", "—", " ", "  ", "\u00a0", "%", "%0d%0a", "%s",
    "=?utf-8?q?a=0ABcc=3A_evil=40example=2Eorg?=", "Bcc: evil@example.org", "From ", ".", "..", "=",
    "=3D", "javascript:alert(1)", "https://evil.example/?a=b&c=d", "x" * 300, "é" * 200,
    "a1b2c3d4e5f60719", "b1b2c3d4e5f60718000000010000", "000000010000", "None", "0",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(FRAGMENTS),
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
# Where a value may stand in a letter; @ is what prints it.
PLACES = (
    "@",
    "to @, in the middle",
    "@@",
    "@ @\n@",
    "- a\n- @\n- c",
    "1. @\n2. b",
    "| h | k |\n|---|---|\n| @ | b |\n| c | @ |",
    "# @\n\ntext",
    "@\n===\n\ntext",
    "**@** and *@*",
    "> @",
    "a `@` b",
    "    @",
    "```\n@\n```",
    "[@](https://river.example)",
    "[a](https://river.example '@')",
    "![@](https://river.example/a.png)",
    '<p title="@">@</p>',
    "<p title='@'>x</p>",
    'a <span title="x @ y">@</span> b',
    "a\\\n@\\\nb",
    "&amp;@&lt;",
    "<table><tr><td>@</td></tr></table>",
    "<textarea>@</textarea>",
)
# What a template may print, and what of the value that shows.
PRINTED = (
    ("{{ recipient.x }}", lambda v: v),
    ("{{ recipient['x'] }}", lambda v: v),
    ("{{ recipient.x | safe }}", lambda v: v),
    ("{{ recipient.x | e }}", lambda v: v),
    ("{{ recipient.x | default('none') }}", lambda v: v),
    ("{{ recipient.x | upper }}", str.upper),
    ("{{ recipient.x.lower() }}", str.lower),
    ("{{ recipient.x | trim }}", str.strip),
    ("{{ recipient.x | replace('x', '<') }}", lambda v: v.replace("x", "<")),
    ("{{ recipient.x | replace(recipient.x, 'y') }}", lambda _: "y"),
    ("{{ recipient.x | center(9) }}", lambda v: v.center(9)),
    ("{{ recipient.x | first }}", lambda v: v[0]),
    ("{{ recipient.x[1:] ~ '!' }}", None),
    ("{{ recipient.x | wordwrap(5) }}", None),
    ("{{ recipient.x | truncate(9) }}", None),
    ("{{ recipient.x | title }}", None),
    ("{{ '%s' | format(recipient.x) }}", lambda v: v),
    ("{{ '%s' % (recipient.x,) }}", lambda v: v),
    ("{{ ('%s' % (recipient.x,)) | safe }}", lambda v: v),
    ("{{ '{}'.format(recipient.x) }}", lambda v: v),
    ("{{ recipient.x + '*' }}", lambda v: v + "*"),
    ("{{ '*' + recipient.x }}", lambda v: "*" + v),
    ("{{ 'Hon. ' ~ recipient.x }}", lambda v: v),
    ("{{ [recipient.x, 'and'] | join(' ') }}", lambda v: v),
    ("{{ ' '.join([recipient.x]) }}", lambda v: v),
    ("{{ [recipient.x] | map('upper') | first }}", str.upper),
    ("{{ ('<i>{}</i>' | safe).format(recipient.x) }}", lambda v: v),
    ("{% set y = recipient.x %}{{ y }}", lambda v: v),
    ("{% set y %}{{ recipient.x }}{% endset %}{{ y }}", lambda v: v),
    ("{% macro m(y) %}{{ y }}{% endmacro %}{{ m(recipient.x) }}", lambda v: v),
    ("{% import '_m.j2' as m %}{{ m.shown(recipient.x) }}", lambda v: v),
    ("{% from '_m.j2' import of with context %}{{ of() }}", lambda v: v),
    ("{% include '_i.j2' %}", lambda v: v),
    ("{% autoescape false %}{{ 'a' ~ recipient.x }}{% endautoescape %}", lambda v: v),
    ("{% filter trim %}{{ recipient.x }}{% endfilter %}", lambda v: v),
    ("{% if recipient.x %}{{ recipient.x }}{% endif %}", lambda v: v),
    ("{% for y in [recipient.x] %}{{ y }}{% endfor %}", lambda v: v),
)
MODULES = {
    "_m__j2": "{% macro shown(y) %}{{ y }}{% endmacro %}{% macro of() %}{{ recipient.x }}{% endmacro %}",
    "_i__j2": "{{ recipient.x }}",
}
_folders = count()


class Reader(HTMLParser):
    """An HTML document as a list of tags, attributes and texts; a `<br>` is the line it ends."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[tuple[str, ...]] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.events.append(("start", tag, *(part or "" for pair in attrs for part in pair)))

    def handle_endtag(self, tag):
        self.events.append(("end", tag))

    def handle_comment(self, data):
        self.events.append(("comment", data))

    def handle_data(self, data):
        above = self.events[-1] if self.events else ("", "")
        kind = "line" if above[:2] in {("start", "title"), ("start", "textarea")} else "text"
        if above[0] in {"text", "line"}:
            self.events[-1] = (above[0], above[1] + data)
        else:
            self.events.append((kind, data))


def one_line(value: str) -> str:
    from letters.render.wording import _LINE_BREAKS

    return _LINE_BREAKS.sub(" ", value)


def lines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


def in_one_line(value: str) -> str:
    """What a cell of a table shows in plain text."""
    return " / ".join(line.strip() for line in re.split(r"[\r\n]+", value.strip()))


def substituted(form: Form, values, text: dict[Place, object]) -> str:
    """The form with each gap holding what its reader must find there."""
    parts = [form.pieces[0]]
    for gap, piece in zip(form.gaps, form.pieces[1:], strict=True):
        filled = text[gap.place](str(values[gap.index]))
        parts += (filled.replace("\n", f"\n{gap.prefix}"), piece)
    return "".join(parts)


@pytest.fixture(scope="module")
def campaign_of(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    return lambda *args, **files: make_campaign(
        root / str(next(_folders)), *args, **MODULES, **files
    )


def seal(campaign, letter: Letter) -> Message | Problem:
    return Sealer(campaign).seal(letter, letter.recipient.identity)


def named(problem: Problem) -> bool:
    return bool(problem.rule and problem.message and problem.remedy and problem.template)


@given(st.sampled_from(PLACES), st.sampled_from(PRINTED), VALUES)
@example("@", PRINTED[0], "\n\n# x")
@example("<p title='@'>x</p>", PRINTED[0], "' onclick='x\r\n")
@example("@", ("{{ recipient.x | wordwrap(5) }}", None), " ")
def test_a_value_in_any_place_comes_out_as_typed(campaign_of, place, printed, value):
    source, shows = printed
    campaign = campaign_of(place.replace("@", source), subject=f"For {source}")
    writer = make_writer(campaign)
    harmless = writer.write(make_recipient(x=HARMLESS))

    letter = writer.write(make_recipient(x=value))

    if isinstance(letter, Problem):
        assert named(letter)
        assert letter.line
        return
    alone = make_writer(campaign).write(make_recipient(x=value))
    assert isinstance(harmless, Letter)
    for form in ("subject", "text", "html"):
        assert getattr(letter.wording, form) == getattr(harmless.wording, form)
        assert getattr(letter.wording, form) == getattr(alone.wording, form)
    assert letter.values == alone.values
    if shows:
        assert {str(v) for v in letter.values} <= {shows(value), "and", " ", "Hon. "}
    message = seal(campaign, letter)
    if isinstance(message, Problem):
        assert message.rule == "header"
        assert (message.row, message.column) == (2, "x")
        return
    comes_back(letter, message)


def comes_back(letter: Letter, message: Message) -> None:
    """Python's mail parser and its HTML parser find the values, and nothing that they added."""
    values, wording = letter.values, letter.wording
    content = message.dated(DATE).content
    read = read_back(content)
    subject = substituted(wording.subject, values, {Place.HEADER: one_line})
    assert str(read["Subject"]) == subject or "=?" in content.decode().partition("Subject:")[2]
    assert message.subject == subject
    assert read.keys() == [
        *("Date", "Message-ID", "From", "To", "Subject", "Content-Language", "MIME-Version"),
        "Content-Type",
    ]
    assert [a.addr_spec for a in read["To"].addresses] == ["ann.lee@parl.example"]
    text, html = parts(content)
    assert text == substituted(wording.text, values, {Place.PLAIN: lines, Place.CELL: in_one_line})
    tokens = [datum(f"zq{number}zq") for number in range(len(values))]
    expected = Reader(wording.html.filled(tokens)).events
    replaced = [
        tuple(_replaced(part, values, lines if event[0] == "text" else one_line) for part in event)
        for event in expected
    ]
    # A value that a filter left empty is no text, and no parser tells of it.
    assert Reader(html).events == [event for event in replaced if event != ("text", "")]
    well_formed(content)


def _replaced(part: str, values, as_read) -> str:
    for number, value in enumerate(values):
        part = part.replace(f"zq{number}zq", as_read(str(value)))
    return part


def well_formed(content: bytes) -> None:
    head, _, body = content.partition(b"\r\n\r\n")
    assert content.isascii()
    assert b"\0" not in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))


PARTS_OF_URLS = (
    "[a](https://river.example/@)",
    "[a](https://river.example/?q=@&r=1)",
    "[a](https://river.example/x-@-y/@)",
    "<https://river.example/@>",
    '<a href="https://river.example/@">a</a>',
    '<img src="https://river.example/@.png" alt="a">',
)


@given(
    st.sampled_from(PARTS_OF_URLS),
    st.sampled_from(
        ["{{ recipient.x }}", "{{ recipient.x | urlencode }}", "{{ ''.join([recipient.x]) }}"]
    ),
    VALUES,
)
def test_a_value_in_a_url_is_one_component_or_a_problem(campaign_of, place, printed, value):
    campaign = campaign_of(place.replace("@", printed))
    letter = make_writer(campaign).write(make_recipient(x=value))
    assert isinstance(letter, Letter)

    message = seal(campaign, letter)

    if isinstance(message, Problem):
        assert (message.rule, message.column, message.row) == ("value-place", "x", 2)
        assert set(value) & set("\r\n")
        return
    text, html = parts(message.dated(DATE).content)
    [url] = [
        part
        for event in Reader(html).events
        for name, part in zip(event[2::2], event[3::2], strict=True)
        if event[0] == "start" and name in {"href", "src"}
    ]
    expected = (
        place.partition("(")[2].rstrip(")") or place.strip("<>").partition('"')[2] or place[1:-1]
    )
    expected = expected.partition('"')[0]
    assert unquote(url) == expected.replace("@", value)
    assert url.startswith("https://river.example/")
    assert url.isascii()
    assert not set(url) & set("\"'<> \r\n")
    if not place.startswith("<img"):
        assert f"<{url}>" in text or place.startswith("<a")


@given(
    st.sampled_from(["[a](@)", '<a href="@">a</a>', "<svg><a xlink:href='@'>a</a></svg>"]), VALUES
)
@example("[a](@)", "javascript:alert(1)")
@example("[a](@)", " JavaScript:alert(1)")
@example("[a](@)", "https://[evil")
@example("[a](@)", "https://evil.example/?a=b&c=d")
def test_a_value_that_is_a_whole_url_is_a_safe_one_or_a_problem(campaign_of, place, value):
    campaign = campaign_of(place.replace("@", "{{ recipient.x }}"))
    letter = make_writer(campaign).write(make_recipient(x=value))
    assert isinstance(letter, Letter)

    message = seal(campaign, letter)

    if isinstance(message, Problem):
        assert (message.rule, message.column, message.row) == ("value-place", "x", 2)
        return
    _, html = parts(message.dated(DATE).content)
    [url] = [
        part
        for event in Reader(html).events
        for name, part in zip(event[2::2], event[3::2], strict=True)
        if event[0] == "start" and name.endswith("href")
    ]
    assert url.lower().startswith(("https://", "http://", "mailto:"))
    assert unquote(url) == unquote(value.strip())


@pytest.mark.parametrize(
    "body",
    [
        "<style>p { color: {{ recipient.x }} }</style>",
        "<script>let x = '{{ recipient.x }}'</script>",
        "<p title={{ recipient.x }}>a</p>",
        '<p onclick="{{ recipient.x }}">a</p>',
        '<p style="color: {{ recipient.x }}">a</p>',
        "<p {{ recipient.x }}>a</p>",
        '<a href="javascript:{{ recipient.x }}">a</a>',
        '<a href="/{{ recipient.x }}">a</a>',
        '<img src="{{ recipient.x }}.png" alt="a" srcset="{{ recipient.x }}">',
        "<{{ recipient.x }}>",
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_a_value_in_a_forbidden_place_of_html_is_a_problem(campaign_of, body, own):
    files = {"letter__en__html__j2": f"<html><body>{body}</body></html>"} if own else {}
    campaign = campaign_of("x" if own else body, **files)

    problem = make_writer(campaign).write(make_recipient(x="red"))

    assert isinstance(problem, Problem)
    assert problem.rule == "value-place"
    assert problem.template == ("letter.en.html.j2" if own else "letter.en.md.j2")
    assert "quoted attribute" in problem.remedy


ENGLISH = """\
{% import "_m.j2" as m %}{% from "_m.j2" import of with context %}
{% for line in recipient.envelope_lines %}{{ line }}\\
{% endfor %}

{{ recipient.salutation }} {{ m.shown(recipient.x) }} {{ of() }}

{{ recipient.riding | upper }} {{ "a " ~ recipient.party }}{% include "_i.j2" %}

[{{ recipient.x }}](https://river.example/{{ recipient.x }}) {% if recipient.nick %}{{ recipient.nick }}{% endif %}
"""


def test_nothing_of_one_recipient_is_in_anothers_letter(campaign_of):
    campaign = campaign_of(ENGLISH, subject="{{ recipient.x }}: {{ recipient.riding }}")
    people = [
        make_recipient(
            row=n + 2,
            email=f"canary{n}x@parl.example",
            name=f"Canary{n}x Lee{n}x",
            x=f"canary{n}x*",
            riding=f"canary{n}x <b>",
            party=f"canary{n}x & co",
            nick=f"canary{n}x" if n % 3 else "",
            language=("en", "fr", "en+fr", "")[n % 4],
            gender="fmx"[n % 3],
        )
        for n in range(24)
    ]
    writer, sealer = make_writer(campaign), Sealer(campaign)
    ours = {f"canary{n}x" for n in range(len(people))}

    contents = []
    for person in people:
        letter = writer.write(person)
        assert isinstance(letter, Letter), letter
        contents.append(sealer.seal(letter, person.identity).dated(DATE).content)

    for n, content in enumerate(contents):
        read = read_back(content)
        text, html = parts(content)
        shown = " ".join((str(read["To"]), str(read["Subject"]), text, html)).lower()
        assert {word for word in ours if word in shown} == {f"canary{n}x"}
        assert not {word for word in ours if word in content.decode().lower()} - {f"canary{n}x"}


@settings(max_examples=settings.default.max_examples // 3)
@given(st.lists(VALUES, min_size=2, max_size=3))
def test_a_letter_does_not_depend_on_the_letters_before_it(campaign_of, values):
    campaign = campaign_of(ENGLISH.replace('"a " ~ recipient.party', "recipient.party"))
    people = [
        make_recipient(x=value, party=value[::-1], nick=value if number % 2 else "", row=number + 2)
        for number, value in enumerate(values)
    ]
    writer, sealer = make_writer(campaign), Sealer(campaign)

    together = [writer.write(person) for person in people]

    for number, (person, letter) in enumerate(zip(people, together, strict=True)):
        nonce = f"f{number:015x}"
        alone = make_writer(campaign, nonce).write(person)
        if isinstance(letter, Problem) or isinstance(alone, Problem):
            assert letter == alone
        else:
            assert sealer.seal(letter, "x") == Sealer(campaign).seal(alone, "x")
