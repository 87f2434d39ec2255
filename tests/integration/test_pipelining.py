"""RFC 2920: one exchange a letter, and the conversation stays in step whatever the relay answers."""

import asyncio
import ssl
from collections import Counter
from contextlib import suppress

import pytest
import trustme
from msgspec import structs

from letters.transport.open import open_transport
from letters.transport.smtp.protocol import Timeouts
from letters.verdict import Advice, Concern, Outcome
from tests.fault_matrix import LOGIN, PATIENT, letter
from tests.relay import Fault, Limits, Relay

SENT, LATER, NO, DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY
PAUL, IRWIN, MARC = letter("paul"), letter("irwin"), letter("marc")
WIRES = pytest.mark.parametrize("merged", [True, False], ids=["merged", "one-by-one"])


def transport_to(relay, timeouts=PATIENT, *, proven=True, **options):
    """A transport; `proven`: its relay has shown that an envelope may follow a dot."""
    url = f"smtp+plain://127.0.0.1:{relay.port}"
    return after_trial(open_transport(url, timeouts=Timeouts(**timeouts), **options), proven)


def after_trial(transport, proven=True):
    if proven:
        transport._behind_dots.accepted()
        assert transport._behind_dots.begin()
        transport._behind_dots.answered()
    return transport


def send(transport, *letters, runner=asyncio.run):
    """Each letter's verdict; the next one rides behind each dot, connections are made anew when closed."""

    async def work():
        connection, verdicts = await transport.open(), []
        for message, following in zip(letters, (*letters[1:], None), strict=True):
            if connection.closed:
                await connection.aclose()
                connection = await transport.open()
            refused = await connection.offer(message)
            verdicts.append(refused or await connection.hand_over(message, following))
        await connection.aclose()
        return verdicts

    return runner(work())


def outcomes(verdicts):
    return [(verdict.outcome, verdict.concern) for verdict in verdicts]


def taken(relay):
    return [letter.recipients[0].partition("@")[0] for letter in relay.accepted]


# One exchange a letter


@WIRES
def test_a_letter_costs_one_exchange(merged):
    letters = [letter(f"member{number}") for number in range(20)]
    with Relay(pipelining=True, merged=merged, size=10_000) as relay:
        verdicts = send(transport_to(relay), *letters)

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 20
    assert [taken.content for taken in relay.accepted] == [letter.content for letter in letters]
    assert relay.connections == 1
    # The greeting, EHLO, the first envelope, and then each letter with the next one's envelope.
    assert relay.turns == 3 + 20


