import csv
import datetime as dt
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from letters.render.tag_lines import without_tag_lines

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "letters/templates"
CAMPAIGN = TEMPLATES / "genocide-prevention"
LAYOUT = TEMPLATES / "_layout"
SETTINGS = tomllib.loads((CAMPAIGN / "campaign.toml").read_text(encoding="utf-8"))

# The release as published, line breaks straightened.
DEMANDS = (
    "Make preventing mass atrocities a national priority.",
    "Appoint a focal point leader for mass atrocities prevention within the Government of Canada",
    "Create an Interdepartmental Coordinating Office for the Prevention of Mass Atrocities.",
    "Enhance the Canadian Forces’ capabilities by increasing its force strength and developing specific operational concepts, doctrine, force structure, and training to support civilian protection in mass atrocity prevention operations",
    "Foster public discussions emphasizing Canada’s national interest stake in preventing mass atrocities.",
)
IN_ADDITION = "In addition, we urge that you:"
IN_ADDITION_POINTS = (
    "Propose that the Parliament of Canada convert the All-Party Parliamentary Group for the Prevention of Genocide and Other Crimes Against Humanity into a standing joint committee of Parliament.",
    "Encourage parliamentarians to exercise individual initiative and use their existing powers and privileges to make the implementation of the responsibility to protect an international norm and embed it as a vital part of Canada’s foreign policy.",
)
OPENING = (
    "MIGS CALLS FOR THE GOVERNMENT OF CANADA TO ADOPT ITS GENOCIDE PREVENTION RECOMMENDATIONS NOW",
    "MIGS’ 2009 policy report, Mobilizing the Will to Intervene: Leadership and Action to Prevent Mass Atrocities, made concrete recommendations to the Canadian Government addressing the need for leadership; enhancing coordination; and building capacity. Today, while Prime Minister Stephen Harper is leading a Canadian mission to Israel, would be a highly appropriate time for the Prime Minister to commit himself and his government to the difficult work of genocide prevention. We urge that he accomplish this by implementing the recommendations arising from MIGS’ 2009 research study of the Rwanda genocide and Canada’s failure to prevent.",
    "Prime Minister Harper, on the anniversary of the Genocide Fax, MIGS respectfully requests that you:",
)
CLOSING = (
    "Mister Prime Minister, twenty years after General Dallaire’s Genocide Fax, Canada’s leadership, determination and skills are needed more than ever in the international arena. Now is the time to act! Your leadership and vision can make the difference. We urge you to answer our renewed call swiftly and positively!",
)
SIGNED = ("Frank Chalk", "Kyle Matthews")
BACKGROUND = (
    "MARKING TWENTY YEARS SINCE GENERAL DALLAIRE’S GENOCIDE FAX",
    "2014 marks the 20th Anniversary of the Rwandan Genocide. Twenty years ago, on January 11, 1994, United Nations military commander LGen The Honourable (Ret’d) Roméo Dallaire sent a fax to UN Headquarters in New York, warning his superiors of a plan to exterminate Tutsis. But U.N. member states, led by the five permanent members of the Security Council, refused to listen and watched as over the course of hundred days from 500,000 to 800,000 Tutsis were deliberately massacred. As Roméo Dallaire recalled in a press conference last Tuesday “The international community did its best to ignore Rwanda. It wasn't on their radar, it was of no self-interest, it had no strategic value.\"",
    "To commemorate the anniversary of the 1994 Rwandan genocide, the Permanent Mission of Rwanda to the United Nations and the Global Centre for the Responsibility to Protect organized “Genocide: A Preventable Crime,” a panel discussion continuing the global conversations advancing understanding of early warning of mass atrocities. The event featured a keynote address by MIGS’ Distinguished Senior Fellow, LGen The Honourable Roméo A. Dallaire (Ret’d) as well as presentations by Jan Eliasson, UN Deputy Secretary-General; H.E. Mrs. Mathilde Mukantabana, Ambassador of the Republic of Rwanda to the U.S;, Eugenie Mukeshimana, a Rwandan genocide survivor; and Dr. Stephen Smith , Executive Director of the Shoah Foundation.",
    "BUILDING THE PATH TO GENOCIDE PREVENTION",
    "Twenty years after the Rwanda genocide, have we made any progress? The 2005 “responsibility to protect” report and the principles it elaborated have given us the tools to intervene with UN support. But, as Ambassador Mukantabana asked, “As a global community, would we act differently today if the genocide fax was received? Would we take any action, not only to intervene, but to stop the genocide?” The answer, as Syria shows, is that despite progress, “we are still standing on the sidelines as lives are being lost.”",
    "In an open letter to UN Member States, Dr. Simon Adams, Executive Director of the Global Centre for R2P, writes that “the 20th anniversary of the Rwandan genocide is an important opportunity to honor the victims”, an opportunity for states “to demonstrate their commitment to the prevention of mass atrocities and R2P (Responsibility to Protect).”",
    "Dr. Frank Chalk, Director of the Montreal Institute for Genocide and Human Rights Studies (MIGS), and Kyle Matthews, Senior Deputy Director of MIGS’ Will to Intervene project at Concordia University, join Dr. Simon Adams’ call for states to show their commitment to the prevention of mass atrocities. As part of its mandate, MIGS has been working hard to mobilize political will and institutional change in Canada and the U.S. to prevent future mass atrocities and genocide. MIGS’ Will to Intervene Project (W2I), mentioned in Roméo Dallaire’s UN speech, identified the strategic and practical steps needed to raise the capacity of governments to advance the implementation of the responsibility to protect. Because mobilization of the will to intervene is still but a dream, Lieutenant-General Dallaire called for the creation of a new conceptual framework of conflict prevention and leadership.",
)
AS_PUBLISHED = (
    *OPENING,
    *DEMANDS,
    IN_ADDITION,
    *IN_ADDITION_POINTS,
    *CLOSING,
    *SIGNED,
    *BACKGROUND,
)

