"""The command line: one file a verb, read only when it is asked for. Leans on everything.

Results go to stdout, progress and hints to stderr; a person's mistake is one message, never a
traceback (DESIGN 10).
"""

import io
import os
import sys
from importlib import import_module
from typing import Any

import click

from letters import __version__

# Each verb, and the line that `letters --help` shows without reading its module.
VERBS = {
    "new": "Write a campaign folder that you can edit.",
    "check": "Write and seal every letter, and say what is wrong.",
    "preview": "Look at the letters as they will be sent.",
    "send": "Hand the letters over, each once; a rehearsal unless a relay is named.",
    "status": "Say who has the letter.",
    "resolve": "End a letter's doubt: it was sent, or send it again.",
    "retry": "Let rejected letters wait again.",
    "journal": "Show, export, prune or check the record of every letter.",
}


class Verbs(click.Group):
    """A group that imports a verb's module when the verb is used: `--help` starts in a blink."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """The verbs in the order in which a campaign uses them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a verb, or None."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(
            import_module(f"letters.cli.commands.{cmd_name}"), cmd_name
        )
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; the commands that an error's hint names are made whole with its flags."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from letters.cli import next_command
            from letters.errors import LettersError

            if isinstance(error, LettersError):
                error.hint = next_command.completed(error.hint)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs from their lines above."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def letters() -> None:
    """Open letters to office-holders: write one, look at each, send each once.

    \b
    The first hour of a campaign:
      letters new save-the-river      a folder to edit
      letters check -c save-the-river
      letters preview -c save-the-river
      letters send -c save-the-river  into a local Maildir: nothing is mailed

    Without -c, the current folder is the campaign, or else the one that comes with the program.
    """  # noqa: D301 - Click wants the control character


def main() -> None:
    """Run the command line; every failure that a person can mend is one message."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started us has closed it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - to our end
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that lacks a letter stops nothing
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code (sysexits.h)."""
    try:
        result: Any = letters.main(arguments, prog_name="letters", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nletters: interrupted", err=True)
        return 130
    except SystemExit as closed:
        if closed.code != 1:  # with 1, Click answers a pipe that nobody reads
            raise
        return _deaf(arguments)
    except Exception as error:  # noqa: BLE001 - what a person can mend is told, the rest raised
        return _failed(error)
    return result if isinstance(result, int) else 0


def _deaf(arguments: list[str]) -> int:
    """Nobody reads our output any more (`letters status | head`): say nothing else.

    Only `send` has more to do than to speak: it stopped where it was, and 0 would be untrue.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 74 if arguments[:1] == ["send"] else 0


def _failed(error: Exception) -> int:
    from letters.cli.output import say_error
    from letters.errors import JournalError, LettersError

    if isinstance(error, OSError) and not isinstance(error, LettersError):
        where = f"{error.filename}: " if error.filename else ""
        error = JournalError(
            f"{where}{error.strerror or error}", "look at the disk and at the permissions there"
        )
    if not isinstance(error, LettersError):
        raise error
    say_error(error)
    return int(error.exit_code)
