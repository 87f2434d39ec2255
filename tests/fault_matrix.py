"""Every fault at every phase over every wire, with the one right answer.

`python -m tests.fault_matrix` runs all cells and prints the table; tests/integration holds each.
"""

import asyncio
import dataclasses
import ssl
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import trustme

from letters.errors import LettersError, RelayRefused, RelayUnavailable
from letters.message.message import Envelope, Message, Plate
from letters.transport.open import open_transport
from letters.transport.smtp.protocol import Timeouts
from letters.verdict import Concern, Outcome
from tests.relay import Fault, Relay
from tests.relay_faults import BREAKS

OPENING = ("connect", "banner", "ehlo", "starttls", "auth")
PHASES = (*OPENING, "mail", "rcpt", "data", "mid-data", "dot", "quit")
KINDS = (*BREAKS, "4yz", "5yz", "421", "garbage", "huge", "bare-lf", "split")
WIRES = {
    "in turn": {},
    "merged": {"pipelining": True},
    "one by one": {"pipelining": True, "merged": False},
}
SENT, LATER, NO, DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY
LOGIN = ("letters@migs.example", "correct horse")
BEFORE, STRUCK, AFTER = "irwin", "paul", "marc"
QUICK = dict.fromkeys((field.name for field in dataclasses.fields(Timeouts)), 0.25)
PATIENT = dict.fromkeys(QUICK, 20.0)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What must be said of the letter that is struck, or of the connection; and whether it was taken."""

    said: object
    taken: int = 0

    def __str__(self):
        if isinstance(self.said, type):
            return {RelayRefused: "refused", RelayUnavailable: "unavailable"}[self.said]
        outcome, concern = self.said
        return outcome.value if outcome in (SENT, DOUBT) else f"{outcome.value}: {concern.value}"


def expected(phase, kind):
    """The right answer to a fault; None where there is no such fault."""
    if phase == "connect" and kind not in BREAKS:
        return None  # nothing is said before the banner
    if phase == "mid-data" and kind in ("bare-lf", "split"):
        return Answer((DOUBT, RELAY))  # a 250 that comes before the dot
    if phase == "quit" or kind in ("bare-lf", "split"):
        return Answer((SENT, RECIPIENT), taken=1)
    if phase in OPENING:
        return Answer(RelayRefused if kind == "5yz" else RelayUnavailable, taken=kind != "5yz")
    return Answer(*of_a_letter(phase, kind))


def of_a_letter(phase, kind):
    if kind == "421":
        return (LATER, RELAY), 1
    if kind in ("4yz", "5yz"):
        concern = {"mail": SENDER, "rcpt": RECIPIENT}.get(phase, MESSAGE)
        outcome = LATER if kind == "4yz" else NO
        return (outcome, concern), (outcome, concern) == (LATER, SENDER)
    if phase in ("mid-data", "dot"):
        return (DOUBT, RELAY), phase == "dot"
    return (LATER, RELAY), 1


@dataclasses.dataclass(frozen=True)
class Cell:
    """One fault, over one wire."""

    phase: str
    kind: str
    wire: str

    def __str__(self):
        return f"{self.phase}-{self.kind}-{self.wire}".replace(" ", "-")

    @property
    def secure(self):
        """Whether TLS and a login are needed for the fault to strike as it should."""
        return self.kind == "tls-cut" or self.phase in ("starttls", "auth")

    @property
    def in_step(self):
        """Whether the conversation goes on after the fault."""
        told = self.kind in ("4yz", "5yz") and self.phase in ("mail", "rcpt", "data", "dot")
        odd = self.kind in ("bare-lf", "split") and self.phase != "mid-data"
        return told or odd or self.phase == "quit"


CELLS = [Cell(p, k, w) for p in PHASES for k in KINDS for w in WIRES if expected(p, k)]


@dataclasses.dataclass
class Found:
    """What happened: each letter's verdicts in turn, errors of opening, and the relay's own record."""

    said: dict
    errors: list
    relay: Relay

    @property
    def first(self):
        """What was said first of the letter that is struck, or of the connection."""
        return self.errors[0] if self.errors else self.said[STRUCK][0]

    @property
    def taken(self):
        return [letter.recipients for letter in self.relay.accepted]


def letter(name, size=2):
    return Message(
        envelope=Envelope("letters@migs.example", f"{name}@parl.example"),
        identity=name,
        name=name,
        subject="Never again",
        message_id=f"<{name}@migs.example>",
        sha256="0" * 64,
        head=f"Message-ID: <{name}@migs.example>\r\n".encode(),
        fillings=(),
        plate=Plate((b"Subject: Never again\r\n\r\n" + b"Hello.\r\n.\r\n" * (size // 2),)),
    ).dated(datetime(2014, 1, 9, 9, tzinfo=UTC))


@cache
def certificates():
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


@contextmanager
def struck(cell):
    """A relay with the cell's fault, a transport to it, and three letters, the second of them struck."""
    server, client = certificates() if cell.secure else (None, None)
    login = LOGIN if cell.secure else None
    nth = 0 if cell.phase in (*OPENING, "quit") else 2
    large = cell.phase == "mid-data"  # more than the kernel takes, so that it is caught half-way
    letters = letter(BEFORE), letter(STRUCK, 1 << 20 if large else 2), letter(AFTER)
    options = WIRES[cell.wire] | {"tls": server, "login": login, "window": 4096 * large}
    with Relay(Fault(cell.phase, cell.kind, nth=nth, times=1), **options) as relay:
        user = "letters%40migs.example:correct%20horse@" if cell.secure else ""
        scheme = "smtp" if cell.secure else "smtp+plain"
        transport = open_transport(
            f"{scheme}://{user}127.0.0.1:{relay.port}",
            timeouts=Timeouts(**QUICK if cell.kind == "hang" else PATIENT),
            tls_context=client,
        )
        yield relay, transport, letters


