"""What the closest other program gets wrong (mailmerge 2.3.0, as measured), done right."""

import re
import ssl
from email import message_from_bytes, policy

import pytest
import trustme

from letters.journal.types import State
from tests.acceptance.desk import COLUMNS, address, desk, recipient, row, rows, taken, until, url
from tests.relay import Fault, Relay


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", 4, connections=1)


def parsed(content):
    return message_from_bytes(content, policy=policy.default)


def test_many_messages_share_a_connection_and_each_has_its_own_message_id(office):
    office.write_list(rows(60))
    with Relay() as relay:
        office.send(relay)
        assert relay.connections == 1
        assert len(relay.accepted) == 60
        assert len({accepted.message_id for accepted in relay.accepted} - {""}) == 60
        # A relay far away costs each letter three commands' waiting, and the run one greeting.
        assert len(relay.commands) == 60 * 3 + len(["EHLO", "QUIT"])


def test_a_greylisted_recipient_waits_and_everybody_else_is_written_to(office):
    with Relay(Fault("rcpt", "450 4.2.0 greylisted", recipient=address(2), times=1)) as relay:
        done = office.send(relay, "--wait", "0 s", code=75)
        assert set(taken(relay)) == {address(1), address(3), address(4)}
        assert "1 deferred" in done.stdout
        assert f"<{address(2)}>: 450 4.2.0 greylisted; due " in done.stdout


def test_an_unknown_recipient_is_rejected_alone_and_never_asked_again(office):
    with Relay(Fault("rcpt", "550 5.1.1 no such user", recipient=address(2))) as relay:
        done = office.send(relay, code=1)
        assert set(taken(relay)) == {address(1), address(3), address(4)}
        assert f"<{address(2)}>: 550 5.1.1 no such user" in done.stdout
        again = office.send(relay, code=1)
        assert "0 to send · 3 already sent" in again.stdout
        assert sum(address(2) in command for command in relay.commands) == 1


def test_killed_in_the_middle_and_run_again_nobody_gets_the_letter_twice(office):
    fault = Fault("mail", "hang", nth=4, times=1)
    with Relay(fault) as relay:
        named = ("send", "--yes", "--relay", url(relay))
        started = office.start(*named)
        until(lambda: relay.faults[fault], "three letters are taken")
        until(lambda: office.states()[address(3)] is State.SENT, "the third verdict is written")
        started.kill()
        started.communicate()
        office.send(relay)
        assert {to: len(contents) for to, contents in taken(relay).items()} == {
            address(number): 1 for number in range(1, 5)
        }


def test_one_address_on_three_rows_is_a_problem_that_names_the_rows(office):
    other = {"riding": "Elsewhere"}
    office.write_list([row(1), row(1, email="M001@Parl.Example", **other), row(2), row(1, **other)])
    with Relay() as relay:
        refused = office.send(relay, code=65)
        assert relay.connections == 0
        assert "row 3" in refused.stderr
        assert "row 5" in refused.stderr
        office.send(relay, "--same-address", "first")
        assert {to: len(contents) for to, contents in taken(relay).items()} == {
            address(1): 1,
            address(2): 1,
        }


def written(office, *lines):
    text = "\n".join([",".join(COLUMNS), "m001@parl.example,Ann Lee,mp,f,en,Gander", *lines])
    (office.folder / "recipients.csv").write_text(f"{text}\n", "utf-8")


BAD_ROWS = {
    "a-row-too-short": ("m002@parl.example,Bob Ray,mp,m", "row 3"),
    "an-empty-name": ("m002@parl.example,,mp,m,en,Gander", "name"),
    "not-an-address": ("not-an-address,Bob Ray,mp,m,en,Gander", "not-an-address"),
    "a-header-in-a-cell": (
        'm002@parl.example,Bob Ray,mp,m,en,"Eve\nBCC: victim@y.example\n\nSpam"',
        "",
    ),
}


@pytest.mark.parametrize("case", ["a-row-too-short", "an-empty-name", "not-an-address"])
def test_a_row_that_cannot_become_a_letter_stops_the_batch_and_is_named(office, case):
    line, named = BAD_ROWS[case]
    written(office, line)
    with Relay() as relay:
        refused = office.send(relay, code=65)
        assert relay.connections == 0
        assert "recipients.csv, row 3" in refused.stderr
        assert named in refused.stderr


