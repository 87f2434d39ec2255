"""A scripted SMTP relay: real sockets, real TLS, a record of what it took, and faults on demand.

`Relay` runs in threads of the test's process; `python tests/relay.py --port 0 --record FILE` runs
alone, prints its port, and outlives whoever is killed.
"""

import argparse
import base64
import dataclasses
import json
import re
import socket
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.relay_faults import Fault, Limits, leave, perform
from tests.relay_wire import Gone, Wire

__all__ = ["Accepted", "Fault", "Limits", "Relay", "read_record"]


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


class Relay:
    """A relay on 127.0.0.1, listening between `with Relay() as relay:` and its end.

    With `pipelining`, replies to commands that came together leave together, unless `merged` is
    False; a relay that `lies` about it forgets what came together with a command. Without it, a
    client that speaks before its turn is sent away. A relay that is `eager` says 354 to DATA
    though nobody is to receive it. `delay` is waited before each turn, `window` bounds what the
    kernel takes in before we read it. `turns` counts how often we answered and waited.

    From the nth letter (`nth_behind`) with something behind its dot on, `behind_dot` is what happens:
    `drop` the connection with the letter taken, or `forget` what was behind. A relay that wants a
    `full_name` refuses every recipient of a client that told an address in EHLO.
    """

    def __init__(self, *faults, port=0, record=None, tls=None, implicit_tls=False, login=None, size=None,
                 smtputf8=False, dsn=False, pipelining=False, merged=True, lies=False, eager=False,
                 behind_dot="", nth_behind=1, greeting="relay.example ESMTP", full_name=False, auth="PLAIN LOGIN", delay=0.0, window=0, limits=None):  # fmt: skip
        self.faults = dict.fromkeys(faults, 0)
        self.tls, self.implicit_tls, self.delay, self.window = tls, implicit_tls, delay, window
        self.login = login  # (name, password): AUTH is then required
        self.size, self.smtputf8, self.dsn, self.auth = size, smtputf8, dsn, auth
        self.pipelining, self.merged, self.lies, self.eager = pipelining, merged, lies, eager
        self.greeting, self.behind_dot, self.nth_behind = greeting, behind_dot, nth_behind
        self.behind_dots, self.full_name = 0, full_name
        self.limits = limits or Limits()
        self.record = Path(record).open("a") if record else None  # noqa: SIM115  closed by __exit__
        self.accepted, self.commands = [], []
        self.connections = self.letters = self.turns = 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads, self.sockets = [], set()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        if window:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
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
        if self.record:
            self.record.close()

    def counts(self):
        """How often each Message-ID was taken."""
        return Counter(taken.message_id for taken in self.accepted)

    def _start(self, work, *args):
        self.threads = [thread for thread in self.threads if thread.is_alive()]
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
            others = len(self.sockets)
            self.sockets.add(sock)
            self._start(self._serve, sock, others)

    def _serve(self, sock, others):
        session = Session(self, sock)
        with suppress(Gone, OSError, ValueError):
            session.run(others)
        session.wire.close()

    def due(self, phase, session):
        """The fault that strikes now, counted."""
        if not self.faults:
            return None
        with self.lock:
            for fault, struck in self.faults.items():
                here = fault.phase == phase and struck < fault.times
                who = fault.recipient in " ".join(session.recipients or [session.said])
                if here and who and fault.nth in (0, session.letter):
                    self.faults[fault] += 1
                    return fault
        return None

    def take(self, session, content):
        """Take charge of a letter: in the record, which outlives us, before anybody hears of it."""
        with self.lock:
            taken = Accepted(f"Q{len(self.accepted) + 1}", session.sender, list(session.recipients),
                             session.parameters, content)  # fmt: skip
            if self.record:
                row = vars(taken) | {"content": content.decode("latin-1")}
                self.record.write(json.dumps(row) + "\n")
                self.record.flush()
            self.accepted.append(taken)
        self.limits.count()
        return f"250 2.0.0 Ok: queued as {taken.queue_id}"


