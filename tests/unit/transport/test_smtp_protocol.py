"""The client's side of a conversation, over a connection that only remembers."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.transport.smtp.protocol import BLOCK, SessionEnded, SmtpProtocol


class Line(asyncio.Transport):
    """Keeps what is written; like asyncio's own, it cannot be aborted once it is lost."""

    def __init__(self):
        super().__init__()
        self.written, self.aborted, self.lost = [], False, False

    def write(self, data):
        self.written.append(bytes(data))

    def abort(self):
        if self.lost:
            raise AttributeError
        self.aborted = True


def talk(work):
    async def run():
        line = Line()
        return await work(SmtpProtocol(line), line)

    return asyncio.run(run())


def heard(*pieces):
    """Replies read from these pieces, and why the conversation ended, if it did."""

    async def work(protocol, line):
        for piece in pieces:
            protocol.data_received(piece)
        replies = []
        while protocol.interrupted:
            try:
                replies.append(await protocol.reply(5))
            except SessionEnded as ended:
                assert line.aborted
                return replies, str(ended)
        return replies, ""

    return talk(work)


REPLIES = b"250-one\r\n250 two\r\n354\r\n451-4.7.1 not\n451-\n451 now\n250 caf\xc3\xa9 \xff\r\n"


@given(st.lists(st.integers(0, len(REPLIES)), max_size=6).map(sorted))
def test_replies_are_the_same_in_whatever_pieces_they_come(cuts):
    ends = [0, *cuts, len(REPLIES)]

    replies, over = heard(*(REPLIES[a:b] for a, b in itertools.pairwise(ends)))

    assert over == ""
    assert replies == [(250, "one\ntwo"), (354, ""), (451, "4.7.1 not\n\nnow"), (250, "café \\xff")]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"x" * 5000, "a line that does not end"),
        (b"250 " + b"x" * 5000 + b"\r\n", "not an SMTP reply"),
        (b"250-more\r\n" * 101, "does not end"),
        (b"250-one\r\n550 two\r\n", "changes its code"),
        (b"250 yes\r\n" * 102, "replies without a command"),
        (b"hello\r\n", "not an SMTP reply: hello"),
        (b"2500 yes\r\n", "not an SMTP reply"),
        (b"199 yes\r\n", "not an SMTP reply"),
        (b"\r\n", "not an SMTP reply"),
    ],
)
def test_what_is_no_reply_ends_the_conversation_and_says_why(said, why):
    _, over = heard(said, b"250 yes\r\n")

    assert why in over


def test_a_reply_that_came_before_the_end_is_still_read():
    assert heard(b"250 yes\r\n", b"hello\r\n")[0] == [(250, "yes")]


def test_a_conversation_that_was_lost_can_be_ended():
    async def work(protocol, line):
        line.lost = True
        protocol.connection_lost(None)
        protocol.abort("no matter")
        with pytest.raises(SessionEnded, match="connection was lost"):
            await protocol.reply(5)

    talk(work)


def test_a_relay_that_says_nothing_is_left_after_the_time_it_has():
    async def work(protocol, line):
        with pytest.raises(SessionEnded, match=r"nothing for 0\.01 seconds"):
            await protocol.reply(0.01)
        return line.aborted

    assert talk(work)


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_the_end_leaves_in_one_write_with_the_last_block(size):
    async def work(protocol, line):
        content = bytes(i % 251 for i in range(size))
        assert await protocol.send_data(content, b"the end", 5)
        assert b"".join(line.written) == content + b"the end"
        return line.written

    written = talk(work)

    assert len(written) == -(-size // BLOCK)
    assert written[-1].endswith(b"the end")


def test_nothing_more_is_sent_once_the_relay_has_spoken():
    async def work(protocol, line):
        asyncio.get_running_loop().call_soon(protocol.data_received, b"552 enough\r\n")
        assert not await protocol.send_data(b"x" * 5 * BLOCK, b"the end", 5)
        return line.written

    assert len(talk(work)) == 1


def test_a_block_waits_until_the_connection_takes_more():
    async def work(protocol, line):
        protocol.pause_writing()
        sending = asyncio.ensure_future(protocol.send_data(b"x" * 2 * BLOCK, b"", 5))
        await asyncio.sleep(0)
        held = len(line.written)
        protocol.resume_writing()
        return held, await sending, len(line.written)

    assert talk(work) == (1, True, 2)


@pytest.mark.parametrize("seconds", [(10, 0.05), (0.05, 0.4)])
def test_each_wait_ends_at_its_own_time_whatever_the_one_before_was(seconds):
    first, second = seconds

    async def work(protocol, _line):
        loop = asyncio.get_running_loop()
        loop.call_soon(protocol.data_received, b"250 ok\r\n")
        await protocol.reply(first)
        start = loop.time()
        with pytest.raises(SessionEnded, match=f"{second:g} seconds"):
            await protocol.reply(second)
        return loop.time() - start

    assert second <= talk(work) + 0.01
