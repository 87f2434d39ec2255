"""Where the time of a letter goes: the profiling timer asks which module is at work.

A sample counts for the innermost module of ours, or template, on the stack; what the standard
library and Jinja do counts for whoever called them. Sampling slows nothing down, so that many
small functions do not look dearer than one large one. POSIX only.
"""

import gc
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePath
from types import FrameType

from bench import batch
from bench.measure import Plan

_PACKAGE = str(Path(batch.__file__).resolve().parent.parent / "letters")
_STAGES = {
    "templates": ("render", "the templates' own code, Jinja, MarkupSafe"),
    "environment": ("render", "looking names up, refusing what is not known"),
    "context": ("write", "a recipient's fields and forms, as templates name them"),
    "gaps": ("write", "values and their gap marks"),
    "reader": ("write", "salutation, vocative, close, envelope lines"),
    "letter": ("write", "finding the wording by what the templates use, its values in order"),
    "analysis": ("write", "which fields a template prints and tests"),
    "wording": ("fill", "filling subject and bodies by place"),
    "quoted_printable": ("seal", "encoding the fillings"),
    "headers": ("seal", "To, Subject: encoded words, folding"),
    "sealer": ("seal", "fillings, Message-ID and SHA-256"),
    "mailbox": ("seal", "addresses"),
    "rules": ("proof", "the rules, one file each"),
    "proof": ("proof", "digest of inputs, same address, report"),
}


def table(plan: Plan) -> str:
    """A Markdown table: microseconds a letter and share, by module, the dearest first."""
    count = plan.sized(40_000, 4_000)
    campaign, rows = batch.campaign(), batch.rows(plan.folder, count)
    found, seconds = _sampled(lambda: sum(1 for _ in batch.proof(campaign, rows)))
    total = found.total()
    lines = [
        f"{seconds / count * 1e6:.0f} µs of CPU a letter, {count:,} letters, {total:,} samples.",
        "",
        "| stage | module | µs | share | what it does |",
        "| --- | --- | ---: | ---: | --- |",
    ]
    for module, hits in found.most_common():
        stage, what = _STAGES.get(module, ("", "elsewhere"))
        micros = hits / total * seconds / count * 1e6
        lines.append(f"| {stage} | {module} | {micros:.1f} | {hits / total:.0%} | {what} |")
    return "\n".join(lines)


def _sampled(work: Callable[[], object]) -> tuple[Counter[str], float]:
    found: Counter[str] = Counter()

    def sample(_number: int, frame: FrameType | None) -> None:
        while frame is not None:
            module = _module(frame.f_code.co_filename)
            if module:
                found[module] += 1
                return
            frame = frame.f_back

    before = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    gc.freeze()
    start = time.process_time()
    try:
        work()
    finally:
        seconds = time.process_time() - start
        gc.unfreeze()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return found, seconds


@cache
def _module(file: str) -> str:
    path = PurePath(file)
    if file.endswith(".j2") or file == "<template>":
        return "templates"
    if not file.startswith(_PACKAGE):
        return ""
    module = "rules" if "rules" in path.parts or path.stem == "checks" else path.stem
    return module if module in _STAGES else "rest"
