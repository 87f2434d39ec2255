"""What every form of the journal keeps: one suite, run against memory and SQLite."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from letters.errors import JournalError
from letters.journal.interface import Journal
from letters.journal.open import open_journal
from letters.journal.types import (
    MAIL,
    Attempt,
    Beginning,
    Changed,
    Claimed,
    Entry,
    Settlement,
    Standing,
    State,
)
from letters.message.message import Envelope, Message, Plate
from letters.verdict import Concern, Outcome, Verdict
from tests.journal_model import JournalModel, Records

NOON = datetime(2014, 1, 9, 12, tzinfo=UTC)
RELAY = "smtp://relay.example.org:587"
PLATE = Plate((b"Subject: Prevention\r\n\r\nDear ", b",\r\nyours\r\n"), b"--tail--\r\n")

SENT = Verdict(Outcome.SENT, said="2.0.0 queued as 4F1", code=250)
NOT_NOW = Verdict(Outcome.DEFERRED, said="4.2.0 greylisted", code=451)
NEVER = Verdict(Outcome.REJECTED, said="5.1.1 no such person", code=550)
LOST = Verdict(Outcome.IN_DOUBT, Concern.RELAY, said="connection lost after data")
OUR_FAULT = Verdict(Outcome.REJECTED, Concern.SENDER, said="5.7.1 From refused", code=550)


def message(address: str, *, words: str = "as it was", identity: str = "") -> Message:
    head = f"Message-ID: <{sha256((address + words).encode()).hexdigest()[:26]}@example.org>\r\n"
    sealed = Message(
        envelope=Envelope("office@example.org", address),
        identity=identity or address.casefold(),
        name="",
        subject="Prevention",
        message_id=head[12:-2],
        sha256="",
        head=head.encode(),
        fillings=(words.encode(),),
        plate=PLATE,
    )
    return replace(sealed, sha256=sha256(sealed.undated).hexdigest())


def entry(row: int, address: str, *, words: str = "as it was", identity: str = "") -> Entry:
    name = address.partition("@")[0].title()
    return Entry(row, name, f"inputs of {words}", message(address, words=words, identity=identity))


def listed(*names: str, words: str = "as it was") -> list[Entry]:
    return [
        entry(row, f"{name}@parl.example", words=words) for row, name in enumerate(names, start=2)
    ]


def unreachable(row: int, name: str) -> Entry:
    return Entry(row, name, "", None)


@dataclass
class Form:
    """One form of the journal, and how it is opened again on the same record."""

    open: Callable[..., Journal]


@pytest.fixture(params=["memory", "sqlite"])
def form(request, tmp_path):
    if request.param == "memory":
        records = Records()
        return Form(lambda campaign="t3st-river": JournalModel(records, campaign))
    url = f"sqlite:{tmp_path / 'journal.db'}"
    return Form(lambda campaign="t3st-river": open_journal(url, campaign=campaign, create=True))


def story(test: Callable[..., Any]) -> Callable[..., None]:
    @wraps(test)
    def told(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return told


async def sender(form: Form, run: str = "run-1") -> Journal:
    journal = form.open()
    await journal.start(run, relay=RELAY, at=NOON)
    return journal


async def sealing(journal: Journal, entries: Iterable[Entry], channel: str = MAIL, **how: Any):
    staged = await journal.enqueue(channel, entries, at=how.pop("at", NOON), **how)
    await journal.commit()
    return staged


async def sending(form: Form, *names: str, run: str = "run-1") -> Journal:
    journal = await sender(form, run)
    await sealing(journal, listed(*names))
    return journal


async def begin(journal: Journal, *letters: int, at: datetime = NOON) -> None:
    await journal.advance([], [Beginning(letter, at, at) for letter in letters])


async def settle(journal: Journal, letter: int, verdict: Verdict, **how: Any) -> None:
    state = how.pop("state", None) or State(verdict.outcome.value.replace(" ", "_"))
    at = how.pop("at", NOON)
    await journal.advance([Settlement(letter, at, state, verdict, **how)], [])


async def claim_one(journal: Journal, channel: str = MAIL, now: datetime = NOON) -> Claimed:
    (claimed,) = await journal.claim(channel, 1, now=now)
    return claimed


async def hand_over(journal: Journal, verdict: Verdict, channel: str = MAIL, **how: Any) -> Claimed:
    claimed = await claim_one(journal, channel)
    await begin(journal, claimed.letter)
    await settle(journal, claimed.letter, verdict, **how)
    return claimed


async def standings(journal: Journal, channel: str = MAIL) -> dict[str, Standing]:
    return {standing.id: standing async for standing in journal.letters(channel)}


async def states(journal: Journal, channel: str = MAIL) -> dict[str, State]:
    found = await standings(journal, channel)
    tally = await journal.tally(channel)
    counted = [state for state, count in tally.items() for _ in range(count)]
    assert sorted(counted) == sorted(standing.state for standing in found.values())
    return {id_.partition("@")[0]: standing.state for id_, standing in found.items()}


async def killed(form: Form, journal: Journal) -> Journal:
    """The sender is gone without a word, and somebody looks."""
    await journal.aclose()
    return form.open()


# The batch


@story
async def test_a_new_list_waits_in_list_order(form):
    journal = await sender(form)

    staged = await sealing(journal, [*listed("rae", "abbott"), unreachable(4, "No Address")])

    assert (staged.to_send, staged.new, staged.not_mailable) == (2, 2, 1)
    assert [s.id async for s in journal.letters(MAIL)] == [
        "rae@parl.example",
        "abbott@parl.example",
        "row 4",
    ]
    tally = await journal.tally(MAIL)
    assert tally == dict.fromkeys(State, 0) | {State.WAITING: 2, State.NOT_MAILABLE: 1}
    await journal.aclose()


@story
async def test_a_row_without_address_stands_in_its_place_in_list_order(form):
    journal = await sender(form)
    rae, abbott, cotler = listed("rae", "abbott", "cotler")
    await sealing(journal, [cotler, abbott, unreachable(3, "No Address"), rae])

    found = [s.id async for s in journal.letters(MAIL)]

    assert found == [
        "rae@parl.example",
        "abbott@parl.example",
        "row 3",
        "cotler@parl.example",
    ]
    await journal.aclose()


@story
async def test_a_claimed_letter_is_the_message_that_was_sealed(form):
    journal = await sender(form)
    (sealed,) = listed("rae")
    await sealing(journal, [sealed])

    claimed = await claim_one(journal)

    assert claimed.message == replace(sealed.message, name=sealed.name)
    assert claimed.message.undated == sealed.message.undated
    assert (claimed.tries, claimed.first_tried_at) == (0, None)
    await journal.aclose()


@story
async def test_empty_fillings_and_a_plate_without_tail_come_back_as_they_were(form):
    journal = await sender(form)
    plate = Plate((b"", b"x", b""), b"")
    sealed = replace(message("rae@parl.example"), head=b"", fillings=(b"", b""), plate=plate)
    await sealing(journal, [Entry(2, "Rae", "i", sealed)])

    claimed = await claim_one(journal)

    assert claimed.message == replace(sealed, name="Rae")
    await journal.aclose()


@story
async def test_letters_of_one_wording_come_back_with_one_plate(form):
    journal = await sending(form, "rae", "abbott")

    first, second = await journal.claim(MAIL, 2, now=NOON)

    assert first.message.plate is second.message.plate
    await journal.aclose()


@story
async def test_the_same_list_again_makes_no_letter_twice(form):
    journal = await sending(form, "rae", "abbott")
    await hand_over(journal, SENT)

    staged = await sealing(journal, listed("rae", "abbott"))

    assert (staged.to_send, staged.new, staged.sent) == (1, 0, 1)
    assert (staged.withdrawn_count, staged.changed_count) == (0, 0)
    assert await states(journal) == {"rae": State.SENT, "abbott": State.WAITING}
    await journal.aclose()


@story
async def test_reordering_and_adding_rows_sends_nobody_twice(form):
    journal = await sending(form, "rae", "abbott")
    await hand_over(journal, SENT)

    staged = await sealing(journal, listed("cotler", "abbott", "rae"))

    assert (staged.to_send, staged.new, staged.sent) == (2, 1, 1)
    assert list(await states(journal)) == ["cotler", "abbott", "rae"]
    claimed = await journal.claim(MAIL, 9, now=NOON)
    assert [c.message.identity for c in claimed] == ["cotler@parl.example", "abbott@parl.example"]
    await journal.aclose()


@story
async def test_an_identity_offered_twice_in_one_batch_is_one_letter(form):
    journal = await sender(form)

    staged = await sealing(
        journal, [*listed("rae"), entry(3, "rae@parl.example", words="otherwise")]
    )

    assert (staged.to_send, staged.new, staged.changed_count) == (1, 1, 0)
    assert (await claim_one(journal)).message.fillings == (b"as it was",)
    await journal.aclose()


@story
async def test_what_is_rolled_back_was_never_offered(form):
    journal = await sending(form, "rae")

    staged = await journal.enqueue(MAIL, listed("abbott"), at=NOON)
    await journal.rollback()

    assert staged.withdrawn == ("Rae <rae@parl.example>",)
    assert await states(journal) == {"rae": State.WAITING}
    assert (await sealing(journal, listed("rae", "abbott"))).new == 1
    assert len(await journal.claim(MAIL, 9, now=NOON)) == 2
    await journal.aclose()


@story
async def test_a_failure_among_the_entries_rolls_back_and_passes_through(form):
    journal = await sending(form, "rae")

    def failing():
        yield from listed("abbott")
        raise ZeroDivisionError("row 3")

    with pytest.raises(ZeroDivisionError, match="row 3"):
        await journal.enqueue(MAIL, failing(), at=NOON)

    assert await states(journal) == {"rae": State.WAITING}
    assert (await sealing(journal, listed("rae"))).to_send == 1
    await journal.aclose()


@story
async def test_what_was_not_committed_is_gone_when_the_journal_is_opened_again(form):
    journal = await sender(form)
    await journal.enqueue(MAIL, listed("rae"), at=NOON)

    again = await killed(form, journal)

    assert await states(again) == {}
    await again.aclose()


@story
async def test_a_limit_counts_letters_to_send_and_withdraws_nobody(form):
    journal = await sending(form, "rae", "abbott", "cotler")
    await hand_over(journal, SENT)
    offered = iter(listed("rae", "abbott", "garneau", "dewar"))

    staged = await sealing(journal, offered, limit=2)

    assert (staged.to_send, staged.new, staged.sent) == (2, 1, 1)
    assert staged.withdrawn_count == 0
    assert [left.name for left in offered] == ["Dewar"]
    await journal.aclose()


@story
async def test_the_letters_of_the_last_batch_are_counted_as_they_stand_whoever_changed_them(form):
    journal = await sending(form, "rae", "abbott", "cotler", "dewar")
    for verdict in (SENT, NEVER, NEVER):
        await hand_over(journal, verdict)
    await sealing(journal, listed("rae", "abbott", "garneau"), whole=False)
    chosen = await journal.tally(MAIL, batch=True)
    assert chosen == dict.fromkeys(State, 0) | {
        State.SENT: 1, State.REJECTED: 1, State.WAITING: 1,
    }  # fmt: skip

    await journal.retry(MAIL, "abbott@parl.example", at=NOON)

    chosen = await journal.tally(MAIL, batch=True)
    assert (chosen[State.REJECTED], chosen[State.WAITING]) == (0, 2)
    await journal.aclose()


@story
async def test_part_of_a_list_withdraws_nobody_and_keeps_the_rows_without_address(form):
    journal = await sender(form)
    await sealing(journal, [*listed("rae", "abbott"), unreachable(4, "No Address")])

    staged = await sealing(journal, listed("cotler"), whole=False)

    assert (staged.to_send, staged.withdrawn_count) == (1, 0)
    tally = await journal.tally(MAIL)
    assert (tally[State.WAITING], tally[State.NOT_MAILABLE]) == (3, 1)
    await journal.aclose()


@story
async def test_rows_without_address_are_the_last_whole_lists(form):
    journal = await sender(form)
    await sealing(journal, [unreachable(2, "First"), unreachable(3, "Second")])

    await sealing(journal, [*listed("rae"), unreachable(3, "Third")])

    found = await standings(journal)
    assert [(s.id, s.name, s.address) for s in found.values()] == [
        ("rae@parl.example", "Rae", "rae@parl.example"),
        ("row 3", "Third", None),
    ]
    await journal.aclose()


@story
async def test_who_left_the_list_is_withdrawn_by_name_and_revived_on_return(form):
    journal = await sending(form, "rae", "abbott")

    staged = await sealing(journal, listed("rae"))

    assert staged.withdrawn == ("Abbott <abbott@parl.example>",)
    assert await states(journal) == {"rae": State.WAITING, "abbott": State.WITHDRAWN}
    assert len(await journal.claim(MAIL, 9, now=NOON)) == 1
    again = await sealing(journal, listed("rae", "abbott"))
    assert (again.to_send, again.new) == (2, 0)
    assert await states(journal) == {"rae": State.WAITING, "abbott": State.WAITING}
    await journal.aclose()


@story
async def test_sent_and_rejected_letters_are_never_withdrawn(form):
    journal = await sending(form, "rae", "abbott")
    await hand_over(journal, SENT)
    await hand_over(journal, NEVER)

    staged = await sealing(journal, listed("cotler"))

    assert staged.withdrawn_count == 0
    assert await states(journal) == {
        "rae": State.SENT,
        "abbott": State.REJECTED,
        "cotler": State.WAITING,
    }
    await journal.aclose()


@story
async def test_a_hundred_letters_are_named_and_all_are_counted(form):
    journal = await sending(form, *(f"member{number}" for number in range(130)))

    staged = await sealing(journal, listed("rae"))

    assert (len(staged.withdrawn), staged.withdrawn_count) == (100, 130)
    assert staged.withdrawn[0] == "Member0 <member0@parl.example>"
    await journal.aclose()


@story
async def test_the_first_batch_sets_the_day_of_its_channel(form):
    journal = await sender(form)
    assert await journal.sealed_on(MAIL) is None
    await sealing(journal, listed("rae"))

    await sealing(journal, listed("rae"), at=NOON + timedelta(days=3))

    assert await journal.sealed_on(MAIL) == date(2014, 1, 9)
    await journal.aclose()


@story
async def test_channels_are_named_the_latest_used_first(form):
    journal = await sender(form)
    await sealing(journal, listed("rae"), channel="outbox-1")
    await sealing(journal, listed("rae"), at=NOON + timedelta(hours=1))
    assert await journal.channels() == [MAIL, "outbox-1"]

    await sealing(journal, listed("rae"), channel="outbox-1", at=NOON + timedelta(hours=2))

    assert await journal.channels() == ["outbox-1", MAIL]
    await journal.aclose()


# Edits


@story
async def test_changed_letters_are_named_and_not_touched_until_the_person_chooses(form):
    journal = await sending(form, "rae", "abbott")

    staged = await sealing(journal, listed("rae", "abbott", words="edited"))

    assert staged.changed == ("Rae <rae@parl.example>", "Abbott <abbott@parl.example>")
    assert (staged.changed_count, staged.to_send, staged.new) == (2, 2, 0)
    assert (await claim_one(journal)).message.fillings == (b"as it was",)
    await journal.aclose()


@story
async def test_reseal_replaces_bytes_and_message_id_of_unsent_letters(form):
    journal = await sending(form, "rae")
    edited = listed("rae", words="edited")

    staged = await sealing(journal, edited, changed=Changed.RESEAL)

    assert staged.changed_count == 1
    assert (await claim_one(journal)).message == replace(edited[0].message, name="Rae")
    assert (await sealing(journal, edited)).changed_count == 0
    await journal.aclose()


@story
async def test_keep_sends_what_was_sealed_and_is_not_asked_again_for_the_same_edit(form):
    journal = await sending(form, "rae")

    kept = await sealing(journal, listed("rae", words="edited"), changed=Changed.KEEP)

    assert kept.changed_count == 1
    assert (await sealing(journal, listed("rae", words="edited"))).changed_count == 0
    assert (await sealing(journal, listed("rae"))).changed_count == 0
    assert (await sealing(journal, listed("rae", words="edited again"))).changed_count == 1
    assert (await claim_one(journal)).message.fillings == (b"as it was",)
    await journal.aclose()


@story
async def test_other_inputs_that_give_the_same_bytes_are_no_change(form):
    journal = await sending(form, "rae")
    (same,) = listed("rae")

    staged = await sealing(journal, [replace(same, inputs="a note was added to the row")])

    assert (staged.changed_count, staged.to_send) == (0, 1)
    await journal.aclose()


@story
async def test_what_was_kept_is_asked_about_again_after_the_edit_was_undone(form):
    journal = await sending(form, "rae")
    (same,) = listed("rae")
    await sealing(journal, listed("rae", words="edited"), changed=Changed.KEEP)
    await sealing(journal, [replace(same, inputs="a note was added to the row")])

    staged = await sealing(journal, listed("rae", words="edited"))

    assert staged.changed_count == 1
    await journal.aclose()


@story
async def test_another_release_that_seals_otherwise_changes_no_sealed_letter(form):
    journal = await sending(form, "rae")
    (same,) = listed("rae")
    (other,) = listed("rae", words="by another release")

    staged = await sealing(journal, [replace(other, inputs=same.inputs)], changed=Changed.RESEAL)

    assert staged.changed_count == 0
    assert (await claim_one(journal)).message.fillings == (b"as it was",)
    await journal.aclose()


@story
async def test_edits_leave_sent_and_rejected_letters_alone(form):
    journal = await sending(form, "rae", "abbott")
    sent = await hand_over(journal, SENT)
    await hand_over(journal, NEVER)

    staged = await sealing(journal, listed("rae", "abbott", words="edited"), changed=Changed.RESEAL)

    assert (staged.changed_count, staged.sent, staged.rejected) == (0, 1, 1)
    found = await standings(journal)
    assert found["rae@parl.example"].sha256 == sent.message.sha256
    await journal.aclose()


@story
async def test_a_deferred_letter_that_is_resealed_gets_the_date_of_its_new_leaving(form):
    journal = await sending(form, "rae")
    await hand_over(journal, NOT_NOW, due_at=NOON + timedelta(minutes=5))

    await sealing(journal, listed("rae", words="edited"), changed=Changed.RESEAL)

    assert await states(journal) == {"rae": State.DEFERRED}
    claimed = await claim_one(journal, now=NOON + timedelta(minutes=5))
    assert claimed.message.date is None
    assert claimed.message.fillings == (b"edited",)
    await journal.aclose()


@story
async def test_a_withdrawn_letter_that_returns_otherwise_is_a_changed_letter(form):
    journal = await sending(form, "rae", "abbott")
    await sealing(journal, listed("rae"))

    staged = await sealing(journal, [*listed("rae"), entry(3, "abbott@parl.example", words="new")])

    assert staged.changed == ("Abbott <abbott@parl.example>",)
    await journal.aclose()


# Claiming and advancing


@story
async def test_a_letter_is_claimed_once_until_it_is_released(form):
    journal = await sending(form, "rae", "abbott", "cotler")

    first = await journal.claim(MAIL, 2, now=NOON)
    second = await journal.claim(MAIL, 2, now=NOON)
    await journal.release([first[0].letter])
    third = await journal.claim(MAIL, 2, now=NOON)

    assert [c.message.identity[:3] for c in (*first, *second, *third)] == [
        "rae",
        "abb",
        "cot",
        "rae",
    ]
    assert set((await states(journal)).values()) == {State.WAITING}
    await journal.aclose()


@story
async def test_a_claim_can_be_restricted_to_some(form):
    journal = await sending(form, "rae", "abbott", "cotler")

    claimed = await journal.claim(MAIL, 9, now=NOON, only={"cotler@parl.example"})
    nobody = await journal.claim(MAIL, 9, now=NOON, only=set())

    assert [c.message.identity for c in claimed] == ["cotler@parl.example"]
    assert nobody == []
    await journal.aclose()


@story
async def test_who_is_not_the_sender_can_neither_claim_nor_advance(form):
    journal = form.open()
    await sealing(journal, listed("rae"))

    with pytest.raises(JournalError, match="not the sender"):
        await journal.claim(MAIL, 1, now=NOON)
    with pytest.raises(JournalError, match="not the sender"):
        await begin(journal, 1)

    await journal.aclose()


@story
async def test_a_letter_begun_is_open_and_then_sent_with_its_relay_and_reply(form):
    journal = await sending(form, "rae")
    claimed = await claim_one(journal)

    await begin(journal, claimed.letter)
    during = await states(journal)
    await settle(journal, claimed.letter, SENT, at=NOON + timedelta(seconds=1))

    assert during == {"rae": State.OPEN}
    (standing,) = (await standings(journal)).values()
    assert standing == Standing(
        id="rae@parl.example",
        address="rae@parl.example",
        name="Rae",
        state=State.SENT,
        attempts=1,
        message_id=claimed.message.message_id,
        sha256=claimed.message.sha256,
        relay=RELAY,
        reply="250 2.0.0 queued as 4F1",
        sent_at=NOON + timedelta(seconds=1),
        due_at=None,
    )
    await journal.aclose()


@story
async def test_a_letter_refused_before_its_data_is_settled_without_being_begun(form):
    journal = await sending(form, "rae")
    claimed = await claim_one(journal)

    await settle(journal, claimed.letter, NEVER)

    (standing,) = (await standings(journal)).values()
    assert (standing.state, standing.attempts, standing.sent_at) == (State.REJECTED, 1, None)
    assert standing.reply == "550 5.1.1 no such person"
    assert await journal.claim(MAIL, 9, now=NOON) == []
    await journal.aclose()


@story
async def test_a_deferred_letter_waits_until_it_is_due_and_keeps_its_date(form):
    journal = await sending(form, "rae")
    due = NOON + timedelta(minutes=5)
    await hand_over(journal, NOT_NOW, due_at=due)

    early = await journal.claim(MAIL, 9, now=due - timedelta(seconds=1))
    next_due = await journal.next_due(MAIL)
    (standing,) = (await standings(journal)).values()
    claimed = await claim_one(journal, now=due)
    await begin(journal, claimed.letter, at=due)
    await settle(journal, claimed.letter, NOT_NOW, at=due, due_at=due + timedelta(hours=1))
    last = await claim_one(journal, now=due + timedelta(hours=1))

    assert early == []
    assert (next_due, standing.due_at, standing.state) == (due, due, State.DEFERRED)
    assert (claimed.tries, claimed.first_tried_at, claimed.message.date) == (1, NOON, NOON)
    assert (last.tries, last.first_tried_at, last.message.date) == (2, NOON, NOON)
    assert await journal.next_due(MAIL) is None
    await journal.aclose()


@story
async def test_the_next_due_of_some_is_not_that_of_others(form):
    journal = await sending(form, "rae", "abbott")
    first = NOON + timedelta(minutes=5)
    for due in (first, first + timedelta(hours=1)):
        await hand_over(journal, NOT_NOW, state=State.DEFERRED, due_at=due)

    abbott, nobody = {"abbott@parl.example"}, {"nobody@parl.example"}

    assert await journal.next_due(MAIL) == first
    assert await journal.next_due(MAIL, only=abbott) == first + timedelta(hours=1)
    assert await journal.next_due(MAIL, only=nobody) is None
    await journal.aclose()


@story
async def test_a_letter_released_after_the_senders_fault_waits_and_no_try_is_counted(form):
    journal = await sending(form, "rae", "abbott")
    refused, begun = await journal.claim(MAIL, 2, now=NOON)
    await begin(journal, begun.letter)

    await settle(journal, refused.letter, OUR_FAULT, state=State.WAITING)
    await settle(journal, begun.letter, OUR_FAULT, state=State.WAITING)

    for standing in (await standings(journal)).values():
        assert (standing.state, standing.attempts) == (State.WAITING, 0)
        assert standing.reply == "550 5.7.1 From refused"
    again = await journal.claim(MAIL, 9, now=NOON)
    assert [(c.tries, c.first_tried_at) for c in again] == [(0, None), (0, None)]
    await journal.aclose()


@story
async def test_a_verdict_and_the_next_beginning_are_one_step(form):
    journal = await sending(form, "rae", "abbott")
    first, second = await journal.claim(MAIL, 2, now=NOON)
    await begin(journal, first.letter)

    await journal.advance(
        [Settlement(first.letter, NOON, State.SENT, SENT)], [Beginning(second.letter, NOON, NOON)]
    )

    assert await states(journal) == {"rae": State.SENT, "abbott": State.OPEN}
    await journal.aclose()


@story
async def test_a_step_that_cannot_be_taken_is_not_half_taken(form):
    journal = await sending(form, "rae", "abbott")
    first, second = await journal.claim(MAIL, 2, now=NOON)
    await begin(journal, first.letter)

    with pytest.raises(JournalError):
        await journal.advance(
            [Settlement(first.letter, NOON, State.SENT, SENT)],
            [Beginning(second.letter, NOON, NOON), Beginning(first.letter, NOON, NOON)],
        )

    assert await states(journal) == {"rae": State.OPEN, "abbott": State.WAITING}
    await settle(journal, first.letter, SENT)
    assert await states(journal) == {"rae": State.SENT, "abbott": State.WAITING}
    await journal.aclose()


@story
async def test_a_settled_letter_is_not_settled_again(form):
    journal = await sending(form, "rae")
    claimed = await hand_over(journal, SENT)

    with pytest.raises(JournalError):
        await settle(journal, claimed.letter, NEVER)

    assert await states(journal) == {"rae": State.SENT}
    await journal.aclose()


@story
async def test_connections_that_advance_at_once_all_get_their_commit(form):
    journal = await sending(form, *(f"member{number}" for number in range(20)))
    claimed = await journal.claim(MAIL, 20, now=NOON)

    async def connection(letter: int) -> None:
        await begin(journal, letter)
        await settle(journal, letter, SENT)

    await asyncio.gather(*(connection(c.letter) for c in claimed))

    assert (await journal.tally(MAIL))[State.SENT] == 20
    await journal.aclose()


# Doubt


@story
async def test_what_a_killed_sender_had_begun_is_in_doubt_and_never_claimed(form):
    journal = await sending(form, "rae", "abbott")
    claimed = await claim_one(journal)
    await begin(journal, claimed.letter)

    again = await killed(form, journal)

    assert await states(again) == {"rae": State.IN_DOUBT, "abbott": State.WAITING}
    await again.start("run-2", relay=RELAY, at=NOON)
    staged = await sealing(again, listed("rae", "abbott"))
    assert (staged.to_send, staged.in_doubt) == (1, 1)
    assert [c.message.identity for c in await again.claim(MAIL, 9, now=NOON)] == [
        "abbott@parl.example"
    ]
    found = (await standings(again))["rae@parl.example"]
    assert (found.message_id, found.relay, found.reply, found.attempts) == (
        claimed.message.message_id,
        RELAY,
        None,
        1,
    )
    await again.aclose()


@story
async def test_what_is_open_when_the_sender_finishes_is_in_doubt(form):
    journal = await sending(form, "rae")
    await begin(journal, (await claim_one(journal)).letter)
    assert await states(journal) == {"rae": State.OPEN}

    await journal.finish(at=NOON)

    assert await states(journal) == {"rae": State.IN_DOUBT}
    await journal.aclose()


@story
async def test_an_answer_that_was_lost_is_in_doubt_at_once_with_its_words(form):
    journal = await sending(form, "rae")

    await hand_over(journal, LOST)

    (standing,) = (await standings(journal)).values()
    assert (standing.state, standing.attempts) == (State.IN_DOUBT, 1)
    assert standing.reply == "connection lost after data"
    assert await journal.claim(MAIL, 9, now=NOON) == []
    await journal.aclose()


@story
async def test_a_reply_reads_like_the_relays_line_and_a_folders_words_stay_alone(form):
    journal = await sending(form, "rae", "abbott")
    refused, filed = await journal.claim(MAIL, 9, now=NOON)
    await settle(
        journal, refused.letter, Verdict(Outcome.REJECTED, said="no", code=550, enhanced="5.1.1")
    )
    await begin(journal, filed.letter)
    await settle(journal, filed.letter, Verdict(Outcome.SENT, said="new/17.eml"))

    replies = {name: standing.reply for name, standing in (await standings(journal)).items()}

    assert replies == {"rae@parl.example": "550 5.1.1 no", "abbott@parl.example": "new/17.eml"}
    await journal.aclose()


@story
async def test_an_attempt_without_an_answer_tells_when_it_began_until_a_person_ends_it(form):
    journal = await sending(form, "rae", "abbott")
    await begin(journal, (await claim_one(journal)).letter)
    during = [standing.begun_at for standing in (await standings(journal)).values()]
    again = await killed(form, journal)
    after = [standing.begun_at for standing in (await standings(again)).values()]
    resolved = await again.resolve(MAIL, "rae@parl.example", sent=True, at=NOON)

    assert during == after == [NOON, None]
    assert resolved is not None
    assert resolved.begun_at is None
    await again.aclose()


@story
async def test_another_reader_sees_the_living_senders_letters_as_open(form):
    journal = await sending(form, "rae")
    await begin(journal, (await claim_one(journal)).letter)

    reader = form.open()

    assert await states(reader) == {"rae": State.OPEN}
    assert await reader.resolve(MAIL, "rae@parl.example", sent=True, at=NOON) is None
    await reader.aclose()
    await settle(journal, 1, SENT)
    await journal.aclose()


@story
async def test_no_later_run_settles_what_an_earlier_one_had_begun(form):
    journal = await sending(form, "rae")
    claimed = await claim_one(journal)
    await begin(journal, claimed.letter)
    again = await killed(form, journal)
    await again.start("run-2", relay=RELAY, at=NOON)

    with pytest.raises(JournalError):
        await settle(again, claimed.letter, SENT)

    assert await states(again) == {"rae": State.IN_DOUBT}
    await again.aclose()


@story
async def test_a_person_says_that_a_letter_in_doubt_was_sent(form):
    journal = await sending(form, "rae")
    await begin(journal, (await claim_one(journal)).letter)
    again = await killed(form, journal)

    resolved = await again.resolve(
        MAIL, "Rae@Parl.example", sent=True, at=NOON + timedelta(hours=1)
    )

    assert resolved is not None
    assert (resolved.state, resolved.sent_at) == (State.SENT, NOON)
    assert resolved.reply == "resolved by a person: sent"
    assert (await standings(again))[resolved.id] == resolved
    await again.aclose()


@story
async def test_a_letter_to_be_sent_again_keeps_its_bytes_for_ever(form):
    journal = await sending(form, "rae")
    first = await claim_one(journal)
    await begin(journal, first.letter)
    again = await killed(form, journal)
    await again.start("run-2", relay=RELAY, at=NOON)

    resolved = await again.resolve(MAIL, "rae@parl.example", sent=False, at=NOON)
    staged = await sealing(again, listed("rae", words="edited"), changed=Changed.RESEAL)
    claimed = await claim_one(again)

    assert resolved is not None
    assert (resolved.state, resolved.reply) == (
        State.WAITING,
        "resolved by a person: send again",
    )
    assert (staged.changed_count, staged.to_send) == (0, 1)
    assert claimed.message == first.message.dated(NOON)
    assert claimed.tries == 0
    await again.aclose()


@story
async def test_only_letters_in_doubt_are_resolved_and_only_rejected_ones_retried(form):
    journal = await sending(form, "rae", "abbott")
    await hand_over(journal, NEVER)

    assert await journal.resolve(MAIL, "rae@parl.example", sent=True, at=NOON) is None
    assert await journal.resolve(MAIL, "nobody@parl.example", sent=True, at=NOON) is None
    assert await journal.retry(MAIL, "abbott@parl.example", at=NOON) is None
    assert await journal.retry("outbox-1", "rae@parl.example", at=NOON) is None
    assert await states(journal) == {"rae": State.REJECTED, "abbott": State.WAITING}
    await journal.aclose()


@story
async def test_a_rejected_letter_that_is_retried_starts_anew(form):
    journal = await sending(form, "rae")
    await hand_over(journal, NEVER)

    retried = await journal.retry(MAIL, "rae@parl.example", at=NOON)
    claimed = await claim_one(journal)

    assert retried is not None
    assert (retried.state, retried.attempts) == (State.WAITING, 1)
    assert (claimed.tries, claimed.first_tried_at, claimed.message.date) == (0, None, NOON)
    await journal.aclose()


@story
async def test_letters_that_share_an_address_are_numbered_in_list_order(form):
    journal = await sender(form)
    shared = "clerk@parl.example"
    await sealing(
        journal,
        [
            entry(2, shared, words="a", identity=f"{shared} a"),
            *[entry(3, "rae@parl.example")],
            entry(4, "Clerk@parl.example", words="b", identity=f"{shared} b"),
        ],
    )
    await hand_over(journal, SENT)
    await hand_over(journal, SENT)
    await hand_over(journal, NEVER)

    retried = await journal.retry(MAIL, "clerk@PARL.example#2", at=NOON)

    assert await journal.retry(MAIL, shared, at=NOON) is None
    assert await journal.retry(MAIL, f"{shared}#3", at=NOON) is None
    assert retried is not None
    assert retried.id == "Clerk@parl.example#2"
    assert list(await standings(journal)) == [
        "clerk@parl.example",
        "rae@parl.example",
        "Clerk@parl.example#2",
    ]
    await journal.aclose()


@story
async def test_a_letter_answers_to_its_address_however_the_domain_is_written(form):
    journal = await sender(form)
    address = "anne@xn--qubec-csa.example"
    two = [
        entry(2, address, identity=f"{address} anne"),
        entry(3, address, identity=f"{address} a"),
    ]
    await sealing(journal, two)
    await hand_over(journal, NEVER)
    await hand_over(journal, LOST)

    domains = ("québec.example", "QUÉBEC.Example", "que\u0301bec.example", "XN--QUBEC-CSA.example")
    histories = [await journal.history(MAIL, f"Anne@{domain}#2") for domain in domains]
    retried = await journal.retry(MAIL, "anne@québec.example", at=NOON)
    resolved = await journal.resolve(MAIL, "anne@QUÉBEC.example#2", sent=True, at=NOON)

    second = f"{address}#2"
    assert [history and history.standing.id for history in histories] == [second] * 4
    assert (retried.id, resolved.id) == (address, second)
    for garbage in (
        "anne@",
        "@québec.example",
        "québec",
        "a@b@québec.example",
        "\udcff@\udcff",
        "#2",
    ):
        assert await journal.history(MAIL, garbage) is None
    await journal.aclose()


# Rehearsals


def office(row: int, name: str, *, shared: bool, words: str = "as it was") -> Entry:
    """A row of an office's one address, alone on its list or sharing it with another row."""
    identity = f"office@parl.example {name.casefold()}" if shared else ""
    sealed = message("office@parl.example", words=f"{name} {words}", identity=identity)
    return Entry(row, name, f"inputs of {name} {words}", sealed)


