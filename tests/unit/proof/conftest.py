"""The one problem of a letter."""

import pytest

from tests.mail import make_recipient
from tests.proofing import proofed


@pytest.fixture
def one(campaign):
    """The one problem of the campaign with this letter."""

    def one(*args, cells=None, options=None, **files):
        recipient = make_recipient(**{"row": 7, **(cells or {})})
        [problem] = proofed(campaign(*args, **files), recipient, **(options or {}))
        return problem

    return one
