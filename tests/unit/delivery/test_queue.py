"""Letters reserved for a run: in list order, exchanged, put back, released."""

import asyncio

from letters.delivery.queue import CLAIM_SIZE, MAX_RESERVED, LetterQueue
from letters.journal.types import MAIL
from letters.limits.limiter import Reason, Wait
from tests.sending import MINUTE, NOON, Scenario

WAIT = Wait(NOON + MINUTE, Reason.DOMAIN, domain=True)


def queue_of(slow, fast):
    """A queue of so many letters to a slow domain, and then to another one; and its journal."""
    scenario = Scenario()
    names = [f"s{number}" for number in range(slow)]
    scenario.domains = dict.fromkeys(names, "slow.example")
    journal = asyncio.run(scenario.opened(*names, *(f"f{number}" for number in range(fast))))
    return LetterQueue(journal, MAIL, None, now=lambda: NOON), journal


async def leave(domain):
    return WAIT if domain == "slow.example" else None


def first_allowed(queue):
    """The first letter that may leave, and what it has to wait for."""

    async def find():
        claimed = await queue.take()
        with queue.put_back_unless_kept(claimed) as taken:
            wait = await queue.wait_of(taken, leave)
            taken.kept = wait is None
        return taken.letter.message.name, wait

    return asyncio.run(find())


def names_left(queue):
    async def take_all():
        found = []
        while (claimed := await queue.take()) is not None:
            found.append(claimed.message.name)
        return found

    return asyncio.run(take_all())


def test_a_letter_to_another_domain_is_found_behind_many_that_wait_and_none_is_lost():
    queue, _journal = queue_of(slow=3 * CLAIM_SIZE, fast=2)
    assert first_allowed(queue) == ("F0", None)
    left = names_left(queue)
    assert len(left) == len(set(left)) == 3 * CLAIM_SIZE + 1


def test_the_search_for_another_domain_reserves_a_bounded_number_of_letters():
    queue, journal = queue_of(slow=MAX_RESERVED + 3 * CLAIM_SIZE, fast=1)
    assert first_allowed(queue)[1] == WAIT
    not_reserved = asyncio.run(journal.claim(MAIL, 10_000, now=NOON))
    assert len(not_reserved) >= 2 * CLAIM_SIZE


def test_released_letters_can_be_claimed_again():
    queue, journal = queue_of(slow=0, fast=5)

    async def take_and_put_back():
        claimed = await queue.take()
        with queue.put_back_unless_kept(claimed):
            pass
        await queue.release()

    asyncio.run(take_and_put_back())
    assert len(asyncio.run(journal.claim(MAIL, 9, now=NOON))) == 5
