"""A terminal for the tests: a command's controlling terminal, read and typed into."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time

from tests.acceptance.desk import PATIENCE, Desk


class Terminal:
    """`letters` on a terminal of its own, as a person has it; what it shows is `shown`."""

    def __init__(self, desk: Desk, *arguments: str, **environment: str) -> None:
        self._own, theirs = pty.openpty()
        self.shown = ""
        self.started = subprocess.Popen(
            desk.command(*arguments),
            cwd=desk.folder,
            env=desk.environment(TERM="dumb", **environment),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  one ioctl, directly before exec
        )
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.started.kill()
        self.started.wait()
        os.close(self._own)

    def expect(self, text: str) -> None:
        """Read until the text is shown."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            assert self._read(0.1) or text in self.shown, self.shown

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._own], [], [], seconds)
        try:
            more = os.read(self._own, 65536) if ready else b""
        except OSError:  # Linux says so that nobody is there any more
            return False
        self.shown += more.decode("utf-8", "replace").replace("\r\n", "\n")
        return True

    def type(self, text: str) -> None:
        # A signal between a question and the reading of its answer is handled with the next key only.
        time.sleep(0.1)
        os.write(self._own, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(0.1):
            assert time.monotonic() < end, self.shown
        return self.started.wait(PATIENCE)


def _take_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
