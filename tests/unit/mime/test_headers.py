"""Header lines: two decoders that are not ours read back exactly what was written."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.mime import headers
from letters.mime.headers import HeaderError

INJECTION = "=?utf-8?q?a=0ABcc=3A_evil=40example=2Eorg?="
RIDINGS = (
    "Parry Gap—Tillbrook",
    "Beau-Rivage—Châteauneuf",
    "Laurier—Sainte-Odile",
    "Ahuntsic–Côté",
    "Nanaimo—Quill’s Landing",
    "Rivière-du-Loup—Les Îles",
)
CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029", "\ud800"]
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=250),
    st.lists(
        st.sampled_from([*RIDINGS, " ", "  ", "=?", "?=", INJECTION, "x" * 70, "é" * 40, "🕊", '"'])
    ).map("".join),
)


def parsed(field: bytes, name: str):
    message = message_from_bytes(field + b"\r\nx", policy=policy.default)
    assert message.keys() == [name]
    return message[name]


def legacy(field: bytes) -> str:
    """The field's value as Python's older decoder has it."""
    value = field.split(b":", 1)[1].decode("ascii").replace("\r\n", "")[1:]
    return str(make_header(decode_header(value)))


def addressed(field: bytes) -> tuple[str, str]:
    """Display name and address as Python's older decoder has them.

    Its newer one keeps the blank between two encoded words of a name, against RFC 2047 6.2.
    """
    name, address = parseaddr(message_from_bytes(field + b"\r\nx", policy=policy.compat32)["To"])
    return str(make_header(decode_header(name))), address


def well_folded(field: bytes, limit: int = 78) -> None:
    assert field.endswith(b"\r\n")
    lines = field[:-2].split(b"\r\n")
    assert all(len(line) <= limit for line in lines)
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])
    assert lines[0].partition(b":")[2].strip() or len(lines) == 1
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)
    for word in re.findall(rb"=\?\S*\?=", field):
        assert len(word) <= 75


def subject_of(length: int) -> str:
    start = f"Twenty years on: an open letter about the river, to the member for {length} "
    names = ", ".join(RIDINGS * 5)
    return (start + names)[:length].rstrip()


@pytest.mark.parametrize("length", range(60, 201))
def test_a_subject_of_any_length_decodes_exactly(length):
    subject = subject_of(length)

    field = headers.unstructured("Subject", subject)

    assert str(parsed(field, "Subject")) == subject
    assert legacy(field) == subject
    assert headers.decoded(field) == subject
    well_folded(field)


@given(VALUES)
def test_any_subject_decodes_exactly_and_adds_no_header(value):
    field = headers.unstructured("Subject", value)

    assert headers.decoded(field) == value
    read = legacy(field) if b"=?" in field else str(parsed(field, "Subject"))
    assert read == value
    well_folded(field)
    assert field.isascii()


def test_an_encoded_word_in_a_value_is_only_text():
    field = headers.unstructured("Subject", INJECTION)

    assert str(parsed(field, "Subject")) == INJECTION
    assert b"Bcc" not in field
    assert b"evil" not in field


def test_an_encoded_word_split_over_two_words_of_a_value_is_only_text():
    for value in ("a =?utf-8?q?b?= c", "=?utf-8?b?YQ==?=", "x =? y", "=?iso-8859-1?q?=0A?="):
        field = headers.unstructured("Subject", value)

        assert str(parsed(field, "Subject")) == value


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_is_refused_in_every_header(control):
    for text in (f"a{control}b", f"é{control}b", control, f"=?utf-8?q?{control}?="):
        for write in (
            lambda text: headers.unstructured("Subject", text),
            lambda text: headers.verbatim("X-Campaign", text),
            lambda text: headers.mailbox("To", text, "a@parl.example"),
            lambda text: headers.mailbox("To", "A", f"a{text}@parl.example"),
            lambda text: headers.parameter("filename", text),
        ):
            with pytest.raises(HeaderError, match=f"U\\+{ord(control):04X}"):
                write(text)


def test_line_breaks_are_replaced_by_blanks_before_a_value_is_a_header():
    assert headers.allows("a\r\nb")
    assert not headers.allows("a\x00b")


NAMES = (
    "Ann Lee",
    "J. Smith",
    'Ann "The Voice" Lee',
    "Lee, Ann",
    "Ann (Gander) Lee",
    "Ann; Lee",
    "Ann \\ Lee",
    "Ann <ann@evil.example>",
    "ann@evil.example",
    "Tom <b>&",
    "Renée Łukasz",
    "Hélène Laverdure",
    "The Honourable Ann-Marie O’Neil-Tillbrook, P.C., M.P., Member for Beau-Rivage—Châteauneuf",
    "A" * 200,
    "Ann  Lee",
    " Ann Lee ",
    "=?utf-8?q?Ann?=",
    INJECTION,
    "安 莉",
    "Ann, Lee <x>, y: z;",
    "“Ann” Lee",
    "a=b?c",
    "From: x",
    '"',
    "\\",
    ".",
    ", ".join(["Lee"] * 20),
    "🕊" * 30,
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ["ann.lee@parl.example", f"{'a' * 60}@{'b' * 60}.example"])
def test_a_name_and_an_address_decode_exactly(name, address):
    field = headers.mailbox("To", name, address)

    assert addressed(field) == (name, address)
    assert [read.addr_spec for read in parsed(field, "To").addresses] == [address]
    assert headers.decoded_mailbox(field) == (name, address)
    assert f"<{address}>".encode() in field
    well_folded(field, max(78, len(address) + 4))


@given(VALUES.filter(str.strip))
def test_any_name_leaves_exactly_one_address(name):
    field = headers.mailbox("To", name, "ann.lee@parl.example")

    assert addressed(field) == (name, "ann.lee@parl.example")
    [read] = parsed(field, "To").addresses
    assert read.addr_spec == "ann.lee@parl.example"
    well_folded(field)


def test_without_a_name_the_address_is_bare():
    field = headers.mailbox("To", "", "a@parl.example")

    assert field == b"To: a@parl.example\r\n"
    assert headers.decoded_mailbox(field) == ("", "a@parl.example")


def test_an_address_that_is_not_ascii_is_never_an_encoded_word():
    field = headers.mailbox("To", "Zoé", "zoé@xn--bcher-kva.example")

    assert "<zoé@xn--bcher-kva.example>".encode() in field


def test_a_header_with_structure_keeps_its_long_urls():
    url = f"<https://river.example/leave/{'x' * 120}>"
    field = headers.verbatim("List-Unsubscribe", f"{url}, <mailto:leave@river.example>")

    assert url.encode() in field
    assert b"=?" not in field
    well_folded(field, 998)
    assert str(parsed(field, "List-Unsubscribe")) == f"{url}, <mailto:leave@river.example>"


def test_a_header_of_the_campaigns_own_may_hold_accents():
    field = headers.verbatim("X-Campaign", "rivière " * 20)

    assert legacy(field) == "rivière " * 20
    well_folded(field)


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        'a "quoted" \\ name.pdf',
        "a;b=c.pdf",
        "Rapport sur la rivière.pdf",
        "x" * 120 + ".pdf",
        "é" * 100 + ".pdf",
        "100 %.pdf",
        "it's.pdf",
        "🕊" * 40,
        "%41%42.pdf",
    ],
)
def test_a_file_name_decodes_exactly(name):
    parts = headers.parameter("filename", name)
    lines = ";\r\n ".join(["Content-Disposition: attachment", *parts])

    message = message_from_bytes(f"{lines}\r\n\r\nx".encode(), policy=policy.default)

    assert message.get_filename() == name
    assert max(map(len, lines.split("\r\n"))) <= 78
    assert lines.isascii()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
def test_every_section_of_a_file_name_decodes_alone(name):
    parts = headers.parameter("filename", name)

    if len(parts) > 1:
        head, *rest = [part.partition("*=")[2] for part in parts]
        decoded = [unquote(text, errors="strict") for text in (head.removeprefix("utf-8''"), *rest)]
        assert "".join(decoded) == name
    lines = ";\r\n ".join(["Content-Disposition: attachment", *parts])
    message = message_from_bytes(f"{lines}\r\n\r\n".encode(), policy=policy.default)
    assert message.get_filename() == name.strip()  # Python strips what it has decoded
    assert max(map(len, lines.split("\r\n"))) <= 78


@pytest.mark.parametrize(
    "name",
    [
        "Institut montréalais d’études sur le génocide et les droits de la personne (MIGS)",
        "LGen The Honourable (Ret’d) Roméo A. Example, C.C., C.M.M., G.O.Q., M.S.C., C.D., Senator",
        "É " + "(a.b) " * 30 + "É",
    ],
)
def test_a_long_name_reads_back_exactly_in_pythons_newer_parser_too(name):
    field = headers.mailbox("To", name, "a@example.org")

    parsed = message_from_bytes(field + b"\r\n", policy=policy.default)["to"].addresses[0]

    assert (parsed.display_name, parsed.addr_spec) == (name, "a@example.org")
    assert headers.decoded_mailbox(field) == (name, "a@example.org")
