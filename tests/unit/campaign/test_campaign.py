"""A campaign folder is found, read and validated; every mistake names file and key."""

import re
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import fields

from letters.campaign import campaign as campaign_module
from letters.campaign.campaign import SHIPPED, find, load, shipped
from letters.campaign.settings import (
    DeliverySettings,
    Demand,
    ProofSettings,
    Sender,
    Settings,
    Signatory,
    localised,
    octets,
)
from letters.errors import CampaignError, Exit
from letters.proof import addresses
from letters.proof.checks import RULES
from tests.mail import FILES, SETTINGS, write_campaign

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "campaign-format.md").read_text("utf-8")


@pytest.fixture
def settings(tmp_path):
    """The settings of a campaign whose campaign.toml this is."""

    def settings(text):
        folder = write_campaign(tmp_path / "river", {"campaign.toml": text})
        return load(folder, tmp_path).settings

    return settings


@pytest.fixture
def refusal(settings):
    """What is said of a campaign.toml that cannot be used."""

    def refusal(text):
        with pytest.raises(CampaignError) as raised:
            settings(text)
        assert raised.value.exit_code == Exit.DATA
        assert raised.value.hint
        return raised.value

    return refusal


def without(pattern: str) -> str:
    changed = re.sub(pattern, "", SETTINGS, count=1)
    assert changed != SETTINGS
    return changed


def instead(old: str, new: str) -> str:
    assert old in SETTINGS
    return SETTINGS.replace(old, new, 1)


def test_every_table_of_a_campaign_is_read(settings):
    read = settings(SETTINGS)

    assert read.id == "t3st-river"
    assert read.languages == ("en", "fr")
    assert read.title == {"en": "Keep the river clean", "fr": "Gardons la rivière propre"}
    assert read.sender.postal_address == "12 Quay St. N., Gander"
    assert [demand.id for demand in read.demands] == ["stop", "pay"]
    assert read.demands[1].text["fr"] == "Payez le nettoyage :"
    assert read.demands[1].points["en"] == ["of the banks;", "of the bed."]
    assert read.signatories[0].title == {"en": "Chair", "fr": "Présidente"}
    assert read.proof.max_size == "10 MB"


def test_a_byte_order_mark_is_ignored(settings):
    assert settings("\ufeff" + SETTINGS).id == "t3st-river"


