"""One command's session: what its flags name, and campaign, list, environment, proof and journal."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from letters.cli.environment import ENVIRONMENT, Environment, Variable
from letters.errors import ConfigurationError, RecipientsError

if TYPE_CHECKING:
    from letters.campaign.campaign import Campaign
    from letters.journal.interface import Journal
    from letters.mailbox import Mailbox
    from letters.proof.proof import Proof
    from letters.recipients.csv import RecipientsFile


@dataclass(frozen=True)
class Session:
    """What one command works on; each part is opened when it is first needed.

    A `…_flag` is the value of a flag, None when it was not typed. What is not named by a flag is
    looked for in the environment and the `.env` files.
    """

    campaign_flag: str | None = None
    recipients_flag: str | None = None
    encoding_flag: str | None = None
    relay_flag: str | None = None
    journal_flag: str | None = None
    channel_flag: str | None = None

    @cached_property
    def here(self) -> Path:
        """The current folder."""
        return Path.cwd()

    @cached_property
    def campaign(self) -> "Campaign":
        """The campaign; raises CampaignError."""
        from letters.campaign.campaign import find, load

        name = self.campaign_flag or Environment.read(self.here).get("LETTERS_CAMPAIGN")
        return load(find(name, self.here), self.here)

    @cached_property
    def environment(self) -> Environment:
        """Environment and `.env` files, the campaign's before the current folder's."""
        return Environment.read(self.campaign.home, self.here)

    @cached_property
    def list_path(self) -> Path:
        """The recipients file; raises RecipientsError when there is none."""
        from letters.campaign.file_names import on_disk

        if self.recipients_flag:
            return on_disk(Path(self.recipients_flag))
        variable = self.environment.find("LETTERS_RECIPIENTS")
        if variable:
            return on_disk(variable.path)
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
        """The recipients; raises RecipientsError, and ConfigurationError for an unknown encoding."""
        from letters.recipients.csv import RecipientsFile

        variable = None if self.encoding_flag else self.environment.find("LETTERS_ENCODING")
        encoding = self.encoding_flag or (variable.value if variable else None)
        languages = self.campaign.settings.languages
        try:
            return RecipientsFile(self.list_path, languages=languages, encoding=encoding)
        except ConfigurationError as error:
            if variable:
                raise variable.wrong(error.message, error.hint) from None
            raise

    def proof(
        self,
        *,
        same_address: str | None = None,
        strict: bool = False,
        day: date | None = None,
        leaves_machine: bool = False,
        test_to: "Mailbox | None" = None,
    ) -> "Proof":
        """A proof of the whole list, not yet iterated; `day` is the date in the letters."""
        from letters.proof.proof import Proof, SameAddress

        return Proof(
            self.campaign,
            self.list,
            today=day or today(),
            file=str(self.list_path),
            same_address=SameAddress(same_address or "stop"),
            strict=strict,
            leaves_machine=leaves_machine,
            test_to=test_to,
        )

    def journal(self, *, create: bool = False, looking: bool = False) -> "Journal":
        """Open the journal: `journal.db` in the campaign's folder, unless another one is named.

        `create` and `looking` are those of `letters.journal.open`. Raises JournalError and
        ConfigurationError.
        """
        from letters.journal.open import open_journal

        variable = None if self.journal_flag else self.environment.find("LETTERS_JOURNAL")
        url = self.journal_flag or (
            _journal_url(variable) if variable else f"sqlite:{self.campaign.home / 'journal.db'}"
        )
        # An outbox shows that letters left by the usual record, not by one that is named for once.
        named_once = self.journal_flag or (variable and variable.source == ENVIRONMENT)
        traces = (self.campaign.home / "outbox",) if create and not named_once else ()
        try:
            return open_journal(
                url, campaign=self.campaign.id, create=create, looking=looking, traces=traces
            )
        except ConfigurationError as error:
            if variable:
                raise variable.wrong(error.message, error.hint) from None
            raise


def _journal_url(variable: Variable) -> str:
    """The URL in LETTERS_JOURNAL; a relative path starts where the variable was set."""
    kind, colon, path = variable.value.partition(":")
    if not colon:
        kind, path = "sqlite", variable.value
    return f"{kind}:{variable.folder / Path(path).expanduser()}"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day in the person's own time zone, which is the one printed in a letter."""
    return datetime.now().astimezone().date()
