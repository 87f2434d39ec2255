"""Wordings whose letters need no rendering, since their templates only print values (`analysis`). Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from letters.forms_of_address.reader import Unmatched
from letters.render.analysis import RecipientUse
from letters.render.context import RecipientContext
from letters.render.gaps import Datum
from letters.render.wording import Wording


class StaticWording(NamedTuple):
    """A wording whose letters need no rendering: its values are fields of the recipient, or constant.

    A field is the number of its `RecipientContext`, its name, and its line (-1: one text).
    """

    wording: Wording
    values: tuple[tuple[int, str, int] | Datum, ...]


def static_key(
    use: RecipientUse, office: str, languages: tuple[str, ...], contexts: Sequence[RecipientContext]
) -> tuple[Any, ...] | None:
    """What decides a letter's wording, if its templates only print values (`analysis`).

    None when a field is unknown or no form of address fits: rendering reports it.
    """
    try:
        tested = tuple(one.filled(name) for one in contexts for name in use.tested)
        lines = tuple(one.lines for one in contexts) if use.loops else ()
    except (KeyError, Unmatched):
        return None
    return (office, languages, tested, lines)


def origins(
    values: Sequence[Datum], contexts: Sequence[RecipientContext]
) -> tuple[tuple[int, str, int] | Datum, ...]:
    """Where each value comes from: number of the context, field and line; or the constant itself."""
    fields = {
        id(datum): (number, name, line)
        for number, one in enumerate(contexts)
        for datum, name, line in one.looked_up
    }
    return tuple(fields.get(id(value), value) for value in values)


def values_of(
    known: StaticWording, contexts: Sequence[RecipientContext]
) -> tuple[Datum, ...] | None:
    """This recipient's values; None when one is empty or cannot be computed: rendering reports it."""
    values = []
    try:
        for origin in known.values:
            if type(origin) is tuple:
                number, name, line = origin
                text = contexts[number].text(name, line)
                if not text:
                    return None
                values.append(Datum(text, None, name))
            else:
                values.append(origin)  # type: ignore[arg-type]
    except (KeyError, Unmatched):
        return None
    return tuple(values)
