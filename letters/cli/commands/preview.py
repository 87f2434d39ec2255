"""`letters preview`: look at the letters as they will be sent, in the terminal or as pages."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letters.cli import next_command, session
from letters.cli.output import hint, say
from letters.cli.session import Desk
from letters.text import one_line

if TYPE_CHECKING:
    from letters.preview.overview import CampaignSummary
    from letters.preview.terminal import Screen
    from letters.proof.proof import Proof, Proofed, Report

_PIPED_WIDTH = 100


@dataclass(frozen=True)
class Look:
    """One look at a batch: what was asked for, and the instant that its messages are dated."""

    desk: Desk
    same_address: str | None
    only: str | None
    limit: int | None
    at: datetime
    day: date

    def proof(self) -> "Proof":
        """A proof of the whole list, not yet iterated."""
        return self.desk.proof(same_address=self.same_address, day=self.day)

    def chosen(self, proof: "Proof") -> Iterator["Proofed"]:
        """The letters that the options choose; all are proofed."""
        return session.through(proof, self.only, self.limit)

    @property
    def summary(self) -> "CampaignSummary":
        """Who writes, and what."""
        from letters.preview.overview import campaign_summary

        return campaign_summary(self.desk.campaign, self.desk.list_path, self.desk.list.detected)


@click.command(
    epilog="\b\nExamples:\n"
    "  letters preview\n"
    "  letters preview --only dewar --part source\n"
    "  letters preview --out pages          then open pages/index.html\n"
)
@session.campaign_option
@session.recipients_option
@session.same_address_option
@session.only_option
@session.limit_option
@click.option(
    "--part",
    type=click.Choice(["text", "html", "headers", "source"]),
    help="Show nothing but this part of each letter.",
)
@click.option("--out", metavar="DIR", help="Write an index, a page and an .eml for each letter.")
@click.option("--single", metavar="FILE", help="Write all letters as one page.")
@click.option("--groups", is_flag=True, help="One letter of each wording, what differs marked.")
@click.option("--salutations", is_flag=True, help="How each recipient is addressed, one a line.")
def preview(
    campaign: str | None,
    recipients: str | None,
    same_address: str | None,
    only: str | None,
    limit: int | None,
    part: str | None,
    out: str | None,
    single: str | None,
    groups: bool,
    salutations: bool,
) -> int:
    """Look at the letters as they will be sent. Looking never sends, and needs no network."""
    forms = {
        "--part": part,
        "--out": out,
        "--single": single,
        "--groups": groups,
        "--salutations": salutations,
    }
    asked = [option for option, value in forms.items() if value]
    if len(asked) > 1:
        raise click.UsageError(f"{asked[0]} and {asked[1]} cannot be used together.")
    desk = Desk(campaign, recipients)
    look = Look(desk, same_address, only, limit, session.now(), session.today())
    if out:
        report = _pages(look, Path(out))
    elif single:
        report = _single(look, Path(single))
    elif groups:
        report = _groups(look)
    elif part or salutations:
        report = _streamed(look, part)
    else:
        report = _letters(look)
    return session.exit_code(report)


def _letters(look: Look) -> "Report":
    """Overview, then letters; proofed twice, since the overview counts what comes after it."""
    from letters.preview import terminal
    from letters.preview.overview import Wordings

    proof, wordings, screen = look.proof(), Wordings(), _screen()
    _exhaust(wordings.watch(look.chosen(proof)))
    _show(
        chain(
            terminal.overview(look.summary, wordings, proof.report, screen),
            terminal.letters(
                look.chosen(look.proof()), terminal.LetterView.TEXT, screen, at=look.at
            ),
        )
    )
    if not list(wordings):
        hint(_nothing(look))
    return proof.report


def _groups(look: Look) -> "Report":
    from letters.preview import terminal
    from letters.preview.overview import Wordings, headline

    proof, wordings = look.proof(), Wordings()
    _exhaust(wordings.watch(look.chosen(proof)))
    _show(chain([f"{headline(proof.report)}\n"], terminal.wordings(wordings, _screen())))
    return _told(proof.report, look)


def _streamed(look: Look, part: str | None) -> "Report":
    from letters.preview import terminal

    proof, screen = look.proof(), _screen()
    chosen = look.chosen(proof)
    _show(
        terminal.letters(chosen, terminal.LetterView(part), screen, at=look.at, titled=screen.folds)
        if part
        else terminal.salutations(chosen, screen)
    )
    # A person may leave the pager before the last letter; what is wrong there counts too.
    _exhaust(chosen)
    return _told(proof.report, look)


def _pages(look: Look, folder: Path) -> "Report":
    from letters.preview.export import export
    from letters.preview.pages import INDEX, pages

    proof = look.proof()
    export(pages(look.chosen(proof), look.summary, proof.report, at=look.at), folder)
    hint("open this in a browser:")
    say(one_line(str(folder / INDEX)))
    return _told(proof.report, look)


def _single(look: Look, file: Path) -> "Report":
    from letters.preview.export import export_single

    proof = look.proof()
    export_single(look.chosen(proof), look.summary, proof.report, file, at=look.at)
    hint("open this in a browser:")
    say(one_line(str(file)))
    return _told(proof.report, look)


def _told(report: "Report", look: Look) -> "Report":
    """Say on stderr what the problems mean, since no overview said it."""
    if report.problems:
        from letters.preview.overview import conclusion

        check = next_command.command("check", look.desk.campaign_name, look.desk.recipients_name)
        hint(f"{conclusion(report)} See {check}")
    return report


def _nothing(look: Look) -> str:
    return (
        f"no letter to show: no sealed letter's name or address holds {one_line(look.only)!r}"
        if look.only
        else "no letter to show"
    )


def _exhaust(batch: Iterable["Proofed"]) -> None:
    for _ in batch:
        pass


def _screen() -> "Screen":
    from letters.preview.terminal import Screen

    tty = sys.stdout.isatty()
    colour = tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((_PIPED_WIDTH, 24)).columns
    return Screen(width, colour, folds=tty)


def _show(chunks: Iterator[str]) -> None:
    """To a person through the pager, to a pipe as it comes."""
    if sys.stdout.isatty():
        click.echo_via_pager(chunks)
        return
    for chunk in chunks:
        click.echo(chunk, nl=False)
