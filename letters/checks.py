"""What the proof looks for in a letter that could be written and sealed. Pure.

Most checks run once a wording; a letter's own check is a look at its values. Leans on `letter`,
`message`, `headers`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from letters import headers
from letters.campaign import Campaign, localised, octets
from letters.errors import Problem, Severity
from letters.letter import Letter
from letters.mailbox import is_reserved, parse
from letters.markdown import plain
from letters.message import Message
from letters.wording import Wording

_LEFTOVER = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|\bTODO\b|\bXXX\b|\bFIXME\b")
# What a leftover cannot be without: a look for these is ten times cheaper than the pattern.
_LEFTOVER_SIGNS = ("{", "}", "TODO", "XXX", "FIXME")
_HOLLOW = re.compile(
    r"^\W*(?:dear|hello|hi|cher|chère|chers|chères)(?:\s+(?:mr|mrs|ms|dr|none|null|nan|n/a)\.?)?\s*[,:;!]",
    re.IGNORECASE | re.MULTILINE,
)
_HOLLOW_VALUE = re.compile(r"(?:none|null|nan|n/a|#n/a|#ref!|#name\?|undefined|-+)", re.IGNORECASE)
_GREETING = re.compile(r"(?:dear|hello|hi|cher|chère|chers|chères)\s+$", re.IGNORECASE)
_HREF = re.compile(r"<a\b[^>]*?\bhref=\"((?:https?:|mailto:)[^\"]*)\"", re.IGNORECASE)
_REMOTE_IMAGE = re.compile(r"<img\b[^>]*?\bsrc=\"(?:https?:)?//", re.IGNORECASE)
# Rules that `[proof] silence` cannot silence: the letter would be wrong, or could not be sent.
_NEVER_SILENT = frozenset({"attachment", "header", "too-large", "same-address"})


class Checks:
    """The proof's rules for one campaign."""

    def __init__(self, campaign: Campaign, *, leaves_machine: bool = False) -> None:
        self._campaign = campaign
        self._leaves_machine = leaves_machine
        self._settings = campaign.settings
        self._silent = frozenset(self._settings.proof.silence) - _NEVER_SILENT
        self._max_size = octets(self._settings.proof.max_size)
        self._wording = lru_cache(maxsize=256)(self._of_wording)
        self._reported: set[int] = set()
        self.attachments_missing = [
            name for name in self._settings.attachments if not (campaign.folder / name).is_file()
        ]

    def _heard(self, *problems: Problem) -> Iterator[Problem]:
        return (problem for problem in problems if problem.rule not in self._silent)

    def campaign(self) -> Iterator[Problem]:
        """What is wrong with the campaign itself."""
        for name in self.attachments_missing:
            yield Problem(
                rule="attachment",
                message=f"the attachment {name} is not in the campaign folder",
                remedy=f"put the file there, or take it out of attachments: {self._campaign.folder / name}",
            )
        sender = parse(self._settings.sender.email)
        if self._leaves_machine and is_reserved(sender.domain):
            yield Problem(
                rule="reserved-domain",
                message=f"the sender {sender.address} stands under a domain that nobody can have",
                remedy="put your own sender in campaign.toml: email under [sender]",
            )
        if not self._settings.sender.postal_address.strip():
            yield from self._heard(
                Problem(
                    rule="postal-address",
                    message="the sender has no postal address, and offices answer letters that have one",
                    remedy='add postal_address = "…" under [sender], and print it in the letter',
                )
            )

    def letter(self, letter: Letter) -> Iterator[Problem]:
        """What is wrong with the words of one letter; what holds for its wording is told once."""
        wording, recipient = letter.wording, letter.recipient
        if wording.number not in self._reported:
            self._reported.add(wording.number)
            yield from self._heard(*self._wording(wording))
        if not recipient.languages and len(self._settings.languages) > 1:
            yield from self._heard(self._missing_language(letter))
        yield from self._of_values(letter)

    def _of_values(self, letter: Letter) -> Iterator[Problem]:
        values = letter.values
        joined = "\n".join(values)
        found = _LEFTOVER.search(joined) if any(map(joined.__contains__, _LEFTOVER_SIGNS)) else None
        if found:
            yield from self._heard(
                _of(
                    letter,
                    "leftover",
                    f"a cell used in the letter holds {found[0]!r}",
                    "mend the cell",
                )
            )
        if any(map(_HOLLOW.match, values)) or any(
            _HOLLOW_VALUE.fullmatch(values[index]) or not values[index].strip()
            for index in _greeted(letter.wording)
        ):
            yield from self._heard(
                _of(
                    letter,
                    "salutation",
                    "the salutation addresses nobody",
                    "fill the name in the row",
                )
            )

    def _missing_language(self, letter: Letter) -> Problem:
        language = self._settings.languages[0]
        problem = _of(
            letter,
            "language",
            f"the row names no language; the letter is in {language}",
            f"fill the column language: {', '.join(self._settings.languages)}",
        )
        return replace(problem, severity=Severity.WARNING, column="language")

    def message(self, letter: Letter, message: Message) -> Iterator[Problem]:
        """What is wrong with one letter's bytes and envelope."""
        address = message.envelope.recipient
        if self._leaves_machine and is_reserved(address.rpartition("@")[2]):
            yield _of(
                letter,
                "reserved-domain",
                f"{address} stands under a domain that nobody can have",
                "an example's list goes to a rehearsal or a relay on this machine only",
            )
        if message.size > self._max_size:
            yield _of(
                letter,
                "too-large",
                f"the message has {message.size:,} octets, more than {self._settings.proof.max_size}",
                "attach less, or raise max_size under [proof]",
            )
        if not _survives(message.subject):
            yield _of(
                letter,
                "header",
                "the subject does not read back as written",
                "shorten it, and report this",
            )
        if letter.recipient.name and not _name_survives(message.name, message.envelope.recipient):
            yield _of(
                letter,
                "header",
                "the name does not read back as written",
                "shorten it, and report this",
            )

    def _of_wording(self, wording: Wording) -> tuple[Problem, ...]:
        return tuple(
            Problem(
                rule=rule,
                message=message,
                remedy=remedy,
                severity=severity,
                template=wording.templates[0],
            )
            for rule, message, remedy, severity in (*_leftovers(wording), *self._lost(wording))
        )

    def _lost(self, wording: Wording) -> Iterator[tuple[str, str, str, Severity]]:
        text, html = wording.text.outline, wording.html.outline
        for url in _HREF.findall(html):
            shown = url.replace("&amp;", "&")
            if shown.removeprefix("mailto:") not in text:
                yield (
                    "lost-link",
                    f"the plain text lost the link {shown}",
                    "name it in letter.*.txt.j2",
                    Severity.ERROR,
                )
        flat, flat_html = _flat(text), _flat(re.sub(r"<[^>]+>", " ", html))
        for demand in self._settings.demands:
            for language in wording.languages:
                words = _flat(plain(demand.text[language]))
                points = localised(demand.points, language) or []
                for part in (words, *(_flat(plain(point)) for point in points)):
                    if part not in flat and part in flat_html:
                        yield (
                            "lost-demand",
                            f"the plain text lost the demand {demand.id}",
                            "loop over demands in letter.*.txt.j2 too",
                            Severity.ERROR,
                        )
        if _REMOTE_IMAGE.search(html):
            yield (
                "remote-image",
                "the letter shows an image from the web, which most offices block",
                "put the file in the campaign folder and show it by its name",
                Severity.WARNING,
            )


