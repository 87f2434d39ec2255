"""The rival in Go, built before anything is measured; where it cannot be, that is said.

Its source is in `bench/go`. The caller's Go environment holds: GOPROXY, GOMODCACHE, GOFLAGS and
the like lead to a module that is not had from the public.
"""

import os
import shutil
import sys
from pathlib import Path

from bench import processes
from bench.measure import CannotMeasure

_SOURCE = Path(__file__).with_name("go")
_PATIENCE = 300  # the first build of a machine compiles Go's own library too


def built(folder: Path) -> Path | None:
    """The program, built in a folder of its own; None where Go or its modules cannot be had."""
    try:
        return _built(shutil.copytree(_SOURCE, folder / "go"))
    except CannotMeasure as error:
        print(f"bench: G4 left out: {error}", file=sys.stderr)
        return None


def _built(copy: Path) -> Path:
    go = shutil.which("go", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if go is None:
        raise CannotMeasure("no go (pip install --group bench-go)")
    program = copy / "rival"
    processes.run(
        "env", "CGO_ENABLED=0", go, "build", "-mod=mod", "-o", program, ".",
        folder=copy, limit=_PATIENCE,
    )  # fmt: skip
    return program
