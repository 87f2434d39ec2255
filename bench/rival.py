"""The rival composer: Jinja and the standard library's `EmailMessage`, as most programs have it.

It starts from the same words: a wording's text with its gaps as Jinja variables, and the letter's
values. So it renders flat templates, without the includes, loops, lookups and checks that ours do:
what is compared flatters the rival.
"""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from html import unescape

from jinja2 import Environment, Template

from letters.message.message import Message
from letters.render.letter import Letter
from letters.render.wording import Form, Wording

_PLAIN = Environment(keep_trailing_newline=True, autoescape=False)
_HTML = Environment(keep_trailing_newline=True, autoescape=True)
_NOW = datetime(2014, 1, 10, 9, tzinfo=UTC)


def composed(letter: Letter, message: Message, sender: Address) -> bytes:
    """One message with equal words, quoted-printable as ours is."""
    subject, text, html = _templates(letter.wording)
    values = {"v": [str(value) for value in letter.values]}
    composed = EmailMessage()
    composed["From"] = sender
    local, _, domain = message.envelope.recipient.rpartition("@")
    composed["To"] = Address(message.name, local, domain)
    composed["Subject"] = subject.render(values)
    composed["Date"] = _NOW
    composed["Message-ID"] = message.message_id
    composed.set_content(text.render(values), cte="quoted-printable")
    composed.add_alternative(html.render(values), subtype="html", cte="quoted-printable")
    return composed.as_bytes(policy=SMTP)


def subject_only(subject: str) -> bytes:
    """A message of a subject alone, to see what the standard library makes of it."""
    composed = EmailMessage()
    composed["Subject"] = subject
    return composed.as_bytes(policy=SMTP)


def is_equal(letter: Letter) -> bool:
    """Whether the rival's templates render the letter's own words."""
    _, text, html = _templates(letter.wording)
    values = {"v": [str(value) for value in letter.values]}
    return text.render(values) == letter.text and unescape(html.render(values)) == unescape(
        letter.html
    )


@cache
def _templates(wording: Wording) -> tuple[Template, Template, Template]:
    return (
        _template(_PLAIN, wording.subject),
        _template(_PLAIN, wording.text),
        _template(_HTML, wording.html),
    )


def _template(environment: Environment, form: Form) -> Template:
    source = _raw(form.pieces[0])
    for gap, piece in zip(form.gaps, form.pieces[1:], strict=True):
        source += f"{{{{ v[{gap.index}] }}}}{_raw(piece)}"
    return environment.from_string(source)


def _raw(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}" if text else ""