def test_one_language_needs_no_tables():
    assert localised("x", "fr") == "x"
    assert localised({"en": "a", "fr": "b"}, "fr") == "b"
    assert localised({"en": "a"}, "fr") == ""


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("id = x", "is not valid TOML", "quotes"),
        (without(r'id = "t3st-river"\n'), "missing required field `id`", "add `id = …`"),
        (
            without(r'email = ".*"\n'),
            "sender: Object missing required field `email`",
            "`email = …`",
        ),
        (instead('id = "t3st-river"', 'id = " "'), "id is empty", "save-the-river"),
        (instead("name =", "nmae ="), "there is no setting `nmae`", "did you mean `name`?"),
        (instead("[sender]", "[sendr]"), "there is no setting `sendr`", "did you mean `sender`?"),
        (instead("organisation", "organization"), "`organization`", "did you mean `organisation`?"),
        ("colour = 'red'\n" + SETTINGS, "there is no setting `colour`", "[variables]"),
        (instead("[[signatory]]", "[[signatories]]"), "`signatories`", "did you mean `signatory`?"),
        (instead('languages = ["en", "fr"]', 'languages = "en"'), "languages: Expected", "docs"),
        (
            instead('["en", "fr"]', "[]"),
            "languages: [] lists no language",
            'languages = ["en", "fr"]',
        ),
        (
            instead('["en", "fr"]', '["en", "../x"]'),
            "languages: ['en', '../x'] lists no language",
            '["en", "fr"]',
        ),
        (instead('["en", "fr"]', '["en", "de"]'), "title has no text in de", "title.de"),
        (
            instead('fr = "Arrêtez', 'de = "x"\nfr = "A'),
            "stop is written in de",
            "add it to languages",
        ),
        (without(r'title.fr = ".*"\n'), "title has no text in fr", "title.fr ="),
        (without(r'fr = "La rivière.*"\n'), "subject has no text in fr", "subject.fr ="),
        (without(r'fr = "Arrêtez.*"\n'), "demand stop has no text in fr", "fr ="),
        (without(r"points\.fr = .*\n"), "demand pay: points has no text in fr", "fr ="),
        (
            without(r'title\.fr = "Prés.*"\n'),
            "signatory Noor Simmonds: title has no text in fr",
            "fr",
        ),
        (
            SETTINGS + '\n[variables]\ndeadline.en = "soon"',
            "variables.deadline has no text in fr",
            "fr =",
        ),
        (
            SETTINGS + '\n[variables.place.city]\nfr = "Gander"',
            "variables.place.city has no text in en",
            "en =",
        ),
        (instead("office@river.example", "office at river"), "sender.email", "name@example.org"),
        (instead("office@river.example", "a@b.example, c@d.example"), "two addresses", "one plain"),
        (instead('name = "F', 'reply_to = "x"\nname = "F'), "sender.reply_to", "one plain"),
        (instead('name = "F', 'copy_to = "x"\nname = "F'), "sender.copy_to", "one plain"),
        (instead('name = "F', 'name = "a\\nBcc: x@y.example'), "sender.name: ", "one line"),
        (instead('organisation = "F', 'organisation = "a\\u0000'), "organisation: ", "one line"),
        (
            instead('organisation = "F', 'organisation.fr = "A"\norganisation.en = "\\nF'),
            "sender.organisation.en: ",
            "one line",
        ),
        (
            instead("postal_address =", "postal_address.en ="),
            "sender.postal_address has no text in fr",
            "postal_address.fr =",
        ),
        (instead('en = "The river', 'en = "The\\nriver'), "subject.en: ", "one line"),
        (instead('fr = "La rivière', 'fr = "La\\u0007rivière'), "subject.fr: ", "one line"),
        (SETTINGS + '\n[headers]\nX-A = "a\\r\\nBcc: b@c.example"', "headers.X-A: ", "one line"),
        (
            SETTINGS + '\n[headers]\nBcc = "b@c.example"',
            "Bcc is written by the program",
            "[sender]",
        ),
        (SETTINGS + '\n[headers]\nsubject = "x"', "subject is written by the program", "[subject]"),
        (SETTINGS + '\n[headers]\n"X A" = "x"', "'X A' is not a header's name", "hyphens"),
        (SETTINGS + '\n[headers]\n"X:A" = "x"', "is not a header's name", "hyphens"),
        (SETTINGS + '\n[headers]\n"" = "x"', "is not a header's name", "hyphens"),
        (SETTINGS + '\n[headers]\n"X\\nA" = "x"', "is not a header's name", "hyphens"),
        (SETTINGS + "\n[headers]\nX-A = 1", "Expected `str`", "docs"),
        (SETTINGS + '\n[delivery]\nretry = "5 min"', "delivery.retry: Expected `array`", "docs"),
        (
            SETTINGS + '\n[proof]\nsilence = ["language"]',
            "proof.silence: Expected `object`",
            "docs",
        ),
    ],
)
def test_a_mistake_is_refused_naming_file_and_key_with_a_hint(refusal, text, message, hint):
    error = refusal(text)

    assert "campaign.toml" in error.message
    assert message in error.message
    assert hint in error.hint


def test_settings_that_are_not_utf_8_are_refused(tmp_path):
    folder = write_campaign(tmp_path, {"campaign.toml": SETTINGS.encode("cp1252")})

    with pytest.raises(CampaignError, match="is not UTF-8") as raised:
        load(folder, tmp_path)

    assert "UTF-8" in raised.value.hint


def test_missing_settings_are_refused(tmp_path):
    with pytest.raises(CampaignError, match="cannot be read: No such file"):
        load(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("size", "expected"),
    [("10 MB", 10_000_000), ("1.5 MB", 1_500_000), ("500 kB", 500_000), ("100", 100), ("9 b", 9)],
)
def test_a_size_is_read_as_people_write_it(size, expected):
    assert octets(size) == expected


@pytest.mark.parametrize("size", ["", "big", "10 GB", "-1 MB", "²", "1. MB", "٣ MB", "1e9"])
def test_a_text_that_is_not_a_size_is_refused(size):
    with pytest.raises(CampaignError, match=r"proof\.max_size") as raised:
        octets(size)

    assert raised.value.hint == 'max_size = "10 MB"'


def test_a_campaign_is_a_folder_a_shipped_name_or_the_current_folder(tmp_path):
    folder = write_campaign(tmp_path / "river")

    assert find("river", tmp_path) == folder
    assert find(str(folder), tmp_path) == folder
    assert find(".", folder) == folder
    assert find(None, folder) == folder
    assert find("genocide-prevention", tmp_path) == SHIPPED / "genocide-prevention"
    assert find(None, tmp_path) == SHIPPED / "genocide-prevention"


