"""Writing: a campaign and a recipient become a `Letter`, the words for one person. No MIME.

One Jinja render a letter; Markdown, layout and CSS once a wording (DESIGN 4). Leans on `sandbox`,
`wording`, `markdown`, `forms_of_address`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache, partial
from itertools import count
from typing import Any

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError

from letters import markdown
from letters.campaign import SETTINGS, Campaign, localised
from letters.errors import CampaignError, Problem
from letters.forms_of_address import Unmatched
from letters.gaps import Datum, EmptyFieldUsed, Pen
from letters.page import Page
from letters.recipients import Recipient
from letters.sandbox import LetterEnvironment, MarkChanged, NotPrintable
from letters.shown import RecipientShown, author_shown
from letters.wording import Form, Marks, Place, PlaceError, Wording

# A template that prints digits of its data makes a wording a letter: memory stays bounded.
_WORDINGS = 256
_APPLY_BEFORE = "apply the filter to the value, before it is printed"


@dataclass(frozen=True, slots=True)
class Letter:
    """The words for one recipient: a wording and the values that fill its gaps.

    The texts are filled when asked for, and raise FillingError for a value that cannot stand
    where the template prints it. Lines end in `\\n`.
    """

    recipient: Recipient
    wording: Wording
    values: tuple[Datum, ...]

    @property
    def subject(self) -> str:
        """The subject, one line."""
        return self.wording.subject.filled(self.values)

    @property
    def text(self) -> str:
        """The plain text."""
        return self.wording.text.filled(self.values)

    @property
    def html(self) -> str:
        """The HTML document, CSS inlined."""
        return self.wording.html.filled(self.values)


class Writer:
    """Writes the letters of one batch. `nonce` (16 hex digits, the first a letter) is the run's.

    `today` is the day the batch was first sealed. Not for use from several threads.
    """

    def __init__(self, campaign: Campaign, *, nonce: str, today: date) -> None:
        self.campaign = campaign
        self.today = today
        self.marks = Marks(nonce)
        self.wordings = 0
        self._wordings = lru_cache(maxsize=_WORDINGS)(self._wording)
        self._serials = count(1)
        self._page = Page(campaign, self.marks)
        self._bodies = LetterEnvironment(campaign)
        self._subjects = LetterEnvironment(campaign, escape=False)
        self._shown = lru_cache(maxsize=256)(self._author_shown)
        self._template = lru_cache(maxsize=256)(self._find_template)
        self._subject = lru_cache(maxsize=8)(self._subject_template)

    def write(self, recipient: Recipient) -> Letter | Problem:
        """Write one letter; a Problem names row, template and line. Raises CampaignError."""
        pen = Pen(self.marks.nonce, next(self._serials))
        self._bodies.pen = self._subjects.pen = pen
        languages = recipient.languages or (self.campaign.settings.languages[0],)
        template = SETTINGS
        try:
            subjects, bodies, names = [], [], []
            for language in languages:
                values = self._context(recipient, language, pen)
                subjects.append(self._subject(language).render(values("plain")))
                for suffix, view in _SUFFIXES:
                    name = self._template(recipient.office, language, suffix)
                    if name:
                        template = name
                        names.append(name)
                        bodies.append(self._bodies.get_template(name).render(values(view)))
                    else:
                        bodies.append("")
            return self._letter(recipient, languages, subjects, bodies, names, pen)
        except Exception as error:  # noqa: BLE001 - whatever a template raises is its author's
            return self._problem(error, recipient, template)

    def _letter(
        self,
        recipient: Recipient,
        languages: tuple[str, ...],
        subjects: list[str],
        bodies: list[str],
        names: list[str],
        pen: Pen,
    ) -> Letter:
        order: dict[str, int] = {}
        texts: list[tuple[str, ...]] = []
        for text in (*subjects, *bodies):
            first, *rest = text.split(pen.prefix)
            texts.append(
                (first, *((order.setdefault(p[:4], len(order)), p[4:]) for p in rest))  # type: ignore[arg-type]
            )
        values = tuple(pen.values[int(ordinal, 16)] for ordinal in order)
        if len(order) != len(pen.values):
            lost = next(v for i, v in enumerate(pen.values) if f"{i:04x}" not in order)
            raise MarkChanged(
                f"a filter, or a comparison, or a `set` never printed ({lost.source or str(lost)!r})"
            )
        if self.marks.inside("\0".join(values)):
            raise MarkChanged("a template joins text in which a value was already printed; it")
        return Letter(recipient, self._wordings(languages, tuple(texts), tuple(names)), values)

    def _wording(
        self, languages: tuple[str, ...], texts: Sequence[tuple[Any, ...]], names: tuple[str, ...]
    ) -> Wording:
        marked = [self._marked(text) for text in texts]
        subjects, bodies = marked[: len(languages)], marked[len(languages) :]
        subject = " / ".join(" ".join(s.split()) for s in subjects)
        html = self._page.html(languages, subject, bodies[0::3], bodies[2::3])
        self.wordings += 1
        return Wording(
            number=self.wordings,
            languages=languages,
            templates=names,
            subject=self.marks.form(subject, Place.HEADER),
            text=self._text(bodies),
            html=self.marks.html(html.document),
            images=html.images,
        )

    def _text(self, bodies: list[str]) -> Form:
        rule = f"\n{'-' * 40}\n\n"
        texts = [
            txt or markdown.plain(md) for md, txt in zip(bodies[0::3], bodies[1::3], strict=True)
        ]
        return self.marks.plain(rule.join(texts))

    def _marked(self, text: tuple[Any, ...]) -> str:
        """A rendered text with the run's own marks, which are the same for every letter."""
        pieces = [text[0], *(piece for _, piece in text[1:])]
        if any(self.marks.inside(piece) for piece in pieces):
            raise MarkChanged(
                "an `import` keeps another letter's value (import it `with context`), or something"
            )
        return str(pieces[0]) + "".join(self.marks.of(index) + piece for index, piece in text[1:])

    def _context(
        self, recipient: Recipient, language: str, pen: Pen
    ) -> Callable[[str], dict[str, Any]]:
        signatories = len(self.campaign.settings.signatories)
        shown = RecipientShown(recipient, language, pen, signatories)

        def values(view: str) -> dict[str, Any]:
            return {**self._shown(recipient.office, language, view), "recipient": shown}

        return values

    def _author_shown(self, office: str, language: str, view: str) -> dict[str, Any]:
        return {**author_shown(self.campaign, office, language, view), "today": self.today}

    def _find_template(self, office: str, language: str, suffix: str) -> str | None:
        name = self.campaign.template_for(office, language, suffix)
        if name is None and suffix == "md.j2":
            if self.campaign.template_for(
                office, language, "html.j2"
            ) and self.campaign.template_for(office, language, "txt.j2"):
                return None
            raise CampaignError(
                f"{self.campaign.folder} has no template for a letter in {language}",
                f"write letter.{language}.md.j2, or letter.md.j2 for every language",
            )
        return name

    def _subject_template(self, language: str) -> Template:
        source = localised(self.campaign.settings.subject, language)
        try:
            return self._subjects.from_string(source)
        except TemplateSyntaxError as error:
            raise CampaignError(
                f"{self.campaign.folder / SETTINGS}: subject.{language}: {error.message}",
                "a value is printed as {{ recipient.riding }}",
            ) from None

    def _problem(self, error: Exception, recipient: Recipient, template: str) -> Problem:
        """What a render raised, as a problem; what is wrong for every letter is raised again."""
        if isinstance(error, CampaignError):
            raise error
        if isinstance(error, TemplateSyntaxError):
            where = f"{error.filename or self.campaign.folder / template}:{error.lineno}"
            raise CampaignError(
                f"{where}: {error.message}", "mend the template at that line"
            ) from None
        if isinstance(error, TemplateNotFound):
            raise CampaignError(
                f"{template} includes {error.message}, which is not there",
                f"it is looked for in {self.campaign.folder}, then among the shared parts",
            ) from None
        name, line = _where(error, template)
        address = recipient.mailbox.address if recipient.mailbox else ""
        problem = partial(Problem, row=recipient.row, address=address, template=name, line=line)
        if isinstance(error, Unmatched):
            return problem(
                rule="form-of-address", message=error.message, remedy=error.remedy, column="office"
            )
        if isinstance(error, EmptyFieldUsed):
            return problem(
                rule="empty-field",
                message=f"the field `{error.field}` is empty, and the letter uses it",
                remedy="fill the cell, or handle it in the template: "
                f'{{{{ recipient.{error.field} | default("…") }}}} or {{% if recipient.{error.field} %}}',
                column=error.field,
            )
        if isinstance(error, MarkChanged):
            return problem(rule="value-changed", message=str(error), remedy=_APPLY_BEFORE)
        if isinstance(error, PlaceError):
            return problem(
                rule="value-place",
                message=f"a value is printed {error}",
                remedy="print values in text, in a quoted attribute or in a URL",
            )
        if isinstance(error, NotPrintable):
            return problem(
                rule="value-printed",
                message=str(error),
                remedy="loop over it, or name one of its parts",
            )
        remedy = (
            self._did_you_mean(error, recipient)
            if isinstance(error, TemplateError)
            else "mend the template at that line"
        )
        rule = "unknown-name" if "is not known here" in str(error) else "template"
        return problem(rule=rule, message=f"{error}", remedy=remedy)

    def _did_you_mean(self, error: Exception, recipient: Recipient) -> str:
        asked = str(error).partition("`")[2].partition("`")[0]
        shown = RecipientShown(recipient, "", self._bodies.pen, 1)
        top = [*self._shown("", self.campaign.settings.languages[0], "plain"), "recipient"]
        known = {**{name: f"recipient.{name}" for name in shown.names()}, **{n: n for n in top}}
        near = get_close_matches(asked, known, 1, 0.5)
        if near:
            return f"did you mean `{known[near[0]]}`?"
        return f"known: {', '.join(top)}; of the recipient: {', '.join(shown.names())}"


# What a letter is rendered from, and how the author's facts are written there: `md` is the one
# source; `txt` and `html`, where a campaign has them, replace what is made from it.
_SUFFIXES = (("md.j2", "markdown"), ("txt.j2", "plain"), ("html.j2", "html"))


def _where(error: Exception, template: str) -> tuple[str, int | None]:
    """Template and line of the innermost template frame; Jinja rewrites tracebacks so."""
    name, line, trace = template, None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            name, line = file.rpartition("/")[2], trace.tb_lineno
        trace = trace.tb_next
    return name, line
