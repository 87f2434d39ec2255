"""What every transport promises, held against all three of them."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from msgspec import structs

from letters.errors import ConfigurationError, JournalError
from letters.message.message import Envelope, Message, Plate
from letters.transport.maildir import MaildirTransport, file_name, maildir_channel
from letters.transport.memory import MemoryTransport
from letters.transport.open import open_transport
from letters.verdict import Concern, Outcome, Stage, Verdict
from tests.relay import Fault, Relay

NOW = datetime(2014, 1, 9, 9, tzinfo=UTC)


def a_message(name="paul", body=b"Hello.\r\n", message_id=None):
    message_id = message_id or f"<{name}.4xk2@migs.example>"
    return Message(
        envelope=Envelope("letters@migs.example", f"{name}@parl.example"),
        identity=f"{name}@parl.example",
        name=name,
        subject="Never again",
        message_id=message_id,
        sha256="0" * 64,
        head=f"Message-ID: {message_id}\r\n".encode(),
        fillings=(name.encode(),),
        plate=Plate((b"Subject: Never again\r\n\r\nDear ", b",\r\n" + body)),
    ).dated(NOW)


class Memory:
    def __init__(self, _folder):
        self.transport = MemoryTransport()

    def taken(self):
        return [content for _, content in self.transport.accepted]

    def close(self):
        pass


class Maildir:
    def __init__(self, folder):
        self.folder = folder / "outbox"
        self.transport = open_transport("maildir:outbox", base=folder)

    def taken(self):
        files = sorted((self.folder / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]

    def close(self):
        assert not list((self.folder / "tmp").iterdir())


class Smtp:
    def __init__(self, _folder):
        self.relay = Relay().__enter__()
        self.transport = open_transport(f"smtp+plain://127.0.0.1:{self.relay.port}")

    def taken(self):
        return [taken.content for taken in self.relay.accepted]

    def close(self):
        self.relay.__exit__()


@pytest.fixture(params=[Memory, Maildir, Smtp])
def form(request, tmp_path):
    form = request.param(tmp_path)
    yield form
    form.close()


@asynccontextmanager
async def a_connection(transport):
    connection = await transport.open()
    try:
        yield connection
    finally:
        await connection.aclose()
        await transport.aclose()


def hand_over_all(transport, *messages):
    async def run():
        async with a_connection(transport) as connection:
            verdicts = []
            for message in messages:
                assert await connection.offer(message) is None
                verdicts.append(await connection.hand_over(message))
            assert not connection.closed
            return verdicts

    return asyncio.run(run())


def test_the_relay_takes_exactly_the_bytes_of_the_message(form):
    body = b"Caf=C3=A9\r\n.a dot leads\r\n..two dots\r\n.\r\nlast\r\n"
    messages = [a_message("paul", body), a_message("irwin")]

    verdicts = hand_over_all(form.transport, *messages)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.SENT, Outcome.SENT]
    assert form.taken() == [message.content for message in messages]


def test_a_letter_offered_and_not_handed_over_is_never_taken(form):
    async def run():
        async with a_connection(form.transport) as connection:
            assert await connection.offer(a_message()) is None

    asyncio.run(run())

    assert form.taken() == []


def test_a_letter_without_a_date_is_not_handed_over(form):
    async def run():
        async with a_connection(form.transport) as connection:
            undated = structs.replace(a_message(), date=None)
            assert await connection.offer(undated) is None
            with pytest.raises(ValueError, match="date"):
                await connection.hand_over(undated)

    asyncio.run(run())

    assert form.taken() == []


def test_a_connection_is_closed_after_it_was_left(form):
    async def run():
        connection = await form.transport.open()
        open_before = not connection.closed
        await connection.aclose()
        await connection.aclose()
        return open_before, connection.closed

    assert asyncio.run(run()) == (True, True)


def test_a_transport_says_where_a_sending_counts_and_that_it_stays_here(form):
    channel = form.transport.channel

    assert channel == "mail" or channel.startswith("maildir:")
    assert form.transport.loopback is True
    assert form.transport.relay.partition(":")[0] in ("memory", "maildir", "smtp+plain")


def refuse_paul_in_memory(form, verdict):
    form.transport.decide = lambda stage, message: (
        verdict if stage is Stage.RCPT and message.name == "paul" else None
    )


def refuse_paul_at_the_relay(form, verdict):
    said = f"{verdict.code} {verdict.enhanced} {verdict.said}"
    form.relay.faults[Fault("rcpt", said, recipient="paul")] = 0


@pytest.mark.parametrize(
    ("form", "refuse_paul"),
    [(Memory, refuse_paul_in_memory), (Smtp, refuse_paul_at_the_relay)],
    indirect=["form"],
)
def test_a_refused_recipient_is_a_verdict_and_the_next_letter_goes_on(form, refuse_paul):
    unknown = Verdict(Outcome.REJECTED, Concern.RECIPIENT, "unknown", 550, "5.1.1")
    refuse_paul(form, unknown)

    async def run():
        async with a_connection(form.transport) as connection:
            refused = await connection.offer(a_message("paul"))
            assert not connection.closed
            assert await connection.offer(a_message("irwin")) is None
            return refused, await connection.hand_over(a_message("irwin"))

    refused, taken = asyncio.run(run())

    assert refused == unknown
    assert taken.outcome is Outcome.SENT
    assert form.taken() == [a_message("irwin").content]


def test_memory_closes_a_connection_when_the_verdict_is_about_the_relay():
    lost = Verdict(Outcome.IN_DOUBT, Concern.RELAY, "the connection was lost")
    transport = MemoryTransport(lambda stage, _: lost if stage is Stage.DOT else None)

    async def run():
        connection = await transport.open()
        assert await connection.offer(a_message()) is None
        return await connection.hand_over(a_message()), connection.closed

    assert asyncio.run(run()) == (lost, True)
    assert transport.accepted == []


# Maildir alone


def maildir(folder, name="a1"):
    return MaildirTransport(folder, fresh_id=lambda: name)


def test_the_same_message_id_takes_the_same_place_again(tmp_path):
    transport = maildir(tmp_path / "outbox")

    hand_over_all(transport, a_message(body=b"one\r\n"), a_message(body=b"two\r\n"))

    (only,) = (tmp_path / "outbox" / "new").iterdir()
    assert only.name == "paul.4xk2@migs.example"
    assert only.read_bytes() == a_message(body=b"two\r\n").content


def test_a_letter_that_a_reader_moved_to_cur_is_replaced_there(tmp_path):
    transport = maildir(tmp_path / "outbox")
    hand_over_all(transport, a_message())
    read = tmp_path / "outbox" / "cur" / "paul.4xk2@migs.example:2,S"
    (tmp_path / "outbox" / "new" / "paul.4xk2@migs.example").rename(read)

    hand_over_all(transport, a_message(body=b"again\r\n"))

    assert list((tmp_path / "outbox" / "new").iterdir()) == []
    assert read.read_bytes() == a_message(body=b"again\r\n").content


@pytest.mark.parametrize(
    "message_id",
    ["<../../etc/passwd@x.example>", "<.hidden@x.example>", "<a:2,S@x.example>", "<a/b@x.example>"],
)
def test_a_file_name_cannot_leave_the_folder_and_stays_apart(message_id):
    name = file_name(message_id)

    assert not set("/:\\") & set(name)
    assert not name.startswith(".")
    assert name != file_name(re.sub("[/:]|(?<=<)[.]", "_", message_id))


@pytest.mark.parametrize("message_id", ["<nul.x@x.example>", "<COM1>", "<a@x.example.>"])
def test_a_file_name_is_no_device_of_windows(message_id):
    name = file_name(message_id)

    assert name.partition(".")[0].casefold() not in {"nul", "com1"}
    assert not name.endswith(".")
    assert name != file_name(f"<_{message_id[1:]}")


def test_a_maildir_keeps_its_channel_over_openings(tmp_path):
    first = maildir(tmp_path / "outbox", "a1")
    hand_over_all(first, a_message())

    second = maildir(tmp_path / "outbox", "b2")

    assert (first.channel, second.channel) == ("maildir:a1", "maildir:a1")
    assert maildir_channel(tmp_path / "outbox") == "maildir:a1"


def test_a_maildir_not_written_to_yet_keeps_its_channel(tmp_path):
    maildir(tmp_path / "outbox", "a1")

    assert maildir(tmp_path / "outbox", "b2").channel == "maildir:a1"


@pytest.mark.parametrize("all_of_it", [True, False])
def test_an_emptied_maildir_is_a_new_channel(tmp_path, all_of_it):
    folder = tmp_path / "outbox"
    hand_over_all(maildir(folder, "a1"), a_message())
    (folder / "new" / "paul.4xk2@migs.example").unlink()
    if all_of_it:
        for inner in ("cur", "new", "tmp"):
            (folder / inner).rmdir()

    assert maildir_channel(folder) is None
    assert maildir(folder, "b2").channel == "maildir:b2"


def test_a_maildir_made_by_somebody_else_is_taken_as_it_is(tmp_path):
    for inner in ("cur", "new", "tmp"):
        (tmp_path / inner).mkdir()
    (tmp_path / "new" / "older").write_bytes(b"x")

    hand_over_all(maildir(tmp_path), a_message())

    assert len(list((tmp_path / "new").iterdir())) == 2


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.odt").write_bytes(b"x")

    with pytest.raises(ConfigurationError, match="not a Maildir"):
        maildir(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.odt"]


def test_a_file_is_not_a_maildir(tmp_path):
    (tmp_path / "outbox").write_bytes(b"x")

    with pytest.raises(ConfigurationError, match="is a file"):
        maildir(tmp_path / "outbox")


def test_a_folder_that_cannot_be_made_is_the_disks_fault(tmp_path):
    (tmp_path / "file").write_bytes(b"x")

    with pytest.raises(JournalError, match="cannot be written"):
        maildir(tmp_path / "file" / "outbox")


def test_a_folder_that_cannot_be_written_is_the_disks_fault(tmp_path):
    transport = maildir(tmp_path / "outbox")
    (tmp_path / "outbox" / "tmp").rmdir()

    with pytest.raises(JournalError, match="cannot be written"):
        asyncio.run(transport.open())


def test_a_letter_that_cannot_be_written_is_surely_not_taken(tmp_path):
    transport = maildir(tmp_path / "outbox")

    async def run():
        async with a_connection(transport) as connection:
            (tmp_path / "outbox" / "tmp").rmdir()
            await connection.offer(a_message())
            return await connection.hand_over(a_message()), connection.closed

    verdict, closed = asyncio.run(run())

    assert (verdict.outcome, verdict.concern, closed) == (Outcome.DEFERRED, Concern.RELAY, True)