ADDRESS = {
    "en": "1455 De Maisonneuve Blvd. W., Montréal, Québec H3G 1M8",
    "fr": "1455, boul. De Maisonneuve Ouest, Montréal (Québec) H3G 1M8",
}


def in_language(text: object, language: str) -> Markup:
    return Markup(text[language] if isinstance(text, dict) else text)


class _Environment(SandboxedEnvironment):
    def preprocess(self, source, name=None, filename=None):
        return without_tag_lines(super().preprocess(source, name, filename))


def letter(office: str, language: str, **recipient: object) -> str:
    """The letter's Markdown, rendered by Jinja alone with the settings that the program uses."""
    environment = _Environment(
        loader=FileSystemLoader([CAMPAIGN, LAYOUT]),
        undefined=StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
    )
    names = [f"letter.{office}.{language}.md.j2", f"letter.{language}.md.j2"]
    return environment.select_template(names).render(
        recipient={
            "envelope_lines": ["Noor Simmonds", "Gander"],
            "salutation": "SALUTATION",
            "vocative": "VOCATIVE,",
            "close": "CLOSE",
            **recipient,
        },
        demands=[
            SimpleNamespace(
                number=number,
                id=demand["id"],
                text=in_language(demand, language),
                points=[Markup(p) for p in demand.get("points", {}).get(language, [])],
            )
            for number, demand in enumerate(SETTINGS["demand"], 1)
        ],
        signatories=[
            SimpleNamespace(**{key: in_language(value, language) for key, value in one.items()})
            for one in SETTINGS["signatory"]
        ],
        campaign={
            "sender": {key: in_language(v, language) for key, v in SETTINGS["sender"].items()}
        },
        today=dt.date(2014, 1, 1),
        language=language,
    )


def places(parts: tuple[str, ...], text: str) -> list[int]:
    missing = [part for part in parts if part not in text]
    assert not missing
    found: list[int] = []
    for part in parts:
        found.append(text.find(part, found[-1] + 1 if found else 0))
    return found


def rows() -> dict[str, dict[str, str]]:
    with (ROOT / "recipients.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def test_the_five_demands_stand_in_the_settings_as_published_and_in_order() -> None:
    plain = [demand["en"] for demand in SETTINGS["demand"] if "points" not in demand]

    assert tuple(plain) == DEMANDS


def test_in_addition_opens_the_last_demand_with_its_two_points() -> None:
    last = SETTINGS["demand"][-1]

    assert last["en"] == IN_ADDITION
    assert tuple(last["points"]["en"]) == IN_ADDITION_POINTS
    assert len(last["points"]["fr"]) == len(IN_ADDITION_POINTS)


@pytest.mark.parametrize("office", ["prime-minister", "mp"])
def test_every_published_sentence_stands_in_the_letter_in_its_order(office: str) -> None:
    text = letter(office, "en")
    start = text.index(OPENING[0])

    found = places(AS_PUBLISHED, text[start:])

    assert found == sorted(found)
    assert -1 not in found


def test_the_demands_are_rendered_from_the_settings_and_written_nowhere_else() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in CAMPAIGN.glob("*.j2"))

    for demand in SETTINGS["demand"]:
        assert demand["en"] not in sources
        assert demand["fr"] not in sources


