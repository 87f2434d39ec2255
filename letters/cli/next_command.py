"""The next command, ready to be pasted: it names the campaign, list and record of this command.

Without the flags that were typed it would act on another campaign or another record. What the
environment or a `.env` file named need not be repeated.
"""

import shlex

from letters.cli.session import Session
from letters.text import one_line

_LIST = ("-c", "-r", "--encoding")
_FLAGS = {"new": (), "check": _LIST, "preview": _LIST, "send": (*_LIST, "--journal")}
_RECORD = ("-c", "--journal", "--channel")  # of every other verb


def command(session: Session, verb: str, channel: str | None = None) -> str:
    """A verb with its arguments (`retry --rejected`) as a whole command, completed by `flags`."""
    return _pasteable(["letters", *shlex.split(verb), *flags(session, verb, channel)])


def commands(session: Session, verbs: tuple[str, ...], channel: str | None = None) -> list[str]:
    """Several verbs as whole commands, as `LettersError.next` holds them."""
    return [command(session, verb, channel) for verb in verbs]


def resolve_command(session: Session, letter_id: str, channel: str) -> str:
    """`letters resolve` for one letter in doubt, ending in `--sent`."""
    named = flags(session, "resolve", channel)
    # An address that begins with a dash must not be read as an option.
    words = [*named, "--sent", "--", letter_id]
    if not letter_id.startswith("-"):
        words = [letter_id, *named, "--sent"]
    return _pasteable(["letters", "resolve", *words])


def flags(session: Session, verb: str, channel: str | None = None) -> list[str]:
    """The typed flags that name campaign, list, journal and channel, as far as `verb` takes them.

    `channel` replaces the typed one; `mail` is left out, since it is the default.
    """
    typed = {
        "-c": session.campaign_flag,
        "-r": session.recipients_flag,
        "--encoding": session.encoding_flag,
        "--journal": session.journal_flag,
        "--channel": channel or session.channel_flag,
    }
    if typed["--channel"] == "mail":
        typed["--channel"] = None
    takes = _FLAGS.get(verb.split(maxsplit=1)[0], _RECORD)
    return [word for flag in takes if (value := typed[flag]) is not None for word in (flag, value)]


def _pasteable(words: list[str]) -> str:
    return one_line(shlex.join(words))
