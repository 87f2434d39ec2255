"""The rules for replies that no provider replay reaches, and what holds for every reply."""

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
from tests.unit.test_provider_replays import REPLAYS

SENT, LATER, NO, DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY
SLOW, PARK = Advice.SLOW, Advice.PARK
REPLAYED = [(stage, int(reply[:3]), reply[4:]) for stage, reply, *_ in REPLAYS]

# The rows of the table that no replay of a provider reaches, in the order of the table.
REPLIES = [
    ("mid-data", 0, "the connection was lost", DOUBT, RELAY),
    ("dot", 0, "no reply in 600 seconds", DOUBT, RELAY),
    ("data", 0, "the connection was lost", LATER, RELAY),
    ("rcpt", 0, "not an SMTP reply", LATER, RELAY),
    ("connect", 0, "no reply", LATER, RELAY),
    ("mid-data", 250, "2.0.0 so soon", DOUBT, RELAY),
    ("dot", 354, "go on", DOUBT, RELAY),
    ("data", 250, "2.0.0 Ok", LATER, RELAY),
    ("dot", 550, "5.4.5 Sending limit exceeded", LATER, SENDER, PARK),
    ("rcpt", 450, "4.1.8 <a@example.org>: Sender address rejected: not found", LATER, SENDER),
    ("rcpt", 550, "5.1.8 bad sender's system address", NO, SENDER),
    ("mail", 552, "message size exceeds the limit", NO, MESSAGE),
    ("rcpt", 552, "too many recipients", LATER, RECIPIENT),
    ("banner", 451, "not now", LATER, RELAY),
    ("banner", 450, "4.7.1 come back in five minutes", LATER, RELAY, SLOW),
    ("starttls", 454, "4.7.0 TLS not available due to temporary reason", LATER, RELAY),
    ("auth", 451, "4.3.0 the directory sleeps", LATER, SENDER),
    ("mail", 451, "4.7.1 not now", LATER, SENDER, SLOW),
    ("mail", 451, "4.3.0 not now", LATER, SENDER),
    ("auth", 504, "5.5.4 unknown mechanism", NO, SENDER),
    ("mail", 550, "5.7.1 not from this address", NO, SENDER),
    ("mail", 550, "5.1.0 address rejected", NO, SENDER),
    ("rcpt", 450, "2.1.0 a class that contradicts the code", LATER, RELAY),
]


@pytest.mark.parametrize("reply", REPLIES, ids=[f"{r[0]}-{r[1]}-{r[2][:24]}" for r in REPLIES])
def test_a_reply_is_about_whom_the_table_says_and_advises_the_run(reply):
    stage, code, text, outcome, concern, *advice = reply

    verdict = read_reply(Stage(stage), code, text)

    assert (verdict.outcome, verdict.concern, verdict.code) == (outcome, concern, code)
    assert [verdict.advice] == (advice or [Advice.NONE])


def row_of(stage, code, text):
    """The number of the row of the table that decides."""
    enhanced = read_reply(Stage(stage), code, text).enhanced
    weight = enhanced[:1] if code >= 400 and enhanced else str(code)[0]
    matching = (
        number
        for number, rule in enumerate(TABLE)
        if rule.may_match(Stage(stage), code, weight) and rule.fits(enhanced, text)
    )
    return next(matching)


def test_every_row_of_the_table_decides_a_reply_above_or_of_a_provider():
    replayed = {row_of(stage, code, text) for stage, code, text in REPLAYED}
    above = {row_of(stage, code, text) for stage, code, text, *_ in REPLIES}

    assert replayed | above == set(range(len(TABLE)))
    assert not replayed & above, "a replay of a provider says it already"


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