def test_the_prime_minister_gets_the_letter_itself_and_nobody_elses_note() -> None:
    text = letter("prime-minister", "en")

    assert "enclosed" not in text
    assert "VOCATIVE" not in text
    places(("Noor Simmonds\\\nGander\n", "January 1, 2014", "SALUTATION", "CLOSE", "---"), text)
    assert text.index(CLOSING[0]) < text.index("CLOSE") < text.index("**Frank Chalk**")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_others_get_a_note_addressed_to_them_and_the_open_letter_below(language: str) -> None:
    text = letter("senator", language)
    title = text.index("\n# ")

    for own in ("Noor Simmonds", "SALUTATION", "VOCATIVE, ", "CLOSE"):
        assert 0 <= text.index(own) < title
        assert own not in text[title:]
    assert text.count("VOCATIVE, we respectfully ask for your support") == (language == "en")
    assert text.count("VOCATIVE, nous sollicitons respectueusement votre appui") == (
        language == "fr"
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("office", ["prime-minister", "mp"])
def test_every_letter_names_its_sender_and_where_the_sender_lives(
    office: str, language: str
) -> None:
    text = letter(office, language)

    assert "(MIGS)" in text
    assert ADDRESS[language] in text
    assert SETTINGS["sender"]["email"] in text
    assert all(f"**{name}**" in text for name in SIGNED)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nobody_is_called_a_constituent(language: str) -> None:
    text = (letter("mp", language) + letter("prime-minister", language)).casefold()

    assert "constituent" not in text
    assert "électeur" not in text
    assert "commettant" not in text


def test_every_demand_and_text_has_its_french() -> None:
    for text in (SETTINGS["title"], SETTINGS["subject"], *SETTINGS["demand"]):
        assert text["en"] != text["fr"] != ""


def test_french_letters_keep_to_french_typography() -> None:
    own_title = "Mobilizing the Will to Intervene: Leadership and Action to Prevent Mass Atrocities"
    text = letter("prime-minister", "fr") + letter("mp", "fr") + "".join(SETTINGS["subject"]["fr"])
    text = text.replace(own_title, "").replace("Genocide: A Preventable Crime", "")

    assert "'" not in text
    assert '"' not in text
    assert "..." not in text
    assert not re.findall(r"[^\u00a0]:", text)
    assert not re.findall(r"[^\u202f][;!?]", text)
    assert not re.findall("«[^\u00a0]|[^\u00a0]»", text)
    assert text.count("«") == text.count("»")
    assert "Le 1er janvier 2014" in text


def test_the_letter_to_the_prime_minister_says_the_same_things_in_french() -> None:
    text = letter("prime-minister", "fr")

    for said in ("Fax du génocide", "responsabilité de protéger", "Monsieur le Premier Ministre,"):
        assert said in text
    headings = [line.partition(" ")[0] for line in text.splitlines() if line.startswith("#")]
    assert headings == ["#", "##", "##"]
    assert text.count("\n\n") == letter("prime-minister", "en").count("\n\n")


def test_the_list_holds_the_office_holders_of_january_2014() -> None:
    people = rows()

    assert list(people) == [
        *("Stephen Harper", "John Baird", "Rob Nicholson", "Thomas Mulcair", "Paul Dewar"),
        *("Hélène Laverdière", "Justin Trudeau", "Marc Garneau", "Irwin Cotler", "Elizabeth May"),
        *("Louis Plamondon", "Andrew Scheer", "Mobina Jaffer", "David Johnston"),
    ]
    councillors = {name for name, row in people.items() if row["privy_council"] == "yes"}
    assert councillors == {
        *("Stephen Harper", "John Baird", "Rob Nicholson", "Thomas Mulcair", "Irwin Cotler"),
    }
    assert {name for name, row in people.items() if row["language"] == "fr"} == {
        "Hélène Laverdière",
        "Louis Plamondon",
    }
    assert people["John Baird"]["title"] == "Minister of Foreign Affairs"
    assert people["Rob Nicholson"]["title"] == "Minister of National Defence"
    assert people["Louis Plamondon"]["riding"] == "Bas-Richelieu—Nicolet—Bécancour"
    assert people["Mobina Jaffer"]["office"] == "senator"
    assert people["Andrew Scheer"]["office"] == "speaker-commons"


def test_every_shipped_address_is_invented_and_one_row_has_none() -> None:
    addresses = [row["email"] for row in rows().values()]

    assert addresses.count("") == 1
    assert all(re.fullmatch(r"[a-z.]+@(sen\.)?parl\.example", a) for a in addresses if a)
    assert len(set(addresses)) == len(addresses)
    assert SETTINGS["sender"]["email"].endswith(".example")


def test_the_layout_knows_the_letter_and_never_the_recipient() -> None:
    layout = (LAYOUT / "layout.html.j2").read_text(encoding="utf-8")

    assert "recipient" not in layout
    assert '<html lang="{{ language }}">' in layout
    assert "<title>{{ subject }}</title>" in layout
    assert "{{ body }}" in layout
    for remote in ("http", "<img", "<link", "@import", "url("):
        assert remote not in layout + (LAYOUT / "letter.css").read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb`, as WCAG 2.1 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_and_links_stand_out_from_the_ground_in_light_dark_and_print() -> None:
    light, *special = re.split("@media", (LAYOUT / "letter.css").read_text(encoding="utf-8"))
    dark = next(part for part in special if "prefers-color-scheme: dark" in part)
    printed = next(part for part in special if part.strip().startswith("print"))

    for sheet in (light, dark, printed):
        ground = luminance(re.search(r"background: (#\w+)", sheet).group(1))
        inks = re.findall(r"[{;]\s*color: (#\w+)", sheet)
        assert inks
        for ink in map(luminance, inks):
            lighter, darker = max(ink, ground), min(ink, ground)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5