def test_no_letter_addresses_its_recipient_as_none_or_with_a_blank(office):
    office.edit("letter.en.md.j2", "{{ recipient.salutation }}", "Dear {{ recipient.last_name }},")
    written(office, "m002@parl.example,,mp,m,en,Gander")
    with Relay() as relay:
        office.send(relay, code=65)
        written(office)
        office.send(relay)
        (accepted,) = relay.accepted
        assert "Dear Lee," in parsed(accepted.content).get_body(("plain",)).get_content()


def test_a_row_without_an_address_is_not_mailable_and_not_sent_to_the_relay(office):
    written(office, ",Bob Ray,mp,m,en,Gander")
    with Relay() as relay:
        done = office.send(relay)
        assert "1 not mailable" in done.stdout
        assert not any("<>" in command for command in relay.commands)
        assert len(relay.accepted) == 1


def test_a_line_break_in_a_cell_makes_no_header(office):
    written(office, BAD_ROWS["a-header-in-a-cell"][0])
    with Relay() as relay:
        office.send(relay, code=None)
        assert not any("victim" in command for command in relay.commands)
        for accepted in relay.accepted:
            message = parsed(accepted.content)
            assert message["Bcc"] is None
            assert message["To"].addresses[0].addr_spec == accepted.recipients[0]
            assert "\n" not in message["Subject"]


def test_a_relay_with_an_untrusted_certificate_gets_no_recipient(office):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Relay(tls=context, login=("me", "right")) as relay:
        named = ("send", "--yes", "--relay", f"smtp://me@127.0.0.1:{relay.port}")
        refused = office.run(*named, code=77, LETTERS_RELAY_PASSWORD="right")
        assert "certificate" in refused.stderr
        assert [said.split()[0] for said in relay.commands] == ["EHLO", "STARTTLS"]


NAMES = ("Tom <b>&", "Renée Łukasz", 'Ann "Nan" Lee, P.C.', "Böb (the) Ray <x@y.example>")


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_name_holds_the_letter_goes_to_the_address_in_the_list(office, name):
    office.edit("letter.en.md.j2", "{{ recipient.salutation }}", "Dear {{ recipient.name }},")
    office.write_list([row(1, name=name, riding="St. John's <b>& Co")])
    with Relay() as relay:
        office.send(relay)
        (accepted,) = relay.accepted
        assert accepted.recipients == [address(1)]
        assert recipient(accepted.content) == address(1)  # outside of any encoded word
        message = parsed(accepted.content)
        (to,) = message["To"].addresses
        assert (to.display_name, to.addr_spec) == (name, address(1))
        html = message.get_body(("html",)).get_content()
        assert "<b>&" not in html
        assert "St. John's &lt;b&gt;&amp; Co" in re.sub("&#(39|x27);", "'", html)


def test_a_list_saved_by_excel_is_read_and_its_form_is_printed(office):
    text = f"{','.join(COLUMNS)}\r\nm001@parl.example,Hélène Côté,mp,f,en,Île-Perrot\r\n"
    (office.folder / "recipients.csv").write_bytes(text.encode("cp1252"))
    with Relay() as relay:
        done = office.send(relay)
        assert "1252" in done.stdout
        (to,) = parsed(relay.accepted[0].content)["To"].addresses
        assert to.display_name == "Hélène Côté"


def test_every_row_is_written_before_the_first_is_sent(office):
    branch = "{% if recipient.riding == 'Oak Bay' %}{{ recipient.no_such_column }}{% endif %}"
    office.edit("letter.en.md.j2", "is ill.", f"is ill. {branch}")
    office.write_list([*rows(3), row(4, riding="Oak Bay")])
    dry = office.run("send", "--dry-run", code=65)
    assert "row 5" in dry.stderr
    assert "no_such_column" in dry.stderr
    with Relay() as relay:
        office.send(relay, code=65)
        assert relay.connections == 0


def test_the_plain_text_is_text_and_the_html_is_laid_out(office):
    with Relay() as relay:
        office.send(relay)
        message = parsed(relay.accepted[0].content)
        text = message.get_body(("plain",)).get_content()
        assert "**" not in text
        assert "](" not in text
        assert "our report <https://river.example/report>" in text
        html = message.get_body(("html",)).get_content()
        assert "<strong>" in html
        assert 'style="' in html
