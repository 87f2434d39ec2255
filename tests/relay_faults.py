"""What goes wrong at a scripted relay: faults by phase, and limits that a real relay keeps."""

import dataclasses
import socket
import struct
import threading
import time
from collections import deque

from tests.relay_wire import Gone

BREAKS = ("reset", "close", "hang", "tls-cut")
SAY = {"4yz": "451 4.3.0 try again later", "5yz": "550 5.0.0 no", "421": "421 4.3.0 closing"}
HUGE = b"250-" + b"x" * (1 << 20)


@dataclasses.dataclass(frozen=True)
class Fault:
    """What goes wrong at a phase.

    Phases: connect, banner, ehlo, starttls, auth, mail, rcpt, data, mid-data, dot, quit. Kinds:
    reset, close, hang, tls-cut, 4yz, 5yz, 421, garbage, huge, bare-lf, split, or a reply in full.

    It may be bound to a recipient (part of the address), to the nth letter of the relay's life,
    and to a number of times. At the dot, a letter is taken before a connection breaks or garbage
    is said, unless `taken` says no.
    """

    phase: str
    kind: str
    recipient: str = ""
    nth: int = 0
    times: int = 1 << 30
    taken: bool = True

    @property
    def refuses(self):
        """Whether a letter is not taken where this is said to its dot."""
        return self.kind in SAY or self.kind[0] in "45"

    @property
    def goes_on(self):
        """Whether the relay says what it would have said, if oddly."""
        return self.kind in ("bare-lf", "split")


def perform(fault, wire, text, stopping):
    """Do what the fault says where `text` was due; ends by Gone where the connection does."""
    kind = fault.kind
    if kind in BREAKS:
        vanish(kind, wire, stopping)
    elif kind == "bare-lf":
        wire.send(text.encode() + b"\n")
    elif kind == "split":
        wire.flush()
        more = "" if text.startswith("3") or "\n" in text else f"{text[:3]}-first\r\n"
        whole = f"{more}{text}\r\n".encode()
        for at in range(0, len(whole), 5):
            wire.sock.sendall(whole[at : at + 5])
            time.sleep(0.001)
    elif kind == "garbage":
        wire.send(b"\x00\xff\x1b[31m lorem ipsum\r\n")
    elif kind == "huge":
        wire.send(HUGE)
    elif SAY.get(kind, kind).startswith("421") and "\n" not in kind:
        leave(wire, SAY.get(kind, kind))
    else:
        wire.say(SAY.get(kind, kind))


def vanish(kind, wire, stopping):
    wire.flush()
    if kind == "hang":
        stopping.wait(60)
    if kind == "reset":
        linger = struct.pack("ii", 1, 0)
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise Gone


def leave(wire, text):
    """Say a last word, and let go only when the client has read it."""
    wire.say(text)
    wire.flush()
    # Closing with input unread would reset the connection and take the last word with it.
    wire.sock.shutdown(socket.SHUT_WR)
    while wire.sock.recv(1 << 16):
        pass
    raise Gone


@dataclasses.dataclass
class Limits:
    """What the relay puts up with; None: anything. Each question is answered with a refusal, or None.

    `per_minute` letters in each `minute` (seconds). `greylist`: seconds from the first try of a
    sender and recipient until they are welcome. `logins` in all.
    """

    per_minute: int | None = None
    minute: float = 60.0
    greylist: float | None = None
    per_connection: int | None = None
    connections: int | None = None
    logins: int | None = None

    def __post_init__(self):
        self.lock = threading.Lock()
        self.took, self.seen, self.logged_in = deque(), {}, 0

    def of_connection(self, others):
        if self.connections is not None and others >= self.connections:
            return "421 4.7.0 too many connections from you"
        return None

    def of_login(self):
        with self.lock:
            self.logged_in += 1
            if self.logins is not None and self.logged_in > self.logins:
                return "454 4.7.0 Too many login attempts, please try again later"
            return None

    def of_mail(self, carried):
        if self.per_connection is not None and carried >= self.per_connection:
            return "421 4.7.0 too many messages in this connection"
        with self.lock:
            while self.took and self.took[0] < time.monotonic() - self.minute:
                self.took.popleft()
            if self.per_minute is not None and len(self.took) >= self.per_minute:
                return f"450 4.2.1 more than {self.per_minute} letters a minute"
            return None

    def of_rcpt(self, sender, recipient):
        now = time.monotonic()
        with self.lock:
            first = self.seen.setdefault((sender, recipient), now)
        if self.greylist is not None and (first == now or now < first + self.greylist):
            return "450 4.7.1 greylisted, please try again"
        return None

    def count(self):
        """A letter was taken."""
        if self.per_minute is not None:
            with self.lock:
                self.took.append(time.monotonic())
