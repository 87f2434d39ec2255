"""Writing: a campaign and a recipient become a `Letter`, the words for one person. No MIME.

One Jinja render a letter, or none where its shape is known (`shapes`); Markdown, layout and CSS
once a wording (DESIGN 4). Leans on `sandbox`, `shown`, `shapes`, `page`, `faults`.
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
from letters.campaign.settings import localised
from letters.errors import CampaignError, Problem
from letters.forms_of_address.reader import Unmatched
from letters.recipients.recipient import Recipient
from letters.render import markdown
from letters.render.analysis import Uses, uses_of
from letters.render.context import RecipientShown, author_shown
from letters.render.environment import LetterEnvironment, MarkChanged
from letters.render.gaps import Datum, Pen
from letters.render.html import Page
from letters.render.template_errors import problem_of
from letters.render.wording import Form, Marks, Place, Wording

# A template that prints digits of its data makes a wording a letter: memory stays bounded.
_WORDINGS = 256
# What a letter is rendered from, and how the author's facts are written there: `md` is the one
# source; `txt` and `html`, where a campaign has them, replace what is made from it.
_SUFFIXES = (("md.j2", "markdown"), ("txt.j2", "plain"), ("html.j2", "html"))
_BLANKS = re.compile(r"[ \t\n]+")  # and no other: French sets no-break spaces
_RULE = f"\n{'-' * 40}\n\n"


class Letter(Struct, frozen=True):
    """The words for one recipient: a wording and the values that fill its gaps.

    The texts are filled when asked for, and raise FillingError for a value that cannot stand
    where the template prints it. Lines end in a line feed.
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


class _Source(NamedTuple):
    """One rendering of a letter: a language's subject, or one of its three possible bodies."""

    language: str
    view: str
    template: str  # "" where the campaign has none


class _Cut(NamedTuple):
    """A rendered text cut at its marks: the first piece, then value and piece in turn."""

    first: str
    rest: tuple[tuple[int, str], ...]


class _Recipe(NamedTuple):
    """A wording, and where each of its values comes from: a field of `shown`, or the author."""

    wording: Wording
    values: tuple[tuple[int, str, int] | Datum, ...]


