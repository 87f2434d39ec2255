"""What the flags of `letters send` say, beside those that name campaign, list, relay and journal."""

from dataclasses import dataclass
from datetime import timedelta

from letters.cli.delivery import DeliveryFlags
from letters.cli.selection import Selection


@dataclass(frozen=True)
class SendFlags:
    """How a person wants the letters sent.

    `wait` is how long to stay for letters that may leave later, None: until none is left. `changed`
    is `ask`, `reseal` or `keep`, for letters that changed after sealing. `yes`: do not ask.
    """

    selection: Selection
    delivery: DeliveryFlags
    wait: timedelta | None
    changed: str
    same_address: str | None
    as_json: bool
    yes: bool
