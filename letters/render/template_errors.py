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
from letters.render.gaps import EmptyFieldUsed
from letters.render.wording import PlaceError

_BEFORE = "apply the filter to the value, before it is printed"
_PLACES = "print values in text, in a quoted attribute or in a URL"
_NEAR = 0.5  # how alike a known name must be to be suggested


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
    _raise_again(error, campaign, template)
    name, line = _where(error, template)
    address = recipient.mailbox.address if recipient.mailbox else ""
    problem = partial(Problem, row=recipient.row, address=address, template=name, line=line)
    match error:
        case Unmatched():
            return problem(
                rule="form-of-address", message=error.message, remedy=error.remedy, column="office"
            )
        case EmptyFieldUsed():
            return problem(
                rule="empty-field",
                message=f"the field `{error.field}` is empty, and the letter uses it",
                remedy=_handle_it(error.field),
                column=error.field,
            )
    rule, message, remedy = _in_words(error, known)
    return problem(rule=rule, message=message, remedy=remedy)


def _in_words(error: Exception, known: Callable[[], Mapping[str, str]]) -> tuple[str, str, str]:
    """Rule, message and remedy of a fault that is not one field's."""
    said = str(error)
    match error:
        case GapMarkChanged():
            return "value-changed", said, _BEFORE
        case PlaceError():
            return "value-place", f"a value is printed {said}", _PLACES
        case NotPrintable():
            return "value-printed", said, "loop over it, or name one of its parts"
    if "is not known here" in said:
        return "unknown-name", said, _did_you_mean(said, known())
    return "template", said, "mend the template at that line"


def _raise_again(error: Exception, campaign: Campaign, template: str) -> None:
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
                f"{template} includes {error.message}, which is not there",
                f"it is looked for in {campaign.folder}, then among the shared parts",
            ) from None


def _handle_it(field: str) -> str:
    printed = f'{{{{ recipient.{field} | default("…") }}}}'
    return f"fill the cell, or handle it in the template: {printed} or {{% if recipient.{field} %}}"


def _did_you_mean(message: str, known: Mapping[str, str]) -> str:
    asked = message.partition("`")[2].partition("`")[0]
    near = get_close_matches(asked, known, 1, _NEAR)
    if near:
        return f"did you mean `{known[near[0]]}`?"
    return f"known: {', '.join(known.values())}"


def _where(error: Exception, template: str) -> tuple[str, int | None]:
    """Template and line of the innermost template frame; Jinja rewrites tracebacks so."""
    name, line, trace = template, None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            name, line = file.rpartition("/")[2], trace.tb_lineno
        trace = trace.tb_next
    return name, line
