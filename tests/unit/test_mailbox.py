"""Mailboxes as people type them: read right, or refused in words."""
# ruff: noqa: RUF001 (typographic quotation marks are what is tested)

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.mailbox import (
    AddressError,
    Mailbox,
    folded,
    identity_of,
    is_reserved,
    parse,
    u_labels,
)

WRITTEN = [
    "ann.lee@parl.example",
    "  ann.lee@parl.example ",
    "\u00a0ann.lee@parl.example\u202f",
    "ann.\u200blee@parl.\ufeffexample",
    "ann.lee@parl.exam\u00adple",
    "ann.lee@PARL.Example",
    "<ann.lee@parl.example>",
    "mailto:ann.lee@parl.example",
    "MAILTO:ann.lee@parl.example?subject=Hello%20there",
    "mailto:ann%2Elee%40parl.example",
    "“ann.lee@parl.example”",
    "‘ann.lee@parl.example’",
    '"ann.lee@parl.example"',
    "'ann.lee@parl.example'",
    "'ann.lee@parl.example",
    "«\u00a0ann.lee@parl.example\u00a0»",
    "ann.lee@parl.example;",
    "'ann.lee@parl.example' <ann.lee@parl.example>",
    "<mailto:ann.lee@parl.example>",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_one_address_is_read_from_what_people_paste(text):
    assert parse(text) == Mailbox(name="", local="ann.lee", domain="parl.example")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Lee <ann@parl.example>", "Ann Lee"),
        ('"Lee, Ann" <ann@parl.example>', "Lee, Ann"),
        (r'"Ann \"Annie\" Lee" <ann@parl.example>', 'Ann "Annie" Lee'),
        ("“Ann Lee” <ann@parl.example>", "Ann Lee"),
        ("Rene\u0301e Łukasz <ann@parl.example>", "Ren\u00e9e Łukasz"),
    ],
)
def test_a_display_name_beside_the_address_is_read(text, name):
    assert parse(text) == Mailbox(name, "ann", "parl.example")


def test_a_given_name_goes_before_the_one_written_there():
    assert parse("A. Lee <ann@parl.example>", name="Ann Lee").name == "Ann Lee"


def test_a_given_name_with_angle_brackets_never_becomes_an_address():
    mailbox = parse("tom@parl.example", name="Tom <b>&")

    assert mailbox == Mailbox("Tom <b>&", "tom", "parl.example")


def test_a_name_is_trimmed_composed_and_free_of_what_nobody_sees():
    assert (
        parse("a@b.example", name=" Rene\u0301e\u00a0O’Toole\u200b ").name == "Ren\u00e9e O’Toole"
    )


@pytest.mark.parametrize(
    "name", ["Eve\nBCC: victim@y.example", "E\rve", "E\0ve", "E\ud800", "a\u2028b"]
)
def test_a_name_with_a_control_is_refused(name):
    with pytest.raises(AddressError, match="line break or a control"):
        parse("eve@parl.example", name=name)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("<>", "empty"),
        ("mailto:", "empty"),
        ("not-an-address", "no @"),
        ("ann at parl dot example", "no @"),
        ("@parl.example", "nothing stands before the @"),
        ("ann@", "nothing stands after the @"),
        ("ann@@parl.example", "more than one @"),
        ("ann @parl.example", "space inside"),
        ("ann\u00a0lee@parl.example", "space inside"),
        ("ann@parl.example (Ann Lee)", "space inside"),
        ('"ann lee"@parl.example', "space inside"),
        ('"ann"@parl.example', "quotation mark"),
        ("ann@parl", "should have a period"),
        ("ann@parl..example", "two periods"),
        ("ann@parl.example.", "end with a period"),
        (".ann@parl.example", "start with a period"),
        ("ann..lee@parl.example", "two periods"),
        ("ann@192.0.2.1", "top-level domain"),
        ("ann@[192.0.2.1]", "bracketed IP"),
        ("ann@parl_office.example", "invalid characters"),
        ("ann@-parl.example", "hyphen"),
        ("ann@xn--zzzz.example", "IDNA"),
        ("ann@parl.example\n", "line break or a control"),
        ("ann@parl\r.example", "line break or a control"),
        ("an\x00n@parl.example", "line break or a control"),
        ("\ud800@parl.example", "line break or a control"),
        ("mailto:ann%0a@parl.example", "line break or a control"),
        ("a" * 65 + "@parl.example", "64 characters"),
        ("é" * 33 + "@parl.example", "64 characters"),
        ("a@" + ".".join(["b" * 61] * 4) + ".example", "254 characters"),
        ("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example", "254 characters"),
        ("a@" + "b" * 64 + ".example", "so many characters"),
        ("a" * 5000, "5,000 characters long"),
        ("=HYPERLINK(ann)", "no @"),
    ],
)
def test_what_is_not_an_address_is_refused_saying_why(text, why):
    with pytest.raises(AddressError) as refused:
        parse(text)

    assert why in refused.value.reason
    assert str(refused.value).startswith("“")


@pytest.mark.parametrize(
    "text",
    [
        "clarkek@parliament.example; suggd@parliament.example",
        "clarkek@parliament.example, suggd@parliament.example",
        "clarkek@parliament.example suggd@parliament.example",
        "clarkek@parliament.example\nsuggd@parliament.example",
        "clarkek@parliament.example / suggd@parliament.example",
        "mailto:clarkek@parliament.example,suggd@parliament.example",
        "K <clarkek@parliament.example>; S <suggd@parliament.example>",
        "'clarkek@parliament.example' <suggd@parliament.example>",
    ],
)
def test_two_addresses_in_one_text_are_refused_naming_both(text):
    with pytest.raises(AddressError) as refused:
        parse(text)

    assert "two addresses" in refused.value.reason
    assert "clarkek@parliament.example" in refused.value.reason
    assert "suggd@parliament.example" in refused.value.reason


