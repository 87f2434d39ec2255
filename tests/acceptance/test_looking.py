"""Looking, as a person does it: `letters new`, `check` and `preview` as commands."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.mail import read_back, write_campaign

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HEADER = "email,name,office,gender,language,riding\n"
ANN = "ann.lee@parl.example,Ann Lee,mp,f,en,Gander\n"
LUC = "luc.roy@parl.example,Luc Roy,mp,m,fr,Papineau\n"
GAP = "gap@parl.example,Ina Gap,mp,f,en,\n"
NOWHERE = ",No Address,mp,m,en,Oak Bay\n"
# Ends the process at its first use of the network.
OFFLINE = (
    "import sys, runpy\n"
    "def refuse(event, args):\n"
    "    if event.startswith('socket.'): raise SystemExit(f'network: {event}')\n"
    "sys.addaudithook(refuse)\n"
    "sys.argv[0] = 'letters'\n"
    "runpy.run_module('letters', run_name='__main__', alter_sys=True)\n"
)


def run(*arguments, cwd, **environment):
    own = {k: v for k, v in os.environ.items() if not k.startswith("LETTERS_")}
    own |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100", **environment}
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, *arguments],
        cwd=cwd,
        env=own,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture
def river(tmp_path):
    """A campaign folder with a list of two recipients and one without an address."""
    return write_campaign(tmp_path / "river", {"recipients.csv": HEADER + ANN + LUC + NOWHERE})


def told(done, code, *words):
    """The command ended with this code and said these words, without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr + done.stdout
    return done


def test_a_new_campaign_passes_its_check_and_can_be_looked_at(tmp_path):
    made = told(run("new", "save-the-river", cwd=tmp_path), 0)
    checked = told(run("check", "-c", "save-the-river", "--strict", cwd=tmp_path), 0)
    shown = told(run("preview", "-c", "save-the-river", cwd=tmp_path), 0)

    assert made.stdout == "save-the-river\n"
    assert "letters check -c save-the-river" in made.stderr
    assert "3 letters, 2 wordings, 1 not mailable\nNo problems.\n" in checked.stdout
    assert "letters preview -c save-the-river" in checked.stderr
    assert "Dear Ms. Okafor:" in shown.stdout
    assert "Monsieur le Député," in shown.stdout


def test_two_new_campaigns_of_one_name_have_two_ids(tmp_path):
    for place in ("a/river", "b/river"):
        told(run("new", place, cwd=tmp_path), 0)

    first, second = (
        tomllib.loads((tmp_path / place / "river" / "campaign.toml").read_text("utf-8"))["id"]
        for place in "ab"
    )
    assert first.endswith("-river")
    assert first != second


def test_a_copied_campaign_needs_a_list_of_its_own(tmp_path):
    told(run("new", "mine", "--from", "genocide-prevention", cwd=tmp_path), 0, "recipients.csv")
    told(run("check", "-c", "mine", cwd=tmp_path), 65, "there is no recipients.csv", "-r FILE")


def test_a_copy_has_the_files_that_the_letters_to_its_own_list_opened(tmp_path):
    told(run("new", "river", cwd=tmp_path), 0)
    river = tmp_path / "river"
    (river / "recipients.csv").write_text(
        "email,name,office,gender,riding,part\na@parl.example,Ann Lee,mp,f,Fogo,x/own.text\n"
    )
    (river / "letter.en.md.j2").write_text("{% include recipient.part %}")
    (river / "x").mkdir()
    (river / "x/own.text").write_text("Words.")
    (river / "minutes.text").write_text("Private.")

    told(run("new", "lake", "--from", "river", cwd=tmp_path), 0)

    assert (tmp_path / "lake/x/own.text").read_text() == "Words."
    assert not (tmp_path / "lake/minutes.text").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["new", "."], 78, "already"),
        (["new", "lake", "--from", "nowhere"], 65, "no campaign nowhere"),
        (["new", "river/letter.en.md.j2/x"], 74, "Not a directory"),
        (["check", "-c", "nowhere"], 65, "no campaign nowhere"),
        (["check", "-r", "nowhere.csv"], 65, "there is no such file"),
        (["preview", "-c", "river", "--out", "river"], 78, "not empty"),
        (["preview", "-c", "river", "--out", "river/campaign.toml"], 78, "not a folder"),
        (["preview", "-c", "river", "--out", "river/campaign.toml/x"], 74, "Not a directory"),
        (["preview", "-c", "river", "--single", "river/campaign.toml"], 78, "there already"),
        (["preview", "-c", "river", "--single", "no/such/folder.html"], 74, "No such file"),
        (["preview", "-c", "river", "--out", "x", "--groups"], 2, "cannot be used together"),
    ],
)
def test_a_mistake_is_one_clear_message_and_its_exit_code(river, arguments, code, words):
    done = told(run(*arguments, cwd=river.parent), code, words)

    if code != 2:
        message, hint = done.stderr.splitlines()
        assert message.startswith("letters: ")
        assert hint.startswith("  ")