class Session:
    """One connection's conversation."""

    def __init__(self, relay, sock):
        self.relay, self.wire, self.limits = relay, Wire(relay, sock), relay.limits
        self.said, self.letter, self.carried, self.secure, self.known = "", 0, 0, False, False
        self.forget()

    def forget(self):
        self.sender, self.recipients, self.parameters = None, [], ""

    def run(self, others):
        self.answer("connect", None)
        if self.relay.implicit_tls:
            self.wire.secure()
            self.secure = True
        if refusal := self.limits.of_connection(others):
            leave(self.wire, refusal)
        self.answer("banner", f"220 {self.relay.greeting}")
        verbs = {"EHLO": self.ehlo, "STARTTLS": self.starttls, "AUTH": self.authenticate, "MAIL": self.mail,
                 "RCPT": self.rcpt, "DATA": self.data, "RSET": self.rset, "QUIT": self.quit}  # fmt: skip
        if self.relay.tls is None or self.secure:
            del verbs["STARTTLS"]
        while True:
            self.said = self.wire.line().decode("utf-8", "replace").rstrip("\r\n")
            verb = self.said.partition(" ")[0].upper()
            self.relay.commands.append(verb if verb == "AUTH" else self.said)
            self.mind_their_turn()
            verbs.get(verb, lambda: self.say("502 5.5.1 not known here"))()

    def mind_their_turn(self):
        if self.wire.unread and self.relay.lies:
            self.wire.unread.clear()
        elif self.wire.unread and not self.relay.pipelining:
            leave(self.wire, "554 5.5.0 you speak before your turn")

    def say(self, text):
        self.wire.say(text)

    def answer(self, phase, text):
        """Say `text`, or do what the script says instead; whether `text` was said."""
        return self.perform(self.relay.due(phase, self), text)

    def perform(self, fault, text):
        if fault is not None:
            perform(fault, self.wire, text, self.relay.stopping)
            return fault.goes_on
        if text:
            self.say(text)
        return True

    def refused(self, refusal):
        """Say what the relay's limits say, if they say anything."""
        if refusal and refusal.startswith("421"):
            leave(self.wire, refusal)
        if refusal:
            self.say(refusal)
        return bool(refusal)

    def ehlo(self):
        self.name = self.said.partition(" ")[2]
        offers = ["relay.example", "ENHANCEDSTATUSCODES", "8BITMIME"]
        offers += [f"SIZE {self.relay.size}"] * (self.relay.size is not None)
        offers += ["SMTPUTF8"] * self.relay.smtputf8 + ["DSN"] * self.relay.dsn
        offers += ["PIPELINING"] * self.relay.pipelining
        offers += ["STARTTLS"] * (self.relay.tls is not None and not self.secure)
        offers += [f"AUTH {self.relay.auth}"] * (self.relay.login is not None)
        self.answer("ehlo", "\r\n".join(f"250-{offer}" for offer in offers) + "\r\n250 HELP")

    def starttls(self):
        fault = self.relay.due("starttls", self)
        if fault and fault.kind == "tls-cut":
            self.say("220 2.0.0 go on")
            self.wire.read()
        if self.perform(fault, "220 2.0.0 go on"):
            self.wire.secure()
            self.secure = True

    def authenticate(self):
        _, way, *first = self.said.split(" ")
        if self.refused(self.limits.of_login()):
            return
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
            first = [self.wire.line().decode().strip()]
        return base64.b64decode(first[0]).decode()

    def mail(self):
        found = re.fullmatch(r"MAIL FROM:<([^>]*)>(.*)", self.said, re.IGNORECASE)
        if not found:
            self.say("501 5.5.4 MAIL FROM:<address>")
        elif self.relay.login and not self.known:
            self.say("530 5.7.0 log in first")
        elif self.sender is not None:
            self.say("503 5.5.1 a letter is open already")
        elif not self.refused(self.limits.of_mail(self.carried)):
            with self.relay.lock:
                self.relay.letters += 1
                self.letter = self.relay.letters
            if self.answer("mail", "250 2.1.0 go on"):
                self.sender, self.parameters = found[1], found[2].strip()

    def rcpt(self):
        found = re.fullmatch(r"RCPT TO:<([^>]+)>(.*)", self.said, re.IGNORECASE)
        if not found or self.sender is None:
            self.say("503 5.5.1 MAIL first, then RCPT TO:<address>")
        elif self.relay.full_name and self.name.startswith("["):
            self.say(
                f"504 5.5.2 <{self.name}>: Helo command rejected: need fully-qualified hostname"
            )
        elif self.refused(self.limits.of_rcpt(self.sender, found[1])):
            pass
        elif self.answer("rcpt", "250 2.1.5 go on"):
            self.recipients.append(found[1])

    def data(self):
        if not self.recipients and not self.relay.eager:
            self.say("503 5.5.1 RCPT first")
        elif self.answer("data", "354 go on"):
            self.content()
            self.forget()

    def content(self):
        self.wire.begun()
        early = self.relay.due("mid-data", self)
        if early:
            self.perform(early, "250 2.0.0 so soon")
            self.wire.flush()
        content = self.wire.content()
        if not early:
            self.finish(content)

    def finish(self, content):
        fault = self.relay.due("dot", self)
        kept = self.recipients and (fault is None or (fault.taken and not fault.refuses))
        taken = self.relay.take(self, content) if kept else "250 2.0.0 not taken"
        self.carried += 1
        if self.wire.unread:
            self.mind_what_is_behind()
        self.perform(fault, taken if self.recipients else "554 5.5.1 no valid recipients")

    def mind_what_is_behind(self):
        with self.relay.lock:
            self.relay.behind_dots += 1
            wrong = self.relay.behind_dot if self.relay.behind_dots >= self.relay.nth_behind else ""
        if wrong == "drop":
            raise Gone
        if wrong == "forget":
            self.wire.unread.clear()

    def rset(self):
        self.forget()
        self.say("250 2.0.0 forgotten")

    def quit(self):
        self.answer("quit", "221 2.0.0 bye")
        self.wire.flush()
        raise Gone


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--record", required=True, help="what is taken, one JSON object a line")
    asked.add_argument("--delay", type=float, default=0.0, help="seconds before every turn")
    asked.add_argument("--size", type=int)
    asked.add_argument("--pipelining", action="store_true")
    asked.add_argument("--one-by-one", dest="merged", action="store_false", help="replies apart")
    asked.add_argument("--fault", action="append", default=[], help="phase:kind[:recipient]")
    for name in ("per-minute", "per-connection", "connections", "logins"):
        asked.add_argument(f"--{name}", type=int)
    asked.add_argument("--minute", type=float, default=60.0, help="how long its minute is")
    asked.add_argument("--greylist", type=float, help="seconds until a recipient is welcome")
    args = vars(asked.parse_args())
    limits = Limits(**{field.name: args.pop(field.name) for field in dataclasses.fields(Limits)})
    faults = [Fault(*text.split(":", 2)) for text in args.pop("fault")]
    with Relay(*faults, **args, limits=limits) as relay:
        print(relay.port, flush=True)  # noqa: T201  the one line it prints
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
