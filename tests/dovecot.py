"""Debian's Dovecot as a submission server on loopback, in front of the scripted relay of the tests."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

LOGIN, PASSWORD = "river", "willow"
_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = submission
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
hostname = submission.example.org
{greeting}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_trusted = no
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
INSTALLED = (
    shutil.which("dovecot", path=_PATH) is not None and Path("/usr/lib/dovecot/submission").exists()
)


@contextmanager
def submission(folder, relay, *, greeting=None):
    """A submission server that hands all letters on to the relay; yields its port.

    `greeting` replaces the words by which Dovecot greets. Run by root, it has Debian's users.
    """
    folder.mkdir()
    (folder / "home").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if os.geteuid() == 0:
        for path in (folder, *list(folder.parents)[:-2]):  # its users look for their sockets there
            path.chmod(path.stat().st_mode | 0o011)
        owner = pwd.getpwnam("nobody")
        os.chown(folder / "home", owner.pw_uid, owner.pw_gid)
        users = {"internal": "dovecot", "login": "dovenull", "group": "dovecot"}
    else:
        owner = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(owner.pw_gid).gr_name
        users = {"internal": owner.pw_name, "login": owner.pw_name, "group": group}
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder, port=port, relay=relay, password=PASSWORD, **users, uid=owner.pw_uid, gid=owner.pw_gid,
            greeting=f"login_greeting = {greeting}" if greeting else "",
        )
    )  # fmt: skip
    process = subprocess.Popen(
        [shutil.which("dovecot", path=_PATH), "-F", "-c", str(configuration)]
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("dovecot ended at once")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as sock:
                if sock.recv(200).startswith(b"220"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError("dovecot does not answer")
