"""The command `letters`: finds the module of a verb, runs it, and prints what went wrong.

Results go to stdout, progress and hints to stderr. A person's mistake is one message, never a
traceback.
"""

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from letters import __version__

if TYPE_CHECKING:
    from letters.errors import LettersError

# Each verb, and the line that `letters --help` shows without importing its module.
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
    """A group that imports the module of a verb when the verb is used, so that help is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """The verbs in the order in which a campaign uses them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a verb, or None."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"letters.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a LettersError is printed, and its exit code is the result."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from letters.errors import LettersError

            if not isinstance(error, LettersError):
                raise
            return _failed(error, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs with their lines."""
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
    """Run the command line of this process, and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before this process began
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):  # not every terminal can show every character
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
        if closed.code != 1:  # Click exits with 1 when the reader of our pipe has closed it
            raise
        return _output_closed(arguments)
    except OSError as error:
        return _disk_failed(error)
    return result if isinstance(result, int) else 0


def _failed(error: "LettersError", ctx: click.Context) -> int:
    """Print an error; its commands are completed with the flags of this command."""
    from letters.cli.next_command import commands
    from letters.cli.output import say_error
    from letters.cli.session import Session

    say_error(error.message, error.hint, commands(ctx.obj or Session(), error.next))
    return int(error.exit_code)


def _disk_failed(error: OSError) -> int:
    from letters.cli.output import say_error
    from letters.errors import Exit

    where = f"{error.filename}: " if error.filename else ""
    say_error(f"{where}{error.strerror or error}", "look at the disk and at the permissions there")
    return Exit.IO


def _output_closed(arguments: list[str]) -> int:
    """The exit code after our reader went away (`letters status | head`).

    `send` was stopped by it before its work was done; the other verbs have nothing left to do.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that nothing more is written to the pipe
    return 74 if arguments[:1] == ["send"] else 0