def test_a_refusal_shows_controls_and_cuts_what_is_long():
    with pytest.raises(AddressError) as refused:
        parse("\x1b[2J" + "x" * 300)

    assert "\x1b" not in str(refused.value)
    assert r"\x1b[2J" in str(refused.value)
    assert len(str(refused.value)) < 160


@pytest.mark.parametrize("top", ["example", "test", "invalid", "localhost"])
@pytest.mark.parametrize("stem", ["ann@parl", "zoë@parl", "ann@bücher"])
def test_reserved_names_are_addresses_all_the_same(stem, top):
    assert parse(f"{stem}.{top}").domain.endswith(f".{top}")


def test_localhost_needs_no_dot():
    assert parse("ann@localhost").address == "ann@localhost"


def test_an_international_domain_travels_as_a_labels():
    mailbox = parse("Ann@BÜCHER.example")

    assert mailbox.address == "Ann@xn--bcher-kva.example"
    assert mailbox == parse("Ann@bu\u0308cher.example")
    assert mailbox == parse("Ann@XN--Bcher-kva.example")


def test_a_local_part_that_is_not_ascii_stays_as_typed():
    assert parse("zoë@parl.example").address == "zoë@parl.example"


@pytest.mark.parametrize(
    "one", ["Ann.LEE@parl.example", "ann.lee@PARL.example", " ANN.lee@parl.EXAMPLE"]
)
def test_identity_ignores_case(one):
    assert parse(one).identity == "ann.lee@parl.example"


def test_the_envelope_keeps_the_local_part_as_typed():
    assert parse("MH.Gaudreau@Parl.example").address == "MH.Gaudreau@parl.example"


def test_identity_ignores_how_accents_are_composed():
    assert parse("ZOE\u0308@parl.example").identity == parse("zo\u00eb@parl.example").identity


ADDRESSES = st.builds(
    "{}@{}.{}".format,
    st.from_regex(r"\A[A-Za-z0-9!#$%&*+/=?^_{|}~-]{1,20}(\.[A-Za-z0-9]{1,9})?\Z"),
    st.from_regex(r"\A[A-Za-z0-9]{1,20}(\.[A-Za-z0-9]{1,9})?\Z"),
    st.sampled_from(["example", "org", "TEST", "qc.ca"]),
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.text("ab@.;,<>\"' \n:é\u200b", max_size=20)), st.text())
def test_parse_raises_nothing_but_an_address_error(text, name):
    try:
        mailbox = parse(text, name)
    except AddressError:
        return
    assert mailbox.address.count("@") == 1
    assert parse(mailbox.address) == Mailbox("", mailbox.local, mailbox.domain)


@settings(deadline=None)
@given(ADDRESSES)
def test_ordinary_addresses_keep_their_letters_and_lose_case_in_identity(address):
    mailbox = parse(address)

    assert mailbox.address.casefold() == address.casefold()
    assert mailbox.identity == parse(address.swapcase()).identity
    assert parse(mailbox.identity).identity == mailbox.identity


@settings(deadline=None)
@given(ADDRESSES)
def test_email_validator_agrees_with_the_quick_way(address):
    from email_validator import EmailNotValidError, validate_email

    try:
        theirs = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        pytest.fail(f"{address} was taken by us alone")
    assert parse(address).domain == theirs.ascii_domain


@settings(deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    "domain",
    [
        "parl.example", "example", "x.test", "x.invalid", "localhost", "a.localhost", "EXAMPLE.com",
        "mail.example.org", "example.net.", "sen.parl.example",
    ],
)  # fmt: skip
def test_reserved_domains_are_known(domain):
    assert is_reserved(domain)


@pytest.mark.parametrize(
    "domain", ["parl.gc.ca", "notexample.com", "example.ca", "test.org", "contest"]
)
def test_other_domains_are_not_reserved(domain):
    assert not is_reserved(domain)


def test_ordinary_addresses_import_no_validator():
    script = (
        "import sys; from letters.mailbox import parse; parse('Ann <ann@parl.example>');"
        "assert 'email_validator' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "typed",
    [
        "Anne@québec.example",
        "anne@QUÉBEC.Example",
        "anne@que\u0301bec.example",
        "anne@xn--qubec-csa.example",
        "anne@XN--Qubec-CSA.EXAMPLE",
    ],
)
def test_a_typed_address_is_one_mailbox_however_its_domain_is_written(typed):
    assert identity_of(typed) == parse("anne@québec.example").identity


@settings(deadline=None)
@given(ADDRESSES)
def test_what_is_an_address_has_one_identity(address):
    assert identity_of(address) == parse(address).identity


@settings(deadline=None)
@given(st.one_of(st.text(), st.text("ab@.-xn\udcff é", max_size=20)))
def test_what_is_no_address_has_an_identity_that_can_be_written_down(text):
    identity_of(text).encode()  # raises where half a surrogate pair is left


def test_a_local_part_keeps_its_letters_in_an_identity():
    assert identity_of("xn--qubec-csa@parl.example") == "xn--qubec-csa@parl.example"
    assert identity_of("hélène@parl.example") == "hélène@parl.example"


@pytest.mark.parametrize("domain", ["québec.example", "parl.example", "straße.example"])
def test_a_domain_is_shown_as_people_write_it(domain):
    assert u_labels(parse(f"anne@{domain}").domain) == domain


@pytest.mark.parametrize("domain", ["xn--99999999.example", "xn--é.example", "xn--\udcff"])
def test_a_label_that_stands_for_nothing_is_shown_as_it_is(domain):
    assert u_labels(domain) == domain
