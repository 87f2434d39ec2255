"""SMTP against a scripted relay: every fault has one right answer, and bytes arrive as sealed."""

import asyncio
import base64
import contextlib
import dataclasses
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import trustme
from aiosmtpd.controller import Controller

from letters.errors import ConfigurationError, Parked, RelayRefused, RelayUnavailable, TooFast
from letters.message.message import Envelope, Message, Plate
from letters.transport.open import open_transport
from letters.transport.smtp.protocol import Timeouts
from letters.transport.url import parse_relay
from letters.verdict import Concern, Outcome
from tests import relay as scripted
from tests.relay import Fault, Relay, read_record

RELAY_FILE = scripted.__file__

PATIENT = Timeouts(connect=9, greeting=9, mail=9, rcpt=9, data=9, block=9, dot=9, quit=9)
QUICK = Timeouts(
    connect=9, greeting=0.2, mail=0.2, rcpt=0.2, data=0.2, block=0.5, dot=0.2, quit=0.2
)
LOGIN = ("letters@migs.example", "correct horse")
SENT, LATER, NO, DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY


def a_message(name="paul", body=b"Hello.\r\n", sender="letters@migs.example"):
    return Message(
        envelope=Envelope(sender, f"{name}@parl.example"),
        identity=f"{name}@parl.example",
        name=name,
        subject="Never again",
        message_id=f"<{name.encode().hex()}@migs.example>",
        sha256="0" * 64,
        head=f"Message-ID: <{name.encode().hex()}@migs.example>\r\n".encode(),
        fillings=(),
        plate=Plate((b"Subject: Never again\r\n\r\n" + body,)),
    ).dated(datetime(2014, 1, 9, 9, tzinfo=UTC))


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def transport_to(relay, scheme="smtp+plain", login="", *, hangs=False, **options):
    timeouts = QUICK if hangs else PATIENT
    url = f"{scheme}://{login}127.0.0.1:{relay.port}"
    return open_transport(url, timeouts=timeouts, **options)


async def one(connection, message):
    return await connection.offer(message) or await connection.hand_over(message)


def hand_over(transport, *messages):
    """Each message's verdict, over one connection after the other, opened when the last has closed."""

    async def run():
        connection, verdicts = None, []
        for message in messages:
            if connection is None or connection.closed:
                connection = await reopened(connection, transport)
            verdicts.append(await one(connection, message))
        await connection.aclose()
        return verdicts

    return asyncio.run(run())


async def reopened(connection, transport):
    if connection:
        await connection.aclose()
    return await transport.open()


def outcomes(verdicts):
    return [(verdict.outcome, verdict.concern) for verdict in verdicts]


# The name in EHLO


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """What this machine's full name is; at first it has none."""
    machine = {"name": "laptop"}
    monkeypatch.setattr(socket, "getfqdn", lambda _name="": machine["name"])
    return machine


@pytest.mark.parametrize(
    ("name", "domain", "chosen", "told"),
    [
        ("mail.example.org", "example.net", "", "mail.example.org"),
        ("laptop", "example.net", "", "example.net"),
        ("localhost.localdomain", "example.net", "", "example.net"),
        ("laptop", "localhost", "", "[127.0.0.1]"),
        ("laptop", "", "", "[127.0.0.1]"),
        ("mail.example.org", "example.net", "relay.example.com", "relay.example.com"),
        ("mail.example.org", "example.net", "[192.0.2.1]", "[192.0.2.1]"),
    ],
)
def test_the_best_full_name_is_told_and_a_chosen_one_before_all(
    machine, name, domain, chosen, told
):
    machine["name"] = name
    with Relay() as relay:
        hand_over(transport_to(relay, domain=domain, ehlo_name=chosen), a_message())

    assert relay.commands[0] == f"EHLO {told}"


def test_a_name_that_is_none_is_refused_before_anything_is_opened():
    with pytest.raises(ConfigurationError, match=r"'laptop' .* mail\.example\.org"):
        open_transport("smtp+plain://127.0.0.1:1", ehlo_name="laptop")