@pytest.mark.parametrize(("offered", "wanted"), [(False, True), (True, False)])
def test_a_letter_is_spoken_in_turn_where_pipelining_is_not_offered_or_not_wanted(offered, wanted):
    with Relay(pipelining=offered) as relay:
        verdicts = send(transport_to(relay, pipelining=wanted), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 3
    assert relay.turns == 2 + 4 * 3


@WIRES
def test_large_letters_ride_in_blocks_with_the_next_envelope_behind_the_last(merged):
    letters = [letter(name, 1 << 18) for name in ("paul", "irwin", "marc")]
    with Relay(pipelining=True, merged=merged) as relay:
        verdicts = send(transport_to(relay), *letters)

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 3
    assert [taken.content for taken in relay.accepted] == [letter.content for letter in letters]
    assert relay.connections == 1


@pytest.mark.parametrize("size", [65_536 + more for more in range(-100, 101, 20)])
def test_a_letter_of_about_a_block_arrives_whole(size):
    bare = letter("paul", 0)
    plate = structs.replace(bare.plate, tail=b"x" * (size - bare.size))
    sized = structs.replace(bare, plate=plate)
    with Relay(pipelining=True) as relay:
        send(transport_to(relay), sized, IRWIN)

    assert relay.accepted[0].content == sized.content + b"\r\n"
    assert taken(relay) == ["paul", "irwin"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+plain"])
@pytest.mark.parametrize("fast", [False, True], ids=["asyncio", "uvloop"])
def test_letters_ride_over_tls_and_on_either_loop(scheme, fast):
    def runner(work):
        factory = pytest.importorskip("uvloop").new_event_loop if fast else None
        with asyncio.Runner(loop_factory=factory) as loop:
            return loop.run(work)

    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    letters = [letter("paul"), letter("irwin", 1 << 18), letter("marc")]
    tls = None if scheme == "smtp+plain" else server
    with Relay(pipelining=True, login=LOGIN, tls=tls, implicit_tls=scheme == "smtps") as relay:
        url = f"{scheme}://letters%40migs.example:correct%20horse@127.0.0.1:{relay.port}"
        transport = open_transport(url, timeouts=Timeouts(**PATIENT), tls_context=trust)
        verdicts = send(after_trial(transport), *letters, runner=runner)

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 3
    assert [taken.content for taken in relay.accepted] == [letter.content for letter in letters]


# A relay that may lose the connection when an envelope follows the dot


def members(count, prefix="member"):
    return [letter(f"{prefix}{number}") for number in range(count)]


def test_nothing_follows_the_first_dot_and_the_second_is_the_trial():
    with Relay(pipelining=True, size=10_000) as relay:
        verdicts = send(transport_to(relay, proven=False), *members(20))

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 20
    assert relay.behind_dots == 18  # not behind the first, and nothing is left for the last
    assert relay.turns == 3 + 20 + 1


def test_one_connection_tries_it_with_one_letter_and_the_others_wait_for_what_it_finds():
    one, two, three, four = members(4, "a")
    other_one, other_two, other_three = members(3, "b")
    found = []
    with Relay(pipelining=True) as relay:

        async def run():
            transport = transport_to(relay, proven=False)
            connection, other = await transport.open(), await transport.open()

            async def hand_over(connection, message, then):
                assert await connection.offer(message) is None
                assert (await connection.hand_over(message, then)).outcome is SENT
                found.append(relay.behind_dots)

            await hand_over(connection, one, two)
            await hand_over(connection, two, three)  # the trial
            await hand_over(other, other_one, other_two)
            await hand_over(connection, three, four)  # the trial's envelope was answered
            await hand_over(other, other_two, other_three)
            await connection.aclose()
            await other.aclose()

        asyncio.run(run())

    assert found == [0, 1, 1, 2, 3]


def known_behind(relay, state, *letters):
    """The verdicts of a run with this state folder, and how many letters had something behind their dots."""
    before = relay.behind_dots
    verdicts = send(transport_to(relay, proven=False, state=state), *letters)
    return outcomes(verdicts), relay.behind_dots - before


@pytest.mark.parametrize("nth", [1, 5])
def test_a_connection_lost_behind_a_dot_costs_one_doubt_in_all_runs(tmp_path, nth):
    state = tmp_path / "deep" / "state"
    with Relay(pipelining=True, behind_dot="drop", nth_behind=nth) as relay:
        said, behind = known_behind(relay, state, *members(20))
        again, behind_again = known_behind(relay, state, *members(20, "again"))

    assert said == [(SENT, RECIPIENT)] * nth + [(DOUBT, RELAY)] + [(SENT, RECIPIENT)] * (19 - nth)
    assert (again, behind, behind_again) == ([(SENT, RECIPIENT)] * 20, nth, 0)
    assert sorted(taken(relay)) == sorted(m.name for m in members(20) + members(20, "again"))
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}


def test_the_letter_in_doubt_says_what_was_behind_its_dot_and_that_it_is_not_done_again():
    with Relay(pipelining=True, behind_dot="drop") as relay:
        verdicts = send(transport_to(relay, proven=False), PAUL, IRWIN, MARC)

    assert "not done again at this relay" in verdicts[1].said


@pytest.mark.parametrize(
    ("greeting", "options", "behind"),
    [
        ("mx.example ESMTP Exim 4.96 Fri, 10 Jan 2014 08:00:00 +0000", {}, 0),
        ("mx.example ESMTP Exim 4.97 Sat, 11 Jan 2014 09:00:00 +0000", {}, 0),
        ("mx.example ESMTP Postfix", {}, 1),
        ("mx.example ESMTP Exim 4.96 Fri, 10 Jan 2014 08:00:00 +0000", {"dsn": True}, 1),
    ],
    ids=["the same", "another day", "another program", "another EHLO"],
)
def test_a_relay_is_remembered_by_its_greeting_and_ehlo_alone(tmp_path, greeting, options, behind):
    exim = "mx.example ESMTP Exim 4.96 Thu, 09 Jan 2014 09:00:00 +0000"
    with Relay(pipelining=True, behind_dot="drop", greeting=exim) as relay:
        known_behind(relay, tmp_path, *members(3))
    with Relay(pipelining=True, greeting=greeting, **options) as relay:
        assert known_behind(relay, tmp_path, *members(3, "more"))[1] == behind


def test_a_relay_that_greets_as_one_known_to_fail_is_not_tried():
    greeting = "mail.example.org Dovecot (Debian) ready."
    with Relay(pipelining=True, behind_dot="drop", greeting=greeting) as relay:
        verdicts = send(transport_to(relay, proven=False), *members(20))

    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 20
    assert relay.turns == 2 + 2 * 20  # MAIL, RCPT and DATA of one letter still leave together


def test_a_relay_that_forgets_what_follows_a_dot_costs_no_doubt_and_is_tried_once(tmp_path):
    impatient = PATIENT | {"mail": 0.2, "rcpt": 0.2, "data": 0.2}
    with Relay(pipelining=True, behind_dot="forget") as relay:
        transport = transport_to(relay, impatient, proven=False, state=tmp_path)
        verdicts = send(transport, *members(6))
        _, behind = known_behind(relay, tmp_path, *members(6, "again"))

    sent = (SENT, RECIPIENT)
    assert outcomes(verdicts) == [sent, sent, (LATER, RELAY), sent, sent, sent]
    assert (relay.behind_dots, behind) == (1, 0)


@pytest.mark.parametrize("fault", [Fault("dot", "421", nth=2), Fault("mail", "421", nth=3)])
def test_a_trial_that_ends_for_another_reason_is_made_again(tmp_path, fault):
    with Relay(fault, pipelining=True) as relay:
        verdicts = send(transport_to(relay, proven=False, state=tmp_path), *members(6))

    assert Counter(outcomes(verdicts))[(SENT, RECIPIENT)] == 5
    assert relay.behind_dots >= 2
    assert not list(tmp_path.iterdir())


def test_a_state_folder_that_cannot_be_used_stops_no_run(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with Relay(pipelining=True, behind_dot="drop") as relay:
        said, behind = known_behind(relay, tmp_path / "file", *members(4))

    assert (said.count((SENT, RECIPIENT)), said.count((DOUBT, RELAY)), behind) == (3, 1, 1)


# In step


def with_connection(relay, work, **options):
    async def run():
        connection = await transport_to(relay, **options).open()
        try:
            return await work(connection)
        finally:
            await connection.aclose()

    return asyncio.run(run())


@WIRES
def test_data_of_a_letter_that_rode_ahead_waits_for_its_own_hand_over(merged):
    with Relay(pipelining=True, merged=merged) as relay:

        async def work(connection):
            await connection.offer(PAUL)
            await connection.hand_over(PAUL, then=IRWIN)
            await asyncio.sleep(0.05)

        with_connection(relay, work)

    assert taken(relay) == ["paul"]
    assert relay.commands[-1] == "DATA"  # irwin's: left without a dot, and without a word


@WIRES
def test_a_letter_refused_at_the_dot_leaves_the_one_behind_it_in_step(merged):
    with Relay(Fault("dot", "5yz", recipient="paul"), pipelining=True, merged=merged) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(NO, MESSAGE), (SENT, RECIPIENT), (SENT, RECIPIENT)]
    assert relay.connections == 1


@WIRES
@pytest.mark.parametrize(
    ("phase", "answer"),
    [("mail", (NO, SENDER)), ("rcpt", (NO, RECIPIENT)), ("data", (NO, MESSAGE))],
)
def test_a_refused_letter_is_forgotten_in_the_exchange_of_the_next(phase, answer, merged):
    with Relay(Fault(phase, "5yz", nth=2), pipelining=True, merged=merged) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), answer, (SENT, RECIPIENT)]
    assert (relay.connections, relay.commands.count("RSET")) == (1, 1)
    assert relay.turns == 3 + 3


