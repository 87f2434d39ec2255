"""What a template raised, as a Problem that names row, template and line. Pure.

An error that concerns every letter is raised as a CampaignError.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

from letters.campaign.campaign import SETTINGS, Campaign
from letters.errors import CampaignError, Problem
from letters.forms_of_address.reader import Unmatched
from letters.recipients.header import normalised
from letters.recipients.recipient import Recipient
from letters.render.bounded import Budget, TooCostly
from letters.render.environment import GapMarkChanged, LetterEnvironment, NotPrintable
from letters.render.gaps import EmptyFieldUsed, NotReadable, RowField, row_of
from letters.render.template_syntax import nearest_of, why_unreadable
from letters.render.wording import PlaceError

_FILTER_EARLIER = "apply the filter to the value, before it is printed"
_ALLOWED_PLACES = "print values in text, in a quoted attribute or in a URL"
_MEND = "mend the template at that line"
_NO_SUCH = re.compile(r"No (filter|test) named '([^']*)'")
_ATTRIBUTE = re.compile(r"(?:no attribute|access to attribute) '([^']*)'")
_ELEMENT = re.compile(r"object has no element (.*)")
# Words of an exception of Python's, and what they mean for the author.
_PLAIN_WORDS = (
    (
        "not supported between",
        "a text is compared with a number",
        "read the cell as a number, {% if recipient.signed | number > 1000 %}, or compare texts",
    ),
    (
        "unsupported operand|can only concatenate|must be str|can't multiply",
        "a text is used as a number",
        "join texts and numbers with ~, and read a cell as a number before: recipient.signed | number",
    ),
    ("not callable", "a name with () behind it is no function", "leave out the ()"),
    (
        "argument",
        "a filter, a test or a function is not used in this way",
        "see what it takes in Jinja's list of filters, tests and functions",
    ),
    (
        "not iterable|has no len|not subscriptable|not a mapping",
        "what is looped over or searched is no list",
        "loop over demands, signatories or recipient.envelope_lines",
    ),
    ("division|modulo", "a number is divided by zero", "divide by another number"),
    ("invalid literal|could not convert", "a text is read as a number", "print the text as it is"),
    ("format", "the text does not fit what is put into it", "write one %s or {} for each value"),
)
_SIMILARITY = 0.67  # a known name is suggested from this ratio of difflib on


def problem_of(
    error: Exception,
    recipient: Recipient,
    campaign: Campaign,
    template: str,
    known: Callable[[], Mapping[str, str]],
    *,
    key: str = "",
) -> Problem:
    """The Problem of what a rendering raised; `known` returns the names a template may use.

    `key` is that of a template in the settings. Raises CampaignError for a template that no letter can be written from.
    """
    name, line = _where(error, campaign, template)
    if name == SETTINGS and key not in {"", "subject"}:
        name, line = f"{SETTINGS}: {key}", None
    _raise_campaign_error(error, campaign, template, _place(campaign, name, line), key)
    address = recipient.mailbox.address if recipient.mailbox else ""
    problem = partial(Problem, address=address, template=name, line=line)
    match error:
        case Unmatched():
            return problem(
                rule="form-of-address",
                message=error.message,
                remedy=error.remedy,
                row=error.row or recipient.row,
                column="office",
            )
        case EmptyFieldUsed():
            return problem(
                rule="empty-field",
                message=f"the field `{error.field}` is empty, and the letter uses it",
                remedy=_empty_field_remedy(error.field),
                row=row_of(error.field, recipient.row),
                column=error.field,
            )
        case NotReadable():
            return problem(
                rule=error.kind,
                message=str(error),
                remedy=error.remedy.replace("{value}", _expression(error.field) or "value"),
                row=row_of(error.field, recipient.row),
                column=error.field,
            )
    rule, message, remedy = _describe(error, known, _line_of(campaign, name, line))
    if rule == "template":
        message, remedy = _in_plain_words(error, campaign)
    return problem(rule=rule, message=message, remedy=remedy, row=recipient.row)


def _describe(
    error: Exception, known: Callable[[], Mapping[str, str]], source: str
) -> tuple[str, str, str]:
    """Rule, message and remedy of an error that does not concern one field, in this line of a template."""
    message = str(error)
    match error:
        case GapMarkChanged():
            return "value-changed", message, _FILTER_EARLIER
        case PlaceError():
            return "value-place", f"a value is printed {message}", _ALLOWED_PLACES
        case NotPrintable():
            return "value-printed", message, "loop over it, or name one of its parts"
    if "` is not known " in message:
        return "unknown-name", message, _did_you_mean(message, known(), source)
    return "template", message, ""


def _in_plain_words(error: Exception, campaign: Campaign) -> tuple[str, str]:
    """Message and remedy of an error whose own words are Python's or Jinja's."""
    text = str(error)
    named = _NO_SUCH.search(text)
    if named:
        offered = LetterEnvironment(campaign, Budget())
        kind, known = named[1], offered.filters if named[1] == "filter" else offered.tests
        return f"there is no {kind} `{named[2]}`", nearest_of(named[2], known, f"{kind}s: ")
    element = _ELEMENT.search(text)
    if element:
        return (
            f"the list has no item {element[1]}",
            "items are counted from 0; or loop over the list",
        )
    attribute = _ATTRIBUTE.search(text)
    if attribute:
        return f"there is no `{attribute[1]}` here", "name a column, or a part that the guide lists"
    if isinstance(error, TemplateError):
        return text, _MEND
    for pattern, message, remedy in _PLAIN_WORDS:
        if re.search(pattern, text):
            return message, remedy
    return "this line cannot be computed", "print the value as it is, or write the text itself"


def _line_of(campaign: Campaign, name: str, line: int | None) -> str:
    """The source of a line of a template; the whole file where the line is not known."""
    file = campaign.template_file(name)
    source = file.read_text(encoding="utf-8", errors="replace") if file else ""
    lines = source.splitlines()
    return lines[line - 1] if line and line <= len(lines) and name != SETTINGS else source


def _raise_campaign_error(
    error: Exception, campaign: Campaign, template: str, where: str, key: str
) -> None:
    match error:
        case CampaignError():
            raise error
        case TooCostly() | MemoryError():
            reason = str(error) or "more memory than there is"
            raise CampaignError(
                f"{where}: {reason}",
                "loop over less, or make a shorter text: a letter needs a few hundred rounds",
            ) from None
        case RecursionError():
            raise CampaignError(
                f"{where}: templates include or call each other in a circle, or are nested too deeply",
                "let no template include itself, and no macro call itself",
            ) from None
        case TemplateSyntaxError():
            raise _syntax_error(error, campaign, template, key) from None
        case TemplateNotFound():
            raise CampaignError(
                f"{where} includes {error.message}, which is not there"
                f"{campaign.spelled_otherwise(error.message or '')}",
                _near_file(campaign, error.message or ""),
            ) from None


def _syntax_error(
    error: TemplateSyntaxError, campaign: Campaign, template: str, key: str
) -> CampaignError:
    # Of a note that is never closed, Jinja gives the file as the name.
    file = Path(error.filename or error.name or campaign.folder / template)
    if not file.is_file():
        file = campaign.template_file(template) or campaign.folder / template
    if file.name == SETTINGS:
        hint = "a value is printed as {{ recipient.riding }}"
        return CampaignError(f"{file}: {key}: {error.message}", hint)
    offered = LetterEnvironment(campaign, Budget())
    line, message, remedy = why_unreadable(
        file.read_text(encoding="utf-8", errors="replace"),
        error.lineno,
        error.message or "",
        css=file.suffix == ".css",
        filters=offered.filters,
        tests=offered.tests,
    )
    return CampaignError(f"{file}:{line}: {message}", remedy)


def _near_file(campaign: Campaign, name: str) -> str:
    there = {
        file.relative_to(folder).as_posix()
        for folder in campaign.folders
        for pattern in ("*", "*/*")
        for file in folder.glob(pattern)
        if file.is_file()
    }
    near = get_close_matches(name, there, 1)
    question = f"did you mean {near[0]}? " if near else ""
    return f"{question}it is looked for in {campaign.folder}, then among the shared parts"


def _place(campaign: Campaign, name: str, line: int | None) -> str:
    file = campaign.template_file(name) or campaign.folder / name
    return f"{file}:{line}" if line else str(file)


def _empty_field_remedy(field: str) -> str:
    value = _expression(field)
    printed = f'{{{{ {value} | default("…") }}}}'
    return f"fill the cell, or handle it in the template: {printed} or {{% if {value} %}}"


def _expression(field: str) -> str:
    return field and field_expression(field, "row" if isinstance(field, RowField) else "recipient")


def field_expression(field: str, owner: str = "recipient") -> str:
    """What a template writes for a field of the recipient or of a row: `recipient.riding`."""
    return f"{owner}.{field}" if field.isidentifier() else f'{owner}["{field}"]'


def _did_you_mean(message: str, known: Mapping[str, str], source: str) -> str:
    """The nearest known name; for a column that the list lacks, how to do without it."""
    unknown = message.partition("`")[2].partition("`")[0]
    if message.endswith("in a row"):
        known = {
            n: field_expression(n, "row")
            for n, name in known.items()
            if name.startswith(("recipient.", "recipient["))
        }
    near = get_close_matches(normalised(unknown), known, 1, _SIMILARITY)
    if near:
        return f"did you mean `{known[near[0]]}`?"
    every = f"known: {', '.join(known.values())}"
    owner = "row" if message.endswith("in a row") else "recipient"
    if re.search(rf"\b(?:{owner}\.|{owner}\[[\"']){re.escape(unknown)}\b", source):
        column = normalised(unknown)
        value = field_expression(column, owner)
        return (
            f"add the column {column} to the list, or print it only where it is known: "
            f"{{% if {value} is defined %}}; {every}"
        )
    return every


def _where(error: Exception, campaign: Campaign, template: str) -> tuple[str, int | None]:
    """Template and line of the innermost template frame: Jinja puts templates into tracebacks."""
    name, line, trace = template, None, error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        # Jinja's own frames for a template hold the exception under this name.
        if "__jinja_exception__" in frame.f_globals:
            line = trace.tb_lineno
            if not frame.f_code.co_filename.startswith("<"):  # a text in the settings has no file
                name = campaign.name_of(Path(frame.f_code.co_filename))
        trace = trace.tb_next
    return name, line
