"""The HTML of a wording: one source, the layout around it, the style in its elements."""

import re

import pytest

from letters.errors import CampaignError
from tests.mail import SETTINGS, make_recipient, make_writer, written

LAYOUT = """\
<html lang="{{ language }}"><head><title>{{ subject }}</title>
<style>p { color: #123456 } @media print { p { color: #000 } }</style></head>
<body><h1>{{ campaign.title }}</h1>{{ body }}<p>{{ sender.name }}, {{ campaign.sender.email }}</p>
</body></html>
"""


def test_css_is_inlined_and_at_rules_stay_in_the_style_element(campaign):
    html = written(campaign("Hello")).html

    assert re.search(r'<div class="letter"[^>]* style="[^"]*max-width', html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert "http" not in html.partition("<body")[0]


def test_the_shared_layout_is_accessible(campaign):
    html = written(campaign("# Title\n\n![the river](river.png)", river__png=b"png")).html

    assert html.startswith("<!DOCTYPE html>")
    assert 'lang="en"' in html
    assert "<h1" in html
    assert 'alt="the river"' in html
    assert 'name="viewport"' in html


def test_a_campaigns_own_layout_and_style_replace_the_shared_ones(campaign):
    made = campaign("*Hello* {{ recipient.name }}", layout__html__j2=LAYOUT)

    html = written(made).html

    assert '<p style="color: #123456;"><em>Hello</em> Ann Lee</p>' in html
    assert "<h1>Keep the river clean</h1>" in html
    assert "Friends of the River, office@river.example" in html
    assert "<title>The river in Gander—Exploits</title>" in html


def test_a_campaigns_own_style_can_be_used_with_the_shared_layout(campaign):
    html = written(campaign("Hello", letter__css="p { color: #abcdef }")).html

    assert '<p style="color: #abcdef;">Hello</p>' in html


def test_the_layout_never_sees_a_recipient(campaign):
    with pytest.raises(CampaignError) as raised:
        written(campaign("x", layout__html__j2="<p>{{ recipient.name }}</p>{{ body }}"))

    assert "layout.html.j2:1: `recipient` is not known here" in raised.value.message
    assert "belongs in the letter" in raised.value.hint


def test_a_layout_that_cannot_be_read_is_an_error_with_its_line(campaign):
    with pytest.raises(CampaignError, match=r"layout\.html\.j2:2"):
        written(campaign("x", layout__html__j2="\n{{ body"))


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="stylesheet" href="https://river.example/a.css">',
        "<LINK rel=stylesheet href=a.css>",
        "<style>@import url(https://river.example/a.css);</style>",
        '<style>@import "a.css";</style>',
    ],
)
def test_a_style_sheet_from_elsewhere_is_refused(campaign, head):
    with pytest.raises(CampaignError, match="style sheet") as raised:
        written(campaign("x", layout__html__j2=f"<html><head>{head}</head>{{{{ body }}}}</html>"))

    assert "<style>" in raised.value.hint


def test_a_letter_may_contain_the_word_import(campaign):
    letter = written(campaign("Ask trade@import-export.example about @import duties."))

    assert "trade@import-export.example" in letter.text


def test_values_in_the_title_of_the_page_stay_on_one_line(campaign):
    html = written(campaign("x"), make_recipient(riding="Gander\n<b>")).html

    assert "<title>The river in Gander &lt;b&gt;</title>" in html


def test_images_of_the_folder_are_shown_by_their_content_id(campaign):
    body = (
        "![a](river.png) ![b](img/a%20b.jpg) ![c](<img/é.gif>) ![again](river.png)\n\n"
        '<img src="x&amp;y.png"> ![far](https://river.example/z.png) <img src="data:image/png,x">'
    )
    files = {"river__png": b"1", "img/a b__jpg": b"2", "img/é__gif": b"3", "x&y__png": b"4"}

    letter = written(campaign(body, **files))

    names = [name for name, _ in letter.wording.images]
    assert names == ["river.png", "img/a b.jpg", "img/é.gif", "x&y.png"]
    shown = re.findall(r'src="cid:([^"]+)"', letter.html)
    ids = [content_id for _, content_id in letter.wording.images]
    assert shown == [*ids[:3], ids[0], ids[3]]
    assert 'src="https://river.example/z.png"' in letter.html
    assert 'src="data:image/png,x"' in letter.html


def test_the_layout_is_rendered_once_a_wording(campaign):
    layout = LAYOUT.replace("{{ body }}", "{{ body }}{{ language | upper }}")
    writer = make_writer(campaign("{{ recipient.name }}", layout__html__j2=layout))

    pages = {writer.write(make_recipient(name=f"Ann {n}")).wording for n in "abc"}

    assert len(pages) == 1


def test_the_authors_facts_appear_as_typed_in_html_and_markdown(campaign):
    settings = SETTINGS.replace(
        'postal_address = "12 Quay St. N., Gander"',
        'postal_address = "12 *Quay* St. N. <1>\\nGander & Co"',
    )
    body = "{{ sender.postal_address }}\n\n<p>{{ sender.postal_address }}</p>"

    letter = written(campaign(body, campaign__toml=settings))

    assert letter.html.count("12 *Quay* St. N. &lt;1&gt;<br>Gander &amp; Co") == 2
    assert letter.text == "12 *Quay* St. N. <1>\nGander & Co\n\n12 *Quay* St. N. <1>\nGander & Co\n"
