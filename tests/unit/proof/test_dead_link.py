"""Links and pictures that lead nowhere, the mends, and what is left alone."""

import pytest

from letters.errors import Severity
from tests.mail import SETTINGS, make_recipient
from tests.proofing import proofed

ATTACHED = SETTINGS.replace("\n[sender]", "\nattachments = ['report.pdf']\n[sender]", 1)


def dead_links(found):
    return [problem for problem in found if problem.rule == "dead-link"]


@pytest.mark.parametrize(
    ("address", "mend"),
    [
        ("www.river.example/petition", "https://www.river.example/petition"),
        ("river.example", "https://river.example"),
        ("river.example/report.pdf", "https://river.example/report.pdf"),
        ("//river.example/x", "https://river.example/x"),
        ("http:/river.example", "http://river.example"),
        ("https:river.example", "https://river.example"),
        ("https//river.example", "https://river.example"),
        ("htps://river.example", "https://river.example"),
        ("jo@river.example", "mailto:jo@river.example"),
        ("mailto://jo@river.example", "mailto:jo@river.example"),
    ],
)
def test_a_link_without_its_beginning_is_a_problem_and_the_mend_helps(one, campaign, address, mend):
    problem = one(f"Hello\n\nsee [this]({address})")

    assert (problem.rule, problem.severity) == ("dead-link", Severity.ERROR)
    assert (problem.template, problem.line) == ("letter.en.md.j2", 3)
    assert problem.remedy == f"{mend}?"
    assert proofed(campaign(f"see [this]({mend})")) == []


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("report.pdf", 'attachments = ["report.pdf"]'),
        ("docs/my%20report.pdf", "attachments"),
        ("C:/docs/report.pdf", 'attachments = ["report.pdf"]'),
        ("#top", "https://"),
        ("", "https://"),
        ("/petition", "https://"),
        ("report", "https://"),
        ("https://", "https://"),
        ("ftp://river.example/x", "https:, mailto: and tel: alone"),
        ("mailto:", "mailto:"),
        ("mailto:jo", "mailto:"),
        ("tel:call", "tel:+1"),
    ],
)
def test_any_other_link_that_leads_nowhere_is_a_problem(one, address, remedy):
    problem = one(f"see [this]({address})")

    assert (problem.rule, problem.severity) == ("dead-link", Severity.ERROR)
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    "html",
    [
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='file:///home/jo/report.pdf'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<map><area href='www.river.example'></map>",
        "<form action='vote.php'></form>",
        "<base href='/letters/'>",
        "<video poster='a.png'></video>",
        "<img src='cid:logo'>",
        "<img src='//river.example/a.png'>",
        "<table background='gone.png'><tr><td>x</table>",
        "<p style='background: url(gone.png)'>x",
        "<style>p { background: url( 'gone.png' ) }</style><p>x",
        "<style>@media print { p { background: url(www.river.example/a.png) } }</style><p>x",
        "<!--[if mso]><v:rect xmlns:v='urn:v'><v:fill src='gone.png'/></v:rect><![endif]-->",
        "<!--[if mso]><a href='www.river.example'>x</a><![endif]-->",
    ],
)
def test_every_address_in_html_is_looked_at(campaign, html):
    [problem] = dead_links(proofed(campaign("x", letter__en__html__j2=f"<p>Hello</p>\n{html}")))

    assert problem.severity is Severity.ERROR
    assert (problem.template, problem.line) == ("letter.en.html.j2", 2)


@pytest.mark.parametrize(
    "html",
    [
        "<a href='https://river.example/a?b=c&amp;d#e'>x</a> <a href='HTTPS://RIVER.EXAMPLE'>x</a>",
        "<a href='mailto:jo@river.example?subject=A%20b'>x</a> <a href='mailto:?subject=x'>x</a>",
        "<a href='mailto:{{ recipient.email }}'>x</a> <a href='tel:+1-613-555-0100'>x</a>",
        "<a href='https://river.example/{{ recipient.riding | urlencode }}'>x</a>",
        "<a href='{{ recipient.page }}'>x</a> <a name='top'>x</a>",
        "<img src='https://river.example/a.png'> <img src='a.png'>",
        "<table background='a.png'><tr><td style='background:url(a.png)'>x</table>",
        "<style>/* url(gone.png) */ p { fill: url(#shade) }</style><p>x",
        "<q cite='x'>a</q> <svg xmlns='http://www.w3.org/2000/svg'><path d='M0'/></svg>",
        "<!--[if mso]><o:p xmlns:o='urn:schemas-microsoft-com:office'>&nbsp;</o:p><![endif]-->",
        "<!-- <a href='www.river.example'>x</a> -->",
    ],
)
def test_whole_addresses_and_files_of_the_folder_are_no_problem(campaign, html):
    made = campaign("x", letter__en__html__j2=html, a__png=b"png")

    assert dead_links(proofed(made, make_recipient(page="https://river.example"))) == []


def test_a_link_to_an_attachment_is_a_warning(one):
    problem = one("see [it](report.pdf)", campaign__toml=ATTACHED, report__pdf=b"pdf")

    assert (problem.rule, problem.severity) == ("dead-link", Severity.WARNING)
    assert "attached" in problem.remedy


def test_a_link_within_the_letter_is_a_warning_when_its_end_is_there(one):
    problem = one("<h2 id='end'>x</h2>\n\n[down](#end)")

    assert (problem.rule, problem.severity) == ("dead-link", Severity.WARNING)


def test_a_picture_written_into_the_letter_is_a_warning(one):
    problem = one("<p><img src='data:image/png;base64,iVBORw0KGgo='></p>")

    assert (problem.rule, problem.severity) == ("dead-link", Severity.WARNING)


def test_an_address_in_the_style_sheet_names_its_file_and_line(one):
    problem = one("Hello", letter__css="p { margin: 0 }\nbody { background: url(gone.png) }\n")

    assert (problem.template, problem.line) == ("letter.css", 2)
