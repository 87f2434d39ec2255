"""The options that several verbs share, each written once; some reach the verb as one value.

What has a variable of the environment is not read from there by Click: `Session` does it, which also
reads `.env` files and can say where a wrong value was set.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from letters.campaign.settings import MOST_CONNECTIONS
from letters.cli.delivery import DeliveryFlags
from letters.cli.selection import Selection
from letters.cli.session import Session

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


class _Flag(click.Option):
    """An option whose variable is shown in the help and read by `Session`."""

    def resolve_envvar_value(self, ctx: click.Context) -> None:
        """Nothing: the value is that of the flag alone."""


def _flag(*names: str, variable: str, **how: Any) -> Decorator:
    return click.option(*names, cls=_Flag, envvar=variable, show_envvar=True, **how)


_SESSION: dict[str, Callable[[Any], Any]] = {
    "campaign": _flag(
        "-c", "--campaign", metavar="CAMPAIGN", variable="LETTERS_CAMPAIGN",
        help="A folder with campaign.toml, or the name of a shipped campaign.",
    ),
    "recipients": _flag(
        "-r", "--recipients", metavar="FILE", variable="LETTERS_RECIPIENTS",
        help="The list, a CSV file; by default the campaign's recipients.csv.",
    ),
    "encoding": _flag(
        "--encoding", metavar="NAME", variable="LETTERS_ENCODING",
        help="The list's encoding, such as windows-1250; by default UTF-8 or windows-1252.",
    ),
    "relay": _flag(
        "--relay", metavar="URL", variable="LETTERS_RELAY",
        help="smtp://login@host:587, smtps://login@host:465, or maildir:DIR. Without one, a "
        "rehearsal into the Maildir `outbox`.",
    ),
    "journal": _flag(
        "--journal", metavar="URL", variable="LETTERS_JOURNAL",
        help="sqlite:FILE; by default journal.db in the campaign folder.",
    ),
    "channel": click.option(
        "--channel", metavar="CHANNEL",
        help="mail, or maildir:DIR; by default mail if it was used.",
    ),
}  # fmt: skip


def session(*names: str) -> Decorator:
    """Options that name what to work on, in this order; the verb receives them as `session`."""

    def decorate(command: Command) -> Command:
        def build(**flags: str | None) -> Session:
            built = Session(**{f"{name}_flag": value for name, value in flags.items()})
            # An error that is printed when the verb has ended names the same campaign and record.
            click.get_current_context().find_root().obj = built
            return built

        return _together("session", names, build, [_SESSION[name] for name in names])(command)

    return decorate


def selection(command: Command) -> Command:
    """`--only` and `--limit`; the verb receives them as `selection`."""
    options = [
        click.option(
            "--only",
            metavar="TEXT",
            help="Only recipients whose name or address holds TEXT, without regard to case or accents.",
        ),
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N letters."),
    ]
    return _together("selection", ("only", "limit"), Selection, options)(command)


def delivery(command: Command) -> Command:
    """How letters leave; the verb receives it as `delivery`."""
    options = [
        _flag(
            "--connections", type=click.IntRange(1, MOST_CONNECTIONS), metavar="N",
            variable="LETTERS_CONNECTIONS", help="At most N connections at once; by default 4.",
        ),
        _flag(
            "--pace", metavar="N/min", variable="LETTERS_PACE",
            help='Letters a minute; "30/min, parl.gc.ca 10/min" also by receiving domain.',
        ),
        _flag(
            "--quota", metavar="N/day", variable="LETTERS_QUOTA",
            help="Letters of this account in any 24 hours.",
        ),
        _flag(
            "--window", metavar="HOURS", variable="LETTERS_WINDOW",
            help='When letters leave: "Mon–Fri 09:00–17:00 America/Toronto".',
        ),
        _flag(
            "--ehlo-name", metavar="NAME", variable="LETTERS_EHLO_NAME",
            help="The name told to the relay; by default this machine's full name, else From's domain.",
        ),
        click.option(
            "--no-pipelining", is_flag=True, help="For relays that offer pipelining and cannot do it."
        ),
    ]  # fmt: skip
    names = ("connections", "pace", "quota", "window", "ehlo_name", "no_pipelining")
    return _together("delivery", names, DeliveryFlags, options)(command)


same_address: Decorator = click.option(
    "--same-address", type=click.Choice(["first", "merge", "each"]),
    help="Rows with one address: one letter to the first, one that can name all "
    "(recipient.rows), or one to each. By default a problem.",
)  # fmt: skip


yes: Decorator = click.option("--yes", is_flag=True, help="Do not ask.")


def output_format(*formats: str) -> Decorator:
    """`--format`, text by default; the verb receives it as `format_`."""
    return click.option(
        "--format", "format_", type=click.Choice(formats), default="text",
        help="For people, or for scripts.",
    )  # fmt: skip


def _together(
    value: str,
    names: tuple[str, ...],
    build: Callable[..., object],
    options: Sequence[Callable[[Any], Any]],
) -> Decorator:
    """Add options to a verb that receives what `build` makes of them, in place of each."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def verb(**values: Any) -> Any:
            built = build(**{name: values.pop(name) for name in names})
            return command(**{value: built}, **values)

        decorated: Command = verb
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