class Writer:
    """Writes the letters of one batch. `nonce` (16 hex digits, the first a letter) is the run's.

    `today` is the day the batch was first sealed. Not for use from several threads.
    """

    def __init__(self, campaign: Campaign, *, nonce: str, today: date) -> None:
        self.campaign = campaign
        self.today = today
        self.marks = Marks(nonce)
        self.wordings = 0
        self._serials = count(1)
        self._page = Page(campaign, self.marks)
        self._bodies = LetterEnvironment(campaign)
        self._texts = LetterEnvironment(campaign, escape=False)
        self._wording = lru_cache(maxsize=_WORDINGS)(self._make_wording)
        self._author = lru_cache(maxsize=_WORDINGS)(self._author_shown)
        self._sources = lru_cache(maxsize=_WORDINGS)(self._find_sources)
        self._uses = lru_cache(maxsize=_WORDINGS)(self._find_uses)
        self._subject = lru_cache(maxsize=_WORDINGS)(self._subject_template)
        self._recipes: dict[tuple[Any, ...], _Recipe] = {}
        self._signatories = len(campaign.settings.signatories)
        self._template = SETTINGS

    def write(self, recipient: Recipient) -> Letter | Problem:
        """Write one letter; a Problem names row, template and line. Raises CampaignError."""
        pen = Pen(self.marks.nonce, next(self._serials))
        self._bodies.pen = self._texts.pen = pen
        languages = recipient.languages or (self.campaign.settings.languages[0],)
        shown = [RecipientShown(recipient, lang, pen, self._signatories) for lang in languages]
        self._template = SETTINGS
        try:
            uses = self._uses(recipient.office, languages)
            key = _key(uses, recipient.office, languages, shown) if uses else None
            recipe = self._recipes.get(key) if key else None
            if recipe:
                values = _from_recipe(recipe, shown)
                if values is not None:
                    return Letter(recipient, recipe.wording, values)
            letter = self._render(recipient, languages, shown, pen)
        except Exception as error:  # noqa: BLE001 - whatever a template raises is its author's
            return problem_of(
                error, recipient, self.campaign, self._template, lambda: self._known(shown[0])
            )
        if key and len(self._recipes) < _WORDINGS:
            self._recipes[key] = _Recipe(letter.wording, _origins(letter.values, shown))
        return letter

    def _render(
        self,
        recipient: Recipient,
        languages: tuple[str, ...],
        shown: Sequence[RecipientShown],
        pen: Pen,
    ) -> Letter:
        of = dict(zip(languages, shown, strict=True))
        sources = self._sources(recipient.office, languages)
        texts = []
        for source in sources:
            self._template = source.template or self._template
            author = self._author(recipient.office, source.language, source.view)
            template = self._loaded(source)
            context = {**author, "recipient": of[source.language]}
            texts.append(template.render(context) if template else "")
        cuts, values = self._cut(texts, pen)
        names = tuple(s.template for s in sources if s.template not in {"", SETTINGS})
        return Letter(recipient, self._wording(languages, cuts, names), values)

    def _loaded(self, source: _Source) -> Template | None:
        if source.template == SETTINGS:
            return self._subject(source.language)
        environment = self._texts if source.view == "plain" else self._bodies
        return environment.get_template(source.template) if source.template else None

    def _cut(self, texts: Sequence[str], pen: Pen) -> tuple[tuple[_Cut, ...], tuple[Datum, ...]]:
        """Cut the texts at this letter's marks, and see that no value was lost or changed."""
        order: dict[str, int] = {}
        cuts = []
        for text in texts:
            first, *rest = text.split(pen.prefix)
            cuts.append(
                _Cut(first, tuple((order.setdefault(p[:4], len(order)), p[4:]) for p in rest))
            )
        values = tuple(pen.values[int(ordinal, 16)] for ordinal in order)
        if len(order) != len(pen.values):
            lost = next(v for i, v in enumerate(pen.values) if f"{i:04x}" not in order)
            raise MarkChanged(
                f"a filter, or a comparison, or a `set` never printed ({lost.source or str(lost)!r})"
            )
        if self.marks.inside("\0".join(values)):
            raise MarkChanged("a template joins text in which a value was already printed; it")
        return tuple(cuts), values

    def _make_wording(
        self, languages: tuple[str, ...], cuts: Sequence[_Cut], names: tuple[str, ...]
    ) -> Wording:
        marked = [self._marked(cut) for cut in cuts]
        subjects, sources, texts, wholes = (marked[kind::4] for kind in range(4))
        subject = " / ".join(_BLANKS.sub(" ", line).strip(" ") for line in subjects)
        html = self._page.html(languages, subject, sources, wholes)
        self.wordings += 1
        return Wording(
            number=self.wordings,
            languages=languages,
            templates=names,
            subject=self.marks.form(subject, Place.HEADER),
            text=self._text(sources, texts),
            html=self.marks.html(html.document),
            images=html.images,
        )

    def _text(self, sources: Sequence[str], texts: Sequence[str]) -> Form:
        plain = [own or markdown.plain(md) for md, own in zip(sources, texts, strict=True)]
        return self.marks.plain(_RULE.join(plain))

    def _marked(self, cut: _Cut) -> str:
        """A rendered text with the run's own marks, which are the same for every letter."""
        if any(map(self.marks.inside, (cut.first, *(piece for _, piece in cut.rest)))):
            raise MarkChanged(
                "an `import` keeps another letter's value (import it `with context`), or something"
            )
        return cut.first + "".join(self.marks.of(index) + piece for index, piece in cut.rest)

    def _author_shown(self, office: str, language: str, view: str) -> dict[str, Any]:
        return {**author_shown(self.campaign, office, language, view), "today": self.today}

    def _find_sources(self, office: str, languages: tuple[str, ...]) -> tuple[_Source, ...]:
        """What a letter to this office is rendered from: for each language a subject, three bodies."""
        sources = []
        for language in languages:
            names = [self.campaign.template_for(office, language, s) for s, _ in _SUFFIXES]
            if names[0] is None and not all(names[1:]):
                raise CampaignError(
                    f"{self.campaign.folder} has no template for a letter in {language}",
                    f"write letter.{language}.md.j2, or letter.md.j2 for every language",
                )
            sources.append(_Source(language, "plain", SETTINGS))
            sources += [
                _Source(language, view, name or "")
                for name, (_, view) in zip(names, _SUFFIXES, strict=True)
            ]
        return tuple(sources)

    def _find_uses(self, office: str, languages: tuple[str, ...]) -> Uses | None:
        subjects = [localised(self.campaign.settings.subject, lang) for lang in languages]
        sources = self._sources(office, languages)
        names = [s.template for s in sources if s.template not in {"", SETTINGS}]
        try:
            return uses_of(self._bodies, subjects, names)
        except (TemplateSyntaxError, TemplateNotFound):
            return None  # the render says where

    def _subject_template(self, language: str) -> Template:
        return self._texts.from_string(localised(self.campaign.settings.subject, language))

    def _known(self, shown: RecipientShown) -> Mapping[str, str]:
        """The names a template may use, and how it writes them."""
        top = self._author("", self.campaign.settings.languages[0], "plain")
        fields = {name: f"recipient.{name}" for name in shown.names()}
        return {**fields, **{name: name for name in (*top, "recipient")}}


def _key(
    uses: Uses, office: str, languages: tuple[str, ...], shown: Sequence[RecipientShown]
) -> tuple[Any, ...] | None:
    """All that decides a letter's wording, where its templates only print (`shapes`).

    None when a field is not known or no form of address fits: the render says so.
    """
    try:
        tested = tuple(one.filled(name) for one in shown for name in uses.tested)
        lines = tuple(one.lines for one in shown) if uses.loops else ()
    except (KeyError, Unmatched):
        return None
    return (office, languages, tested, lines)


def _origins(
    values: Sequence[Datum], shown: Sequence[RecipientShown]
) -> tuple[tuple[int, str, int] | Datum, ...]:
    given = {
        id(datum): (number, name, line)
        for number, one in enumerate(shown)
        for datum, name, line in one.given
    }
    return tuple(given.get(id(value), value) for value in values)


def _from_recipe(recipe: _Recipe, shown: Sequence[RecipientShown]) -> tuple[Datum, ...] | None:
    """This recipient's values; None when one is empty or cannot be, which a render must say."""
    values = []
    try:
        for origin in recipe.values:
            if type(origin) is tuple:
                number, name, line = origin
                text = shown[number].text(name, line)
                if not text:
                    return None
                values.append(Datum(text, None, name))
            else:
                values.append(origin)  # type: ignore[arg-type]
    except (KeyError, Unmatched):
        return None
    return tuple(values)