def test_check_groups_problems_by_rule_with_their_rows(river):
    second = GAP.replace("gap", "gap2")
    (river / "recipients.csv").write_text(HEADER + GAP + ANN + second, encoding="utf-8")

    done = told(run("check", cwd=river), 65)

    assert done.stdout.count("error: empty-field") == 1
    assert "row 2, column riding" in done.stdout
    assert "row 4, column riding" in done.stdout
    assert "2 problems: nothing can be sent until mended." in done.stdout


def test_check_says_what_it_detected_in_the_list(river):
    table = (HEADER + ANN).replace(",", ";").replace("Ann Lee", "Ann Leé")
    (river / "recipients.csv").write_bytes(table.encode("cp1252"))

    done = told(run("check", cwd=river), 0)

    assert "windows-1252" in done.stdout
    assert "semicolon" in done.stdout


def test_check_for_scripts_has_every_key_and_null_for_what_does_not_apply(river):
    (river / "recipients.csv").write_text(HEADER + ANN + GAP + NOWHERE, encoding="utf-8")

    done = told(run("check", "--format", "json", cwd=river), 65)

    found = json.loads(done.stdout)
    assert list(found) == ["letters", "wordings", "not_mailable", "problems"]
    assert (found["letters"], found["wordings"], found["not_mailable"]) == (2, 1, 1)
    [problem] = found["problems"]
    assert list(problem) == [
        "severity", "rule", "file", "row", "column", "template", "line", "address", "message",
        "remedy",
    ]  # fmt: skip
    assert (problem["severity"], problem["rule"]) == ("error", "empty-field")
    assert (problem["row"], problem["column"]) == (3, "riding")
    assert problem["file"].endswith("recipients.csv")


def test_a_warning_passes_unless_strict(river):
    (river / "recipients.csv").write_text(HEADER + ANN.replace(",en,", ",,"), encoding="utf-8")

    lenient = told(run("check", "--format", "json", cwd=river), 0)
    told(run("check", "--strict", cwd=river), 65, "language")

    [problem] = json.loads(lenient.stdout)["problems"]
    assert problem["severity"] == "warning"
    assert problem["line"] is None


def test_a_batch_with_problems_is_shown_all_the_same(river):
    (river / "recipients.csv").write_text(HEADER + ANN + GAP, encoding="utf-8")

    done = told(run("preview", cwd=river), 65)

    assert "empty-field" in done.stdout
    assert "Dear Ms. Lee:" in done.stdout


def test_only_and_limit_choose_what_is_shown_and_all_is_proofed(river):
    (river / "recipients.csv").write_text(HEADER + ANN + GAP + LUC, encoding="utf-8")

    one = told(run("preview", "--only", "ROY", cwd=river), 65)
    first = told(run("preview", "--limit", "1", cwd=river), 65)
    nobody = told(run("preview", "--only", "zzz", cwd=river), 65)

    assert "Monsieur le Député," in one.stdout
    assert "Dear Ms. Lee:" not in one.stdout
    assert "Dear Ms. Lee:" in first.stdout
    assert "Luc Roy" not in first.stdout
    assert "no letter to show" in nobody.stderr