@story
async def test_a_row_whose_address_gains_another_row_is_not_written_to_again(form):
    journal = await sender(form)
    await sealing(journal, [office(2, "Rae", shared=False)])
    await hand_over(journal, SENT)

    two = [office(2, "Abbott", shared=True), office(3, "RAE", shared=True)]
    staged = await sealing(journal, two)
    again = await sealing(journal, two)

    assert (staged.sent, staged.new, staged.to_send) == (1, 1, 1)
    assert (again.sent, again.new, again.to_send) == (1, 0, 1)
    assert (await claim_one(journal)).message.name == "Abbott"
    await journal.aclose()


@story
async def test_a_row_whose_address_loses_its_other_row_is_not_written_to_again(form):
    journal = await sender(form)
    two = [office(2, "Rae", shared=True), office(3, "Abbott", shared=True)]
    await sealing(journal, two)
    await hand_over(journal, SENT)

    alone = await sealing(journal, [office(2, "Rae", shared=False)])
    back = await sealing(journal, two)

    assert (alone.sent, alone.new, alone.to_send, alone.withdrawn_count) == (1, 0, 0, 1)
    assert (back.sent, back.new, back.to_send) == (1, 0, 1)
    await journal.aclose()


@story
async def test_the_last_row_of_an_address_takes_the_letter_that_left_whatever_its_name(form):
    journal = await sender(form)
    await sealing(journal, [office(2, "Rae", shared=True), office(3, "Abbott", shared=True)])
    await journal.claim(MAIL, 1, now=NOON)
    await hand_over(journal, SENT)

    alone = await sealing(journal, [office(2, "Bob Rae", shared=False)])

    assert (alone.sent, alone.new, alone.to_send) == (1, 0, 0)
    await journal.aclose()


