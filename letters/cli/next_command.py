"""The next command, as a person can paste it. Leans on `inert`.

Where the campaign or the journal was named by a flag, the next command names it as well: pasted
without it, it would find another record, or act on it.
"""

import re
import shlex

import click

from letters.text import one_line

_TYPED = "letters.typed"
_LIST = ("-c", "-r")
_FLAGS = {"new": (), "check": _LIST, "preview": _LIST, "send": (*_LIST, "--journal")}
_RECORD = ("-c", "--journal", "--channel")  # of every other verb
_COMMAND = re.compile("`letters ([a-z]+)([^`]*)`")


def command(verb: str, campaign: str | None = None, recipients: str | None = None) -> str:
    """A verb for the same campaign and list: `letters check -c save-the-river`."""
    words = ["letters", verb]
    words += ["-c", campaign] if campaign else []
    words += ["-r", recipients] if recipients else []
    return shlex.join(words)


def note(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Remember a flag that was typed, for as long as the command runs: a callback of options."""
    source = context.get_parameter_source(parameter.name or "")
    if value is not None and source is click.core.ParameterSource.COMMANDLINE:
        context.meta.setdefault(_TYPED, {})[parameter.opts[0]] = value
    return value


def flags(verb: str, channel: str | None = None) -> list[str]:
    """What was typed to name campaign, list, journal and channel, as far as `verb` takes it.

    `channel` is the one that is meant, where it is known.
    """
    context = click.get_current_context(silent=True)
    typed: dict[str, str] = dict(context.meta.get(_TYPED, {})) if context else {}
    if channel is not None:
        typed["--channel"] = channel
    if typed.get("--channel") == "mail":  # meant by default
        del typed["--channel"]
    takes = _FLAGS.get(verb, _RECORD)
    return [word for flag in takes if flag in typed for word in (flag, typed[flag])]


def completed(text: str, channel: str | None = None) -> str:
    """A text whose `letters …` commands, which know only a verb, are made whole by `flags`."""

    def whole(found: re.Match[str]) -> str:
        verb, more = found.groups()
        words = [f"letters {verb}{more}", *map(shlex.quote, flags(verb, channel))]
        return one_line(f"`{' '.join(words)}`")

    return _COMMAND.sub(whole, text)
