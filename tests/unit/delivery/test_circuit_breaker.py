"""When equal rejections and lost answers stop a run."""

from itertools import pairwise
from random import Random

import pytest

from letters.delivery.circuit_breaker import CircuitBreaker, LostAnswers
from letters.verdict import Outcome, Stage, Verdict, read_reply

LIMIT = 3
BLOCKED = read_reply(Stage.DOT, 550, "5.7.1 this looks like spam")


def opened_at_each(breaker, refusals):
    """Whether the breaker opens at each of the refusals, pairs of a recipient and a verdict."""
    return [breaker.record_failure(recipient, verdict) for recipient, verdict in refusals]


def test_equal_rejections_open_the_breaker_whatever_the_domains():
    refusals = [(f"{name}@{name}.example", BLOCKED) for name in ("paul", "irwin", "marc")]

    assert opened_at_each(CircuitBreaker(LIMIT), refusals) == [False, False, True]


def test_a_letter_accepted_elsewhere_does_not_reset_a_domain_that_rejects():
    breaker = CircuitBreaker(LIMIT)
    opened = []
    for name in ("paul", "irwin", "marc"):
        opened += opened_at_each(breaker, [(f"{name}@parl.example", BLOCKED)])
        breaker.record_success("editor@press.example")

    assert opened == [False, False, True]


def test_a_letter_accepted_there_resets_the_domain():
    breaker = CircuitBreaker(LIMIT)
    opened_at_each(breaker, [("paul@parl.example", BLOCKED), ("irwin@parl.example", BLOCKED)])

    breaker.record_success("lise@Parl.example")

    assert not breaker.record_failure("marc@parl.example", BLOCKED)


def test_one_dead_mailbox_at_each_of_many_domains_does_not_open_it_when_others_are_accepted():
    breaker = CircuitBreaker(LIMIT)
    opened = []
    for number in range(1000):
        opened += opened_at_each(breaker, [(f"paul@{number}.example", BLOCKED)])
        breaker.record_success("editor@press.example")

    assert not any(opened)


def test_one_recipient_rejected_often_counts_once():
    assert not any(opened_at_each(CircuitBreaker(LIMIT), [("paul@parl.example", BLOCKED)] * 9))


def test_a_rejection_that_did_not_come_from_the_relay_never_opens_it():
    ours = Verdict(Outcome.REJECTED, said="the address is not ASCII")

    assert not any(
        opened_at_each(CircuitBreaker(LIMIT), [(f"hélène{n}@parl.example", ours) for n in range(9)])
    )


@pytest.mark.parametrize(
    "form",
    [
        "5.7.1 mail for {local} is not wanted",
        "5.7.1 {domain} does not want your mail",
        "5.7.1 mx.{domain}: {LOCAL} does not want your mail",
        "5.7.1 <{local}@{domain}>: no",
        "5.7.1 User unknown [id-4{local}]",
    ],
)
def test_replies_that_differ_only_in_the_recipient_are_equal(form):
    refusals = []
    for name in ("paul", "user", "marc.o-b"):
        said = form.format(local=name, LOCAL=name.upper(), domain=f"{name}.example")
        refusals.append((f"{name}@{name}.example", read_reply(Stage.RCPT, 550, said)))

    assert opened_at_each(CircuitBreaker(LIMIT), refusals) == [False, False, True]


def test_another_reply_begins_a_new_count():
    other = read_reply(Stage.DOT, 550, "5.7.1 no such user")
    verdicts = (BLOCKED, BLOCKED, other, BLOCKED)
    refusals = [(f"{n}@parl.example", verdict) for n, verdict in enumerate(verdicts)]

    assert not any(opened_at_each(CircuitBreaker(LIMIT), refusals))


def test_dead_mailboxes_at_one_domain_do_not_open_it_when_others_are_accepted():
    unknown = read_reply(Stage.RCPT, 550, "5.1.1 user unknown")
    breaker = CircuitBreaker(LIMIT)
    opened = []
    for number in range(9):
        opened += opened_at_each(breaker, [(f"member{number}@old.example", unknown)])
        breaker.record_success("editor@press.example")

    assert not any(opened)


def stops_at(lost, answers):
    """Which of the answers, each lost or not, is one too many; None when none is."""
    for number, answer_is_lost in enumerate(answers, start=1):
        if answer_is_lost:
            lost.add()
        else:
            lost.accepted()
        if lost.too_many:
            return number
    return None


@pytest.mark.parametrize("connections", [1, 4, 16])
def test_one_lost_answer_for_each_connection_may_be_one_network_cut_and_one_more_is_too_many(
    connections,
):
    assert stops_at(LostAnswers(connections), [True] * connections) is None
    assert stops_at(LostAnswers(connections), [True] * (connections + 1)) == connections + 1


@pytest.mark.parametrize(
    ("nth", "connections", "most"), [(2, 1, 13), (2, 16, 29), (5, 1, 22), (5, 4, 28)]
)
def test_many_lost_answers_are_too_many_though_letters_are_accepted_between_them(
    nth, connections, most
):
    lost = LostAnswers(connections)

    assert stops_at(lost, [number % nth == 0 for number in range(1, 1000)])
    assert lost.letters <= most


@pytest.mark.parametrize("connections", [1, 4])
def test_one_lost_answer_in_fifty_stops_no_run_however_they_are_spread(connections):
    one_in_fifty = Random(2014)
    lost = [one_in_fifty.random() < 0.02 for _ in range(100_000)]
    # Two in a row are what stops one connection.
    lost = [now and not before for before, now in pairwise(lost)]

    assert stops_at(LostAnswers(connections), lost) is None