def test_a_relay_that_refuses_the_name_names_the_setting():
    said = "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname"
    for refusal in (said, said.replace("504", "450").replace("5.5.2", "4.7.1")):
        with (
            Relay(Fault("ehlo", refusal)) as relay,
            pytest.raises(RelayUnavailable if refusal[0] == "4" else RelayRefused) as refused,
        ):
            hand_over(transport_to(relay), a_message())
        assert "--ehlo-name" in refused.value.hint
        assert "LETTERS_EHLO_NAME" in refused.value.hint


# The happy path


def test_letters_arrive_byte_for_byte_in_one_connection(tmp_path):
    body = b".\r\n..\r\n.css{}\r\nFrom me\r\n\r\n."[:-1] + b"\r\n"
    messages = [a_message("paul", body), a_message("irwin"), a_message("marc")]
    with Relay(record=tmp_path / "record") as relay:
        verdicts = hand_over(transport_to(relay), *messages)

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 3
    assert [taken.content for taken in relay.accepted] == [m.content for m in messages]
    assert [taken.recipients for taken in relay.accepted] == [
        [m.envelope.recipient] for m in messages
    ]
    assert read_record(tmp_path / "record") == relay.accepted
    assert relay.connections == 1
    assert relay.commands[0] == "EHLO [127.0.0.1]"
    assert relay.commands[-1] == "QUIT"


def test_a_letter_of_two_megabytes_arrives_whole():
    message = a_message(body=b"0123456789abcdef" * 4 + b"\r\n" + b".x\r\n" * 500_000)
    with Relay(size=10_000_000) as relay:
        hand_over(transport_to(relay), message)

    assert relay.accepted[0].content == message.content
    assert relay.accepted[0].parameters == f"SIZE={message.size}"


def test_a_letter_larger_than_the_relay_takes_is_refused_before_mail():
    with Relay(size=100) as relay:
        verdict, _ = hand_over(transport_to(relay), a_message(body=b"x\r\n" * 99), a_message())

    assert (verdict.outcome, verdict.concern, verdict.code) == (NO, MESSAGE, 0)
    assert "the relay takes 100" in verdict.said
    assert not any(command.startswith("MAIL") for command in relay.commands)


@pytest.mark.parametrize("size", [0, None])
def test_a_relay_without_a_limit_takes_any_size(size):
    with Relay(size=size) as relay:
        assert outcomes(hand_over(transport_to(relay), a_message())) == [(SENT, RECIPIENT)]


def test_an_address_beyond_ascii_needs_a_relay_that_takes_it():
    with Relay(smtputf8=True) as able, Relay() as unable:
        taken = hand_over(transport_to(able), a_message("hélène"), a_message())
        refused = hand_over(transport_to(unable), a_message("hélène"), a_message())

    assert outcomes(taken) == [(SENT, RECIPIENT)] * 2
    assert [letter.parameters for letter in able.accepted] == ["SMTPUTF8", ""]
    assert able.accepted[0].recipients == ["hélène@parl.example"]
    assert outcomes(refused) == [(NO, RECIPIENT), (SENT, RECIPIENT)]
    assert "SMTPUTF8" in refused[0].said


def test_a_line_break_in_an_address_reaches_no_relay():
    with Relay() as relay:
        transport = transport_to(relay)
        verdicts = hand_over(
            transport, a_message("x>\r\nRCPT TO:<victim"), a_message(sender="a@b>\r\nRSET\r\n<")
        )

    assert outcomes(verdicts) == [(NO, RECIPIENT), (NO, SENDER)]
    assert relay.commands == ["EHLO [127.0.0.1]", "QUIT"]