@story
async def test_who_shared_an_address_keeps_the_own_letter_when_each_is_alone_with_it_in_turn(form):
    journal = await sender(form)
    two = [office(2, "Bo", shared=True), office(3, "Ann", shared=True)]
    await sealing(journal, two)
    assert (await hand_over(journal, SENT)).message.name == "Bo"

    bo_alone = await sealing(journal, [office(2, "Bo", shared=False)])
    ann_alone = await sealing(journal, [office(2, "Ann", shared=False)], changed=Changed.KEEP)
    both = await sealing(journal, two, changed=Changed.KEEP)

    assert (bo_alone.sent, bo_alone.to_send, bo_alone.withdrawn) == (
        1,
        0,
        ("Ann <office@parl.example>",),
    )
    assert (ann_alone.sent, ann_alone.to_send, ann_alone.new) == (0, 1, 0)
    assert (both.sent, both.to_send, both.new) == (1, 1, 0)
    assert (await claim_one(journal)).message.name == "Ann"
    await journal.aclose()


@story
async def test_who_joins_an_address_under_another_name_gets_a_letter(form):
    journal = await sender(form)
    await sealing(journal, [office(2, "Rae", shared=False)])
    await hand_over(journal, SENT)

    two = [office(2, "Rae", shared=True), office(3, "Abbott", shared=True)]
    chosen = {"office@parl.example abbott"}
    await sealing(journal, two)
    claimed = await journal.claim(MAIL, 9, now=NOON, only=chosen)

    assert [letter.message.name for letter in claimed] == ["Abbott"]
    await journal.aclose()