def run(cell):
    """Send three letters, the second of which is struck; those released are tried again."""
    with struck(cell) as (relay, transport, letters):
        said, errors = asyncio.run(send(transport, letters))
    return Found(said, errors, relay)


async def send(transport, letters):
    waiting, connection, errors, following = deque(letters), None, [], None
    said = {letter.name: [] for letter in letters}
    while waiting and RelayRefused not in errors and sum(map(len, said.values())) < 9:
        # A letter that rode behind the dot is asked for where it went, even if nobody is there.
        if connection is None or (connection.closed and following is None):
            connection = await reopened(transport, connection, errors)
            continue
        letter, following = waiting.popleft(), None
        verdict = await connection.offer(letter)
        if verdict is None:
            following = waiting[0] if waiting else None
            verdict = await connection.hand_over(letter, following)
        said[letter.name].append((verdict.outcome, verdict.concern))
        if verdict.outcome is LATER and verdict.concern in (SENDER, RELAY):
            waiting.append(letter)
    if connection:
        await connection.aclose()
    return said, errors


async def reopened(transport, connection, errors):
    if connection:
        await connection.aclose()
    try:
        return await transport.open()
    except LettersError as error:
        kinds = (RelayRefused, RelayUnavailable, type(error))
        errors.append(next(kind for kind in kinds if isinstance(error, kind)))
        return None


def faults_of(cell, found):
    """Say what is wrong with what happened; nothing when all is right."""
    answer = expected(cell.phase, cell.kind)
    if found.first != answer.said:
        yield f"{cell}: {found.first} instead of {answer.said}"
    refused = answer.said is RelayRefused
    others = 0 if refused else 1
    for name, times in ((BEFORE, others), (STRUCK, answer.taken), (AFTER, others)):
        if found.taken.count([f"{name}@parl.example"]) != times:
            yield f"{cell}: {name} was taken {found.taken.count([f'{name}@parl.example'])} times"
    # The letter after the one that took the connection with it had not left, and went by the next.
    stranded = cell.phase in ("mid-data", "dot") and not cell.in_step
    for name, before in ((BEFORE, []), (AFTER, [(LATER, RELAY)] * stranded)):
        if not refused and found.said[name] != [*before, (SENT, RECIPIENT)]:
            yield f"{cell}: {name} was said to be {found.said[name]}"
    if answer.taken and answer.said != (DOUBT, RELAY) and found.said[STRUCK][-1][0] is not SENT:
        yield f"{cell}: {STRUCK} was tried again and not said to be sent"
    if cell.in_step and found.relay.connections != 1:
        yield f"{cell}: {found.relay.connections} connections where one is enough"
    whole = {f"{name}@parl.example": letter(name).content for name in (BEFORE, AFTER)}
    for taken in found.relay.accepted:
        if taken.content != whole.get(taken.recipients[0], taken.content):
            yield f"{cell}: other bytes arrived for {taken.recipients[0]}"


def table():
    for row in ("", *PHASES):
        cells = (str(expected(row, kind) or "–") if row else kind for kind in KINDS)
        yield " ".join((f"{row:10}", *(f"{cell:19}" for cell in cells)))


def main():
    certificates()
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda cell: [*faults_of(cell, run(cell))], CELLS)
        wrong = [fault for faults in found for fault in faults]
    wires = f"{len(CELLS)} cells over {len(WIRES)} wires ({', '.join(WIRES)}), {len(wrong)} wrong"
    sys.stdout.write("\n".join((*table(), *wrong, wires, "")))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
