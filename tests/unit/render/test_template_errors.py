"""Remedies for a template's mistakes: what they suggest can be written, and helps."""

import re

import pytest

from tests.mail import make_recipient, refused, written


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ('{{ recipient["2nd name"] }}', {"2nd_name": "Zed"}),
        ('{{ recipient["2nd_nam"] }}', {"2nd_name": "Zed"}),
        ("{{ recipient.r2020 }}", {"2020": "Zed"}),
        ("{{ recipient.postl_code }}", {"postal_code": "Zed"}),
    ],
)
def test_a_name_that_is_suggested_can_be_written(campaign, body, cells):
    recipient = make_recipient(**cells)

    suggested = re.search("did you mean `(.+)`", refused(campaign(body), recipient).remedy)[1]

    assert "Zed" in written(campaign(f"{{{{ {suggested} }}}}"), recipient).text


def test_what_is_suggested_for_an_empty_field_can_be_written(campaign):
    recipient = make_recipient(**{"2nd_name": ""})
    remedy = refused(campaign('{{ recipient["2nd_name"] }}'), recipient).remedy

    suggested = re.search("{{.+?}}", remedy)[0]

    assert "…" in written(campaign(suggested), recipient).text
