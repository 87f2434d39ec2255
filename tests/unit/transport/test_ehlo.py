"""The name in EHLO: what is one, and what stands in for this machine's when it has none."""

import pytest

from letters.transport.smtp.ehlo import check_ehlo_name, public_name


@pytest.mark.parametrize(
    "name",
    ["mail.example.org", "MX-1.Example.ORG", "xn--qubec-csa.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"],
)  # fmt: skip
def test_a_full_name_or_an_address_is_a_name_for_ehlo(name):
    check_ehlo_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "laptop", "laptop.", "-a.example.org", "a_b.example.org", "192.0.2.1", "[192.0.2.999]",
        "[2001:db8::1]", "[IPv6:192.0.2.1]", "a.example.org\r\nRSET", "a b.example.org", "québec.example.org",
        ".".join(["label"] * 50),
    ],
)  # fmt: skip
def test_anything_else_is_none_and_the_error_shows_the_right_form(name):
    with pytest.raises(ValueError, match=r"mail\.example\.org"):
        check_ehlo_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "localhost", "localhost.localdomain", "jo-laptop", "jo-laptop.local", "pc.fritz.box.lan",
        "ip-10-0-0-5.ec2.internal", "1.0.0.127.in-addr.arpa", "router.home.arpa", "192.0.2.1", "",
    ],
)  # fmt: skip
def test_a_name_of_one_network_is_not_told(name):
    assert public_name(name) == ""


def test_a_full_name_is_told():
    assert public_name("mail.example.org") == "mail.example.org"
