"""The limits of mail providers, by name, each with the page that states them. Pure data."""

from dataclasses import dataclass

_WORKSPACE = "https://support.google.com/a/answer/166852"
_SES = "https://docs.aws.amazon.com/ses/latest/dg/quotas.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider's limits. `pace` and `quota` are written as in campaign.toml; "": none.

    `connections` is how many connections it allows at once, None: not stated.
    """

    name: str
    source: str
    pace: str = ""
    quota: str = ""
    connections: int | None = None
    note: str = ""


PROVIDERS = (
    Provider(
        name="gmail",
        quota="500/day",
        source=_WORKSPACE,
        note="Google's page says it of trial accounts; a Workspace account has more: workspace",
    ),
    Provider(
        name="workspace",
        quota="2000/day",
        source=_WORKSPACE,
        note="in any 24 hours; 500 for a trial, and until a new domain has paid and aged",
    ),
    Provider(
        name="microsoft365",
        pace="30/min",
        quota="10000/day",
        connections=3,
        source="https://learn.microsoft.com/office365/servicedescriptions/"
        "exchange-online-service-description/exchange-online-limits",
    ),
    Provider(
        name="yahoo",
        quota="500/day",
        source="https://help.yahoo.com/kb/SLN17518.html",
        note="Yahoo says it of business accounts",
    ),
    Provider(
        name="icloud",
        quota="1000/day",
        source="https://support.apple.com/102198",
    ),
    Provider(
        name="ses",
        pace="14/s",
        source=_SES,
        note="what a new account is commonly given; your own figures are on its dashboard",
    ),
    Provider(
        name="ses-sandbox",
        pace="1/s",
        quota="200/day",
        source=_SES,
        note="and only to addresses that you have verified",
    ),
    Provider(
        name="sendgrid",
        source="https://www.twilio.com/docs/sendgrid/for-developers/sending-email/"
        "smtp-errors-and-troubleshooting",
        note="the plan's credits are the limit: set quota to yours",
    ),
)
"""Every provider known by name."""


def provider(name: str) -> Provider | None:
    """The provider of this name; None for `none` and "". Raises ValueError naming those known."""
    wanted = name.strip().casefold()
    if wanted in {"", "none"}:
        return None
    for known in PROVIDERS:
        if known.name == wanted:
            return known
    names = ", ".join(known.name for known in PROVIDERS)
    raise ValueError(f"{name!r} is not a provider known here: {names}, or none")
