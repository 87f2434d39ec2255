"""Looking at a batch: what is shown, and that text from outside is harmless where it is shown."""

import re
from itertools import chain

import pytest

from letters.preview import terminal
from letters.preview.overview import Wordings, campaign_summary, headline, with_marked_values
from letters.preview.reading import SOURCE_LIMIT, parse_message
from letters.preview.terminal import LetterView, Screen
from letters.proof.proof import Proof
from letters.text import visible
from tests.mail import DATE, NONCE, TODAY, make_recipient, sealed

PIPE = Screen(100)
ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def proof_of(campaign, *recipients):
    rows = [(recipient, ()) for recipient in recipients]
    return Proof(campaign, rows, nonce=NONCE, today=TODAY, file="members.csv")


def seen(campaign, *recipients):
    """The proof, iterated, and its wordings."""
    proof, wordings = proof_of(campaign, *recipients), Wordings()
    for _ in wordings.watch(proof):
        pass
    return proof, wordings


def overview_of(campaign, *recipients, screen=PIPE):
    proof, wordings = seen(campaign, *recipients)
    summary = campaign_summary(campaign, campaign.folder / "members.csv", ["Read as windows-1252."])
    return "".join(terminal.overview(summary, wordings, proof.report, screen))


def letters_of(campaign, *recipients, part=LetterView.TEXT, screen=PIPE, titled=True):
    proof = proof_of(campaign, *recipients)
    return "".join(terminal.letters(proof, part, screen, at=DATE, titled=titled))


def test_every_part_of_a_message_is_parsed(campaign):
    message = sealed(campaign())
    reading = parse_message(message.content)

    assert reading.header("subject") == "The river in Gander—Exploits"
    assert reading.header("To") == "Ann Lee <ann.lee@parl.example>"
    assert reading.text.startswith("Dear Ms. Lee:\n\nThe river in Gander—Exploits is ill.")
    assert "<strong" in reading.html
    assert [part.kind for part in reading.parts] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert reading.size == message.size
    assert reading.source.replace("\n", "\r\n").encode() == message.content


def test_a_long_source_is_cut_with_a_note():
    reading = parse_message(b"Subject: x\r\n\r\n" + b"y" * (SOURCE_LIMIT + 500))

    assert len(reading.source) < SOURCE_LIMIT + 100
    assert reading.source.endswith("… and 514 more octets")


def test_a_wording_counts_its_letters_and_names_their_recipients(campaign):
    proof, wordings = seen(
        campaign(),
        make_recipient(name="Ann Lee"),
        make_recipient(name="Luc Roy", language="fr", email="luc@parl.example"),
        *(make_recipient(name=f"M {n}", email=f"m{n}@parl.example") for n in range(20)),
    )

    english, french = wordings
    assert headline(proof.report) == "22 letters, 2 wordings"
    assert (english.letters, english.names[:2], english.others) == (21, ["Ann Lee", "M 0"], 9)
    assert (french.letters, french.names) == (1, ["Luc Roy"])
    assert english.subject == "The river in …"


def test_values_that_differ_within_a_wording_are_marked(campaign):
    _, wordings = seen(campaign(), make_recipient(riding="Gander"))
    summary = next(iter(wordings))

    assert (
        with_marked_values(summary.first.wording.subject, summary.first)
        == "The river in \u2039Gander\u203a"
    )


def test_the_overview_shows_sender_demands_problems_and_wordings(campaign):
    shown = overview_of(
        campaign(),
        make_recipient(),
        make_recipient(row=3, riding="", email="gap@parl.example", name="Ina Gap"),
        make_recipient(row=4, email="", name="No Address"),
    )

    assert "Friends of the River <office@river.example>" in shown
    assert "2. Pay for the cleaning:" in shown
    assert "- of the banks;" in shown
    assert "Read as windows-1252." in shown
    assert "2 letters, 1 wording, 1 not mailable, 1 shown" in shown
    assert "1 problem: nothing can be sent until mended." in shown
    assert "empty-field" in shown
    assert "The river in …" in shown


def test_a_letter_is_shown_from_its_bytes_with_its_headers(campaign):
    shown = letters_of(campaign(), make_recipient(row=7))

    assert "row 7 · Ann Lee · wording 1" in shown
    assert "From: Friends of the River <office@river.example>\n" in shown
    assert "To: Ann Lee <ann.lee@parl.example>\n" in shown
    assert "Subject: The river in Gander—Exploits\n" in shown
    assert "Date: Mon, 13 Jan 2014 14:30:00 +0000\n" in shown
    assert "1. Stop the spills.\n" in shown