@story
async def test_a_rehearsal_counts_on_its_own_channel_only(form):
    journal = await sender(form)
    await sealing(journal, listed("rae"), channel="outbox-1")

    await hand_over(journal, SENT, channel="outbox-1")

    assert (await sealing(journal, listed("rae"))).to_send == 1
    assert await states(journal, "outbox-1") == {"rae": State.SENT}
    assert await states(journal) == {"rae": State.WAITING}
    await journal.aclose()


@story
async def test_a_rehearsal_repeated_after_an_edit_writes_the_changed_and_shows_each_once(form):
    journal = await sender(form)
    await sealing(journal, listed("rae", "abbott", "cotler"), channel="outbox-1")
    await hand_over(journal, SENT, channel="outbox-1")
    await hand_over(journal, SENT, channel="outbox-1")

    edited = [*listed("rae"), entry(3, "abbott@parl.example", words="new")]
    edited += [entry(4, "cotler@parl.example", words="new")]
    staged = await sealing(journal, edited, channel="outbox-1")

    assert (staged.sent, staged.to_send, staged.new) == (1, 2, 2)
    assert (staged.changed_count, staged.withdrawn_count) == (0, 0)
    assert await states(journal, "outbox-1") == {
        "rae": State.SENT,
        "abbott": State.WAITING,
        "cotler": State.WAITING,
    }
    await journal.aclose()