def test_a_server_that_is_not_ours_takes_the_same_bytes():
    class Keep:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  aiosmtpd's name
            kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
            return "250 2.0.0 kept"

    kept = []
    message = a_message(body=b".lead\r\n\r\n..\r\nend\r\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        transport = open_transport(f"smtp+plain://127.0.0.1:{port}")
        hand_over(transport, message, message)
    finally:
        controller.stop()

    assert kept == [("letters@migs.example", ["paul@parl.example"], message.content)] * 2


# TLS and AUTH


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_letter_goes_over_tls_after_a_login(scheme, server_tls, trust):
    with Relay(tls=server_tls, implicit_tls=scheme == "smtps", login=LOGIN) as relay:
        transport = transport_to(
            relay, scheme, "letters%40migs.example@", password="correct horse", tls_context=trust
        )
        verdicts = hand_over(transport, a_message(), a_message("irwin", b"x\r\n" * 100_000))

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 2
    assert relay.commands.count("AUTH") == 1
    assert ("STARTTLS" in relay.commands) == (scheme == "smtp")


@pytest.mark.parametrize("ways", ["LOGIN", "XOAUTH2 LOGIN", "PLAIN"])
def test_a_login_goes_by_a_way_that_both_know(ways):
    with Relay(login=LOGIN, auth=ways) as relay:
        transport = transport_to(relay, login="letters%40migs.example:correct%20horse@")
        assert outcomes(hand_over(transport, a_message())) == [(SENT, RECIPIENT)]


def test_a_wrong_password_is_tried_once_and_never_shown():
    with Relay(login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example@", password="hunter2")
        with pytest.raises(RelayRefused) as refused:
            hand_over(transport, a_message())

    assert "535 5.7.8 not you" in refused.value.message
    assert "LETTERS_RELAY_PASSWORD" in refused.value.hint
    assert (
        "hunter2"
        not in f"{refused.value.message} {refused.value.hint} {vars(transport)}".replace(
            "'_password': 'hunter2'", ""
        )
    )
    assert relay.commands.count("AUTH") == 1


def test_a_password_that_is_no_longer_right_is_said_once_however_many_connections_ask():
    with Relay(login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example:correct%20horse@")

        async def ask():
            connection = await transport.open()
            relay.login = (LOGIN[0], "renewed")
            for _ in range(3):
                with pytest.raises(RelayRefused, match="535"):
                    await transport.open()
            await connection.aclose()

        asyncio.run(ask())

    assert relay.commands.count("AUTH") == 2


def test_a_relay_that_echoes_the_login_does_not_bring_the_password_into_the_error():
    exchange = base64.b64encode(b"\0letters@migs.example\0hunter2").decode()
    fault = Fault("auth", f"535 5.7.8 do not say AUTH PLAIN {exchange} or hunter2 to me")
    with Relay(fault, login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example@", password="hunter2")
        with pytest.raises(RelayRefused) as refused:
            hand_over(transport, a_message())

    assert "do not say AUTH PLAIN […] or […] to me" in refused.value.message


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("454 4.7.0 Too many login attempts", RelayUnavailable),
        ("451 Authentication failed: Maximum credits exceeded", Parked),
        ("421 4.7.0 try again later", RelayUnavailable),
        ("535 5.7.139 disabled", RelayRefused),
        ("550 5.7.30 Basic authentication is not supported", RelayRefused),
    ],
)
def test_a_refused_login_is_told_apart_from_one_to_try_later(reply, error):
    with Relay(Fault("auth", reply), login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example@", password="x")
        with pytest.raises(error, match=reply[:3]):
            hand_over(transport, a_message())


@pytest.mark.parametrize(
    ("phase", "reply", "haste"),
    [
        ("banner", "421 4.7.0 Error: too many connections from 192.0.2.1", True),
        ("banner", "421 4.3.2 closing", False),
        ("ehlo", "450 4.7.1 slow down", True),
        ("auth", "454 4.7.0 Too many login attempts", True),
        ("auth", "421 4.7.0 try again later", True),
        ("auth", "432 4.7.12 a password transition is needed", True),
        ("auth", "451 4.3.0 the directory of users is down", False),
    ],
)
def test_a_relay_that_finds_us_too_hasty_is_told_apart_from_one_in_trouble(phase, reply, haste):
    with Relay(Fault(phase, reply), login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example@", password="x")
        with pytest.raises(RelayUnavailable, match=reply[:3]) as unavailable:
            hand_over(transport, a_message())

    assert isinstance(unavailable.value, TooFast) is haste


def test_a_missing_password_is_said_before_anybody_is_called():
    with Relay(login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example@")
        with pytest.raises(RelayRefused, match=r"needs a password for letters@migs\.example"):
            hand_over(transport, a_message())

    assert relay.connections == 0


def test_a_relay_without_logins_is_told_apart_from_a_wrong_password():
    with Relay() as relay:
        transport = transport_to(relay, login="me:secret@")
        with pytest.raises(RelayRefused, match="no login"):
            hand_over(transport, a_message())


def test_a_relay_that_wants_a_login_is_the_senders_matter():
    with Relay(login=LOGIN) as relay:
        (verdict,) = hand_over(transport_to(relay), a_message())

    assert (verdict.outcome, verdict.concern, verdict.code) == (NO, SENDER, 530)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_untrusted_certificate_stops_before_the_login(scheme, server_tls):
    with Relay(tls=server_tls, implicit_tls=scheme == "smtps", login=LOGIN) as relay:
        transport = transport_to(relay, scheme, "me:secret@")
        with pytest.raises(RelayRefused, match="not trusted") as refused:
            hand_over(transport, a_message())

    assert "SSL_CERT_FILE" in refused.value.hint
    assert "AUTH" not in relay.commands


def other_certificate(authority, *names, **options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


def test_a_certificate_of_another_host_is_refused(authority, trust):
    with (
        Relay(tls=other_certificate(authority, "mail.example.org")) as relay,
        pytest.raises(RelayRefused, match="is for another"),
    ):
        hand_over(transport_to(relay, "smtp", tls_context=trust), a_message())


def test_an_expired_certificate_is_refused(authority, trust):
    past = datetime(2014, 1, 9, tzinfo=UTC)
    with (
        Relay(tls=other_certificate(authority, "127.0.0.1", not_after=past)) as relay,
        pytest.raises(RelayRefused, match="expired") as refused,
    ):
        hand_over(transport_to(relay, "smtp", tls_context=trust), a_message())

    assert "clock" in refused.value.hint


def test_a_relay_without_starttls_gets_nothing_in_the_clear(trust):
    with Relay(login=LOGIN) as relay, pytest.raises(RelayRefused, match="offers no STARTTLS"):
        hand_over(transport_to(relay, "smtp", "me:secret@", tls_context=trust), a_message())

    assert relay.commands == ["EHLO [127.0.0.1]"]


def test_tls_spoken_to_a_plain_port_names_the_two_ports(trust):
    with Relay() as relay, pytest.raises(RelayUnavailable) as unavailable:
        hand_over(transport_to(relay, "smtps", tls_context=trust), a_message())

    assert "587" in unavailable.value.hint


# Nobody there


def test_an_address_that_answers_nothing_does_not_hide_the_next(monkeypatch):
    with Relay() as relay, contextlib.ExitStack() as held:
        silent = held.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        for _ in range(8):  # more than the queue holds: the kernel drops what comes then
            queued = held.enter_context(socket.socket())
            queued.setblocking(False)
            queued.connect_ex(silent.getsockname())
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
            for address in (silent.getsockname(), ("127.0.0.1", relay.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        brief = dataclasses.replace(PATIENT, connect=0.5)
        transport = open_transport(f"smtp+plain://127.0.0.1:{relay.port}", timeouts=brief)

        assert outcomes(hand_over(transport, a_message())) == [(SENT, RECIPIENT)]


def test_a_port_where_nobody_listens_is_said():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(RelayUnavailable, match="nothing answers") as said:
        hand_over(open_transport(f"smtp+plain://127.0.0.1:{port}"), a_message())
    # Part of the run may have been sent before.
    assert said.value.hint.endswith("every letter not sent is waiting; run the same command again.")


@pytest.mark.parametrize("host", [".".join(["a" * 60] * 5), "a" * 70, "mx..example.org"])
def test_a_host_that_does_not_exist_is_said(host):
    with pytest.raises(RelayUnavailable, match="cannot be found"):
        hand_over(open_transport(f"smtp://{host}"), a_message())


# What a fault before MAIL tells a person. Who took what: test_fault_matrix.py.

BREAKS = ("reset", "close", "hang", "garbage", "huge", "tls-cut")
OPENING = [
    (phase, kind, error)
    for phase in ("banner", "ehlo", "starttls", "auth")
    for kind, error in [
        *((kind, RelayUnavailable) for kind in (*BREAKS, "4yz", "421")),
        ("5yz", RelayRefused),
        ("bare-lf", None),
        ("split", None),
    ]
] + [("connect", kind, RelayUnavailable) for kind in ("reset", "close", "hang")]


@pytest.mark.parametrize(("phase", "kind", "error"), OPENING)
def test_a_fault_before_mail_is_an_exception_and_costs_nobody(
    phase, kind, error, server_tls, trust
):
    with Relay(Fault(phase, kind), tls=server_tls, login=LOGIN) as relay:
        login = "letters%40migs.example:correct%20horse@"
        transport = transport_to(relay, "smtp", login, hangs=kind == "hang", tls_context=trust)
        if error is None:
            assert outcomes(hand_over(transport, a_message())) == [(SENT, RECIPIENT)]
        else:
            with pytest.raises(error) as raised:
                hand_over(transport, a_message())
            assert raised.value.hint
            assert "horse" not in raised.value.message + raised.value.hint
            assert raised.value.message.isprintable()

    assert len(relay.accepted) == (error is None)


@pytest.mark.parametrize("kind", ["reset", "hang", "tls-cut", "5yz"])
@pytest.mark.parametrize(("phase", "outcome"), [("rcpt", LATER), ("dot", DOUBT)])
def test_a_fault_under_tls_has_the_same_answer(phase, kind, outcome, server_tls, trust):
    with Relay(Fault(phase, kind, times=1), tls=server_tls) as relay:
        transport = transport_to(relay, "smtp", hangs=kind == "hang", tls_context=trust)
        verdicts = hand_over(transport, a_message("paul"), a_message("irwin"))

    assert verdicts[0].outcome is (NO if kind == "5yz" else outcome)
    assert verdicts[1].outcome is SENT


def test_a_refused_recipient_does_not_disturb_the_next_on_the_same_connection():
    fault = Fault("rcpt", "550 5.1.1 unknown", recipient="paul")
    with Relay(fault) as relay:
        verdicts = hand_over(transport_to(relay), *map(a_message, ("irwin", "paul", "marc")))

    assert [verdict.outcome for verdict in verdicts] == [SENT, NO, SENT]
    assert relay.connections == 1
    assert relay.commands.count("RSET") == 1


def test_the_nth_letter_is_deferred_and_the_others_go():
    with Relay(Fault("dot", "4yz", nth=2)) as relay:
        verdicts = hand_over(transport_to(relay), *map(a_message, ("irwin", "paul", "marc")))

    assert [verdict.outcome for verdict in verdicts] == [SENT, LATER, SENT]
    assert relay.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        "250-one\r\n550 two",
        "\r\n".join(["250-more"] * 200),
        "250 " + "x" * 5000,
        "999 what",
        "hello",
    ],
)
def test_a_reply_that_is_none_ends_the_connection_before_data(reply):
    with Relay(Fault("rcpt", reply, times=1)) as relay:
        verdicts = hand_over(transport_to(relay), a_message("paul"), a_message("irwin"))

    assert outcomes(verdicts) == [(LATER, RELAY), (SENT, RECIPIENT)]
    assert relay.connections == 2


def test_a_relay_that_answers_what_nobody_asked_is_left_and_the_letter_waits():
    with Relay(Fault("dot", "250 2.0.0 taken\r\n250 2.0.0 unasked", times=1)) as relay:
        verdicts = hand_over(transport_to(relay), *map(a_message, ("paul", "irwin", "marc")))

    # Whether the stray reply arrives with the first answer or behind it, irwin's letter has not left.
    assert [verdict.outcome for verdict in verdicts] == [SENT, LATER, SENT]
    took = [taken.recipients for taken in relay.accepted]
    assert took == [["paul@parl.example"], ["marc@parl.example"]]


def test_a_connection_is_not_made_to_talk_out_of_turn():
    with Relay() as relay:

        async def run():
            connection = await transport_to(relay).open()
            with pytest.raises(RuntimeError):
                await connection.hand_over(a_message())
            await connection.offer(a_message())
            with pytest.raises(RuntimeError):
                await connection.offer(a_message())
            await connection.aclose()

        asyncio.run(run())

    assert relay.accepted == []


def test_a_relay_that_never_lets_go_of_tls_is_let_go(server_tls, trust):
    with Relay(Fault("quit", "hang"), tls=server_tls) as relay:
        transport = transport_to(relay, "smtp", hangs=True, tls_context=trust)
        assert outcomes(hand_over(transport, a_message())) == [(SENT, RECIPIENT)]


def test_a_way_to_log_in_that_is_offered_and_not_known_is_not_a_wrong_password():
    with Relay(Fault("auth", "504 5.5.4 no PLAIN after all", times=1), login=LOGIN) as relay:
        transport = transport_to(relay, login="letters%40migs.example:correct%20horse@")
        assert outcomes(hand_over(transport, a_message())) == [(SENT, RECIPIENT)]


def test_a_relay_that_will_not_forget_a_refused_letter_is_left():
    fault = Fault("rcpt", "550 5.1.1 unknown\r\n250 2.0.0 unasked", recipient="paul")
    with Relay(fault) as relay:
        verdicts = hand_over(transport_to(relay), *map(a_message, ("paul", "marc", "irwin")))

    assert outcomes(verdicts) == [(NO, RECIPIENT), (LATER, RELAY), (SENT, RECIPIENT)]
    assert relay.connections == 2


def test_a_relay_that_says_goodbye_between_letters_closes_the_connection():
    # Said unasked behind the answer to the dot, as relays do that are restarted.
    with Relay(Fault("dot", "250 2.0.0 taken\r\n421 4.3.2 closing", times=1)) as relay:

        async def run():
            connection = await transport_to(relay).open()
            first = await one(connection, a_message())
            second = await one(connection, a_message("irwin"))
            await connection.aclose()
            return first, second, connection.closed

        first, second, closed = asyncio.run(run())

    assert first.outcome is SENT
    assert (second.outcome, second.concern, second.code, closed) == (LATER, RELAY, 421, True)
    assert sum(command.startswith("MAIL") for command in relay.commands) == 1


def test_a_relay_gone_between_agreement_and_data_has_surely_not_taken_the_letter():
    with Relay(Fault("data", "354 go on\r\n421 4.4.2 too slow", times=1)) as relay:

        async def run():
            connection = await transport_to(relay).open()
            agreed = await connection.offer(a_message())
            await asyncio.sleep(0.05)
            return agreed, await connection.hand_over(a_message()), connection

        agreed, verdict, connection = asyncio.run(closing(run()))

    assert agreed is None
    assert (verdict.outcome, verdict.concern, verdict.code) == (LATER, RELAY, 421)
    assert connection.closed


async def closing(running):
    *rest, connection = await running
    await connection.aclose()
    return *rest, connection


def test_an_agreement_that_is_not_used_is_left_without_a_dot():
    with Relay() as relay:

        async def run():
            connection = await transport_to(relay).open()
            await connection.offer(a_message())
            await connection.aclose()

        asyncio.run(run())

    assert relay.accepted == []
    assert "QUIT" not in relay.commands


def test_a_relay_that_reads_nothing_is_in_doubt_after_the_time_for_a_block():
    large = a_message(body=(b"x" * 62 + b"\r\n") * 400_000)
    with Relay(Fault("mid-data", "hang", times=1)) as relay:
        verdicts = hand_over(transport_to(relay, hangs=True), large, a_message("irwin"))

    assert outcomes(verdicts) == [(DOUBT, RELAY), (SENT, RECIPIENT)]
    assert "0.5 seconds" in verdicts[0].said


def test_a_refusal_in_the_middle_of_a_large_letter_ends_it_without_a_dot():
    large = a_message(body=(b"x" * 62 + b"\r\n") * 400_000)
    with Relay(Fault("mid-data", "552 5.3.4 enough", times=1)) as relay:
        verdicts = hand_over(transport_to(relay), large, a_message("irwin"))

    assert outcomes(verdicts) == [(NO, MESSAGE), (SENT, RECIPIENT)]
    assert [taken.recipients for taken in relay.accepted] == [["irwin@parl.example"]]


def test_the_relay_runs_alone_and_its_record_outlives_it(tmp_path):
    record = tmp_path / "record"
    relay = subprocess.Popen(
        [sys.executable, RELAY_FILE, "--record", record, "--fault", "rcpt:5yz:paul"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with relay:
        port = int(relay.stdout.readline())
        transport = open_transport(f"smtp+plain://127.0.0.1:{port}", timeouts=PATIENT)
        verdicts = hand_over(transport, a_message("paul"), a_message("irwin"))
        relay.kill()

    assert outcomes(verdicts) == [(NO, RECIPIENT), (SENT, RECIPIENT)]
    (taken,) = read_record(record)
    assert (taken.content, taken.message_id) == (
        a_message("irwin").content,
        a_message("irwin").message_id,
    )


def test_the_relay_answers_pipelined_commands_in_order():
    with (
        Relay(pipelining=True) as relay,
        socket.create_connection(("127.0.0.1", relay.port)) as raw,
    ):
        turn = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
        body = b"Subject: x\r\n\r\n..dot\r\n.\r\n"
        raw.sendall(b"EHLO [127.0.0.1]\r\n" + turn + body + turn + body + b"QUIT\r\n")
        said = b""
        while block := raw.recv(4096):
            said += block

    codes = [line[:3] for line in said.split(b"\r\n") if line[3:4] == b" "]
    assert codes == b"220 250 250 250 354 250 250 250 354 250 221".split()
    assert [taken.content for taken in relay.accepted] == [b"Subject: x\r\n\r\n.dot\r\n"] * 2


# URLs


@pytest.mark.parametrize(
    ("url", "shown", "login", "password", "loopback"),
    [
        (
            "smtp://me%40example.org@mx.example.org",
            "smtp://mx.example.org:587",
            "me@example.org",
            None,
            False,
        ),
        ("smtps://me:p%40ss%2F@mx.example.org", "smtps://mx.example.org:465", "me", "p@ss/", False),
        ("SMTP://MX.example.org:2587/", "smtp://mx.example.org:2587", None, None, False),
        ("smtp+plain://127.0.0.1:2525", "smtp+plain://127.0.0.1:2525", None, None, True),
        ("smtp+plain://localhost:2525", "smtp+plain://localhost:2525", None, None, True),
        ("smtps://[::1]:465", "smtps://[::1]:465", None, None, True),
        ("maildir:out box/here", "maildir:out box/here", None, None, True),
    ],
)
def test_a_relays_url_is_read(url, shown, login, password, loopback):
    relay = parse_relay(url)

    assert str(relay) == shown
    assert (relay.login, relay.password, relay.loopback) == (login, password, loopback)
    assert relay.needs_password == (login is not None and password is None)
    assert "p@ss" not in repr(relay)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("smtp.example.org:587", "smtp://login@host:587"),
        ("http://example.org", "smtp://login@host:587"),
        ("smtp:example.org", "smtp://login@host:587"),
        ("smtp://", "smtp://login@host:587"),
        ("smtp://[nonsense", "smtp://login@host:587"),
        ("smtp://me@example.org:Tr0ub4dor@host:587", "%40"),
        ("smtp://me:Tr0ub4dor/x@host:587", "%2F"),
        ("smtp://me:Tr0ub4dor#x@host:587", "%23"),
        ("smtp://me:x@host/Tr0ub4dor", "%2F"),
        ("smtp://me:Tr0ub4dor x@host", "%20"),
        ("smtp://host:Tr0ub4dor", "%3A"),
        ("smtp://host:0", "%3A"),
        ("smtp://me:Tr0ub4dor@host:465", "smtps://login@host:465"),
        ("maildir:", "maildir:outbox"),
        ("maildir://outbox", "maildir:outbox"),
        ("smtp+plain://mx.example.org", "smtps://mx.example.org"),
        ("", "smtp://login@host:587"),
    ],
)
def test_a_wrong_url_shows_the_right_form_and_never_the_password(url, hint):
    with pytest.raises(ConfigurationError) as wrong:
        open_transport(url)

    assert hint in wrong.value.hint
    assert "Tr0ub4dor" not in wrong.value.message + wrong.value.hint
