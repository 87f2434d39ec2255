"""A scripted SMTP relay: real sockets, real TLS, a record of what it took, and faults on demand.

`Relay` runs in threads of the test's process; `python tests/relay.py --port 0 --record FILE` runs
alone, prints its port, and outlives whoever is killed. Pipelined input is answered in order.
"""

import argparse
import base64
import dataclasses
import json
import os
import re
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

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


@dataclasses.dataclass(frozen=True)
class Accepted:
    """A letter that the relay took charge of, dots un-stuffed."""

    queue_id: str
    sender: str
    recipients: list
    parameters: str
    content: bytes

    @property
    def message_id(self):
        found = re.search(rb"^Message-ID:\s*(\S+)", self.content, re.MULTILINE | re.IGNORECASE)
        return found[1].decode() if found else ""


def read_record(path):
    """What a relay has taken, from its record; a torn last line was never answered with 250."""
    lines = Path(path).read_text().split("\n")[:-1] if Path(path).exists() else []
    rows = [json.loads(line) for line in lines]
    return [Accepted(**row | {"content": row["content"].encode("latin-1")}) for row in rows]


class Gone(Exception):
    """The conversation is over."""


class Relay:
    """A relay on 127.0.0.1, listening between `with Relay() as relay:` and its end."""

    def __init__(self, *faults, port=0, record=None, tls=None, implicit_tls=False, login=None, size=None,
                 smtputf8=False, pipelining=False, auth="PLAIN LOGIN", delay=0.0):  # fmt: skip
        self.faults = dict.fromkeys(faults, 0)
        self.record, self.tls, self.implicit_tls, self.delay = record, tls, implicit_tls, delay
        self.login = login  # (name, password): AUTH is then required
        self.size, self.smtputf8, self.pipelining, self.auth = size, smtputf8, pipelining, auth
        self.accepted, self.commands, self.connections, self.letters = [], [], 0, 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads, self.sockets = [], set()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self._start(self._listen)
        return self

    def __exit__(self, *_):
        self.stopping.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in list(self.sockets):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)

    def counts(self):
        """How often each Message-ID was taken."""
        return Counter(taken.message_id for taken in self.accepted)

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _listen(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock)

    def _serve(self, sock):
        self.sockets.add(sock)
        session = Session(self, sock)
        with suppress(Gone, OSError, ValueError):
            session.run()
        session.close()

    def due(self, phase, session):
        """The fault that strikes now, counted."""
        with self.lock:
            for fault, struck in self.faults.items():
                here = fault.phase == phase and struck < fault.times
                who = fault.recipient in " ".join(session.recipients or [session.said])
                if here and who and fault.nth in (0, session.letter):
                    self.faults[fault] += 1
                    return fault
        return None

    def take(self, session, content):
        """Take charge of a letter: recorded durably before anybody hears of it."""
        with self.lock:
            taken = Accepted(f"Q{len(self.accepted) + 1}", session.sender, list(session.recipients),
                             session.parameters, content)  # fmt: skip
            if self.record:
                row = dataclasses.asdict(taken) | {"content": content.decode("latin-1")}
                with Path(self.record).open("a") as file:
                    file.write(json.dumps(row) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            self.accepted.append(taken)
        return f"250 2.0.0 taken as {taken.queue_id}"


class Session:
    """One connection."""

    def __init__(self, relay, sock):
        self.relay, self.sock, self.file = relay, sock, None
        self.said, self.letter, self.secure, self.known = "", 0, False, False
        self.forget()

    def forget(self):
        self.sender, self.recipients, self.parameters = None, [], ""

    def run(self):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if fault := self.relay.due("connect", self):
            self.vanish(fault.kind)
        if self.relay.implicit_tls:
            self.wrap()
        self.file = self.sock.makefile("rb")
        self.answer("banner", "220 relay.example ESMTP")
        verbs = {"EHLO": self.ehlo, "STARTTLS": self.starttls, "AUTH": self.authenticate, "MAIL": self.mail,
                 "RCPT": self.rcpt, "DATA": self.data, "RSET": self.rset, "QUIT": self.quit}  # fmt: skip
        if self.relay.tls is None or self.secure:
            del verbs["STARTTLS"]
        while True:
            self.said = self.line().decode("utf-8", "replace").rstrip("\r\n")
            verb = self.said.partition(" ")[0].upper()
            self.relay.commands.append(verb if verb == "AUTH" else self.said)
            verbs.get(verb, lambda: self.say("502 5.5.1 not known here"))()

    def say(self, text):
        self.send(text.encode() + b"\r\n")

    def send(self, data):
        time.sleep(self.relay.delay)
        self.sock.sendall(data)

    def answer(self, phase, text):
        """Say `text`, or do what the script says instead; whether `text` was said."""
        return self.perform(self.relay.due(phase, self), text)

    def perform(self, fault, text):
        if fault is None:
            self.say(text)
        elif fault.kind in BREAKS:
            self.vanish(fault.kind)
        elif fault.kind == "bare-lf":
            self.send(text.encode() + b"\n")
        elif fault.kind == "split":
            self.split(text)
        else:
            self.misbehave(fault.kind)
        return fault is None or fault.kind in ("bare-lf", "split")

    def vanish(self, kind):
        if kind == "hang":
            self.relay.stopping.wait(60)
        if kind == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def misbehave(self, kind):
        if kind == "garbage":
            self.send(b"\x00\xff\x1b[31m lorem ipsum\r\n")
        elif kind == "huge":
            self.send(HUGE)
        else:
            self.say(SAY.get(kind, kind))
        if kind == "421":
            # Closing with input unread would reset the connection and take the 421 with it.
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(1 << 16):
                pass
            raise Gone

    def split(self, text):
        more = "" if text.startswith("3") or "\n" in text else f"{text[:3]}-first\r\n"
        whole = f"{more}{text}\r\n".encode()
        for at in range(0, len(whole), 5):
            self.sock.sendall(whole[at : at + 5])
            time.sleep(0.001)

    def close(self):
        if self.file:
            self.file.close()
        # Without unwrap(): a TLS connection is cut, with no goodbye.
        self.sock.close()
        self.relay.sockets.discard(self.sock)

    def wrap(self):
        self.relay.sockets.discard(self.sock)
        self.sock = self.relay.tls.wrap_socket(self.sock, server_side=True)
        self.relay.sockets.add(self.sock)
        self.secure = True

    def ehlo(self):
        offers = ["relay.example", "ENHANCEDSTATUSCODES", "8BITMIME"]
        offers += [f"SIZE {self.relay.size}"] * (self.relay.size is not None)
        offers += ["SMTPUTF8"] * self.relay.smtputf8 + ["PIPELINING"] * self.relay.pipelining
        offers += ["STARTTLS"] * (self.relay.tls is not None and not self.secure)
        offers += [f"AUTH {self.relay.auth}"] * (self.relay.login is not None)
        self.answer("ehlo", "\r\n".join(f"250-{offer}" for offer in offers) + "\r\n250 HELP")

    def starttls(self):
        fault = self.relay.due("starttls", self)
        if fault and fault.kind == "tls-cut":
            self.say("220 2.0.0 go on")
            self.sock.recv(1)
        if self.perform(fault, "220 2.0.0 go on"):
            self.file.close()
            self.wrap()
            self.file = self.sock.makefile("rb")

    def authenticate(self):
        _, way, *first = self.said.split(" ")
        if way.upper() == "PLAIN":
            _, name, password = self.secret(first).split("\0")
        elif way.upper() == "LOGIN":
            name, password = self.secret(first), self.secret([])
        else:
            self.say("504 5.5.4 not that way")
            return
        right = (name, password) == self.relay.login
        said = "235 2.7.0 welcome" if right else "535 5.7.8 not you"
        self.known = self.answer("auth", said) and right

    def secret(self, first):
        if not first:
            self.say("334 ")
            first = [self.line().decode().strip()]
        return base64.b64decode(first[0]).decode()

    def mail(self):
        found = re.fullmatch(r"MAIL FROM:<([^>]*)>(.*)", self.said, re.IGNORECASE)
        if not found:
            self.say("501 5.5.4 MAIL FROM:<address>")
        elif self.relay.login and not self.known:
            self.say("530 5.7.0 log in first")
        elif self.sender is not None:
            self.say("503 5.5.1 a letter is open already")
        else:
            with self.relay.lock:
                self.relay.letters += 1
                self.letter = self.relay.letters
            if self.answer("mail", "250 2.1.0 go on"):
                self.sender, self.parameters = found[1], found[2].strip()

    def rcpt(self):
        found = re.fullmatch(r"RCPT TO:<([^>]+)>(.*)", self.said, re.IGNORECASE)
        if not found or self.sender is None:
            self.say("503 5.5.1 MAIL first, then RCPT TO:<address>")
        elif self.answer("rcpt", "250 2.1.5 go on"):
            self.recipients.append(found[1])

    def data(self):
        if not self.recipients:
            self.say("503 5.5.1 RCPT first")
        elif self.answer("data", "354 go on"):
            self.content()
            self.forget()

    def content(self):
        lines = [self.line()]
        early = self.relay.due("mid-data", self)
        if early:
            self.perform(early, "250 2.0.0 so soon")
        while lines[-1] != b".\r\n" or not (len(lines) == 1 or lines[-2].endswith(b"\r\n")):
            lines.append(self.line())
        if not early:
            self.finish(b"".join(line.removeprefix(b".") for line in lines[:-1]))

    def finish(self, content):
        fault = self.relay.due("dot", self)
        refused = fault and (fault.kind in SAY or fault.kind[0] in "45")
        kept = not refused and (fault is None or fault.taken)
        self.perform(fault, self.relay.take(self, content) if kept else "250 2.0.0 not taken")

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise Gone
        return line

    def rset(self):
        self.forget()
        self.say("250 2.0.0 forgotten")

    def quit(self):
        self.answer("quit", "221 2.0.0 bye")
        raise Gone


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--record", required=True, help="what is taken, one JSON object a line")
    asked.add_argument("--delay", type=float, default=0.0, help="seconds before every reply")
    asked.add_argument("--size", type=int)
    asked.add_argument("--pipelining", action="store_true")
    asked.add_argument("--fault", action="append", default=[], help="phase:kind[:recipient]")
    args = asked.parse_args()
    faults = [Fault(*text.split(":", 2)) for text in args.fault]
    with Relay(*faults, port=args.port, record=args.record, delay=args.delay, size=args.size,
               pipelining=args.pipelining) as relay:  # fmt: skip
        print(relay.port, flush=True)  # noqa: T201  the one line it prints
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
