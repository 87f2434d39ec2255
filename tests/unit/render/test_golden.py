"""Four letters of the shipped campaign, byte for byte as they were last looked at.

`pytest tests/unit/test_golden.py --rewrite-golden` writes them anew; read the difference.
"""

import re
from html import unescape
from pathlib import Path

import pytest

from letters.campaign.campaign import SHIPPED, load
from letters.message.message import Message
from letters.proof.proof import Proof
from letters.recipients.csv import RecipientsFile
from letters.render.letter import Letter
from tests.mail import DATE, NONCE, TODAY, parts
from tests.unit.render.test_shipped_letter import (
    BACKGROUND,
    CLOSING,
    DEMANDS,
    IN_ADDITION,
    IN_ADDITION_POINTS,
    OPENING,
    SIGNED,
)

GOLDEN = Path(__file__).parents[2] / "golden"
FOLDER = SHIPPED / "genocide-prevention"
CHOSEN = {
    "prime-minister.en": "Stephen Harper",
    "mp.en": "Paul Dewar",
    "mp.fr": "Hélène Laverdière",
    "senator.en": "Mobina Jaffer",
}
# The letter's own paragraphs, then what stands below it, in the order of the release.
LETTER = (*OPENING, *DEMANDS, IN_ADDITION, *IN_ADDITION_POINTS, *CLOSING)


@pytest.fixture(scope="module")
def batch() -> dict[str, tuple[Letter, Message]]:
    campaign = load(FOLDER, Path())
    rows = RecipientsFile(campaign.recipients_file)
    proof = Proof(campaign, rows, nonce=NONCE, today=TODAY)
    found = {}
    for proofed in proof:
        if proofed.recipient.mailbox:
            assert proofed.letter is not None
            assert proofed.message is not None
            found[proofed.recipient.name] = (proofed.letter, proofed.message.dated(DATE))
    assert proof.report.problems == []
    return found


def test_the_shipped_batch_has_no_problem_and_one_row_without_an_address(batch):
    assert len(batch) == 13


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize("form", ["eml", "txt", "html"])
def test_a_letter_is_as_it_was_last_looked_at(batch, request, name, form):
    letter, message = batch[CHOSEN[name]]
    content = {"eml": message.content, "txt": letter.text.encode(), "html": letter.html.encode()}
    golden = GOLDEN / f"{name}.{form}"

    if request.config.getoption("--rewrite-golden"):
        golden.write_bytes(content[form])

    assert golden.read_bytes() == content[form]


@pytest.mark.parametrize("name", CHOSEN)
def test_the_golden_message_reads_back_as_the_golden_text_and_html(name):
    text, html = parts((GOLDEN / f"{name}.eml").read_bytes())

    assert text == (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert html == (GOLDEN / f"{name}.html").read_text("utf-8")


def shown(html: str) -> str:
    """What an HTML document shows, its blanks made one."""
    body = re.sub(r"<(style|title)\b.*?</\1>", "", html, flags=re.DOTALL)
    return flat(unescape(re.sub(r"<[^>]+>", " ", body)))


def flat(text: str) -> str:
    return " ".join(text.split())


def sentences(paragraphs: tuple[str, ...]) -> list[str]:
    return [s for p in paragraphs for s in re.split(r"(?<=[.!?])\s+(?=[A-Z“])", flat(p))]


def in_order(parts: list[str], text: str) -> list[int]:
    assert [part for part in parts if part not in text] == []
    found = [-1]
    for part in parts:
        found.append(text.find(part, found[-1] + 1))
    return found[1:]


@pytest.mark.parametrize("name", ["Stephen Harper", "John Baird", "Paul Dewar", "Mobina Jaffer"])
@pytest.mark.parametrize("form", ["text", "html"])
def test_every_published_sentence_stands_in_the_rendered_letter_in_order(batch, name, form):
    letter, _ = batch[name]
    text = flat(letter.text) if form == "text" else shown(letter.html)
    start = text.index(OPENING[0])

    proper = in_order(sentences(LETTER), text[start:])
    below = in_order([*SIGNED, *sentences(BACKGROUND)], text[start + proper[-1] :])

    assert -1 not in proper
    assert proper == sorted(proper)
    assert -1 not in below
    assert below == sorted(below)
    assert len(sentences((*LETTER, *BACKGROUND))) > 30


def test_the_demands_are_numbered_one_to_five_with_two_points_below(batch):
    text = batch["Paul Dewar"][0].text
    lines = text.splitlines()

    numbered = [line for line in lines if re.match(r"\d\. ", line)]
    points = [line for line in lines if line.startswith("- ")]

    assert numbered == [f"{n}. {demand}" for n, demand in enumerate(DEMANDS, 1)]
    assert points == [f"- {point}" for point in IN_ADDITION_POINTS]
    assert lines.index(numbered[-1]) < lines.index(IN_ADDITION) < lines.index(points[0])


@pytest.mark.parametrize("form", ["text", "html"])
def test_the_prime_minister_gets_the_letter_and_others_a_note_above_it(batch, form):
    def text(name):
        letter, _ = batch[name]
        return flat(letter.text) if form == "text" else shown(letter.html)

    prime_minister, member = text("Stephen Harper"), text("Paul Dewar")

    assert prime_minister.index("Dear Prime Minister") < prime_minister.index(OPENING[1])
    assert "ask for your support" not in prime_minister
    assert member.index("Dear Mr. Dewar") < member.index("we respectfully ask for your support")
    assert member.index("we respectfully ask for your support") < member.index(OPENING[0])


def test_the_french_letter_is_french_all_through(batch):
    letter, message = batch["Hélène Laverdière"]

    assert "Madame la Députée," in letter.text
    assert "1455, boul. De Maisonneuve Ouest, Montréal (Québec) H3G 1M8" in letter.text
    assert "Blvd." not in letter.text
    assert '<html lang="fr">' in letter.html
    assert "\u00a0: lettre ouverte" in message.subject
    assert not re.search(
        r"\b(the|Dear|sincerely|Government)\b",
        letter.text.replace(
            "Mobilizing the Will to Intervene: Leadership and Action to Prevent Mass Atrocities", ""
        ),
    )
