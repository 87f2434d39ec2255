"""The variables of a letter's template: its recipient, and the campaign's facts and texts. Pure.

A recipient's fields are Datums; the author's own text is Markup that stays Markdown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from letters.campaign.campaign import Campaign
from letters.campaign.settings import localised
from letters.forms_of_address.reader import FormOfAddress, Unmatched
from letters.recipients.recipient import Recipient
from letters.recipients.salutations import forms_of
from letters.render import markdown
from letters.render.environment import TemplateObject
from letters.render.gaps import Datum, Empty, GapRecorder, RowField

_ROWS = "rows"
_ATTRIBUTES = frozenset({"name", "first_name", "last_name", "office", "honorific", "privy_council"})
_FORMS = frozenset({"salutation", "vocative", "envelope_lines", "close", "full_style"})


class RecipientContext(TemplateObject):
    """`recipient` in a template, or one of `recipient.rows`: every column, and the forms of address.

    `looked_up` lists the Datums that a template was given, each with its field and its line in that field
    (-1 where the field is one text); `rows_read` says whether it asked for `recipient.rows`.
    """

    __slots__ = (
        "_form", "_is_row", "_language", "_recipient", "_recorder", "_signatories", "looked_up",
        "rows_read",
    )  # fmt: skip

    def __init__(
        self,
        recipient: Recipient,
        language: str,
        recorder: GapRecorder,
        signatories: int,
        *,
        is_row: bool = False,
    ) -> None:
        super().__init__(recipient.fields)
        self._recipient = recipient
        self._language = language
        self._recorder = recorder
        self._signatories = signatories
        self._is_row = is_row
        self.rows_read = False
        self._form: FormOfAddress | None = None
        self.looked_up: list[tuple[Datum, str, int]] = []

    def names(self) -> list[str]:
        """Every name a template may ask for."""
        return list(dict.fromkeys([*self._values, *_FORMS, *_ATTRIBUTES, "language", _ROWS]))

    @property
    def place(self) -> str:
        """Where a name is not known, if not here."""
        return "in a row" if self._is_row else "here"

    def lookup(self, name: str) -> Any:
        """The field by this name as a Datum (a list of them for lines), or `Empty`; raises KeyError."""
        value = self._value(name)
        if self._is_row:
            name = RowField(name, self._recipient.row)
        if type(value) is str:
            return self._datum(value, name, -1) if value else Empty(name=name)
        if type(value) is tuple:
            return [self._datum(line, name, number) for number, line in enumerate(value)]
        return value

    def filled(self, name: str) -> bool:
        """Whether the field by this name is there and not empty; raises KeyError."""
        return bool(self._value(name))

    @property
    def lines(self) -> int:
        """How many lines the envelope has."""
        return len(self.form.envelope_lines)

    def text(self, name: str, line: int) -> str:
        """A field's text, or one line of it (`line` -1: the whole text); raises KeyError, Unmatched."""
        value = self._value(name)
        return str(value if line < 0 else value[line])

    @property
    def form(self) -> FormOfAddress:
        """The forms of address; raises Unmatched."""
        if self._form is None:
            try:
                self._form = forms_of(
                    self._recipient, self._language, signatories=self._signatories
                )
            except Unmatched as error:
                error.row = self._recipient.row
                raise
        return self._form

    def _rows(self) -> "list[RecipientContext]":
        self.rows_read = True
        return [
            RecipientContext(row, self._language, self._recorder, self._signatories, is_row=True)
            for row in (self._recipient, *self._recipient.others)
        ]

    def _datum(self, text: str, name: str, line: int) -> Datum:
        datum = Datum(text, self._recorder, name)
        self.looked_up.append((datum, name, line))
        return datum

    def _value(self, name: str) -> Any:
        if name in _FORMS:
            return getattr(self.form, name)
        if name == "language":
            return self._language
        if name == _ROWS:
            return self._rows()
        if name in _ATTRIBUTES:
            return getattr(self._recipient, name)
        if name == "email" and self._recipient.mailbox:
            return self._recipient.mailbox.address
        return self._values[name]


def _facts(view: str) -> Callable[[str], Markup]:
    """The function that escapes a fact of the author's (a name, an address) for this view."""
    if view == "markdown":
        return lambda text: Markup(markdown.escape(text))  # noqa: S704 - the author's own text
    if view == "html":
        return Markup.escape
    return Markup


def _prose(value: Any, language: str, languages: Sequence[str]) -> Any:
    """The author's prose in this language, as Markup that stays Markdown."""
    if isinstance(value, str):
        return Markup(value)  # noqa: S704 - the author's own text
    if isinstance(value, Mapping):
        if value and set(value) <= set(languages):
            return _prose(value.get(language, ""), language, languages)
        return TemplateObject({k: _prose(v, language, languages) for k, v in value.items()})
    if isinstance(value, list):
        return tuple(_prose(item, language, languages) for item in value)
    return value


def campaign_context(campaign: Campaign, office: str, language: str, view: str) -> dict[str, Any]:
    """The variables of a template that are the author's, in one language.

    `view` is markdown, plain or html. Shared by many letters, so nothing in it can be changed.
    """
    settings, fact = campaign.settings, _facts(view)
    prose = partial(_prose, language=language, languages=settings.languages)
    sender = TemplateObject(
        {
            key: fact(localised(getattr(settings.sender, key), language))
            for key in type(settings.sender).__struct_fields__
        }
    )
    title = prose(localised(settings.title, language))
    return {
        "campaign": TemplateObject({"title": title, "id": settings.id, "sender": sender}),
        "sender": sender,
        "demands": tuple(_demands(campaign, office, language)),
        "signatories": tuple(
            TemplateObject(
                {
                    "name": fact(person.name),
                    "title": prose(localised(person.title, language)),
                    "organisation": prose(localised(person.organisation, language)),
                }
            )
            for person in settings.signatories
        ),
        "variables": prose(settings.variables) if settings.variables else TemplateObject({}),
        "language": Markup(language),  # noqa: S704 - the author's own text
    }


def _demands(campaign: Campaign, office: str, language: str) -> Iterator[TemplateObject]:
    languages = campaign.settings.languages
    chosen = [d for d in campaign.settings.demands if not d.offices or office in d.offices]
    for number, demand in enumerate(chosen, 1):
        points = localised(demand.points, language) or []
        yield TemplateObject(
            {
                "number": number,
                "id": demand.id,
                "text": _prose(demand.text, language, languages),
                "points": _prose(list(points), language, languages),
            }
        )
