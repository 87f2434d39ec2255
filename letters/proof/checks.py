"""What the proof looks for in a letter that could be written and sealed. Pure.

Most checks run once a wording; a letter's own check is a look at its values. Leans on `letter`,
`message`, `headers`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from html import unescape

from letters.campaign.campaign import SETTINGS, Campaign
from letters.campaign.settings import localised, octets
from letters.errors import Problem, Severity
from letters.mailbox import is_reserved, parse
from letters.message.message import Message
from letters.mime import headers
from letters.render.letter import Letter
from letters.render.markdown import plain
from letters.render.wording import Form, Wording

_LEFTOVER = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|\bTODO\b|\bXXX\b|\bFIXME\b")
# What a leftover cannot be without: a look for these is ten times cheaper than the pattern.
_LEFTOVER_SIGNS = ("{", "}", "TODO", "XXX", "FIXME")
_DEAR = r"(?:dear|hello|hi|cher|chère|chers|chères)"
_TITLE = r"(?:mr|mrs|ms|miss|mx|dr|m|mme|mlle)\.?"
_NOBODY = rf"(?:{_TITLE}|none|null|nan|n/a|#n/a|#ref!|#name\?|undefined|-+)"
_HOLLOW = re.compile(rf"^\W*{_DEAR}(?:\s+{_NOBODY})*\s*[,:;!]", re.IGNORECASE | re.MULTILINE)
_GREETING = re.compile(rf"\b{_DEAR}\s+(?:{_TITLE}\s+)*$", re.IGNORECASE)
_GREETED = re.compile(r"[,:;!\n]")
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_UNSEEN = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(r"</?(?:a|b|strong|i|em|span|u|code|small|sub|sup)\b[^>]*>", re.IGNORECASE)
_URL_SHOWN = re.compile(r" ?<[^<>\s]+:[^<>\s]+>|[\x02\x03]")
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
        self._offices: set[tuple[int, str]] = set()
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
        address = self._settings.sender.postal_address
        if not localised(address, self._settings.languages[0]).strip():
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
        if (wording.number, recipient.office) not in self._offices:
            self._offices.add((wording.number, recipient.office))
            yield from self._heard(*self._missing(wording, recipient.office))
        named = recipient.languages or recipient.fields.get("language")
        if not named and len(self._settings.languages) > 1:
            yield from self._heard(self._missing_language(letter))
        yield from self._of_values(letter)

    def _of_values(self, letter: Letter) -> Iterator[Problem]:
        values = letter.values
        joined = "\n".join(values)
        found = _LEFTOVER.search(joined) if any(map(joined.__contains__, _LEFTOVER_SIGNS)) else None
        if found:
            message = f"a cell used in the letter holds {found[0]!r}"
            problem = _of(letter, "leftover", message, "mend the cell")
            column = next((value.source for value in values if found[0] in value), "")
            yield from self._heard(replace(problem, column=column))
        if any(map(_HOLLOW.match, values)) or any(
            _HOLLOW.match(greeting.filled(values).rstrip("\n") + ",")
            for greeting in _greetings(letter.wording)
        ):
            message = "the salutation addresses nobody"
            yield from self._heard(_of(letter, "salutation", message, "fill the name in the row"))

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
        others = (
            Problem(
                rule=rule,
                message=message,
                remedy=remedy,
                severity=severity,
                template=wording.templates[0],
            )
            for rule, message, remedy, severity in (*_hollow(wording), *self._lost(wording))
        )
        return (*self._leftovers(wording), *others)

    def _leftovers(self, wording: Wording) -> Iterator[Problem]:
        shown = (wording.subject.outline, wording.text.outline, _visible(wording.html.outline))
        for token in dict.fromkeys(match[0] for match in map(_LEFTOVER.search, shown) if match):
            template, line = self._place(wording, token)
            yield Problem(
                rule="leftover",
                message=f"the letter still holds {token!r}",
                remedy="finish the template",
                template=template,
                line=line,
            )

    def _place(self, wording: Wording, token: str) -> tuple[str, int | None]:
        """Template and line where a leftover stands; no line when it is nowhere as it is."""
        parts = sorted(path.name for path in self._campaign.folder.glob("*.j2"))
        for name in (*wording.templates, *parts, SETTINGS):
            path = self._campaign.template_file(name)
            source = path.read_text(encoding="utf-8", errors="replace") if path else ""
            if name != SETTINGS:
                source = _JINJA.sub(lambda tag: "\n" * tag[0].count("\n"), _RAW.sub("", source))
            before, found, _ = source.partition(token)
            if found:
                return name, before.count("\n") + 1
        return wording.templates[0], None

    def _lost(self, wording: Wording) -> Iterator[tuple[str, str, str, Severity]]:
        text, html = wording.text.outline, wording.html.outline
        for url in _HREF.findall(html):
            shown = unescape(url)
            if shown.removeprefix("mailto:") not in text:
                yield (
                    "lost-link",
                    f"the plain text lost the link {shown}",
                    "name it in letter.*.txt.j2",
                    Severity.ERROR,
                )
        flat, flat_html = _flat(text), _flat(_visible(html))
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

    def _missing(self, wording: Wording, office: str) -> Iterator[Problem]:
        """The demands made of this office that stand in neither form; told once an office."""
        shown = [_bare(wording.text.outline), _bare(_visible(wording.html.outline))]
        for demand in self._settings.demands:
            if demand.offices and office not in demand.offices:
                continue
            for language in wording.languages:
                points = localised(demand.points, language) or []
                words = [_bare(plain(part)) for part in (demand.text[language], *points)]
                if not all(any(part in form for form in shown) for part in words):
                    yield Problem(
                        rule="missing-demand",
                        message=f"the letter to {office or 'a row without an office'} leaves out the demand {demand.id} ({language})",
                        remedy="print every demand: {% for demand in demands %}, with its text and its points; "
                        "or silence the rule, if it is left out on purpose",
                        severity=Severity.WARNING,
                        template=wording.templates[0],
                    )


def _hollow(wording: Wording) -> Iterator[tuple[str, str, str, Severity]]:
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
def _greetings(wording: Wording) -> tuple[Form, ...]:
    """The greetings that hold a value, up to their comma: `Dear Dr. {{ recipient.last_name }},`."""
    form = wording.text
    return tuple(
        _until_comma(Form((found[0], *form.pieces[number + 1 :]), form.gaps[number:]))
        for number, found in enumerate(map(_GREETING.search, form.pieces[:-1]))
        if found
    )


def _until_comma(form: Form) -> Form:
    for number, piece in enumerate(form.pieces[1:], 1):
        end = _GREETED.search(piece)
        if end:
            return Form((*form.pieces[:number], piece[: end.end()]), form.gaps[:number])
    return form


def _visible(html: str) -> str:
    """The text that an HTML document shows, blocks apart."""
    return unescape(re.sub(r"<[^>]+>", " ", _INLINE.sub("", _UNSEEN.sub("", html))))


@lru_cache(maxsize=1024)
def _survives(subject: str) -> bool:
    return headers.decoded(headers.unstructured("Subject", subject)) == subject


def _name_survives(name: str, address: str) -> bool:
    if name.isascii() and name.replace(" ", "").isalpha():
        return True  # atoms stand in the header as they are
    field = headers.mailbox("To", name, address)
    shown, spec = headers.decoded_mailbox(field)
    return shown == name and spec == address


def _flat(text: str) -> str:
    """Text without the URLs that plain text shows behind a link, its blanks made one."""
    return " ".join(_URL_SHOWN.sub("", text).split())


def _bare(text: str) -> str:
    """Flat text in which neither case nor the last full stop counts: a filter may change both."""
    return _flat(text).casefold().rstrip(".;,")


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