@WIRES
@pytest.mark.parametrize("dot", ["554 5.5.1 no valid recipients", "250 2.0.0 Ok", "451 4.3.0 no"])
def test_a_relay_that_wants_data_for_nobody_gets_a_lone_dot(dot, merged):
    faults = Fault("rcpt", "550 5.1.1 unknown", recipient="irwin"), Fault("dot", dot, nth=2)
    with Relay(*faults, pipelining=True, merged=merged, eager=True) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), (NO, RECIPIENT), (SENT, RECIPIENT)]
    assert (verdicts[1].code, verdicts[1].enhanced) == (550, "5.1.1")
    assert taken(relay) == ["paul", "marc"]
    assert relay.connections == 1


@pytest.mark.parametrize("dot", ["421", "close", "garbage", "354 still here"])
def test_a_lone_dot_that_ends_the_conversation_changes_no_verdict(dot):
    faults = Fault("rcpt", "5yz", recipient="irwin"), Fault("dot", dot, nth=2)
    with Relay(*faults, pipelining=True, eager=True) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), (NO, RECIPIENT), (SENT, RECIPIENT)]
    assert relay.connections == 2


def answering(work, *turns, close=False):
    """Work with a connection to a relay that answers whatever it hears, in turn, as told."""

    async def relay(reader, writer):
        with suppress(ConnectionError):
            writer.write(b"220 relay.example\r\n")
            await reader.readline()
            writer.write(b"250-relay.example\r\n250 PIPELINING\r\n")
            for turn in turns:
                heard.append(await reader.read(1 << 16))
                writer.write(turn.replace("|", "\r\n").encode() + b"\r\n")
            if not close:
                heard.append(await reader.read())
        writer.close()
        over.set()

    async def run():
        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            transport = open_transport(
                f"smtp+plain://127.0.0.1:{port}", timeouts=Timeouts(**PATIENT)
            )
            connection = await after_trial(transport).open()
            verdict = await work(connection)
            closed = connection.closed
            await connection.aclose()
            await over.wait()
        return verdict, closed

    heard, over = [], asyncio.Event()
    return *asyncio.run(run()), b"".join(heard)


