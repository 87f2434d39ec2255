"""What the verbs share: their options, and opening campaign, list, journal and relay."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from letters.cli import next_command
from letters.cli.environment import Environment
from letters.errors import ConfigurationError, Exit, RecipientsError

if TYPE_CHECKING:
    from letters.campaign.campaign import Campaign
    from letters.journal.interface import Journal
    from letters.mailbox import Mailbox
    from letters.proof.proof import Proof, Proofed, Report
    from letters.recipients.csv import RecipientsFile

F = TypeVar("F", bound=Callable[..., Any])

campaign_option = click.option(
    "-c", "--campaign", metavar="CAMPAIGN", envvar="LETTERS_CAMPAIGN", show_envvar=True,
    callback=next_command.note,
    help="A folder with campaign.toml, or the name of a shipped campaign.",
)  # fmt: skip
recipients_option = click.option(
    "-r", "--recipients", metavar="FILE", envvar="LETTERS_RECIPIENTS", show_envvar=True,
    callback=next_command.note,
    help="The list, a CSV file; by default the campaign's recipients.csv.",
)  # fmt: skip
same_address_option = click.option(
    "--same-address", type=click.Choice(["first", "each"]),
    help="Two rows with one address: write to the first, or to each. By default a problem.",
)  # fmt: skip
only_option = click.option(
    "--only", metavar="TEXT", help="Only recipients whose name or address holds TEXT."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="At most N letters."
)
journal_option = click.option(
    "--journal", metavar="URL", envvar="LETTERS_JOURNAL", show_envvar=True,
    callback=next_command.note,
    help="sqlite:FILE; by default journal.db in the campaign folder.",
)  # fmt: skip
channel_option = click.option(
    "--channel", metavar="CHANNEL", callback=next_command.note,
    help="mail, or maildir:DIR; by default mail if it was used.",
)  # fmt: skip


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, text by default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default="text",
        help="For people, or for scripts.",
    )


def now() -> datetime:
    """The clock of every verb."""
    return datetime.now(UTC)


def today() -> date:
    """The day in the person's own time zone, which is the one printed in a letter."""
    return datetime.now().astimezone().date()


@dataclass(frozen=True)
class Desk:
    """One command's campaign, list and environment, opened as they are needed."""

    campaign_name: str | None
    recipients_name: str | None = None

    @cached_property
    def here(self) -> Path:
        """The current folder."""
        return Path.cwd()

    @cached_property
    def campaign(self) -> "Campaign":
        """The campaign; raises CampaignError."""
        from letters.campaign.campaign import find, load

        name = self.campaign_name or Environment.read(self.here).get("LETTERS_CAMPAIGN")
        return load(find(name, self.here), self.here)

    @cached_property
    def environment(self) -> Environment:
        """Environment and `.env` files, the campaign's first."""
        return Environment.read(self.campaign.home, self.here)

    @cached_property
    def list_path(self) -> Path:
        """The recipients file; raises RecipientsError when there is none."""
        if self.recipients_name:
            return Path(self.recipients_name)
        named = self.environment.find("LETTERS_RECIPIENTS")
        if named:
            return named.path
        if self.campaign.recipients_file:
            return self.campaign.recipients_file
        if (self.here / "recipients.csv").is_file():
            return self.here / "recipients.csv"
        raise RecipientsError(
            f"there is no recipients.csv in {self.campaign.folder} nor in {self.here}",
            "write one, or name the list with -r FILE",
        )

    @cached_property
    def list(self) -> "RecipientsFile":
        """The recipients; raises RecipientsError."""
        from letters.recipients.csv import RecipientsFile

        return RecipientsFile(self.list_path, languages=self.campaign.settings.languages)

    def proof(
        self,
        *,
        same_address: str | None = None,
        strict: bool = False,
        day: date | None = None,
        leaves_machine: bool = False,
        test_to: "Mailbox | None" = None,
    ) -> "Proof":
        """A proof of the whole list, not yet iterated."""
        from letters.proof.proof import Proof, SameAddress

        return Proof(
            self.campaign,
            self.list,
            nonce=nonce(),
            today=day or today(),
            file=str(self.list_path),
            same_address=SameAddress(same_address or "stop"),
            strict=strict,
            leaves_machine=leaves_machine,
            test_to=test_to,
        )

    def journal_url(self, flag: str | None) -> str:
        """The journal's URL: flag, environment, `.env`, or journal.db at the campaign's home."""
        if flag:
            return flag
        named = self.environment.find("LETTERS_JOURNAL")
        if named:
            kind, separator, path = named.value.partition(":")
            at = path if separator else kind
            where = named.folder / Path(at).expanduser()
            return f"{kind if separator else 'sqlite'}:{where}"
        return f"sqlite:{self.campaign.home / 'journal.db'}"

    def open_journal(
        self, flag: str | None, *, create: bool = False, looking: bool = False
    ) -> "Journal":
        """The journal; raises JournalError and ConfigurationError."""
        from letters.journal.open import open_journal

        traces = (self.campaign.home / "outbox",) if create and not flag else ()
        try:
            url = self.journal_url(flag)
            return open_journal(url, create=create, looking=looking, traces=traces)
        except ConfigurationError as error:
            environment = Environment.read() if flag else self.environment
            named = environment.find("LETTERS_JOURNAL")
            if named and (not flag or flag == named.value):
                raise named.wrong(error.message, error.hint) from None
            raise


def nonce() -> str:
    """Sixteen hex digits that no datum can foresee, the first a letter."""
    return f"{secrets.choice('abcdef')}{secrets.token_hex(8)[1:]}"


def chosen(proofed: "Proofed", only: str | None) -> bool:
    """Whether `--only TEXT` means this recipient."""
    if only is None:
        return True
    from letters.mailbox import folded, u_labels

    words, mailbox = [proofed.recipient.name], proofed.recipient.mailbox
    if mailbox:
        domains = dict.fromkeys((mailbox.domain, u_labels(mailbox.domain)))
        words += [f"{mailbox.local}@{domain}" for domain in domains]
    return folded(only) in folded("\n".join(words))


def through(proof: "Proof", only: str | None, limit: int | None) -> Iterator["Proofed"]:
    """The letters that `--only` and `--limit` choose; the whole list is proofed all the same."""
    taken = 0
    for proofed in proof:
        if chosen(proofed, only) and (limit is None or taken < limit):
            taken += proofed.recipient.mailbox is not None
            yield proofed


def exit_code(report: "Report") -> int:
    """What `check` and `preview` end with."""
    return Exit.DATA if report.failed else Exit.OK


def channel_of(name: str, *bases: Path) -> str:
    """The channel a person names: `mail`, or the id of the Maildir at `maildir:DIR` in a base."""
    if name == "mail":
        return name
    from letters.transport.maildir import maildir_channel

    kind, _, folder = name.partition(":")
    places = [base / folder for base in bases] if kind == "maildir" and folder else []
    found = next(filter(None, map(maildir_channel, places)), None)
    if found is None:
        raise ConfigurationError(
            f"there is no channel {name}",
            "name it as mail, or as maildir:DIR of a rehearsal's folder",
        )
    return found
