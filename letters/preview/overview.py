"""The batch as a whole: who writes what, and its wordings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from letters.campaign.campaign import Campaign
from letters.campaign.settings import Demand, localised
from letters.preview.problems import count
from letters.proof.proof import Proofed, Report
from letters.render.letter import Letter
from letters.render.markdown import plain
from letters.render.wording import FILLERS, Form

NAMES_KEPT = 12
"""Recipients named for each wording; the others are counted."""
WORDINGS_KEPT = 1000
_VALUE_START, _VALUE_END = "\u2039", "\u203a"


@dataclass(frozen=True, slots=True)
class DemandText:
    """One demand as plain text, in the campaign's first language."""

    text: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """Who writes, what, and to which list.

    `file` is the recipients file, `detected` how it was read (`RecipientsFile.detected`).
    """

    title: str
    campaign: str
    sender: str
    reply_to: str
    languages: tuple[str, ...]
    demands: tuple[DemandText, ...]
    attachments: tuple[str, ...]
    file: str
    detected: tuple[str, ...] = ()


def campaign_summary(
    campaign: Campaign, file: Path, detected: Sequence[str] = ()
) -> CampaignSummary:
    """Summarise a campaign and its list, in the campaign's first language."""
    settings = campaign.settings
    language = settings.languages[0]
    return CampaignSummary(
        title=str(localised(settings.title, language)),
        campaign=campaign.id,
        sender=f"{settings.sender.name} <{settings.sender.email}>",
        reply_to=settings.sender.reply_to,
        languages=settings.languages,
        demands=tuple(_demand_text(demand, language) for demand in settings.demands),
        attachments=tuple(Path(name).name for name in settings.attachments),
        file=str(file),
        detected=tuple(detected),
    )


def _demand_text(demand: Demand, language: str) -> DemandText:
    points = localised(demand.points, language) or []
    return DemandText(
        plain(demand.text[language]).strip(), tuple(plain(point).strip() for point in points)
    )


@dataclass(slots=True)
class WordingSummary:
    """One wording: its first letter, how many letters have it, and the first recipients' names."""

    first: Letter
    letters: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def others(self) -> int:
        """How many recipients are counted but not named."""
        return self.letters - len(self.names)

    @property
    def subject(self) -> str:
        """The subject, with `…` for what differs between letters."""
        return self.first.wording.subject.outline


class Wordings:
    """The wordings of a batch, in order; the first `WORDINGS_KEPT` of them. Iterate it for them.

    No letter is kept but the first of each wording.
    """

    def __init__(self) -> None:
        self.letters = 0
        self._found: dict[int, WordingSummary] = {}

    def watch(self, batch: Iterable[Proofed]) -> Iterator[Proofed]:
        """Yield the batch unchanged, and count the wordings of its sealed letters."""
        for proofed in batch:
            if proofed.letter and proofed.message:
                self._add(proofed.letter, proofed.recipient.name or proofed.message.name)
            yield proofed

    def _add(self, letter: Letter, name: str) -> None:
        self.letters += 1
        number = letter.wording.number
        if number not in self._found and len(self._found) < WORDINGS_KEPT:
            self._found[number] = WordingSummary(letter)
        if summary := self._found.get(number):
            summary.letters += 1
            if len(summary.names) < NAMES_KEPT:
                summary.names.append(name or letter.recipient.identity)

    def __iter__(self) -> Iterator[WordingSummary]:
        return iter(self._found.values())


def headline(report: Report, shown: int | None = None) -> str:
    """The batch in numbers: `13 letters, 3 wordings, 1 not mailable`; and how many are shown."""
    parts = [count(report.letters, "letter"), count(report.wordings, "wording")]
    if report.not_mailable:
        parts.append(f"{report.not_mailable:,} not mailable")
    if report.skipped:
        parts.append(f"{count(report.skipped, 'row')} skipped, its address in an earlier row")
    if report.merged:
        parts.append(f"{count(report.merged, 'row')} merged into the letter of an earlier row")
    if shown is not None and shown != report.letters:
        parts.append(f"{shown:,} shown")
    return ", ".join(parts)


def with_marked_values(form: Form, letter: Letter) -> str:
    """A form filled with one letter's values, each between single guillemets."""
    text = form.pieces[0]
    for gap, piece in zip(form.gaps, form.pieces[1:], strict=True):
        text += f"{_VALUE_START}{FILLERS[gap.place](letter.values[gap.index])}{_VALUE_END}{piece}"
    return text