@pytest.mark.parametrize(
    ("replies", "answer", "closed"),
    [
        ("550 no|250 yes|354 go on", (NO, SENDER), True),  # whose data would that be?
        ("550 no|503 no|503 no", (NO, SENDER), False),
        ("250 yes|354 go on|250 what", (LATER, RELAY), True),
        ("250 yes|250 yes|250 yes", (LATER, RELAY), True),
        ("354 go on|250 yes|250 yes", (LATER, RELAY), True),
        ("250 yes|550 no|421 bye", (NO, RECIPIENT), True),
        ("250 yes|550 no|hello", (NO, RECIPIENT), True),
        ("250 yes|421 bye|354 go on", (LATER, RELAY), True),
        ("250-yes|250 yes|250 yes|354 go on", None, False),
    ],
)
def test_an_envelope_answered_in_one_packet_is_judged_by_its_first_refusal(replies, answer, closed):
    verdict, closed_then, heard = answering(
        lambda connection: connection.offer(PAUL), replies, "221 bye"
    )

    assert (verdict and (verdict.outcome, verdict.concern)) == answer
    assert closed_then == closed
    assert b"\r\n.\r\n" not in heard
    assert (b"QUIT" in heard) == (answer is not None and not closed)


def test_a_letter_whose_envelope_is_unanswered_is_left_without_a_word():
    async def work(connection):
        await connection.offer(PAUL)
        return await connection.hand_over(PAUL, then=IRWIN)

    verdict, closed, heard = answering(work, "250 yes|250 yes|354 go on", "250 taken")

    assert (verdict.outcome, closed) == (SENT, False)
    assert heard.endswith(b"irwin@parl.example>\r\nDATA\r\n")


@pytest.mark.parametrize(("last", "code"), [("421 too slow", 421), ("hello", 0)])
def test_a_relay_that_leaves_after_it_agreed_has_surely_not_taken_the_letter(last, code):
    async def work(connection):
        assert await connection.offer(PAUL) is None
        await asyncio.sleep(0.05)
        return await connection.hand_over(PAUL)

    verdict, closed, heard = answering(work, f"250 yes|250 yes|354 go on|{last}", close=True)

    assert (verdict.outcome, verdict.concern, verdict.code) == (LATER, RELAY, code)
    assert closed
    assert b"Subject" not in heard


def test_another_letter_than_the_one_that_rode_ahead_closes_the_connection():
    with Relay(pipelining=True) as relay:

        async def work(connection):
            await connection.offer(PAUL)
            await connection.hand_over(PAUL, then=IRWIN)
            with pytest.raises(RuntimeError):
                await connection.offer(MARC)
            return connection.closed

        assert with_connection(relay, work)

    assert taken(relay) == ["paul"]


def test_another_letter_than_the_one_agreed_on_is_not_handed_over():
    with Relay(pipelining=True) as relay:

        async def work(connection):
            await connection.offer(PAUL)
            with pytest.raises(RuntimeError):
                await connection.hand_over(IRWIN)
            return await connection.hand_over(PAUL)

        assert with_connection(relay, work).outcome is SENT

    assert [letter.content for letter in relay.accepted] == [PAUL.content]


