"""G11: sealed messages read by Python's own parser hold exactly the letters' words.

The shipped campaign under a subject that prints each name and riding: 5,000 different subjects.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from bench import batch, rival
from bench.measure import CannotMeasure, Figure, Limit, Plan
from letters.message.message import Message
from letters.render.letter import Letter

_SUBJECT = (
    "{{ recipient.name }} ({{ recipient.riding | default(recipient.province) }}) : vingt ans "
    "après, prévenir le génocide — “never again”?"
)
_DATE = datetime(2014, 1, 10, 9, tzinfo=UTC)


def figures(plan: Plan) -> Iterator[Figure]:
    """How many of a hundred letters are read back equal, by what is compared."""
    rows = batch.rows(plan.folder, plan.sized(5000, 500))
    equal: Counter[str] = Counter()
    for proofed in batch.proof(batch.campaign(_SUBJECT), rows):
        if proofed.letter is None or proofed.message is None:
            raise CannotMeasure(f"a letter was not sealed: {proofed.problems}")
        equal.update(_equal(proofed.letter, proofed.message))
        equal.update(_rival_equal(proofed.letter))
    whole = Limit(100, at_least=True)
    for part in ("subject", "name and address", "text", "html", "no defect"):
        share = 100 * equal[part] / len(rows)
        what = f"{part}: {equal[part]:,} of {len(rows):,} letters decoded equal"
        yield Figure("G11", what, "%", (share,), whole, whole)
    share = 100 * equal["rival"] / len(rows)
    yield Figure(
        "G11", "subjects that EmailMessage writes and the same parser reads", "%", (share,)
    )


def _equal(letter: Letter, message: Message) -> Iterator[str]:
    """What an independent parser reads as the letter has it."""
    read = message_from_bytes(message.dated(_DATE).content, policy=policy.default)
    (to,) = read["To"].addresses
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    mailbox = letter.recipient.mailbox
    recipient = (letter.recipient.name, mailbox and mailbox.address)
    if read["Subject"] == letter.subject:
        yield "subject"
    if (to.display_name, to.addr_spec) == recipient:
        yield "name and address"
    if _content(text) == letter.text:
        yield "text"
    if _content(html) == letter.html:
        yield "html"
    if not any(part.defects for part in read.walk()):
        yield "no defect"


def _rival_equal(letter: Letter) -> Iterator[str]:
    subject = letter.subject
    read = message_from_bytes(rival.subject_only(subject), policy=policy.default)
    if read["Subject"] == subject:
        yield "rival"


def _content(part: Any) -> str | None:
    return part.get_content().replace("\r\n", "\n") if part else None
