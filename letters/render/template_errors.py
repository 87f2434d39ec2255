"""What a template raised, as a Problem that names row, template and line. Pure.

An error that concerns every letter is raised as a CampaignError.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial

from jinja2 import TemplateNotFound, TemplateSyntaxError

from letters.campaign.campaign import SETTINGS, Campaign
from letters.errors import CampaignError, Problem
from letters.forms_of_address.reader import Unmatched
from letters.recipients.recipient import Recipient
from letters.render.environment import GapMarkChanged, NotPrintable
from letters.render.gaps import EmptyFieldUsed, RowField, row_of
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
) -> Problem:
    """The Problem of what a rendering raised; `known` returns the names a template may use.

    Raises CampaignError for a template that no letter can be written from.
    """
    _raise_campaign_error(error, campaign, template)
    name, line = _where(error, template)
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


def _raise_campaign_error(error: Exception, campaign: Campaign, template: str) -> None:
    match error:
        case CampaignError():
            raise error
        case TemplateSyntaxError():
            where = error.filename or str(campaign.folder / template)
            if template == SETTINGS:
                hint = "a value is printed in the subject as {{ recipient.riding }}"
                raise CampaignError(f"{where}: subject: {error.message}", hint) from None
            hint = "mend the template at that line"
            raise CampaignError(f"{where}:{error.lineno}: {error.message}", hint) from None
        case TemplateNotFound():
            raise CampaignError(
                f"{template} includes {error.message}, which is not there"
                f"{campaign.spelled_otherwise(error.message or '')}",
                f"it is looked for in {campaign.folder}, then among the shared parts",
            ) from None


def _empty_field_remedy(field: str) -> str:
    value = f"{'row' if isinstance(field, RowField) else 'recipient'}.{field}"
    printed = f'{{{{ {value} | default("…") }}}}'
    return f"fill the cell, or handle it in the template: {printed} or {{% if {value} %}}"


def _did_you_mean(message: str, known: Mapping[str, str]) -> str:
    unknown = message.partition("`")[2].partition("`")[0]
    if message.endswith("in a row"):
        known = {n: f"row.{n}" for n, name in known.items() if name.startswith("recipient.")}
    near = get_close_matches(unknown, known, 1, _SIMILARITY)
    if near:
        return f"did you mean `{known[near[0]]}`?"
    return f"known: {', '.join(known.values())}"


def _where(error: Exception, template: str) -> tuple[str, int | None]:
    """Template and line of the innermost template frame: Jinja puts templates into tracebacks."""
    name, line, trace = template, None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            name, line = file.rpartition("/")[2], trace.tb_lineno
        trace = trace.tb_next
    return name, line