def test_a_letter_that_the_relay_cannot_take_does_not_ride_ahead():
    large = letter("irwin", 1 << 12)
    with Relay(pipelining=True, size=2000) as relay:
        verdicts = send(transport_to(relay), PAUL, large, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), (NO, MESSAGE), (SENT, RECIPIENT)]
    assert not any("irwin" in command for command in relay.commands)


def test_a_wait_that_is_cancelled_ends_the_connection():
    with Relay(Fault("dot", "hang"), pipelining=True) as relay:

        async def work(connection):
            await connection.offer(PAUL)
            handing_over = asyncio.ensure_future(connection.hand_over(PAUL, then=IRWIN))
            await asyncio.sleep(0.05)
            handing_over.cancel()
            with pytest.raises(asyncio.CancelledError):
                await handing_over
            return connection.closed, await connection.offer(IRWIN)

        closed, verdict = with_connection(relay, work)

    assert (closed, verdict.outcome, verdict.concern) == (True, LATER, RELAY)


def test_a_relay_that_lies_about_pipelining_is_named_and_can_be_spoken_to_in_turn():
    impatient = PATIENT | {"mail": 0.2, "rcpt": 0.2, "data": 0.2}
    with Relay(pipelining=True, lies=True) as relay:
        (lost,) = send(transport_to(relay, impatient), PAUL)
        verdicts = send(transport_to(relay, pipelining=False), PAUL, IRWIN)

    assert (lost.outcome, lost.concern) == (LATER, RELAY)
    assert "--no-pipelining" in lost.said
    assert outcomes(verdicts) == [(SENT, RECIPIENT)] * 2


# A relay's limits


@WIRES
def test_a_relay_that_has_carried_enough_is_opened_anew_and_asks_nobody_to_slow_down(merged):
    letters = [letter(f"member{number}") for number in range(7)]
    with Relay(pipelining=True, merged=merged, limits=Limits(per_connection=3)) as relay:
        verdicts = send(transport_to(relay), *letters)

    # Each fourth letter was offered in vain, and would be offered again.
    enough = [(SENT, RECIPIENT)] * 3 + [(LATER, RELAY)]
    assert outcomes(verdicts) == (enough + enough)[:7]
    assert {verdict.advice for verdict in verdicts} == {Advice.NONE}


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_a_connection_is_left_where_its_connection_has_carried_enough_whatever_the_code(phase):
    enough = Fault(phase, "452 4.3.2 Too many messages in this session", nth=2, times=1)
    with Relay(enough, pipelining=True) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), (LATER, RELAY), (SENT, RECIPIENT)]
    assert verdicts[1].advice is Advice.NONE
    assert relay.connections == 2


def test_a_letter_too_many_in_a_minute_is_the_senders_haste():
    with Relay(pipelining=True, limits=Limits(per_minute=2, minute=0.2)) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, MARC)

    assert outcomes(verdicts) == [(SENT, RECIPIENT), (SENT, RECIPIENT), (LATER, SENDER)]
    assert verdicts[2].advice is Advice.SLOW


def test_a_greylisted_letter_waits_alone_and_is_welcome_later():
    with Relay(pipelining=True, limits=Limits(greylist=0)) as relay:
        verdicts = send(transport_to(relay), PAUL, IRWIN, PAUL, IRWIN)

    assert outcomes(verdicts) == [(LATER, RECIPIENT)] * 2 + [(SENT, RECIPIENT)] * 2
    assert all(verdict.advice is Advice.NONE for verdict in verdicts)


@pytest.mark.parametrize("limits", [Limits(connections=1), Limits(logins=1)])
def test_a_connection_too_many_is_told(limits):
    with Relay(login=LOGIN, limits=limits) as relay:
        url = f"smtp+plain://letters%40migs.example:correct%20horse@127.0.0.1:{relay.port}"

        async def run():
            transport = open_transport(url, timeouts=Timeouts(**PATIENT))
            connection = await transport.open()
            with pytest.raises(Exception, match=r"(?i)too many") as refused:
                await transport.open()
            await connection.aclose()
            return refused.type.__name__

        assert asyncio.run(run()) == "TooFast"


def test_reports_are_asked_for_when_the_relay_offers_them_and_the_campaign_wants_them():
    with Relay(dsn=True, pipelining=True) as relay:
        send(transport_to(relay, dsn=True), PAUL)
        send(transport_to(relay), IRWIN)

    assert [letter.parameters for letter in relay.accepted] == [
        "RET=HDRS ENVID=paul@migs.example",
        "",
    ]
    assert any(command.endswith("ORCPT=rfc822;paul@parl.example") for command in relay.commands)
