"""What every test may ask for: an invented campaign, invented recipients, a clean environment."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from letters.campaign.campaign import Campaign
from letters.recipients.recipient import Recipient
from tests.mail import make_campaign, make_recipient, write_campaign

settings.register_profile("dev", max_examples=60, deadline=None, database=None)
settings.register_profile(
    "ci",
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden files anew instead of comparing with them",
    )


@pytest.fixture(autouse=True)
def _no_settings_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing of this machine's person is read, and nothing of theirs is written."""
    for name in [name for name in os.environ if name.startswith("LETTERS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LETTERS_STATE", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture
def campaign_folder(tmp_path: Path) -> Path:
    """A small bilingual campaign of an organisation that does not exist."""
    return write_campaign(tmp_path / "river")


@pytest.fixture
def campaign(tmp_path: Path) -> Callable[..., Campaign]:
    """The small campaign with another letter, subject or files: `campaign(body, subject=…)`."""
    return lambda *args, **files: make_campaign(tmp_path / "river", *args, **files)


@pytest.fixture
def recipient() -> Callable[..., Recipient]:
    """One invented member of parliament: `recipient(riding="Gander", row=7)`."""
    return make_recipient
