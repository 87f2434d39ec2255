"""The console blocks of README.md run, one after the other, and print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.relay import Relay

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)#:]+)\)", README)


def steps():
    """Yield each command of the console blocks with the lines that it should print."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            yield command, expected.rstrip("\n")


def pattern(expected):
    """Turn expected output into a pattern: `…` is anything, on a line of its own any lines."""
    lines = ["(?:.*\n)*?" if line == "…" else _line(line) for line in expected.splitlines()]
    return re.compile("".join(lines))


def _line(line):
    return ".*".join(map(re.escape, line.split("…"))) + "\n"


@pytest.fixture(name="shell")
def _shell(tmp_path):
    binary = tmp_path / "bin"
    binary.mkdir()
    launcher = binary / "letters"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m letters "$@"\n')
    launcher.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{binary}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "COLUMNS": "200",
    }
    last = 0

    def run(command):
        nonlocal last
        done = subprocess.run(
            ["bash", "-c", f"(exit {last}); {command}"],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        last = done.returncode
        return done.stdout + done.stderr

    return run


def test_the_first_hour_of_a_campaign_prints_what_the_readme_says(shell):
    with Relay() as relay:
        for command, expected in steps():
            printed = shell(command.replace("127.0.0.1:2525", f"127.0.0.1:{relay.port}"))

            assert pattern(expected).fullmatch(printed), f"$ {command}\n{printed}"

        assert len(relay.accepted) == 1 + 3


@pytest.mark.parametrize("link", LINKS)
def test_every_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).is_file()
