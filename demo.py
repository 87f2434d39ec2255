"""`make demo`: check the shipped campaign, show how one letter begins, rehearse the whole batch."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "demo"
LETTER_LINES = 18  # of the letter that is shown: it fits one screen with all the rest


def letters(*arguments: str) -> list[str]:
    """Run one command in the demo's own folder; return the lines of its results."""
    print(f"\n$ letters {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "letters", *arguments]
    done = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return done.stdout.splitlines()


def show(lines: list[str], most: int | None = None) -> None:
    """Print the lines, or the first of them and how many there are more."""
    print("\n".join(lines[:most]))
    if most is not None and len(lines) > most:
        print(f"… and {len(lines) - most} lines more")


def main() -> None:
    """Run the shipped campaign from its check to a rehearsal, in the fresh folder `demo`."""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    show(letters("check"))
    page = letters("preview", "--only", "Laverdière")
    start = next(number for number, line in enumerate(page) if line.startswith("From:"))
    show(page[start:], LETTER_LINES)
    show(letters("send", "--yes"))
    written = len(list((HERE / "outbox" / "new").iterdir()))
    print(f"\n{written} letters are in {HERE / 'outbox'}, a Maildir that mail programs open.")
    print("Nothing was mailed. Look at all of them in a browser:")
    print(f"  cd {HERE.name} && ../.venv/bin/letters preview --out pages")


if __name__ == "__main__":
    main()
