"""What a letter says to a relay, before any relay is there."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from letters.message.message import Envelope, Message, Plate
from letters.transport.smtp.commands import Commands, data, dot_stuffed, xtext
from letters.verdict import Concern, Outcome, Verdict


def a_message(
    recipient="paul@parl.example",
    message_id="<4xk2@migs.example>",
    head=b"To: x\r\n",
    fillings=(),
    pieces=(b"\r\nHello.\r\n",),
    tail=b"",
):
    return Message(
        envelope=Envelope("letters@migs.example", recipient),
        identity=recipient,
        name="Paul",
        subject="Never again",
        message_id=message_id,
        sha256="0" * 64,
        head=head,
        fillings=fillings,
        plate=Plate(pieces, tail),
    ).dated(datetime(2014, 1, 9, 9, tzinfo=UTC))


def lines(message, offers=(), **options):
    return Commands(dict.fromkeys(offers, "") | options.pop("more", {}), **options).envelope(
        message
    )


def test_an_envelope_says_what_every_relay_knows():
    assert lines(a_message()) == (
        b"MAIL FROM:<letters@migs.example>\r\n",
        b"RCPT TO:<paul@parl.example>\r\n",
        b"DATA\r\n",
    )


def test_size_and_smtputf8_are_said_where_offered_and_needed():
    message = a_message("hélène@parl.example")

    mail, rcpt, _ = lines(message, ["size", "smtputf8"])

    assert mail == f"MAIL FROM:<letters@migs.example> SIZE={message.size} SMTPUTF8\r\n".encode()
    assert rcpt == "RCPT TO:<hélène@parl.example>\r\n".encode()


def test_reports_are_asked_for_where_offered_and_wanted():
    message = a_message("o+f=x@parl.example", "<a=b+c@migs.example>")

    mail, rcpt, _ = lines(message, ["dsn"], dsn=True)

    assert mail == b"MAIL FROM:<letters@migs.example> RET=HDRS ENVID=a+3Db+2Bc@migs.example\r\n"
    assert rcpt == (
        b"RCPT TO:<o+f=x@parl.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;o+2Bf+3Dx@parl.example\r\n"
    )


@pytest.mark.parametrize(("offers", "wanted"), [([], True), (["dsn"], False)])
def test_reports_are_not_asked_for_elsewhere(offers, wanted):
    assert lines(a_message(), offers, dsn=wanted) == lines(a_message())


def test_what_a_report_cannot_carry_is_left_out():
    message = a_message("hélène@parl.example", f"<{'a' * 101}@migs.example>")

    mail, rcpt, _ = lines(message, ["dsn", "smtputf8"], dsn=True)

    assert b"ENVID" not in mail
    assert b"ORCPT" not in rcpt
    assert b"NOTIFY=FAILURE,DELAY" in rcpt


@given(st.text(max_size=40))
def test_xtext_is_graphic_ascii_and_can_be_read_back(text):
    coded = xtext(text)

    first, *rest = coded.split(b"+")
    back = first + b"".join(bytes.fromhex(part[:2].decode()) + part[2:] for part in rest)
    assert back == text.encode()
    assert all(33 <= octet <= 126 and octet != ord("=") for octet in coded)


@pytest.mark.parametrize("limit", ["0", "", "many", "9" * 5000])
def test_a_size_that_is_no_limit_limits_nothing(limit):
    assert not isinstance(lines(a_message(), more={"size": limit}), Verdict)


def test_a_letter_larger_than_the_limit_is_no_relays_matter():
    size = a_message().size

    verdict = lines(a_message(), more={"size": str(size - 1)})

    assert not isinstance(lines(a_message(), more={"size": str(size)}), Verdict)

    assert (verdict.outcome, verdict.concern) == (Outcome.REJECTED, Concern.MESSAGE)


# Data

part = st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\n", b"x", b"\r\n.", b""]), max_size=5)
parts = st.lists(part.map(b"".join), min_size=1, max_size=4)


@given(part.map(b"".join), parts, part.map(b"".join))
@example(b"x\r\n", [b".", b""], b"")
@example(b"x\r\n", [b"", b".\r\n"], b"")
def test_no_line_of_the_data_is_the_dot_but_the_last_and_the_relay_reads_the_content(
    head, pieces, tail
):
    message = a_message(
        head=head, pieces=tuple(pieces), fillings=(b"",) * (len(pieces) - 1), tail=tail
    )

    content, end = data(message)

    lines = (content + end).split(b"\r\n")
    assert lines.index(b".") == len(lines) - 2
    ended = message.content.endswith(b"\r\n")
    read = b"\r\n".join(line.removeprefix(b".") for line in lines[:-2]) + b"\r\n"
    assert read == message.content + (b"" if ended else b"\r\n")


@given(parts, parts)
def test_a_dot_where_a_filling_meets_a_piece_is_seen(fillings, pieces):
    pieces = [*pieces, *[b"\r\n"] * (len(fillings) + 1)][: len(fillings) + 1]
    message = a_message(fillings=tuple(fillings), pieces=tuple(pieces))

    assert data(message)[0] == dot_stuffed(message.content)


def test_a_letter_without_a_date_has_no_data():
    undated = structs.replace(a_message(), date=None)

    with pytest.raises(ValueError, match="date"):
        data(undated)
