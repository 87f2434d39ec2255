"""Whole processes: run one to its end, by a clock outside it."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import CannotMeasure

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 900


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: wall time from before its start until after its end."""

    seconds: float
    output: str


def run(
    *command: str | Path, folder: Path, expected: Sequence[int] = (0,), limit: float = LIMIT
) -> Ended:
    """Run a command in a folder, without the settings of whoever measures.

    Raises CannotMeasure when it ends otherwise than expected, or not within `limit` seconds.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LETTERS_", "PYTHON"))}
    start = time.perf_counter()
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=limit,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotMeasure(f"{Path(command[0]).name}: {error}") from None
    seconds = time.perf_counter() - start
    if ended.returncode not in expected:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        words = " ".join([Path(command[0]).name, *map(str, command[1:3])])
        raise CannotMeasure(f"{words} ended with {ended.returncode}: {' / '.join(said[-2:])}")
    return Ended(seconds, ended.stdout)


def scripts(work: Path, *names: str) -> list[Path]:
    """The installed commands of these names: beside this Python, else in an environment made now.

    Raises CannotMeasure when they cannot be installed.
    """
    beside = _commands(Path(sys.executable).parent, names)
    if all(map(Path.exists, beside)):
        return beside
    home = work / "installed"
    made = _commands(home / Path(sys.executable).parent.name, names)
    if not all(map(Path.exists, made)):
        run(sys.executable, "-m", "venv", home, folder=work)
        python = made[0].with_name(Path(sys.executable).name)
        others = [name for name in names if name != "letters"]
        run(python, "-m", "pip", "install", "--quiet", ROOT, *others, folder=work)
    return made


def _commands(folder: Path, names: Sequence[str]) -> list[Path]:
    suffix = ".exe" if os.name == "nt" else ""
    return [folder / f"{name}{suffix}" for name in names]