def test_a_folder_is_preferred_to_a_shipped_campaign_of_the_same_name(tmp_path):
    folder = write_campaign(tmp_path / "genocide-prevention")

    assert find("genocide-prevention", tmp_path) == folder


def test_an_unknown_name_is_refused_with_the_nearest_known_one(tmp_path):
    with pytest.raises(CampaignError, match="no campaign genocide-prevntion") as raised:
        find("genocide-prevntion", tmp_path)

    assert raised.value.hint == "did you mean genocide-prevention?"


def test_a_folder_without_settings_is_refused_with_the_command_that_makes_a_campaign(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(CampaignError, match=r"empty has no campaign\.toml") as raised:
        find("empty", tmp_path)

    assert raised.value.next == ("new NAME",)


def test_the_shipped_campaigns_are_the_folders_with_settings():
    assert shipped() == ("genocide-prevention",)


def test_a_shipped_campaign_keeps_its_records_in_the_current_folder(tmp_path):
    own = write_campaign(tmp_path / "river")

    assert load(SHIPPED / "genocide-prevention", tmp_path).home == tmp_path
    assert load(own, tmp_path).home == own


def test_a_campaigns_list_is_the_recipients_file_of_its_folder(tmp_path):
    without = load(write_campaign(tmp_path / "lake"), tmp_path)
    folder = write_campaign(tmp_path / "river", {"recipients.csv": "email,name\n"})

    assert load(folder, tmp_path).recipients_file == folder / "recipients.csv"
    assert without.recipients_file is None


def test_the_list_of_the_shipped_campaign_is_at_the_top_of_the_repository(tmp_path):
    campaign = load(SHIPPED / "genocide-prevention", tmp_path)

    assert campaign.recipients_file == ROOT / "recipients.csv"


def test_a_build_puts_the_list_of_the_shipped_campaign_into_its_folder():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    folder = (SHIPPED / "genocide-prevention").relative_to(ROOT)

    assert wheel["force-include"] == {"recipients.csv": (folder / "recipients.csv").as_posix()}


def test_a_template_is_taken_from_the_campaign_folder_then_from_the_shared_layout(tmp_path):
    campaign = load(write_campaign(tmp_path), tmp_path)

    assert campaign.template_file("letter.css").parent.name == "_layout"
    assert campaign.template_file("letter.en.md.j2").parent == tmp_path
    assert campaign.template_file("gone.j2") is None
    assert set(FILES) == {path.name for path in tmp_path.iterdir()}


def test_every_setting_is_documented():
    table = DOCS.partition("## campaign.toml")[2].partition("## ")[0]
    documented = re.findall(r"`\[*([a-z_.]+)\]*`", "".join(re.findall(r"(?m)^\| (.*?) \|", table)))
    kinds = {
        "": Settings,
        "sender.": Sender,
        "demand.": Demand,
        "signatory.": Signatory,
        "delivery.": DeliverySettings,
        "proof.": ProofSettings,
    }
    described = ["id", "text", "name", "title", "organisation", "sender", "delivery", "proof"]

    for prefix, kind in kinds.items():
        for field in fields(kind):
            assert field.encode_name in described or f"{prefix}{field.encode_name}" in documented


def documented_rules():
    """The rules in the table of docs/campaign-format.md, and whether each can be silenced."""
    table = DOCS.partition("## What the proof refuses")[2]
    rows = re.findall(r"(?m)^\| (`.*?) \| .* \| (yes|no) \|$", table)
    return {rule: yes == "yes" for names, yes in rows for rule in re.findall("`(.*?)`", names)}


def test_every_rule_is_documented_with_whether_it_can_be_silenced():
    documented = documented_rules()

    assert {rule.name: rule.can_be_silenced for rule in RULES}.items() <= documented.items()


def test_every_problem_of_writing_and_sealing_is_documented_and_no_other():
    package = Path(campaign_module.__file__).parents[1]
    files = [file for room in ("render", "message") for file in (package / room).rglob("*.py")]
    sources = "".join(file.read_text("utf-8") for file in (*files, Path(addresses.__file__)))

    raised = set(re.findall(r'rule="([a-z-]+)"', sources))
    raised |= set(re.findall(r'(?:_of|_problem)\(\s*letter,\s*"([a-z-]+)"', sources))
    raised |= set(re.findall(r'(?m)^\s+(?:return |yield )?\(?"([a-z-]+)",', sources))
    raised |= set(re.findall(r'(?:return|yield) "([a-z-]+)", ', sources))

    others = documented_rules().keys() - {rule.name for rule in RULES}
    assert others <= raised | {"unknown-name"}
    assert {rule for rule in raised if "-" in rule} <= documented_rules().keys()
