"""Calls that come at about the same time share a commit, and none waits for one that stays away."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from letters.journal.sqlite.group_commit import GroupCommit


class Disk:
    """Remembers what was committed together; the call `bad` cannot be."""

    def __init__(self):
        self.commits: list[list[str]] = []

    def commit(self, calls: Sequence[str]) -> None:
        self.commits.append(list(calls))
        if "bad" in calls:
            raise OSError("the disk is full")


@contextmanager
def groups(disk: Disk):
    with ThreadPoolExecutor(1) as thread:
        yield GroupCommit(thread, disk.commit)


async def connection(joined: GroupCommit, name: str, letters: int) -> None:
    for _ in range(letters):
        await joined.join(name)


def test_connections_that_come_together_share_their_commits():
    disk = Disk()

    async def run():
        with groups(disk) as joined:
            await asyncio.gather(*(connection(joined, name, 25) for name in "abcd"))

    asyncio.run(run())
    assert sorted(call for commit in disk.commits for call in commit) == sorted("abcd" * 25)
    assert len(disk.commits) < 60, "a connection alone would make a hundred"


def test_a_connection_that_stays_away_holds_nobody_up():
    disk = Disk()

    async def run():
        with groups(disk) as joined:
            await asyncio.gather(connection(joined, "a", 3), connection(joined, "b", 1))
            async with asyncio.timeout(5):
                await connection(joined, "a", 20)

    asyncio.run(run())
    assert sum(commit.count("a") for commit in disk.commits) == 23


def test_every_call_of_a_commit_that_fails_is_told_and_the_next_one_goes_on():
    disk = Disk()

    async def run():
        with groups(disk) as joined:
            calls = [joined.join(call) for call in ("good", "bad", "good")]
            found = await asyncio.gather(*calls, return_exceptions=True)
            await joined.join("after")
            return found

    found = asyncio.run(run())
    failed = [commit for commit in disk.commits if "bad" in commit]
    assert [isinstance(one, OSError) for one in found].count(True) == len(failed[0])
    assert disk.commits[-1] == ["after"]


def test_a_connection_that_is_cancelled_takes_no_other_with_it():
    disk = Disk()

    async def run():
        with groups(disk) as joined:
            gone = asyncio.ensure_future(joined.join("gone"))
            await asyncio.sleep(0)
            gone.cancel()
            await joined.join("here")
            with pytest.raises(asyncio.CancelledError):
                await gone

    asyncio.run(run())
    assert [call for commit in disk.commits for call in commit] == ["gone", "here"]
