"""Writing: a campaign and a recipient become a `Letter`, the words for one person. No MIME.

A template is rendered once a letter, or not at all where `analysis` shows that the wording is known;
Markdown, layout and CSS are processed once a wording.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from jinja2 import Template, TemplateNotFound, TemplateSyntaxError
from msgspec import Struct

from letters.campaign.campaign import SETTINGS, Campaign
from letters.campaign.setting_templates import header_key, header_templates
from letters.campaign.settings import localised
from letters.errors import CampaignError, Problem
from letters.recipients.recipient import Recipient
from letters.render import markdown
from letters.render.analysis import RecipientUse, recipient_use
from letters.render.bounded import Budget
from letters.render.context import RecipientContext, campaign_context
from letters.render.continuation import placed, unenclosed
from letters.render.environment import GapMarkChanged, LetterEnvironment
from letters.render.gaps import Datum, GapRecorder
from letters.render.html import HtmlBuilder, HtmlDocument
from letters.render.static_wording import StaticWording, origins, static_key, values_of
from letters.render.template_errors import field_expression, problem_of
from letters.render.wording import Form, GapMarks, Place, Wording

# A template that prints numbers may make a new wording of every letter: memory stays bounded.
_WORDINGS = 256
# The template's suffix, and how the author's facts are escaped in it. `md` is the source of text and
# HTML; `txt` and `html`, where a campaign has them, replace what is made from it.
_SUFFIXES = (("md.j2", "markdown"), ("txt.j2", "plain"), ("html.j2", "html"))
_BLANKS = re.compile(r"[ \t\n]+")  # and no other: French sets no-break spaces
_RULE = f"\n{'-' * 40}\n\n"


class Letter(Struct, frozen=True):
    """The words for one recipient: a wording and the values that fill its gaps.

    `names_rows` says whether its templates looked at `recipient.rows`.

    The texts are computed on each access, and raise FillingError for a value that is not allowed in the
    place where the template prints it. Lines end in a line feed.
    """

    recipient: Recipient
    wording: Wording
    values: tuple[Datum, ...]
    names_rows: bool = False

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

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header lines that the campaign's templates make: name and value, "" for one that is left out."""
        return tuple(
            (name, form.filled(self.values).strip()) for name, form in self.wording.headers
        )


class _Source(NamedTuple):
    """One rendering of a letter: a language's subject, one of its three possible bodies, or a header.

    `key` is that of a template in the settings.
    """

    language: str
    view: str
    template: str  # "" where the campaign has none
    key: str = ""


class _MarkedText(NamedTuple):
    """A rendered text split at its marks: the first piece, then value and piece in turn."""

    first: str
    rest: tuple[tuple[int, str], ...]


