"""Every mistake a volunteer can make ends in one clear message, a way to mend it, and its exit code."""

import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
import trustme

from tests.acceptance.desk import ROOT, address, desk, row, rows, url
from tests.mail import SETTINGS
from tests.relay import Relay

DATA, UNAVAILABLE, IO, REFUSED, CONFIGURATION = 65, 69, 74, 77, 78


@pytest.fixture
def office(tmp_path):
    return desk(tmp_path / "river", 3)


def told(done, code, *words):
    """One message on stderr that begins `letters:`, with a hint below it and nothing on stdout."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    messages = [line for line in lines if line.startswith("letters: ")]
    assert len(messages) == 1, done.stderr
    after = lines[lines.index(messages[0]) + 1 :]
    assert after, done.stderr
    assert all(line.startswith("  ") and line.strip() for line in after), done.stderr
    for word in words:
        assert word in done.stderr
    return done


def refused(office, code, *words, command=("send",), **environment):
    return told(office.run(*command, code=None, **environment), code, *words)


# The campaign


def test_a_folder_without_a_campaign(office):
    (office.folder / "empty").mkdir()
    refused(office, DATA, "empty has no campaign.toml", command=("send", "-c", "empty"))


def test_a_campaign_that_is_not_there(office):
    command = ("send", "-c", "genocide-prevntion")
    refused(office, DATA, "did you mean genocide-prevention?", command=command)


def test_settings_that_are_not_valid_toml(office):
    office.edit("campaign.toml", 'id = "', "id = ")
    refused(office, DATA, "campaign.toml is not valid TOML", "line 1")


def test_an_unknown_key(office):
    office.edit("campaign.toml", "postal_address", "postal_adress")
    refused(
        office, DATA, "campaign.toml: sender: ", "postal_adress", "did you mean `postal_address`?"
    )


def test_a_setting_that_is_missing(office):
    office.edit("campaign.toml", 'email = "office@river.example"\n', "")
    refused(office, DATA, "campaign.toml: sender: ", "add `email = …`")


def test_a_setting_of_the_wrong_kind(office):
    office.edit("campaign.toml", 'languages = ["en", "fr"]', 'languages = "en"')
    refused(office, DATA, "campaign.toml: languages: ")


def test_settings_in_another_encoding(office):
    (office.folder / "campaign.toml").write_bytes(SETTINGS.encode("cp1252"))
    refused(office, DATA, "campaign.toml is not UTF-8")


def test_a_retry_pause_that_is_not_a_duration(office):
    office.edit("campaign.toml", "[sender]", '[delivery]\nretry = ["soon"]\n\n[sender]')
    refused(office, DATA, "'soon' is not a duration")


def test_a_sender_that_is_not_an_address(office):
    office.edit("campaign.toml", "office@river.example", "office at river.example")
    refused(office, DATA, "campaign.toml: sender.email: ")


# The templates


def test_a_template_that_does_not_parse(office):
    office.edit("letter.en.md.j2", "{% endfor %}\n{% endfor %}", "{% endfor %}")
    refused(office, DATA, "letter.en.md.j2:")


def test_a_field_that_the_list_does_not_have(office):
    office.edit("letter.en.md.j2", "is ill", "is ill, {{ recipient.ridng }}")
    refused(
        office, DATA, "letter.en.md.j2:3", "did you mean `recipient.riding`?", "nothing was sent"
    )


def test_a_template_that_is_missing(office):
    (office.folder / "letter.fr.md.j2").unlink()
    refused(office, DATA, "letter")


def test_an_attachment_that_is_missing(office):
    office.edit("campaign.toml", "languages", 'attachments = ["report.pdf"]\nlanguages')
    refused(office, DATA, "report.pdf")


# The list


def test_a_list_that_is_not_there(office):
    refused(office, DATA, "lst.csv", command=("send", "-r", "lst.csv"))
    (office.folder / "recipients.csv").unlink()
    refused(office, DATA, "there is no recipients.csv", "-r FILE")


@pytest.mark.parametrize("content", [b"", b"email,name\n", b"\n\n"])
def test_a_list_that_is_empty(office, content):
    (office.folder / "recipients.csv").write_bytes(content)
    refused(office, DATA, "empty")


def test_a_list_that_is_a_folder_or_a_spreadsheet(office):
    (office.folder / "recipients.csv").unlink()
    (office.folder / "recipients.csv").mkdir()
    refused(office, DATA, "recipients.csv")
    (office.folder / "list.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    refused(office, DATA, "list.xlsx", command=("send", "-r", "list.xlsx"))


def test_a_list_in_another_encoding_and_the_option_that_names_it(office):
    name, path = "Łukasz Wałęsa", office.folder / "recipients.csv"
    path.write_bytes(f"email,name,office,riding\na@example.org,{name},mp,Gander\n".encode("cp1250"))
    refused(office, DATA, "“£ukasz”", "“Łukasz”", "--encoding windows-1250")

    for verb in ("check", "preview"):
        office.run(verb, "--encoding", "windows-1250")
    assert f"To: {name}" in office.run("preview", LETTERS_ENCODING="cp1250").stdout
    refused(office, DATA, "line 2: this is not utf-8", command=("check", "--encoding", "utf-8"))
    refused(office, CONFIGURATION, "letters: no", command=("check", "--encoding", "klingon"))
    refused(office, CONFIGURATION, "LETTERS_ENCODING (environment)", LETTERS_ENCODING="klingon")


def test_a_list_without_an_address_column(office):
    (office.folder / "recipients.csv").write_text("who,riding\nAnn,Gander\n")
    refused(office, DATA, "email")


def test_a_warning_is_not_counted_as_a_problem(office):
    office.write_list([row(1, riding=""), row(2, language="")])
    refused(office, DATA, "letters: 1 problem and 1 warning; nothing was sent")


def test_a_thousand_bad_rows_are_printed_in_a_few_lines(office):
    office.write_list([row(number, email=f"m{number} at parl") for number in range(1, 1500)])
    done = refused(office, DATA, "1,499 problems; nothing was sent")
    assert len(done.stderr.splitlines()) < 60


# The relay


def test_a_wrong_password(office):
    with Relay(login=("me", "right")) as relay:
        command = ("send", "--yes", "--relay", url(relay, "me@"))
        done = refused(
            office,
            REFUSED,
            "535",
            "app password",
            command=command,
            LETTERS_RELAY_PASSWORD="wr0ng-one",
        )
        assert "wr0ng-one" not in done.stderr + done.stdout
        assert relay.accepted == []


def test_a_port_where_no_server_listens(office):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's
        port = unused.getsockname()[1]
        command = ("send", "--yes", "--relay", f"smtp+plain://127.0.0.1:{port}")
        refused(
            office,
            UNAVAILABLE,
            f"nothing answers at smtp+plain://127.0.0.1:{port}",
            command=command,
        )
    assert {letter.state.value for letter in office.standings().values()} == {"waiting"}


def test_a_host_that_does_not_exist(office):
    office.edit("campaign.toml", "office@river.example", "office@friends-of-the-river.ca")
    office.write_list([row(1, email="m001@parl.gc.ca")])
    command = ("send", "--yes", "--relay", "smtp://relay.invalid")
    refused(
        office, UNAVAILABLE, "the host of smtp://relay.invalid:587 cannot be found", command=command
    )


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_is_not_trusted(office, scheme):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Relay(tls=context, implicit_tls=scheme == "smtps") as relay:
        command = ("send", "--yes", "--relay", f"{scheme}://127.0.0.1:{relay.port}")
        refused(office, REFUSED, "is not trusted by this machine", command=command)
        assert not any(said.startswith("MAIL") for said in relay.commands)


def test_a_relay_without_tls(office):
    with Relay() as relay:
        command = ("send", "--yes", "--relay", f"smtp://127.0.0.1:{relay.port}")
        refused(office, REFUSED, "offers no STARTTLS", command=command)
        assert relay.accepted == []


def test_a_port_that_answers_without_tls(office):
    with Relay() as relay:
        relay.faults = {}
        command = ("send", "--yes", "--relay", f"smtps://127.0.0.1:{relay.port}")
        refused(office, UNAVAILABLE, "TLS", command=command)


BAD_URLS = {
    "mail.example.org": "does not begin with smtp:, smtps:, smtp+plain: or maildir:",
    "smtp://": "names no host",
    "smtp://me@example.org@mail.example.org": "%40",
    "smtp://mail.example.org:submission": "port",
    "smtp+plain://mail.example.org": "readable to everybody on the way",
    "maildir:": "names no folder",
    "smtp://me:geheim@mail.example.org": "a password may not stand in the relay's URL here",
}


@pytest.mark.parametrize("relay", BAD_URLS)
def test_a_relay_url_that_is_not_valid(office, relay):
    done = refused(
        office, CONFIGURATION, BAD_URLS[relay], command=("send", "--yes", "--relay", relay)
    )
    assert "geheim" not in done.stderr
    assert not (office.folder / "journal.db").exists()


def test_a_password_that_is_missing_and_cannot_be_asked_for(office):
    command = ("send", "--yes", "--relay", "smtp://me@mail.example.org")
    refused(
        office, CONFIGURATION, "needs a password for me", "LETTERS_RELAY_PASSWORD", command=command
    )


def test_a_confirmation_without_a_terminal(office):
    with Relay() as relay:
        refused(office, CONFIGURATION, "--yes", command=("send", "--relay", url(relay)))
        assert relay.connections == 0
    assert office.standings() == {}


def test_a_reserved_domain_that_would_leave_this_machine(office):
    command = ("send", "--yes", "--relay", "smtp://relay.invalid")
    done = refused(office, DATA, "reserved-domain", "put your own sender", command=command)
    assert address(1) in done.stderr
    assert "relay.invalid" not in done.stderr  # it never came to a connection


def test_an_unknown_variable_in_dot_env(office):
    (office.folder / ".env").write_text("LETTERS_PASSWORD=x\n")
    refused(office, CONFIGURATION, ".env: LETTERS_PASSWORD is not known", "LETTERS_RELAY_PASSWORD")


WRONG = {
    "CONNECTIONS": ("abc", "'abc' is not a number of connections: write a number from 1 to"),
    "PACE": ("fast", "'fast' is not a pace"),
    "QUOTA": ("30/min", "is a pace, not a quota"),
    "WINDOW": ("at night", "'at night' is not a window"),
    "EHLO_NAME": ("laptop", "'laptop' is not a name for EHLO: write a full host name"),
    "RELAY": (
        "http://mail.example.org",
        "does not begin with smtp:, smtps:, smtp+plain: or maildir:",
    ),
    "JOURNAL": ("mysql://localhost/letters", "this journal is not known: mysql"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_with_the_place_where_it_was_set(office, name):
    value, why = WRONG[name]
    variable = f"LETTERS_{name}"
    refused(office, CONFIGURATION, f"{variable} (environment): ", why, **{variable: value})
    (office.folder / ".env").write_text(f"{variable}={value}\n")
    refused(office, CONFIGURATION, f"{variable} ({office.folder / '.env'}): ", why)
    assert not (office.folder / "journal.db").exists()


def test_a_wrong_flag_is_reported_as_a_flag_although_the_variable_is_set_too(office):
    told_by_click = office.run("send", "--connections", "abc", code=2, LETTERS_CONNECTIONS="2")
    assert "'--connections'" in told_by_click.stderr
    command = ("send", "--journal", "mysql://localhost/letters")
    said = refused(office, CONFIGURATION, "mysql", command=command, LETTERS_JOURNAL="other.db")
    assert "LETTERS_JOURNAL" not in said.stderr


def test_a_variable_that_a_flag_overrides_is_not_read(office):
    office.run(
        "send",
        "--connections",
        "1",
        "--quota",
        "9/day",
        LETTERS_CONNECTIONS="abc",
        LETTERS_QUOTA="few",
    )


# Disk and journal


def test_a_journal_of_another_kind(office):
    command = ("send", "--journal", "mysql://localhost/letters")
    refused(office, CONFIGURATION, "mysql", "sqlite:FILE", command=command)


def test_a_journal_that_is_not_a_database(office):
    (office.folder / "journal.db").write_bytes(b"Dear diary, " * 500)
    refused(office, IO, "journal.db", "not a journal")


def test_a_journal_of_another_program(office):
    with closing(sqlite3.connect(office.folder / "journal.db")) as other:
        other.execute("create table songs (title)")
    refused(office, IO, "another program's database")


def test_a_journal_that_is_damaged(office):
    office.run("send")
    file = office.folder / "journal.db"
    content = bytearray(file.read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    file.write_bytes(content)
    refused(office, IO, "journal.db", "damaged")


def test_a_journal_that_is_gone_while_its_outbox_is_there(office):
    office.run("send")
    (office.folder / "journal.db").unlink()
    refused(office, IO, "letters have been sent from here", "outbox")


def test_a_journal_that_does_not_exist(office):
    for verb in (["status"], ["resolve", address(1), "--sent"], ["retry", "--rejected"]):
        refused(office, IO, "there is no journal at", "letters send", command=verb)


def test_a_journal_in_a_folder_that_does_not_exist(office):
    command = ("send", "--journal", "sqlite:nowhere/journal.db")
    refused(office, IO, "nowhere", "does not exist", command=command)


@contextmanager
def read_only(office):
    """The campaign folder on a disk that cannot be written, whoever asks."""
    if os.geteuid() != 0:
        office.folder.chmod(0o555)
        yield
        office.folder.chmod(0o755)
        return
    # chattr needs what root has; where it is refused, as in some containers, nothing is proved.
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", office.folder], check=False).returncode:
        pytest.skip("this machine cannot make a folder read-only for root")
    try:
        yield
    finally:
        subprocess.run([chattr, "-i", office.folder], check=True)


def test_a_folder_that_cannot_be_written(office):
    with read_only(office), Relay() as relay:
        refused(office, IO, "cannot be written")
        command = ("send", "--yes", "--relay", url(relay))
        refused(office, IO, "journal.db", command=command)
        assert relay.connections == 0


def test_a_journal_in_a_read_only_folder_can_be_read_and_not_changed(office, tmp_path):
    office.run("send")
    out = str(tmp_path / "sent.mbox")
    export = ["journal", "export", "--channel", "maildir:outbox", "--out", out]
    looks = ["status"], ["journal", "show", address(1)], ["journal", "check"], export
    changes = ["retry", "--rejected"], ["resolve", "--all-in-doubt", "--sent"], ["journal", "prune"]
    with read_only(office):
        for verb in looks:
            office.run(*verb)
        for verb in (*changes, ["send", "--yes"]):
            refused(office, IO, command=verb)


FULL = (
    "import resource, runpy, signal, sys\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
    "sys.argv = ['letters', *sys.argv[1:]]\n"
    "runpy.run_module('letters', run_name='__main__', alter_sys=True)\n"
)


def on_full_disk(office, size, *arguments):
    """Run a command where no file grows beyond `size` octets."""
    return subprocess.run(
        [sys.executable, "-c", FULL.format(size=size), *arguments],
        cwd=office.folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("LETTERS_")}
        | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("size", [0, 10_000, 60_000])
def test_a_disk_that_is_full(office, size):
    office.write_list(rows(100))
    with Relay() as relay:
        done = on_full_disk(office, size, "send", "--yes", "--relay", url(relay))
        assert "Traceback" not in done.stderr
        told(done, IO, "journal.db")
        assert relay.accepted == []
        office.send(relay)
        assert len(relay.accepted) == 100


def test_a_disk_that_fills_up_while_letters_leave(office):
    office.write_list(rows(100))
    with Relay() as relay:
        office.send(relay, "--limit", "1")
        grown = max(file.stat().st_size for file in office.folder.iterdir() if file.is_file())
        command = ("send", "--yes", "--connections", "1", "--relay", url(relay))
        done = on_full_disk(office, grown + 150_000, *command)
        assert done.returncode == IO, done.stderr
        assert "Traceback" not in done.stderr
        doubtful = office.in_doubt()
        assert len(doubtful) <= 1
        office.send(relay, code=None)
        for doubt in doubtful:
            arrived = any(doubt in accepted.recipients for accepted in relay.accepted)
            office.run("resolve", doubt, "--sent" if arrived else "--resend")
        office.send(relay)
        assert sorted(accepted.recipients[0] for accepted in relay.accepted) == [
            address(number) for number in range(1, 101)
        ]


# Verbs


def test_a_verb_or_an_option_that_does_not_exist(office):
    for command in (["sned"], ["send", "--dryrun"], ["send", "--keep", "--reseal"], ["resolve"]):
        done = office.run(*command, code=2)
        assert "Error: " in done.stderr
        assert done.stdout == ""
