"""Every row of the classification, each with a reply that a relay really gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.verdict import (
    TABLE,
    Advice,
    Concern,
    Outcome,
    Stage,
    Verdict,
    one_line,
    queue_id,
    read_reply,
)

SENT, LATER, NO, DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY
SLOW, PARK = Advice.SLOW, Advice.PARK

# In the order of the table; a row of the table that no line here hits fails the test below.
REPLIES = [
    ("mid-data", 0, "the connection was lost", DOUBT, RELAY),
    ("dot", 0, "no reply in 600 seconds", DOUBT, RELAY),
    ("data", 0, "the connection was lost", LATER, RELAY),
    ("rcpt", 0, "not an SMTP reply", LATER, RELAY),
    ("connect", 0, "no reply", LATER, RELAY),
    ("dot", 250, "2.0.0 Ok: queued as 4bXy", SENT, RECIPIENT),
    ("mid-data", 250, "2.0.0 so soon", DOUBT, RELAY),
    ("dot", 354, "go on", DOUBT, RELAY),
    ("data", 250, "2.0.0 Ok", LATER, RELAY),
    ("mail", 421, "4.7.0 Too many messages in this connection", LATER, RELAY),
    ("mail", 452, "4.3.2 Too many messages in this session", LATER, RELAY),
    ("auth", 454, "4.7.0 Daily message quota exceeded", LATER, SENDER, PARK),
    ("banner", 421, "4.7.0 daily sending quota exceeded", LATER, SENDER, PARK),
    ("mail", 421, "4.7.0 Try again later, closing connection", LATER, RELAY, SLOW),
    ("banner", 421, "too many concurrent SMTP connections; try again", LATER, RELAY, SLOW),
    ("rcpt", 421, "4.3.0 closing", LATER, RELAY),
    ("dot", 421, "4.7.28 unusual rate of mail", LATER, RELAY, SLOW),
    ("dot", 550, "5.4.5 Daily user sending limit exceeded", LATER, SENDER, PARK),
    ("dot", 550, "5.4.5 Sending limit exceeded", LATER, SENDER, PARK),
    (
        "rcpt",
        450,
        "4.2.1 The user you are trying to contact gets mail too quickly",
        LATER,
        RECIPIENT,
        SLOW,
    ),
    ("rcpt", 450, "4.2.1 Peak SMTP relay limit exceeded for this customer", LATER, SENDER, SLOW),
    ("auth", 454, "4.7.0 Too many login attempts, please try again later", LATER, SENDER, SLOW),
    ("dot", 550, "5.7.26 This mail is unauthenticated", NO, SENDER),
    ("dot", 550, "5.7.515 Access denied, sending domain example.org", NO, SENDER),
    ("auth", 550, "5.7.30 Basic authentication is not supported", NO, SENDER),
    ("auth", 535, "5.7.139 Authentication unsuccessful, disabled", NO, SENDER),
    ("dot", 550, "5.7.60 Client does not have permissions to send as this sender", NO, SENDER),
    ("dot", 554, "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", NO, SENDER),
    ("dot", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", LATER, RELAY, SLOW),
    ("mail", 403, "You are not authorized to send from that email address", NO, SENDER),
    ("auth", 451, "Authentication failed: Maximum credits exceeded", LATER, SENDER, PARK),
    ("rcpt", 452, "Too many recipients received this hour (throttled)", LATER, SENDER, PARK),
    ("rcpt", 550, "Unauthenticated senders not allowed", NO, SENDER),
    ("dot", 454, "Throttling failure: Daily message quota exceeded.", LATER, SENDER, PARK),
    (
        "dot",
        550,
        "5.1.90 you have reached your daily limit for message recipients",
        LATER,
        SENDER,
        PARK,
    ),
    ("dot", 454, "Throttling failure: Maximum sending rate exceeded.", LATER, RELAY, SLOW),
    ("rcpt", 450, "4.7.1 Error: too much mail from 192.0.2.1", LATER, RELAY, SLOW),
    ("dot", 554, "Message rejected: Email address is not verified.", NO, SENDER),
    ("mail", 530, "5.7.0 Authentication required", NO, SENDER),
    ("auth", 535, "5.7.8 Username and Password not accepted", NO, SENDER),
    ("auth", 534, "5.7.9 Application-specific password required", NO, SENDER),
    ("auth", 538, "5.7.11 Encryption required", NO, SENDER),
    ("rcpt", 554, "5.7.1 <a@example.org>: Relay access denied", NO, SENDER),
    ("rcpt", 550, "relay not permitted", NO, SENDER),
    ("rcpt", 454, "4.7.1 <a@example.org>: Relay access denied", LATER, SENDER),
    ("rcpt", 553, "5.7.1 <a@example.org>: Sender address rejected: not owned", NO, SENDER),
    ("rcpt", 554, "5.7.1 Client host [192.0.2.1] blocked using a list", NO, SENDER),
    ("rcpt", 450, "4.7.1 Client host rejected: cannot find your hostname", LATER, SENDER, SLOW),
    ("rcpt", 450, "4.1.8 <a@example.org>: Sender address rejected: not found", LATER, SENDER),
    ("rcpt", 550, "5.1.8 bad sender's system address", NO, SENDER),
    ("rcpt", 450, "4.1.1 mailbox lookup failed", LATER, RECIPIENT),
    ("rcpt", 550, "5.1.1 User unknown", NO, RECIPIENT),
    ("dot", 554, "5.1.1 no such user", NO, RECIPIENT),
    ("rcpt", 550, "5.2.1 mailbox disabled", NO, RECIPIENT),
    ("rcpt", 501, "5.1.3 bad recipient address syntax", NO, RECIPIENT),
    ("rcpt", 450, "4.2.2 mailbox full", LATER, RECIPIENT),
    ("rcpt", 552, "5.2.2 mailbox full", LATER, RECIPIENT),
    ("dot", 552, "5.2.2 over quota", LATER, RECIPIENT),
    ("dot", 552, "5.3.4 message too big", NO, MESSAGE),
    ("rcpt", 552, "5.2.3 message too big for this mailbox", NO, MESSAGE),
    ("mail", 552, "message size exceeds the limit", NO, MESSAGE),
    ("rcpt", 552, "too many recipients", LATER, RECIPIENT),
    ("mail", 452, "4.3.1 Insufficient system storage", LATER, RELAY),
    ("rcpt", 453, "4.3.2 system not accepting messages", LATER, RELAY),
    ("rcpt", 503, "5.5.1 MAIL first", LATER, RELAY),
    ("data", 500, "unknown command", LATER, RELAY),
    ("banner", 451, "not now", LATER, RELAY),
    ("banner", 450, "4.7.1 come back in five minutes", LATER, RELAY, SLOW),
    ("starttls", 454, "4.7.0 TLS not available due to temporary reason", LATER, RELAY),
    ("banner", 554, "5.7.1 no SMTP service here", NO, RELAY),
    ("ehlo", 550, "5.7.1 go away", NO, RELAY),
    ("auth", 451, "4.3.0 the directory sleeps", LATER, SENDER),
    ("mail", 451, "4.7.1 not now", LATER, SENDER, SLOW),
    ("mail", 451, "4.3.0 not now", LATER, SENDER),
    ("auth", 504, "5.5.4 unknown mechanism", NO, SENDER),
    ("mail", 550, "5.7.1 not from this address", NO, SENDER),
    ("mail", 550, "5.1.0 address rejected", NO, SENDER),
    ("rcpt", 450, "greylisted, try again", LATER, RECIPIENT),
    ("rcpt", 451, "4.7.1 greylisted", LATER, RECIPIENT),
    ("rcpt", 550, "4.7.1 the class goes before the digit", LATER, RECIPIENT),
    ("rcpt", 550, "no such user here", NO, RECIPIENT),
    ("dot", 451, "4.3.0 the queue is stuck", LATER, MESSAGE),
    ("data", 451, "4.7.1 not now", LATER, MESSAGE),
    ("dot", 550, "5.7.1 this looks like spam", NO, MESSAGE),
    ("data", 554, "no valid recipients", NO, MESSAGE),
    ("mid-data", 554, "5.6.0 enough", NO, MESSAGE),
    ("quit", 550, "never", LATER, RELAY),
]


@pytest.mark.parametrize("reply", REPLIES, ids=[f"{r[0]}-{r[1]}-{r[2][:24]}" for r in REPLIES])
def test_a_reply_is_about_whom_the_table_says_and_advises_the_run(reply):
    stage, code, text, outcome, concern, *advice = reply

    verdict = read_reply(Stage(stage), code, text)

    assert (verdict.outcome, verdict.concern, verdict.code) == (outcome, concern, code)
    assert [verdict.advice] == (advice or [Advice.NONE])


def test_every_row_of_the_table_is_hit_by_a_reply_above():
    hit = set()
    for stage, code, text, *_ in REPLIES:
        enhanced = read_reply(Stage(stage), code, text).enhanced
        weight = (enhanced or str(code))[0]
        hit.add(
            next(
                number
                for number, rule in enumerate(TABLE)
                if rule.concerns(stage, code, weight) and rule.fits(enhanced, text)
            )
        )

    assert hit == set(range(len(TABLE)))


@given(st.sampled_from(Stage), st.integers(0, 599), st.text(max_size=60))
def test_every_reply_has_a_verdict_and_only_2yz_at_the_dot_is_sent(stage, code, text):
    verdict = read_reply(stage, code, text)

    sent = stage is Stage.DOT and 200 <= code < 300
    assert (verdict.outcome is SENT) == sent


@given(st.sampled_from(Stage), st.integers(0, 599), st.text(max_size=60))
def test_nothing_is_in_doubt_before_data_and_no_refusal_ever_is(stage, code, text):
    verdict = read_reply(stage, code, text)

    possible = stage in (Stage.MID_DATA, Stage.DOT) and code < 400
    assert possible or verdict.outcome is not DOUBT


def test_the_enhanced_code_is_kept_apart_from_the_words_on_every_line():
    text = "5.1.1 The account you tried to reach\n5.1.1 does not exist."

    verdict = read_reply(Stage.RCPT, 550, text)

    assert verdict == Verdict(
        NO, RECIPIENT, "The account you tried to reach does not exist.", 550, "5.1.1"
    )


def test_a_number_that_only_looks_like_an_enhanced_code_stays_in_the_words():
    verdict = read_reply(Stage.RCPT, 550, "5.1.1.example.org is not a host here")

    assert (verdict.enhanced, verdict.said) == ("", "5.1.1.example.org is not a host here")


def test_controls_in_a_relays_words_are_made_visible():
    assert one_line("\x1b[31mred\x07\u202e\nnext\tline") == r"\x1b[31mred\x07\u202e next\tline"


def test_a_relays_words_are_cut_at_five_hundred_characters():
    said = one_line("\x00" * 5000)

    assert len(said) == 500
    assert said.endswith("…")


@given(st.sampled_from(Stage), st.integers(0, 599), st.text(max_size=60))
def test_only_what_waits_for_the_sender_or_the_relay_slows_or_parks_a_run(stage, code, text):
    verdict = read_reply(stage, code, text)

    assert verdict.advice is Advice.NONE or verdict.outcome is LATER


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("2.0.0 Ok: queued as 4bXyZk2vq7z1Hk", "4bXyZk2vq7z1Hk"),
        ("Ok: queued as 9F3A21C0D5", "9F3A21C0D5"),
        ("2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3F2A1; see log", "3F2A1"),
        ("Ok: queued as Zk3tq-RbQd6mVZrX5Q1n2w", "Zk3tq-RbQd6mVZrX5Q1n2w"),
        ("OK id=1rXyZa-0001ab-2C", "1rXyZa-0001ab-2C"),
        ("2.0.0 OK  1700000000 d9443c01a7336-1cf5a9b-si123plb.12 - gsmtp", "d9443c01a7336-1cf5a9b-si123plb.12"),
        (
            "2.6.0 <a@example.org> [InternalId=54321, Hostname=AM0.example] Queued mail for delivery",
            "54321",
        ),
        (
            "Ok 0100018c5e7a3b21-9f1c2d3e-aaaa-4bbb-8ccc-1234567890ab-000000",
            "0100018c5e7a3b21-9f1c2d3e-aaaa-4bbb-8ccc-1234567890ab-000000",
        ),
        ("2.0.0 4AF1kQ2b012345 Message accepted for delivery", "4AF1kQ2b012345"),
        ("3abcd1e2f3-1 Message accepted for delivery", "3abcd1e2f3-1"),
        ("SmtpThread-1-1700000000@uk.mta.example Received OK [AbC1xyz.uk12]", "AbC1xyz.uk12"),
        ("Message Queued (6F1B2C3D-0001)", "6F1B2C3D-0001"),
        ("2.0.0 Ok", ""),
        ("Message accepted for delivery", ""),
        ("Ok, thank you kindly", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_name_of_a_letter_in_the_relays_queue_is_found(said, name):
    assert queue_id(said) == name
    assert queue_id(read_reply(Stage.DOT, 250, said).said) == name


@given(st.text(max_size=80))
def test_a_queue_id_is_one_short_word(text):
    found = queue_id(read_reply(Stage.DOT, 250, f"queued as {text}").said)

    assert found.isprintable()
    assert len(found.split()) <= 1
    assert len(found) <= 100