class Writer:
    """Writes the letters of one batch. `nonce` (16 hex digits, the first a letter) is the run's.

    `today` is the day the batch was first sealed. Not for use from several threads.
    """

    def __init__(self, campaign: Campaign, *, nonce: str, today: date) -> None:
        self.campaign = campaign
        self.today = today
        self.marks = GapMarks(nonce)
        self.wordings = 0
        self._serials = count(1)
        self._budget = Budget()
        self._html_builder = HtmlBuilder(campaign, self.marks, self._budget)
        self._bodies = LetterEnvironment(campaign, self._budget)
        self._texts = LetterEnvironment(campaign, self._budget, escape=False)
        self._environments = (self._bodies, self._texts, self._html_builder.environment)
        self._wording = lru_cache(maxsize=_WORDINGS)(self._make_wording)
        self._campaign_contexts = lru_cache(maxsize=_WORDINGS)(self._campaign_context)
        self._sources = lru_cache(maxsize=_WORDINGS)(self._find_sources)
        self._recipient_use = lru_cache(maxsize=_WORDINGS)(self._analyse)
        self._header_templates = header_templates(
            campaign.settings.sender.reply_to, campaign.settings.headers
        )
        self._setting = lru_cache(maxsize=_WORDINGS)(self._setting_template)
        self._static_wordings: dict[tuple[Any, ...], StaticWording] = {}
        self._signatories = len(campaign.settings.signatories)
        self._template, self._key = SETTINGS, ""

    def write(self, recipient: Recipient) -> Letter | Problem:
        """Write one letter; a Problem names row, template and line. Raises CampaignError."""
        recorder = GapRecorder(self.marks.nonce, next(self._serials))
        self._bodies.recorder = self._texts.recorder = recorder
        languages = recipient.languages or (self.campaign.settings.languages[0],)
        contexts = [
            RecipientContext(recipient, lang, recorder, self._signatories) for lang in languages
        ]
        self._template, self._key = SETTINGS, ""
        try:
            self._budget.next_letter()
            use = self._recipient_use(recipient.office, languages)
            key = static_key(use, recipient.office, languages, contexts) if use else None
            known = self._static_wordings.get(key) if key else None
            if known:
                values = values_of(known, contexts)
                if values is not None:
                    return Letter(recipient, known.wording, values)
            letter = self._render(recipient, languages, contexts, recorder)
        except Exception as error:  # noqa: BLE001 - whatever a template raises is an error of its author
            return problem_of(
                error,
                recipient,
                self.campaign,
                self._template,
                lambda: self._known(contexts[0]),
                key=self._key,
            )
        if key and len(self._static_wordings) < _WORDINGS:
            self._static_wordings[key] = StaticWording(
                letter.wording, origins(letter.values, contexts)
            )
        return letter

    def _render(
        self,
        recipient: Recipient,
        languages: tuple[str, ...],
        contexts: Sequence[RecipientContext],
        recorder: GapRecorder,
    ) -> Letter:
        by_language = dict(zip(languages, contexts, strict=True))
        sources = self._sources(recipient.office, languages)
        texts = []
        for environment in self._environments:
            environment.used.clear()
        for source in sources:
            self._template = source.template or self._template
            self._key = source.key
            self._bodies.language = self._texts.language = source.language
            variables = self._campaign_contexts(recipient.office, source.language, source.view)
            template = self._loaded(source)
            context = {**variables, "recipient": by_language[source.language]}
            texts.append(template.render(context) if template else "")
        split, values = self._split(texts, recorder)
        names = tuple(s.template for s in sources if s.template not in {"", SETTINGS})
        names_rows = any(context.rows_read for context in contexts)
        return Letter(recipient, self._wording(languages, split, names), values, names_rows)

    def _loaded(self, source: _Source) -> Template | None:
        if source.template == SETTINGS:
            return self._setting(source.key, source.language)
        environment = self._texts if source.view == "plain" else self._bodies
        return environment.get_template(source.template) if source.template else None

    def _split(
        self, texts: Sequence[str], recorder: GapRecorder
    ) -> tuple[tuple[_MarkedText, ...], tuple[Datum, ...]]:
        """Split the texts at this letter's marks, and check that no value was lost or changed."""
        order: dict[str, int] = {}
        split = []
        for text in texts:
            first, *rest = text.split(recorder.prefix)
            split.append(
                _MarkedText(
                    first, tuple((order.setdefault(p[:4], len(order)), p[4:]) for p in rest)
                )
            )
        values = tuple(recorder.values[int(ordinal, 16)] for ordinal in order)
        if len(order) != len(recorder.values):
            lost = next(v for i, v in enumerate(recorder.values) if f"{i:04x}" not in order)
            raise GapMarkChanged(
                f"a filter, or a comparison, or a `set` never printed ({lost.source or str(lost)!r})"
            )
        if self.marks.inside("\0".join(values)):
            raise GapMarkChanged("a template joins text in which a value was already printed; it")
        return tuple(split), values

    def _make_wording(
        self, languages: tuple[str, ...], split: Sequence[_MarkedText], names: tuple[str, ...]
    ) -> Wording:
        marked = [self._with_run_marks(text) for text in split]
        bodies, headers = marked[: 4 * len(languages)], marked[4 * len(languages) :]
        subjects, sources, texts, htmls = (bodies[kind::4] for kind in range(4))
        subjects, htmls = [list(map(unenclosed, group)) for group in (subjects, htmls)]
        sources, texts = [list(map(placed, group)) for group in (sources, texts)]
        subject = " / ".join(map(_one_line, subjects))
        html = self._html_builder.html(languages, subject, sources, htmls)
        self.wordings += 1
        return Wording(
            number=self.wordings,
            languages=languages,
            templates=names,
            subject=self.marks.form(subject, Place.HEADER),
            text=self._text(sources, texts),
            html=self.marks.html(html.document),
            images=html.images,
            files=tuple(sorted(self._files(html))),
            comments=html.comments,
            joined_lines=tuple(
                line for source in sources for line in markdown.joined_lines(source)
            ),
            headers=tuple(
                (name, self.marks.form(_one_line(unenclosed(text)), Place.HEADER))
                for name, text in zip(self._header_templates, headers, strict=True)
            ),
        )

    def _files(self, html: HtmlDocument) -> set[str]:
        """The files that the wording just made was made from."""
        return {name for name, _ in html.images}.union(*(e.used for e in self._environments))

    def _text(self, sources: Sequence[str], texts: Sequence[str]) -> Form:
        plain = [own or markdown.marked_plain(md) for md, own in zip(sources, texts, strict=True)]
        return self.marks.plain(_RULE.join(plain))

    def _with_run_marks(self, text: _MarkedText) -> str:
        """A rendered text with marks that are the same for every letter of the run."""
        if any(map(self.marks.inside, (text.first, *(piece for _, piece in text.rest)))):
            raise GapMarkChanged(
                "an `import` keeps another letter's value (import it `with context`), or something"
            )
        return text.first + "".join(self.marks.of(index) + piece for index, piece in text.rest)

    def _campaign_context(self, office: str, language: str, view: str) -> dict[str, Any]:
        return {**campaign_context(self.campaign, office, language, view), "today": self.today}

    def _find_sources(self, office: str, languages: tuple[str, ...]) -> tuple[_Source, ...]:
        """The templates of a letter to this office: for each language a subject and three bodies.

        Then, in the first language, the header lines that are templates.
        """
        sources = []
        for language in languages:
            names = [self.campaign.template_for(office, language, s) for s, _ in _SUFFIXES]
            if names[0] is None and not all(names[1:]):
                other = self.campaign.spelled_otherwise(f"letter.{language}.md.j2")
                raise CampaignError(
                    f"{self.campaign.folder} has no template for a letter in {language}{other}",
                    f"write letter.{language}.md.j2, or letter.md.j2 for every language",
                )
            sources.append(_Source(language, "plain", SETTINGS, "subject"))
            sources += [
                _Source(language, view, name or "")
                for name, (_, view) in zip(names, _SUFFIXES, strict=True)
            ]
        sources += [
            _Source(languages[0], "plain", SETTINGS, header_key(name))
            for name in self._header_templates
        ]
        return tuple(sources)

    def _analyse(self, office: str, languages: tuple[str, ...]) -> RecipientUse | None:
        subjects = [localised(self.campaign.settings.subject, lang) for lang in languages]
        sources = self._sources(office, languages)
        names = [s.template for s in sources if s.template not in {"", SETTINGS}]
        try:
            return recipient_use(self._bodies, [*subjects, *self._header_templates.values()], names)
        except (TemplateSyntaxError, TemplateNotFound, RecursionError):
            return None  # rendering raises it again, with its place

    def _setting_template(self, key: str, language: str) -> Template:
        if key == "subject":
            return self._texts.from_string(localised(self.campaign.settings.subject, language))
        by_key = {header_key(name): text for name, text in self._header_templates.items()}
        return self._texts.from_string(by_key[key])

    def _known(self, context: RecipientContext) -> Mapping[str, str]:
        """The names that a template may use, each with the expression that prints it."""
        top = self._campaign_contexts("", self.campaign.settings.languages[0], "plain")
        fields = {name: field_expression(name) for name in context.names()}
        return {**fields, **{name: name for name in (*top, "recipient")}}


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" ")