def _leftovers(wording: Wording) -> Iterator[tuple[str, str, str, Severity]]:
    for form in (wording.subject, wording.text):
        found = _LEFTOVER.search(form.outline)
        if found:
            yield (
                "leftover",
                f"the letter still holds {found[0]!r}",
                "finish the template",
                Severity.ERROR,
            )
    if _HOLLOW.search(wording.text.outline):
        yield (
            "salutation",
            "the salutation addresses nobody",
            "print {{ recipient.salutation }}",
            Severity.ERROR,
        )
    if not wording.subject.outline.strip():
        yield "subject", "the subject is empty", "write one under [subject]", Severity.ERROR


@lru_cache(maxsize=256)
def _greeted(wording: Wording) -> tuple[int, ...]:
    """The values that stand directly behind a greeting: `Dear {{ recipient.name }},`."""
    form = wording.text
    return tuple(
        gap.index
        for gap, before in zip(form.gaps, form.pieces, strict=False)
        if _GREETING.search(before)
    )


@lru_cache(maxsize=1024)
def _survives(subject: str) -> bool:
    return headers.decoded(headers.unstructured("Subject", subject)) == subject


def _name_survives(name: str, address: str) -> bool:
    field = headers.mailbox("To", name, address)
    shown, spec = headers.decoded_mailbox(field)
    return shown == name and spec == address


def _flat(text: str) -> str:
    return " ".join(text.split())


def _of(letter: Letter, rule: str, message: str, remedy: str) -> Problem:
    recipient = letter.recipient
    return Problem(
        rule=rule,
        message=message,
        remedy=remedy,
        row=recipient.row,
        template=letter.wording.templates[0],
        address=recipient.mailbox.address if recipient.mailbox else "",
    )
