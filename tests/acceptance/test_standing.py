"""`letters status`, `resolve` and `retry`: where every letter stands, and what a person decides."""

import csv
import io
import json
import shlex
import subprocess

import pytest

from letters.cli.app import VERBS
from letters.journal.types import State
from tests.acceptance.desk import address, desk, kill, row, rows, taken, until, url
from tests.acceptance.terminal import Terminal
from tests.relay import Fault, Relay

COUNTS = (
    "total", "waiting", "open", "deferred", "sent", "rejected", "in_doubt", "withdrawn",
    "not_mailable", "suppressed",
)  # fmt: skip


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A campaign with letters in every state that a list can have."""
    office = desk(tmp_path_factory.mktemp("standing") / "river", 5, connections=1)
    ann = row(8, name="@Ann Lee", email="+ann@parl.example")
    office.write_list([*rows(5), row(6), row(7, email="", name="Nobody There"), ann])
    faults = (
        Fault("rcpt", "450 4.2.0 greylisted", recipient=address(2)),
        Fault("rcpt", "550 5.1.1 =nobody here", recipient=address(3)),
        Fault("dot", "close", recipient=address(4)),
        Fault("mail", "550 5.7.1 not you", nth=6, times=1),
    )
    office.run("send")
    with Relay(*faults) as relay:
        office.send(relay, "--wait", "0 s", code=77)
        office.write_list([*rows(5), row(7, email="", name="Nobody There"), ann])
        office.send(relay, "--wait", "0 s", code=75)
        assert len(relay.accepted) == 4  # 1, 5, Ann Lee; and 4, without an answer
    return office


def test_counts_add_up_and_every_state_is_a_key_of_them(standing):
    status = standing.status()
    assert tuple(status) == ("campaign", "channel", "journal", "counts", "letters")
    assert (status["campaign"], status["channel"]) == ("t3st-river", "mail")
    counts = status["counts"]
    assert tuple(counts) == COUNTS
    assert counts["total"] == sum(counts.values()) - counts["total"] == len(status["letters"]) == 8
    states = [letter["state"] for letter in status["letters"]]
    assert {state: states.count(state) for state in COUNTS[1:]} == {
        state: counts[state] for state in COUNTS[1:]
    }
    expected = {"sent": 3, "deferred": 1, "rejected": 1, "in_doubt": 1, "withdrawn": 1}
    assert {s: n for s, n in counts.items() if n and s != "total"} == expected | {"not_mailable": 1}


def test_a_letter_in_status_has_all_that_is_known_of_it(standing):
    letters = {letter["name"]: letter for letter in standing.status()["letters"]}
    deferred, nobody = letters["Member002 Ofriver002"], letters["Nobody There"]
    sent = letters["Member001 Ofriver001"]
    assert deferred["due_at"] > sent["sent_at"]
    assert deferred["reply"] == "450 4.2.0 greylisted"
    assert sent["relay"].startswith("smtp+plain://127.0.0.1:")
    assert sent["message_id"].startswith("<")
    assert len(sent["sha256"]) == 64
    assert (nobody["address"], nobody["message_id"], nobody["attempts"]) == (None, None, 0)


def test_a_spreadsheet_runs_nothing_of_what_others_wrote(standing):
    done = standing.run("status", "--format", "csv")
    header, *lines = csv.reader(io.StringIO(done.stdout))
    assert header[:4] == ["id", "address", "name", "state"]
    assert len(lines) == 8
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
    assert "'+ann@parl.example,'+ann@parl.example,'@Ann Lee,sent" in done.stdout


def test_people_get_a_table_and_a_sum(standing):
    done = standing.run("status")
    assert (
        "8 in all: 1 deferred, 3 sent, 1 rejected, 1 in doubt, 1 withdrawn, 1 not mailable"
        in done.stdout
    )
    assert str(standing.folder / "journal.db") in done.stderr


def test_who_is_in_doubt_is_named_with_what_to_look_for_and_the_command_that_ends_it(standing):
    letter = next(x for x in standing.status()["letters"] if x["state"] == "in_doubt")
    begun = standing.standings()[letter["id"]].begun_at.astimezone()
    journal = f"sqlite:{standing.folder / 'journal.db'}"
    block = [
        f"in doubt  Member004 Ofriver004 <{address(4)}>: did it arrive?",
        f"          Message-ID {letter['message_id']}",
        f"          begun {begun:%Y-%m-%d %H:%M:%S}",
        f"          relay {letter['relay']}",
        f"          {letter['reply']}",
        f"          letters resolve {address(4)} -c . --journal {journal} --sent    (or --resend)",
    ]
    done = standing.run("status", "-c", ".", "--journal", journal)
    assert done.stdout.splitlines()[-len(block) :] == block
    plain = standing.run("status").stdout
    assert (
        plain.splitlines()[-1] == f"          letters resolve {address(4)} --sent    (or --resend)"
    )


def test_status_says_of_a_rehearsal_that_nothing_was_mailed(standing):
    said = standing.run("status", "--channel", "maildir:outbox").stdout.splitlines()[-1]
    assert said.startswith("a rehearsal in ")
    assert said.endswith("outbox: nothing was mailed")
    assert "a rehearsal" not in standing.run("status").stdout


def test_after_a_no_nobody_was_written_to_and_status_says_so(tmp_path):
    office = desk(tmp_path / "river", 2)
    with Relay() as relay:
        with Terminal(office, "send", "--relay", url(relay)) as terminal:
            terminal.expect("Send 2 letters")
            terminal.type("n\n")
            assert terminal.end() == 130
        assert "nobody has been written to by it" in office.run("status").stdout
        status = office.status()
        assert (status["channel"], status["letters"]) == ("mail", [])
        assert tuple(status["counts"]) == COUNTS
        assert not any(status["counts"].values())
        assert office.run("status", "--format", "csv").stdout.count("\n") == 1
        assert "new: nobody has been written to by this record" in office.send(relay).stdout


def test_a_channel_is_named_by_its_folder_or_as_status_names_it(standing):
    rehearsal = standing.status("--channel", "maildir:outbox")
    assert rehearsal["counts"]["sent"] == 7
    assert standing.status("--channel", rehearsal["channel"]) == rehearsal
    assert standing.status("--channel", "mail")["counts"]["sent"] == 3
    refused = standing.run("status", "--channel", "maildir:nowhere", code=78)
    assert "there is no channel maildir:nowhere" in refused.stderr


def test_nobody_can_be_resolved_or_retried_who_is_not_there(standing):
    before = standing.states()
    for verb, letter in (("resolve", 1), ("retry", 4)):
        more = ["--sent"] if verb == "resolve" else []
        for named in (address(letter), "nobody@parl.example", f"{address(letter)}#2"):
            refused = standing.run(verb, named, *more, code=65)
            assert refused.stderr.startswith("letters: no ")
            assert refused.stderr.endswith(": letters status\n")
    assert standing.states() == before


def test_missing_and_contradictory_options_are_usage_errors(standing):
    standing.run("resolve", address(4), code=2)
    standing.run("resolve", address(4), "--sent", "--resend", code=2)
    standing.run("resolve", "--sent", code=2)
    standing.run("resolve", address(4), "--all-in-doubt", "--sent", code=2)
    standing.run("retry", code=2)
    standing.run("retry", address(3), "--rejected", code=2)
    refused = standing.run("resolve", "--all-in-doubt", "--resend", code=78)
    assert "asks letter by letter" in refused.stderr
    assert standing.states()[address(4)] is State.IN_DOUBT


@pytest.fixture
def doubtful(tmp_path):
    """Two letters in doubt that the relay took, and one that it refused."""
    office = desk(tmp_path / "river", 4)
    lost = [Fault("dot", "close", recipient=address(n), times=1) for n in (1, 3)]
    with Relay(*lost, Fault("rcpt", "550 5.1.1 nobody", recipient=address(2), times=1)) as relay:
        office.send(relay, code=1)
        yield office, relay


def test_a_letter_resolved_as_sent_is_never_sent_again(doubtful):
    office, relay = doubtful
    done = office.run("resolve", address(1).upper(), address(3), "--sent")
    assert f"Member001 Ofriver001 <{address(1)}> counts as sent" in done.stdout
    office.send(relay, code=1)
    assert len(relay.accepted) == 3
    assert office.standings()[address(1)].reply == "resolved by a person: sent"
    assert "no letter is in doubt" in office.run("resolve", "--all-in-doubt", "--sent").stdout


def test_resend_of_all_letters_in_doubt_asks_about_each_one(doubtful):
    office, relay = doubtful
    with Terminal(office, "resolve", "--all-in-doubt", "--resend") as terminal:
        terminal.expect(f"Send again to {address(1)}")
        terminal.type("n\n")
        terminal.expect(f"Send again to {address(3)}")
        terminal.type("y\n")
        assert terminal.end() == 0
    office.send(relay, code=1)
    assert {to: len(contents) for to, contents in taken(relay).items()} == {
        address(1): 1, address(3): 2, address(4): 1
    }  # fmt: skip
    first, second = taken(relay)[address(3)]
    assert first == second


def test_a_rejected_letter_is_tried_anew_when_a_person_says_so(doubtful):
    office, relay = doubtful
    assert f"<{address(2)}> waits" in office.run("retry", "--rejected").stdout
    assert "no letter is rejected" in office.run("retry", "--rejected").stdout
    office.send(relay, code=1)
    assert len(taken(relay)[address(2)]) == 1


@pytest.mark.parametrize(("greylisted", "code"), [(99, 0), (9, 75)])
def test_the_exit_code_counts_letters_as_they_stand_when_the_run_ends(tmp_path, greylisted, code):
    office = desk(tmp_path / "river", 9, connections=1)  # over several, the second might leave last
    faults = (
        Fault("dot", "close", recipient=address(1), times=1, taken=False),
        Fault("rcpt", "550 5.1.1 nobody here", recipient=address(2), times=1),
        Fault("rcpt", "450 4.2.0 greylisted", recipient=address(greylisted)),
    )
    with Relay(*faults, pipelining=True) as relay:
        started = office.start(
            "send", "--yes", "--relay", url(relay), "--pace", "1/s", "--wait", "0 s"
        )
        until(lambda: State.REJECTED in office.states().values(), "a letter is rejected")
        office.run("resolve", address(1), "--resend")
        office.run("retry", "--rejected")
        out, err = started.communicate(timeout=60)
    assert started.returncode == code, f"{out}\n{err}"


def test_status_while_letters_leave_shows_the_open_one_and_stops_nobody(tmp_path):
    office = desk(tmp_path / "river", 3, connections=1)
    fault = Fault("dot", "hang", nth=2, times=1)
    with Relay(fault) as relay:
        started = office.start("send", "--yes", "--relay", url(relay))
        until(lambda: relay.faults[fault], "the relay thinks")
        counts = office.status()["counts"]
        assert (counts["sent"], counts["open"], counts["waiting"]) == (1, 1, 1)
        office.run("resolve", address(2), "--sent", code=65)  # it is not in doubt: its sender lives
        kill(started)
        counts = office.status()["counts"]
        assert (counts["sent"], counts["in_doubt"], counts["waiting"]) == (1, 1, 1)


@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS)], ids=["letters", *VERBS])
def test_every_verb_explains_itself_with_an_example(tmp_path, verb):
    shown = desk(tmp_path / "river").run(*verb, "--help").stdout
    assert f"  letters {' '.join(verb)}" in shown or not verb
    assert "letters send" in shown or verb


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_closed_stdout_or_stderr_breaks_nothing(standing, stream):
    words = shlex.join(standing.command("status"))
    done = subprocess.run(
        ["sh", "-c", f"{words} {stream}>&-"], cwd=standing.folder, env=standing.environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_rehearsals_folder_in_the_campaign_names_its_channel_from_any_folder(tmp_path):
    made = desk(tmp_path / "river", 2)
    made.run("send")
    done = made.run("status", "-c", "river", "--channel", "maildir:outbox", cwd=tmp_path)
    assert "2 sent" in done.stdout


def test_the_command_that_ends_a_doubt_holds_for_an_address_that_begins_with_a_dash(tmp_path):
    made = desk(tmp_path / "river", 0)
    made.write_list([row(1, email="-dash@parl.example")])
    with Relay(Fault("dot", "close")) as relay:
        made.send(relay, "--wait", "0 min", code=None)
    words = made.run("status").stdout.splitlines()[-1].split("(or")[0]
    made.run(*shlex.split(words)[1:])
    assert made.states() == {"-dash@parl.example": State.SENT}


def test_two_campaigns_with_one_journal_write_to_everybody_once_each(tmp_path):
    first, other = desk(tmp_path / "river", 2), desk(tmp_path / "lake", 3)
    other.edit("campaign.toml", 'id = "t3st-river"', 'id = "t3st-lake"')
    shared = {"LETTERS_JOURNAL": str(tmp_path / "shared.db")}
    with Relay() as relay:
        sent = first.send(relay, **shared)
        assert "new: nobody has been written to by this record" in sent.stdout

        told = other.send(relay, **shared)
        assert (
            "it knows only other campaigns, t3st-river: nobody has been written to" in told.stdout
        )
        assert "3 to send · 0 already sent" in told.stdout

        again = first.send(relay, **shared)
        assert "0 to send · 2 already sent" in again.stdout
        assert len(relay.accepted) == 5
    assert (
        json.loads(first.run("status", "--format", "json", **shared).stdout)["counts"]["total"] == 2
    )
    assert "3 in all: 3 sent" in other.run("status", **shared).stdout
