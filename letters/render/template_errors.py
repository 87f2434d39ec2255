"""What a template raised, as a Problem that names row, template and line. Pure.

An error that concerns every letter is raised as a CampaignError.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from jinja2 import TemplateNotFound, TemplateSyntaxError

from letters.campaign.campaign import SETTINGS, Campaign
from letters.errors import CampaignError, Problem
from letters.forms_of_address.reader import Unmatched
from letters.recipients.recipient import Recipient
from letters.render.bounded import TooCostly
from letters.render.environment import GapMarkChanged, NotPrintable
from letters.render.gaps import EmptyFieldUsed, NotReadable, RowField, row_of
from letters.render.wording import PlaceError

_FILTER_EARLIER = "apply the filter to the value, before it is printed"
_ALLOWED_PLACES = "print values in text, in a quoted attribute or in a URL"
_SIMILARITY = 0.5  # a known name is suggested from this ratio of difflib on


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
    rule, message, remedy = _describe(error, known)
    return problem(rule=rule, message=message, remedy=remedy, row=recipient.row)


def _describe(error: Exception, known: Callable[[], Mapping[str, str]]) -> tuple[str, str, str]:
    """Rule, message and remedy of an error that does not concern one field."""
    message = str(error)
    match error:
        case GapMarkChanged():
            return "value-changed", message, _FILTER_EARLIER
        case PlaceError():
            return "value-place", f"a value is printed {message}", _ALLOWED_PLACES
        case NotPrintable():
            return "value-printed", message, "loop over it, or name one of its parts"
    if "` is not known " in message:
        return "unknown-name", message, _did_you_mean(message, known())
    return "template", message, "mend the template at that line"


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
            where = error.filename or str(campaign.folder / template)
            if template == SETTINGS:
                hint = "a value is printed as {{ recipient.riding }}"
                raise CampaignError(f"{where}: {key}: {error.message}", hint) from None
            hint = "mend the template at that line"
            raise CampaignError(f"{where}:{error.lineno}: {error.message}", hint) from None
        case TemplateNotFound():
            raise CampaignError(
                f"{template} includes {error.message}, which is not there"
                f"{campaign.spelled_otherwise(error.message or '')}",
                f"it is looked for in {campaign.folder}, then among the shared parts",
            ) from None


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


def _did_you_mean(message: str, known: Mapping[str, str]) -> str:
    unknown = message.partition("`")[2].partition("`")[0]
    if message.endswith("in a row"):
        known = {n: f"row.{n}" for n, name in known.items() if name.startswith("recipient.")}
    near = get_close_matches(unknown, known, 1, _SIMILARITY)
    if near:
        return f"did you mean `{known[near[0]]}`?"
    return f"known: {', '.join(known.values())}"


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
