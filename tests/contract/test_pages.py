"""The pages of a batch: deterministic, harmless, complete, and the same in an export."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import pytest

from letters.errors import ConfigurationError, Exit
from letters.preview.export import ExportError, export, export_single
from letters.preview.overview import campaign_summary
from letters.preview.pages import pages
from letters.proof.proof import Proof
from tests.mail import DATE, NONCE, TODAY, make_campaign, make_recipient, parts

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> [bold red]& "q"\u202e'


def three():
    names = [("Ann Lee", "Gander"), ("Luc Roy", "Papineau"), ("Zoé Kerr", "Oak Bay")]
    return [
        make_recipient(
            name=name, riding=riding, row=row, language="fr" if row == 3 else "en",
            email=f"{name.split()[1].lower()}@parl.example",
        )
        for row, (name, riding) in enumerate(names, 2)
    ]  # fmt: skip


def proof_of(campaign, recipients):
    rows = [(recipient, ()) for recipient in recipients]
    return Proof(campaign, rows, nonce=NONCE, today=TODAY, file="members.csv")


def made(campaign, recipients, nonce=NONCE):
    rows = [(recipient, ()) for recipient in recipients]
    proof = Proof(campaign, rows, nonce=nonce, today=TODAY, file="members.csv")
    summary = campaign_summary(
        campaign, campaign.folder / "members.csv", ["Cells are separated by semicolon."]
    )
    return list(pages(proof, summary, proof.report, at=DATE))


def text_of(pages, ending):
    return next(page.content for page in pages if page.path.endswith(ending)).decode()


class Skeleton(HTMLParser):
    """The elements and attribute names of a page, and what its attributes hold."""

    def __init__(self, html):
        super().__init__()
        self.elements = Counter()
        self.values = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements[(tag, *(name for name, _ in attrs))] += 1
        self.values += [(tag, name, value or "") for name, value in attrs]

    def of(self, *names):
        return [value for _, name, value in self.values if name in names]


def skeletons(pages):
    return [Skeleton(page.content.decode()) for page in pages if page.path.endswith(".html")]


def test_the_same_batch_gives_the_same_pages_with_any_nonce(campaign):
    first = made(campaign(), three())
    second = made(campaign(), three(), nonce="f" * 16)

    assert first == second


def test_every_letter_has_a_page_and_its_message_and_the_index_comes_last(campaign):
    paths = [page.path for page in made(campaign(), three())]

    assert paths == [
        "letters/0002-ann-lee.html",
        "letters/0002-ann-lee.eml",
        "letters/0003-luc-roy.html",
        "letters/0003-luc-roy.eml",
        "letters/0004-zoe-kerr.html",
        "letters/0004-zoe-kerr.eml",
        "index.html",
    ]


def test_the_eml_is_the_sealed_message_byte_for_byte(campaign):
    opened = campaign()
    sealed = [p.message.dated(DATE).content for p in proof_of(opened, three())]

    shown = [p.content for p in made(opened, three()) if p.path.endswith(".eml")]

    assert shown == sealed


def test_a_page_shows_what_stands_in_the_sealed_bytes(campaign):
    shown = made(campaign(), three())
    text, html = parts(next(p.content for p in shown if p.path.endswith("lee.eml")))
    page = text_of(shown, "lee.html")

    skeleton = Skeleton(page)
    assert skeleton.of("srcdoc") == [html]
    assert text in unescape(page)
    assert "The river in Gander" in page
    assert "Ann Lee &lt;lee@parl.example&gt;" in page
    assert "MAIL FROM office@river.example" in page


@pytest.mark.parametrize("ending", ["lee.html", "index.html"])
def test_a_page_loads_nothing_and_runs_nothing(campaign, ending):
    skeleton = Skeleton(text_of(made(campaign(), three()), ending))

    policy = next(v for v in skeleton.of("content") if "default-src" in v)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert not [tag for tag, *_ in skeleton.elements if tag in {"script", "link", "object", "img"}]
    assert skeleton.of("src") == []
    assert all(re.fullmatch(r"#\w+|(\.\./)?[\w./-]+", href) for href in skeleton.of("href"))


def test_the_letter_is_in_a_frame_without_any_permission(campaign):
    skeleton = Skeleton(text_of(made(campaign(), three()), "lee.html"))

    assert ("iframe", "sandbox", "") in skeleton.values


def test_every_link_points_to_a_page(campaign):
    shown = made(campaign(), three())
    paths = {page.path for page in shown}

    for page in shown:
        if page.path.endswith(".html"):
            for href in Skeleton(page.content.decode()).of("href"):
                folder = page.path.rpartition("/")[0]
                target = href.removeprefix("../") if href.startswith("../") else f"{folder}/{href}"
                assert href.startswith("#") or target.lstrip("/") in paths, href


def test_a_letter_links_to_the_previous_and_the_next_one(campaign):
    shown = made(campaign(), three())

    first, middle, last = (Skeleton(text_of(shown, f"{n}.html")) for n in ("lee", "roy", "kerr"))

    assert "0003-luc-roy.html" in first.of("href")
    assert {"0002-ann-lee.html", "0004-zoe-kerr.html"} < set(middle.of("href"))
    assert "0003-luc-roy.html" in last.of("href")
    assert ("a", "rel", "prev") not in first.values
    assert ("a", "rel", "next") not in last.values


def test_text_from_outside_makes_no_element_on_any_page(campaign):
    opened = campaign(subject="{{ recipient.riding }} and {{ recipient.name }}")
    plain = made(opened, [make_recipient(name="Ann Lee", riding="Gander")])
    hostile = made(opened, [make_recipient(name=HOSTILE, riding=HOSTILE)])

    for ours, theirs in zip(skeletons(plain), skeletons(hostile), strict=True):
        assert theirs.elements == ours.elements
        for one, other in zip(ours.of("srcdoc"), theirs.of("srcdoc"), strict=True):
            assert Skeleton(other).elements == Skeleton(one).elements


def test_invisible_characters_are_shown_on_a_page(campaign):
    shown = made(campaign(), [make_recipient(name="Ann\u202eLee", riding="Gander")])

    assert "Ann\\u202eLee" in text_of(shown, "index.html")
    assert "\u202e" not in re.sub(r'srcdoc="[^"]*"', "", text_of(shown, "lee.html"))


def test_no_page_of_a_letter_holds_another_recipients_data(campaign):
    recipients = [
        make_recipient(row=n, name=f"Canary{n}x Lee", riding=f"Riding{n}x", email=f"c{n}x@parl.example")
        for n in range(2, 9)
    ]  # fmt: skip

    shown = made(campaign(), recipients)

    for page in shown:
        if own := re.match(r"letters/000(\d)", page.path):
            content = page.content.decode()
            if page.kind != "message/rfc822":
                content = re.sub(r"<nav.*?</nav>", "", content, flags=re.DOTALL)
            found = set(re.findall(r"(?:Canary|Riding|\bc)(\d)x", content))
            assert found == {own[1]}


def test_a_hostile_name_cannot_change_where_a_file_is_written(campaign):
    names = ["../../etc/passwd", "C:\\x\\y", "李明", "", "a" * 300]
    recipients = [
        make_recipient(row=row, name=name, last_name="L", email=f"r{row}@parl.example")
        for row, name in enumerate(names, 2)
    ]

    paths = [page.path for page in made(campaign("Dear you"), recipients)][:-1]

    assert len(set(paths)) == 10
    assert all(re.fullmatch(r"letters/000\d-[a-z0-9-]{1,40}\.(html|eml)", path) for path in paths)


def test_the_index_shows_sender_demands_and_problems(campaign):
    recipients = [
        *three(),
        make_recipient(row=5, name="Nobody Known", email=""),
        make_recipient(row=6, name="Ina Gap", riding="", email="gap@parl.example"),
    ]

    index = text_of(made(campaign(), recipients), "index.html")

    assert "4 letters, 2 wordings, 1 not mailable, 3 shown" in index
    assert "1 problem: nothing can be sent until mended." in index
    assert "Friends of the River &lt;office@river.example&gt;" in index
    assert "Stop the spills." in index
    assert "of the banks;" in index
    assert "Cells are separated by semicolon." in index
    assert "members.csv · row 6 · column riding" in index
    assert "no address, not mailable" in index
    assert "0006-ina-gap.html" not in index


def test_an_inline_image_is_shown_from_within_the_page(campaign):
    pixel = b"\x89PNG\r\n\x1a\n"
    opened = campaign("![The river](river.png)\n", river__png=pixel)

    page = text_of(made(opened, three()[:1]), "lee.html")

    document = Skeleton(page).of("srcdoc")[0]
    assert Skeleton(document).of("src") == ["data:image/png;base64,iVBORw0KGgo="]


def test_attachments_are_listed_with_their_size(campaign, tmp_path):
    settings = (campaign().folder / "campaign.toml").read_text(encoding="utf-8")
    listed = 'attachments = ["report.pdf"]\n' + settings
    opened = make_campaign(tmp_path / "more", campaign__toml=listed, report__pdf=b"%PDF" * 500)

    page = text_of(made(opened, three()[:1]), "lee.html")

    assert 'report.pdf <span class="quiet">(application/pdf, 2.0 kB)' in page
    assert "multipart/mixed" in page


def test_an_export_holds_the_pages_and_nothing_else(campaign, tmp_path):
    shown = made(campaign(), three())
    folder = tmp_path / "out"

    assert export(iter(shown), folder) == 7

    files = {
        f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()
    }
    assert files.pop(".letters-preview")
    assert files == {page.path: page.content for page in shown}


def test_a_second_export_replaces_the_first(campaign, tmp_path):
    folder = tmp_path / "out"
    export(made(campaign(), three()), folder)
    (folder / "letters" / "mine.txt").write_text("mine")

    export(made(campaign(), three()[1:]), folder)

    names = {f.name for f in (folder / "letters").iterdir()}
    assert "0002-ann-lee.html" not in names
    assert {"0003-luc-roy.html", "0004-zoe-kerr.eml", "mine.txt"} <= names


def test_a_folder_with_other_files_is_not_changed(campaign, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(ConfigurationError, match="not empty"):
        export(made(campaign(), three()), tmp_path)

    assert not (tmp_path / "index.html").exists()


def test_an_export_that_fails_on_the_disk_is_one_error_and_has_no_index(campaign, tmp_path):
    shown = made(campaign(), three())
    folder = tmp_path / "out"
    export(shown, folder)

    def failing():
        yield shown[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left") as caught:
        export(failing(), folder)

    assert caught.value.exit_code == Exit.IO
    assert caught.value.hint
    assert not (folder / "index.html").exists()


def test_a_single_page_holds_the_overview_then_every_letter(campaign, tmp_path):
    opened = campaign()
    proof = proof_of(opened, three())
    file = tmp_path / "all.html"

    export_single(proof, campaign_summary(opened, file), proof.report, file, at=DATE)

    page = file.read_text(encoding="utf-8")
    skeleton = Skeleton(page)
    assert page.index("3 letters, 2 wordings") < page.index("<iframe")
    assert len(skeleton.of("srcdoc")) == 3
    assert [p for p in ("Ann Lee", "Luc Roy", "Zoé Kerr") if p in page] == [
        "Ann Lee",
        "Luc Roy",
        "Zoé Kerr",
    ]
    assert len(set(skeleton.of("id"))) == len(skeleton.of("id"))
    assert skeleton.of("href", "src") == []


def test_a_single_page_never_overwrites_another_file(campaign, tmp_path):
    opened = campaign()
    file = tmp_path / "letter.html"
    file.write_text("<p>mine</p>")
    proof = proof_of(opened, three())

    with pytest.raises(ConfigurationError, match="there already"):
        export_single(proof, campaign_summary(opened, file), proof.report, file, at=DATE)

    assert file.read_text() == "<p>mine</p>"