@story
async def test_a_rehearsal_after_an_edit_is_undone_finds_the_first_version_sent(form):
    journal = await sender(form)
    await sealing(journal, listed("rae"), channel="outbox-1")
    await hand_over(journal, SENT, channel="outbox-1")
    await sealing(journal, listed("rae", words="edited"), channel="outbox-1")

    staged = await sealing(journal, listed("rae"), channel="outbox-1")

    assert (staged.sent, staged.to_send) == (1, 0)
    assert await states(journal, "outbox-1") == {"rae": State.SENT}
    assert await journal.claim("outbox-1", 9, now=NOON) == []
    await journal.aclose()


@story
async def test_a_doubt_in_a_rehearsal_stays_until_a_person_ends_it(form):
    journal = await sender(form)
    await sealing(journal, listed("rae"), channel="outbox-1")
    await hand_over(journal, LOST, channel="outbox-1")

    await sealing(journal, listed("rae", words="edited"), channel="outbox-1")

    tally = await journal.tally("outbox-1")
    assert (tally[State.IN_DOUBT], tally[State.WAITING]) == (1, 1)
    await journal.aclose()


# History, bytes, pruning


LATER = NOON + timedelta(days=30)


async def kept(journal: Journal, channel: str = MAIL) -> dict[str, Message | None]:
    return {s.standing.name.lower(): s.message async for s in journal.sealed(channel)}


