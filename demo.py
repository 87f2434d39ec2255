"""`make demo`: proof the shipped campaign, show one letter, rehearse the whole batch, say where."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "demo"


def letters(*arguments: str) -> None:
    """Run one verb as a person would, in the demo's own folder."""
    print(f"\n$ letters {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "letters", *arguments], cwd=HERE, check=True)


def main() -> None:
    """Run the first hour of the shipped campaign in a fresh folder, `demo`."""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    letters("check")
    letters("preview", "--only", "Laverdière")
    letters("send", "--yes")
    letters("status")
    written = sorted((HERE / "outbox" / "new").iterdir())
    print(f"\n{len(written)} letters stand in {HERE / 'outbox' / 'new'}: nothing was mailed.")
    print("Open one in a mail program, or look at all of them: "
          f"cd {HERE.name} && ../.venv/bin/letters preview --out pages")  # fmt: skip


if __name__ == "__main__":
    main()
