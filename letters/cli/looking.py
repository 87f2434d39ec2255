"""The forms in which `letters preview` shows letters: overview, groups, one part, pages."""

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

from letters.cli.next_command import command
from letters.cli.output import hint, say
from letters.cli.selection import Selection
from letters.cli.session import Session
from letters.text import one_line

if TYPE_CHECKING:
    from letters.preview.overview import CampaignSummary
    from letters.preview.terminal import Screen
    from letters.proof.proof import Proof, Proofed, Report

_PIPED_WIDTH = 100


@dataclass(frozen=True)
class Looking:
    """One look at the chosen letters. `at` is the Date of the messages, `day` that in the letters.

    Each method shows one form, proofs the whole list for it, and returns what the proof found.
    """

    session: Session
    selection: Selection
    same_address: str | None
    at: datetime
    day: date

    def overview(self) -> "Report":
        """Show who, what and what is wrong, then every letter.

        The list is proofed twice, since the overview counts the letters that come after it.
        """
        from letters.preview import terminal
        from letters.preview.overview import Wordings

        proof, wordings, screen = self._proof(), Wordings(), _screen()
        _exhaust(wordings.watch(self.selection.chosen(proof)))
        letters = self._chosen(self._proof())
        _print(
            chain(
                terminal.overview(self._summary, wordings, proof.report, screen),
                terminal.letters(letters, terminal.LetterView.TEXT, screen, at=self.at),
            )
        )
        return proof.report

    def groups(self) -> "Report":
        """Show one letter of each wording."""
        from letters.preview import terminal
        from letters.preview.overview import Wordings, headline

        proof, wordings = self._proof(), Wordings()
        _exhaust(wordings.watch(self._chosen(proof)))
        found = terminal.wordings(wordings, _screen())
        _print(chain([f"{headline(proof.report)}\n"], found))
        return self._concluded(proof)

    def part(self, part: str) -> "Report":
        """Show one part of every letter."""
        from letters.preview import terminal

        proof, screen = self._proof(), _screen()
        letters = self._chosen(proof)
        shown = terminal.LetterView(part)
        _print(terminal.letters(letters, shown, screen, at=self.at, titled=screen.folds))
        # A person may leave the pager before the last letter; what is wrong there counts too.
        _exhaust(letters)
        return self._concluded(proof)

    def salutations(self) -> "Report":
        """Show how each recipient is addressed."""
        from letters.preview import terminal

        proof = self._proof()
        letters = self._chosen(proof)
        _print(terminal.salutations(letters, _screen()))
        _exhaust(letters)
        return self._concluded(proof)

    def pages(self, folder: Path) -> "Report":
        """Write an index, a page and an `.eml` for each letter."""
        from letters.preview.export import export
        from letters.preview.pages import INDEX, pages

        proof = self._proof()
        letters = self._chosen(proof)
        export(pages(letters, self._summary, proof.report, at=self.at), folder)
        return self._written(proof, folder / INDEX)

    def single_page(self, file: Path) -> "Report":
        """Write all letters as one page."""
        from letters.preview.export import export_single

        proof = self._proof()
        letters = self._chosen(proof)
        export_single(letters, self._summary, proof.report, file, at=self.at)
        return self._written(proof, file)

    def _chosen(self, proof: "Proof") -> "Iterator[Proofed]":
        """The chosen rows; when there is no letter among them, that is said at the end."""
        matched = letters = False
        for proofed in self.selection.chosen(proof):
            matched, letters = True, letters or proofed.message is not None
            yield proofed
        if not letters:
            only = self.selection.only and not matched
            why = f": {self.selection.nobody(self.session.list)}" if only else ""
            hint(f"no letter to show{why}")

    def _proof(self) -> "Proof":
        return self.session.proof(same_address=self.same_address, day=self.day)

    @property
    def _summary(self) -> "CampaignSummary":
        from letters.preview.overview import campaign_summary

        session = self.session
        return campaign_summary(session.campaign, session.list_path, session.list.detected)

    def _written(self, proof: "Proof", file: Path) -> "Report":
        hint("open this in a browser:")
        say(one_line(str(file)))
        return self._concluded(proof)

    def _concluded(self, proof: "Proof") -> "Report":
        """Print on stderr what the problems mean, where no overview printed it."""
        if proof.report.problems:
            from letters.preview.problems import conclusion

            hint(f"{conclusion(proof.report)} See {command(self.session, 'check')}")
        return proof.report


def _exhaust(batch: "Iterable[Proofed]") -> None:
    for _ in batch:
        pass


def _screen() -> "Screen":
    from letters.preview.terminal import Screen

    tty = sys.stdout.isatty()
    colour = tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((_PIPED_WIDTH, 24)).columns
    return Screen(width, colour, folds=tty)


def _print(chunks: Iterator[str]) -> None:
    """Print through the pager on a terminal, else as the text comes."""
    if sys.stdout.isatty():
        click.echo_via_pager(chunks)
        return
    for chunk in chunks:
        click.echo(chunk, nl=False)