def test_one_part_can_be_piped_into_a_file(river):
    source = told(run("preview", "--only", "ann", "--part", "source", cwd=river), 0)

    parsed = read_back(source.stdout.replace("\n", "\r\n").encode())

    assert parsed["To"] == "Ann Lee <ann.lee@parl.example>"
    assert parsed.get_body(("plain",)).get_content().startswith("Dear Ms. Lee:")


def test_pages_are_written_and_the_index_is_printed(river):
    done = told(run("preview", "--out", "pages", cwd=river), 0)
    again = told(run("preview", "--out", "pages", cwd=river), 0)

    assert done.stdout == again.stdout == f"{Path('pages/index.html')}\n"
    names = sorted(f.name for f in (river / "pages" / "letters").iterdir())
    assert names == [
        "0002-ann-lee.eml", "0002-ann-lee.html", "0003-luc-roy.eml", "0003-luc-roy.html",
    ]  # fmt: skip


def test_pages_of_a_batch_with_problems_are_written_and_the_exit_code_is_65(river):
    (river / "recipients.csv").write_text(HEADER + ANN + GAP, encoding="utf-8")

    told(run("preview", "--out", "pages", cwd=river), 65, "1 problem", "letters check")

    assert "empty-field" in (river / "pages" / "index.html").read_text(encoding="utf-8")


def test_a_single_page_holds_every_letter(river):
    told(run("preview", "--single", "all.html", cwd=river), 0)

    assert (river / "all.html").read_text(encoding="utf-8").count("<iframe") == 2


def test_groups_and_salutations_are_shown(river):
    groups = told(run("preview", "--groups", cwd=river), 0)
    salutations = told(run("preview", "--salutations", cwd=river), 0)

    assert "2 letters, 2 wordings" in groups.stdout
    assert "\u2039Gander\u203a" in groups.stdout
    assert len(salutations.stdout.splitlines()) == 3


def test_piped_output_has_no_escape_sequences(river):
    done = told(run("preview", cwd=river, FORCE_COLOR="1", TERM="xterm-256color"), 0)

    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_person_sees_colour_through_a_pager_unless_told_otherwise(river, environment, coloured):
    pager = river / "bin" / "less"
    pager.parent.mkdir()
    pager.write_text("#!/bin/sh\nexec cat\n")
    pager.chmod(0o755)
    path = f"{pager.parent}{os.pathsep}{os.environ['PATH']}"

    shown = on_a_terminal(river, {"PAGER": "less", "PATH": path, "TERM": "xterm", **environment})

    assert "Dear Ms. Lee:" in shown
    assert ("\x1b[" in shown) is coloured


def on_a_terminal(folder, environment):
    """What `letters preview` writes to a terminal."""
    own = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "LESS"}}
    own |= {"PYTHONPATH": str(ROOT), **environment}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "letters", "preview"],
        cwd=folder, env=own, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        process.wait(30)
    os.close(ours)
    return shown.decode(errors="replace")


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side of a terminal is closed
        return b""


class RecordingHandler(BaseHTTPRequestHandler):
    """Keeps the path of every request to a web server on loopback."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), RecordingHandler) as server:
        server.asked = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_a_page_makes_no_request_in_a_real_browser(river, web):
    url = f"http://127.0.0.1:{web.server_port}"
    (river / "letter.en.html.j2").write_text(
        f'<meta http-equiv="refresh" content="0;url={url}/refresh"><p>{{{{ recipient.salutation }}}}'
        f'<img src="{url}/image"><script>fetch("{url}/script")</script><video poster="{url}/poster">'
    )
    told(run("preview", "--out", "pages", cwd=river), 0)
    page = river / "pages" / "letters" / "0002-ann-lee.html"

    browse(page, river)
    asked = list(web.asked)
    unguarded = re.sub(r'<meta http-equiv="Content-S[^>]*>|sandbox=""', "", page.read_text("utf-8"))
    page.write_text(unguarded, "utf-8")
    browse(page, river)

    assert asked == []
    assert {"/image", "/script"} <= set(web.asked)


def browse(page, folder):
    """Open a page in a headless browser, and wait until it has nothing more to do."""
    subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", f"--user-data-dir={folder / 'browser'}",
            f"--screenshot={folder / 'shown.png'}", "--virtual-time-budget=2000", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
