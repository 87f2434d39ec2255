"""A salutation without a name, such as “Dear ,” or “Dear None,”."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from letters.errors import Problem
from letters.proof.rules.rule import Rule
from letters.recipients.spreadsheets import ERROR_VALUE
from letters.render.letter import Letter
from letters.render.wording import Form, Wording

_DEAR = r"(?:dear|hello|hi|cher|chère|chers|chères)"
_TITLE = r"(?:mr|mrs|ms|miss|mx|dr|m|mme|mlle)\.?"
_NO_NAME = rf"(?:{_TITLE}|none|null|nan|n/a|{ERROR_VALUE}|undefined|-+)"
_NAMELESS = re.compile(rf"^\W*{_DEAR}(?:\s+{_NO_NAME})*\s*[,:;!]", re.IGNORECASE | re.MULTILINE)
_GREETING_START = re.compile(rf"\b{_DEAR}\s+(?:{_TITLE}\s+)*$", re.IGNORECASE)
_GREETING_END = re.compile(r"[,:;!\n]")


class Salutation(Rule):
    """Finds salutations without a name, in the template or through the values of a row."""

    name = "salutation"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """A problem when the template itself has such a salutation."""
        if _NAMELESS.search(wording.text.outline):
            yield self.problem(
                "the salutation addresses nobody", "print {{ recipient.salutation }}", wording
            )

    def check_letter(self, letter: Letter) -> Iterable[Problem]:
        """A problem when a value is such a salutation, or makes one of the template's greeting."""
        values = letter.values
        if any(map(_NAMELESS.match, values)) or any(
            _NAMELESS.match(greeting.filled(values).rstrip("\n") + ",")
            for greeting in _greetings(letter.wording)
        ):
            problem = self.problem(
                "the salutation addresses nobody", "fill the name in the row", letter
            )
            return (problem,)
        return ()


@lru_cache(maxsize=256)
def _greetings(wording: Wording) -> tuple[Form, ...]:
    """The greetings with a gap, up to their comma: `Dear Dr. {{ recipient.last_name }},`."""
    form = wording.text
    return tuple(
        _until_end(Form((found[0], *form.pieces[number + 1 :]), form.gaps[number:]))
        for number, found in enumerate(map(_GREETING_START.search, form.pieces[:-1]))
        if found
    )


def _until_end(form: Form) -> Form:
    for number, piece in enumerate(form.pieces[1:], 1):
        end = _GREETING_END.search(piece)
        if end:
            return Form((*form.pieces[:number], piece[: end.end()]), form.gaps[:number])
    return form