@story
async def test_every_attempt_of_a_letter_is_told_in_order(form):
    journal = await sending(form, "rae")
    due = NOON + timedelta(minutes=5)
    claimed = await claim_one(journal)
    await settle(journal, claimed.letter, OUR_FAULT, state=State.WAITING)
    await hand_over(journal, NOT_NOW, due_at=due)
    claimed = await claim_one(journal, now=due)
    await begin(journal, claimed.letter, at=due)
    await settle(journal, claimed.letter, LOST, at=due)
    await journal.resolve(MAIL, "rae@parl.example", sent=True, at=due + timedelta(hours=1))

    history = await journal.history(MAIL, "Rae@parl.example")

    assert history is not None
    refused, deferred, lost = history.attempts
    assert refused == Attempt("run-1", RELAY, None, NOON, OUR_FAULT, counted=False)
    assert deferred == Attempt("run-1", RELAY, NOON, NOON, NOT_NOW)
    assert lost == Attempt(
        "run-1", RELAY, due, None, LOST, resolved="sent", resolved_at=due + timedelta(hours=1)
    )
    assert history.standing == (await standings(journal))["rae@parl.example"]
    assert (history.date, history.pruned_at) == (NOON, None)
    await journal.aclose()


@story
async def test_a_letter_that_was_never_tried_has_a_history_and_a_stranger_none(form):
    journal = await sending(form, "rae")

    history = await journal.history(MAIL, "rae@parl.example")

    assert history is not None
    assert (history.attempts, history.date) == ((), None)
    assert await journal.history(MAIL, "nobody@parl.example") is None
    assert await journal.history(MAIL, "rae@parl.example#2") is None
    assert await journal.history("outbox-1", "rae@parl.example") is None
    await journal.aclose()


