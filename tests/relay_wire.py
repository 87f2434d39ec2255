"""A scripted relay's end of a connection."""

import socket
import time


class Gone(Exception):
    """The conversation is over."""


class Wire:
    """A connection: lines come in, and replies go out when the client has no more to say."""

    def __init__(self, relay, sock):
        self.relay, self.sock = relay, sock
        self.unread, self.unsent, self.spoke = bytearray(), bytearray(), False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(self, text):
        self.send(text.encode() + b"\r\n")

    def send(self, data):
        self.unsent += data
        if not self.relay.merged:
            self.flush()

    def flush(self):
        if self.unsent:
            if self.relay.delay:
                time.sleep(self.relay.delay)
            self.sock.sendall(self.unsent)
            self.unsent.clear()
            self.spoke = True

    def read(self):
        self.flush()
        self.relay.turns += self.spoke
        self.spoke = False
        data = self.sock.recv(1 << 18)
        if not data:
            raise Gone
        self.unread += data

    def line(self):
        while (end := self.unread.find(b"\n") + 1) == 0:
            self.read()
        line = bytes(self.unread[:end])
        del self.unread[:end]
        return line

    def begun(self):
        """Wait for the first line of data."""
        while b"\n" not in self.unread:
            self.read()

    def content(self):
        """Data up to the final dot, the dots of RFC 5321 4.5.2 taken off."""
        self.unread[:0] = b"\r\n"
        seen = 0
        while (end := self.unread.find(b"\r\n.\r\n", seen)) < 0:
            seen = max(0, len(self.unread) - 4)
            self.read()
        content = bytes(self.unread[: end + 2])
        del self.unread[: end + 5]
        return content.replace(b"\r\n.", b"\r\n")[2:]

    def secure(self):
        self.flush()
        self.relay.sockets.discard(self.sock)
        self.sock = self.relay.tls.wrap_socket(self.sock, server_side=True)
        self.relay.sockets.add(self.sock)

    def close(self):
        # Without unwrap(): a TLS connection is cut, with no goodbye.
        self.sock.close()
        self.relay.sockets.discard(self.sock)