@pytest.mark.parametrize(
    ("part", "start"),
    [
        (LetterView.TEXT, "Dear Ms. Lee:\n"),
        (LetterView.HTML, "<!DOCTYPE html>"),
        (LetterView.HEADERS, "Date: Mon, 13 Jan 2014 14:30:00 +0000\nMessage-ID: <"),
        (LetterView.SOURCE, "Date: Mon, 13 Jan 2014 14:30:00 +0000\nMessage-ID: <"),
    ],
)
def test_one_view_of_a_letter_is_shown_alone(campaign, part, start):
    assert letters_of(campaign(), make_recipient(), part=part, titled=False).startswith(start)


def test_letters_without_titles_are_separated_by_a_line(campaign):
    shown = letters_of(
        campaign(), make_recipient(), make_recipient(email="b@parl.example", name="Bo Roy"), titled=False
    )  # fmt: skip

    assert shown.count("── ") == 1


@pytest.mark.parametrize(
    "hostile", ["\x1b[2Jgone", "[red]x[/red] :smile:", "a\u202egnp.exe", "[/]"]
)
def test_a_hostile_name_is_shown_and_has_no_effect_in_a_terminal(campaign, hostile):
    opened = campaign("{{ recipient.name }}\n", subject="{{ recipient.riding }}")
    # A control is refused in a header, so that such a name has no letter; the problem is shown.
    row = make_recipient(name=hostile, riding="Gander", last_name="x")
    proof, wordings = seen(opened, row)
    shown = "".join(
        chain(
            [overview_of(opened, row)],
            terminal.wordings(wordings, PIPE),
            terminal.salutations(proof_of(opened, row), PIPE),
            [letters_of(opened, row)],
        )
    )

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert visible(hostile) in shown or proof.report.failed


def test_only_the_program_sets_colours(campaign):
    row = make_recipient(name="[red]Ann[/red] Lee", last_name="Lee")
    screen = Screen(100, colour=True, folds=True)

    coloured = overview_of(campaign(), row, screen=screen)

    assert "\x1b[" in coloured
    plain = ESCAPES.sub("", coloured).splitlines()
    assert [line.rstrip() for line in plain] == overview_of(campaign(), row).splitlines()


def test_long_lines_are_wrapped_on_a_screen_and_not_in_a_pipe(campaign):
    opened = campaign("word " * 60 + "https://river.example/" + "x" * 90)

    folded = letters_of(opened, make_recipient(), screen=Screen(40, folds=True), titled=False)
    piped = letters_of(opened, make_recipient(), screen=Screen(40), titled=False)

    assert max(len(line) for line in folded.splitlines() if "https" not in line) <= 40
    assert "https://river.example/" + "x" * 90 in folded.splitlines()
    assert len(piped.splitlines()) == 1


@pytest.mark.parametrize("width", [40, 80, 200])
def test_tables_fit_the_width(campaign, width):
    rows = [make_recipient(), make_recipient(row=3, riding="", email="gap@parl.example")]

    shown = overview_of(campaign(), *rows, screen=Screen(width))

    assert max(map(len, shown.splitlines())) <= width


def test_groups_show_one_letter_of_each_wording(campaign):
    _, wordings = seen(
        campaign(), make_recipient(), make_recipient(language="fr", email="b@parl.example")
    )

    shown = "".join(terminal.wordings(wordings, PIPE))

    assert "wording 1 · 1 letter · letter.en.md.j2" in shown
    assert "Subject: La rivière de \u2039Gander—Exploits\u203a" in shown
    assert "\u2039Dear Ms. Lee:\u203a" in shown


def test_salutations_are_one_line_a_letter(campaign):
    opened = campaign()
    rows = [make_recipient(), make_recipient(row=3, language="fr+en", email="b@parl.example")]

    shown = "".join(terminal.salutations(proof_of(opened, *rows), PIPE)).splitlines()

    assert shown[1].split("  ")[-1].strip() == "Dear Ms. Lee:"
    assert "Madame la Députée, / Dear Ms. Lee:" in shown[2]
    assert len(shown) == 3