@story
async def test_the_bytes_come_back_as_they_left(form):
    journal = await sender(form)
    await sealing(journal, [*listed("rae", "abbott"), unreachable(4, "No Address")])
    sent = await hand_over(journal, SENT)

    found = await kept(journal)

    assert list(found) == ["rae", "abbott"]
    assert found["rae"] == sent.message.dated(NOON)
    assert found["abbott"] is not None
    assert found["abbott"].date is None
    await journal.aclose()


async def ended(form: Form) -> Journal:
    """One letter sent, one rejected, one withdrawn, one waiting; nobody sends."""
    journal = await sending(form, "rae", "abbott", "cotler", "dewar")
    await hand_over(journal, SENT)
    await hand_over(journal, NEVER)
    await sealing(journal, [e for e in listed("rae", "abbott", "cotler", "dewar") if e.row != 4])
    await journal.finish(at=NOON)
    return journal


@story
async def test_pruning_takes_the_bytes_and_leaves_all_else(form):
    journal = await ended(form)
    before = await standings(journal)
    told = await journal.history(MAIL, "rae@parl.example")

    expected = await journal.prunable(MAIL)
    pruned = await journal.prune(MAIL, at=LATER)

    assert (expected, pruned.letters) == (3, 3)
    assert await standings(journal) == before
    history = await journal.history(MAIL, "rae@parl.example")
    assert told is not None
    assert history == dataclasses.replace(told, pruned_at=LATER)
    found = await kept(journal)
    assert {name for name, sealed in found.items() if sealed} == {"dewar"}
    assert await journal.prunable(MAIL) == 0
    assert (await journal.prune(MAIL, at=LATER)).letters == 0
    await journal.aclose()


@story
async def test_pruning_one_channel_leaves_the_others(form):
    journal = await sending(form, "rae")
    await hand_over(journal, SENT)
    await sealing(journal, listed("rae"), channel="outbox-1")
    await hand_over(journal, SENT, channel="outbox-1")
    await journal.finish(at=NOON)

    await journal.prune(MAIL, at=LATER)

    assert (await kept(journal, "outbox-1"))["rae"] is not None
    assert (await kept(journal))["rae"] is None
    await journal.aclose()


@story
async def test_nothing_is_pruned_while_a_sender_lives(form):
    journal = await sending(form, "rae")
    await hand_over(journal, SENT)

    with pytest.raises(JournalError, match="another `letters send`"):
        await journal.prune(MAIL, at=LATER)

    assert (await kept(journal))["rae"] is not None
    await journal.aclose()


@story
async def test_nobody_is_written_to_twice_after_pruning(form):
    journal = await ended(form)
    await journal.prune(MAIL, at=LATER)
    await journal.start("run-2", relay=RELAY, at=LATER)

    staged = await sealing(journal, listed("rae", "abbott", "dewar", words="edited"))

    assert (staged.sent, staged.rejected, staged.to_send) == (1, 1, 1)
    claimed = await journal.claim(MAIL, 9, now=LATER)
    assert [c.message.identity for c in claimed] == ["dewar@parl.example"]
    await journal.aclose()


@story
async def test_a_pruned_letter_that_returns_is_sealed_as_it_is_offered(form):
    journal = await ended(form)
    await journal.prune(MAIL, at=LATER)
    await journal.start("run-2", relay=RELAY, at=LATER)
    await journal.retry(MAIL, "abbott@parl.example", at=LATER)
    nothing_yet = await journal.claim(MAIL, 1, now=LATER, only={"abbott@parl.example"})

    offered = [*listed("rae", "abbott"), entry(4, "cotler@parl.example", words="edited")]
    staged = await sealing(journal, offered)
    claimed = await journal.claim(MAIL, 9, now=LATER)

    assert nothing_yet == []
    assert (staged.changed_count, staged.to_send, staged.new) == (0, 2, 0)
    assert [c.message.fillings for c in claimed] == [(b"as it was",), (b"edited",)]
    assert [c.message.date for c in claimed] == [NOON, None]
    assert claimed[1].message.sha256 == offered[2].message.sha256
    history = await journal.history(MAIL, "abbott@parl.example")
    assert history is not None
    assert (history.pruned_at, len(history.attempts)) == (None, 1)
    await journal.aclose()


@story
async def test_what_was_once_in_doubt_and_is_not_sent_keeps_its_bytes(form):
    journal = await sending(form, "rae", "abbott")
    await hand_over(journal, LOST)
    await hand_over(journal, LOST)
    await journal.resolve(MAIL, "rae@parl.example", sent=False, at=NOON)
    await journal.resolve(MAIL, "abbott@parl.example", sent=True, at=NOON)
    await sealing(journal, listed("abbott"))
    await journal.finish(at=NOON)

    pruned = await journal.prune(MAIL, at=LATER)

    found = await kept(journal)
    assert await states(journal) == {"rae": State.WITHDRAWN, "abbott": State.SENT}
    assert pruned.letters == 1
    assert found["rae"] is not None
    assert found["abbott"] is None
    await journal.aclose()


@story
async def test_a_sound_record_has_nothing_to_say_of_itself(form):
    journal = await ended(form)
    await journal.start("run-2", relay=RELAY, at=NOON)
    await hand_over(journal, LOST)
    await journal.finish(at=NOON)

    before = [damage async for damage in journal.verify()]
    await journal.prune(MAIL, at=LATER)
    after = [damage async for damage in journal.verify()]

    assert (before, after) == ([], [])
    await journal.aclose()


@story
async def test_a_doubt_is_ended_by_a_person_only(form):
    journal = await sending(form, "rae")
    claimed = await hand_over(journal, LOST)

    with pytest.raises(JournalError):
        await settle(journal, claimed.letter, SENT)

    assert await states(journal) == {"rae": State.IN_DOUBT}
    await journal.aclose()


# One sender


@story
async def test_a_second_sender_is_refused_while_the_first_lives(form):
    journal = await sending(form, "rae")
    second = form.open()

    with pytest.raises(JournalError, match="another `letters send`"):
        await second.start("run-2", relay=RELAY, at=NOON)

    await journal.finish(at=NOON)
    await second.start("run-2", relay=RELAY, at=NOON)
    assert len(await second.claim(MAIL, 9, now=NOON)) == 1
    await second.aclose()
    await journal.aclose()


@story
async def test_a_journal_is_new_until_it_has_begun_or_refused_a_letter(form):
    first = form.open()
    news = [first.is_new]
    await sealing(first, listed("rae"))
    await first.aclose()

    second = form.open()
    news.append(second.is_new)
    await second.start("run-1", relay=RELAY, at=NOON)
    await settle(second, (await claim_one(second)).letter, NEVER)
    await second.finish(at=NOON)
    await second.aclose()

    third = form.open()
    assert [*news, third.is_new] == [True, True, False]
    assert third.warnings == ()
    await third.aclose()


# Several campaigns


@story
async def test_campaigns_share_a_record_and_each_sees_its_own_letters_alone(form):
    first = await sending(form, "rae", "abbott")
    await hand_over(first, SENT)
    await first.aclose()

    other = form.open("another")
    assert (other.is_new, other.other_campaigns) == (True, ("t3st-river",))
    assert (await other.channels(), await states(other)) == ([], {})
    await other.start("run-2", relay=RELAY, at=NOON)
    staged = await sealing(other, listed("rae"))

    assert (staged.new, staged.to_send, staged.sent, staged.withdrawn_count) == (1, 1, 0, 0)
    assert await states(other) == {"rae": State.WAITING}
    claimed = await claim_one(other)
    await begin(other, claimed.letter)
    await settle(other, claimed.letter, SENT)
    await other.aclose()

    first = form.open()
    assert (first.is_new, first.other_campaigns) == (False, ("another",))
    assert await states(first) == {"rae": State.SENT, "abbott": State.WAITING}
    assert await first.history(MAIL, "rae@parl.example") is not None
    await first.aclose()


@story
async def test_what_is_decided_in_one_campaign_changes_no_letter_of_another(form):
    first = await sending(form, "rae")
    claimed = await claim_one(first)
    await begin(first, claimed.letter)
    await first.aclose()
    other = await sender(Form(lambda: form.open("another")), "run-2")
    await sealing(other, [], whole=True)

    assert await other.resolve(MAIL, "rae@parl.example", sent=True, at=NOON) is None
    assert await other.retry(MAIL, "rae@parl.example", at=NOON) is None
    assert await other.claim(MAIL, 5, now=NOON) == []
    assert (await other.prunable(MAIL), await other.next_due(MAIL)) == (0, None)
    await other.aclose()

    first = form.open()
    assert await states(first) == {"rae": State.IN_DOUBT}
    await first.aclose()
