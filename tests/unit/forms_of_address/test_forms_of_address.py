"""Forms of address: what each office, language, gender and rank gives."""

import csv
import tomllib
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import LettersError
from letters.forms_of_address.data import check_placeholders
from letters.forms_of_address.reader import FormOfAddress, Unmatched, form_of_address

ROOT = Path(__file__).parents[3]
DATA = tomllib.loads((ROOT / "letters/forms_of_address/ca.toml").read_text(encoding="utf-8"))
SHIPPED = ROOT / "recipients.csv"
GUIDE = (ROOT / "docs/forms-of-address.md").read_text(encoding="utf-8")

OFFICES = tuple(DATA["office"])
PROVINCES = [province["en"]["name"] for province in DATA["province"].values()]
EVERY_CASE = list(
    product(OFFICES, ("en", "fr"), ("f", "m", "x", ""), (False, True), ("", "Hon.", "Right Hon."))
)


def forms_for(office: str, language: str = "en", **row: str | bool | int) -> FormOfAddress:
    fields = {
        column: str(row.pop(column))
        for column in (
            *("title", "riding", "province", "address"),
            *("title_fr", "salutation", "vocative", "close", "envelope_lines", "salutation_fr"),
        )
        if column in row
    }
    if office == "premier":
        fields.setdefault("province", "Ontario")
    person = {"name": "Noor Simmonds", "last_name": "Simmonds", **row}
    return form_of_address(office=office, language=language, fields=fields, **person)


def every_text(form: FormOfAddress) -> list[str]:
    return [*form.envelope_lines, form.salutation, form.vocative, form.close, form.full_style]


def test_every_documented_office_has_forms() -> None:
    assert set(OFFICES) >= {
        "prime-minister",
        "former-prime-minister",
        "minister",
        "mp",
        "leader-of-the-opposition",
        "senator",
        "speaker-commons",
        "speaker-senate",
        "premier",
        "governor-general",
    }


@pytest.mark.parametrize("office", OFFICES)
def test_every_office_has_every_form_with_the_punctuation_of_its_language(office: str) -> None:
    for _, language, gender, privy_council, honorific in (c for c in EVERY_CASE if c[0] == office):
        form = forms_for(
            office, language, gender=gender, privy_council=privy_council, honorific=honorific
        )

        assert all(text.strip() == text != "" for text in every_text(form))
        assert form.full_style == form.envelope_lines[0]
        assert len(form.envelope_lines) >= 2
        assert form.salutation[-1] == {"en": ":", "fr": ","}[language]
        assert form.vocative[-1] == ","
        assert form.close[-1] == {"en": ",", "fr": "."}[language]


@pytest.mark.parametrize("office", OFFICES)
def test_a_french_close_repeats_the_appel_and_a_surname_never_follows_it(office: str) -> None:
    for gender, signatories in product("fmx", (1, 2)):
        form = forms_for(office, "fr", gender=gender, signatories=signatories)

        assert f"agréer, {form.salutation} l’expression" in form.close
        assert form.vocative == form.salutation
        assert "Simmonds" not in form.salutation + form.close


@pytest.mark.parametrize("office", OFFICES)
def test_an_unknown_gender_gives_neutral_forms(office: str) -> None:
    for language, gender in product(("en", "fr"), ("x", "", "unknown")):
        text = " ".join(every_text(forms_for(office, language, gender=gender)))

        for gendered in ("Mr.", "Ms.", "Madam ", "His ", "Her ", "Madame la", "Monsieur le"):
            assert gendered not in text
        for gendered in ("Le très", "La très", "député", "sénat", "Président d", "Première"):
            assert gendered not in text


def test_english_without_a_gender_omits_the_courtesy_title() -> None:
    form = forms_for("mp", name="J. D. Simmonds")

    assert form.salutation == "Dear J. D. Simmonds:"
    assert form.vocative == "J. D. Simmonds,"
    assert form.full_style == "J. D. Simmonds, M.P."


def test_french_without_a_gender_opens_with_madame_monsieur() -> None:
    form = forms_for("minister", "fr")

    assert form.salutation == "Madame, Monsieur,"
    assert form.close == (
        "Je vous prie d’agréer, Madame, Monsieur, l’expression de ma haute considération."
    )


def test_several_signatories_close_in_the_plural_in_french() -> None:
    assert forms_for("mp", "fr", gender="f", signatories=2).close == (
        "Nous vous prions d’agréer, Madame la Députée, l’expression de nos sentiments les meilleurs."
    )


@pytest.mark.parametrize(
    ("row", "style"),
    [
        ({"office": "mp", "gender": "f"}, "Ms. Noor Simmonds, M.P."),
        ({"office": "mp", "privy_council": True}, "The Honourable Noor Simmonds, P.C., M.P."),
        (
            {"office": "mp", "honorific": "Rt. Hon."},
            "The Right Honourable Noor Simmonds, P.C., M.P.",
        ),
        ({"office": "senator"}, "The Honourable Noor Simmonds, Senator"),
        (
            {"office": "senator", "privy_council": True},
            "Senator the Honourable Noor Simmonds, P.C.",
        ),
        ({"office": "minister-senate"}, "Senator the Honourable Noor Simmonds, P.C."),
        ({"office": "minister"}, "The Honourable Noor Simmonds, P.C., M.P."),
        ({"office": "speaker-commons"}, "The Honourable Noor Simmonds, M.P."),
        (
            {"office": "former-prime-minister"},
            "The Right Honourable Noor Simmonds, P.C., M.P.",
        ),
        (
            {"office": "governor-general", "gender": "f"},
            "Her Excellency the Right Honourable Noor Simmonds, C.C., C.M.M., C.O.M., C.D.",
        ),
        ({"office": "premier", "province": "Ontario"}, "The Honourable Noor Simmonds, M.P.P."),
        ({"office": "premier", "province": "nl"}, "The Honourable Noor Simmonds, M.H.A."),
        ({"office": "premier", "province": "Alberta"}, "The Honourable Noor Simmonds, M.L.A."),
        ({"office": "premier", "province": "Quebec", "gender": "m"}, "Mr. Noor Simmonds, M.N.A."),
        (
            {"office": "premier", "province": "Québec", "privy_council": True},
            "The Honourable Noor Simmonds, P.C., M.N.A.",
        ),
        (
            {"office": "prime-minister", "language": "fr", "gender": "f"},
            "La très honorable Noor Simmonds, C.P., députée",
        ),
        (
            {"office": "mp", "language": "fr", "gender": "m", "privy_council": True},
            "L’honorable Noor Simmonds, C.P., député",
        ),
        (
            {"office": "senator", "language": "fr", "gender": "f"},
            "L’honorable Noor Simmonds, sénatrice",
        ),
    ],
)
def test_a_style_follows_rank_gender_and_province(row: dict[str, str | bool], style: str) -> None:
    assert forms_for(**row).full_style == style


@pytest.mark.parametrize("province", PROVINCES)
def test_the_envelope_of_a_premier_names_the_province_in_both_languages(province: str) -> None:
    english = forms_for("premier", province=province, gender="f")
    french = forms_for("premier", "fr", province=province, gender="f")

    assert english.envelope_lines[1].endswith(
        f" of {province}".replace("of Northw", "of the Northw")
    )
    assert french.envelope_lines[1].startswith("Première ministre d")


def test_the_premier_of_quebec_is_called_prime_minister() -> None:
    form = forms_for("premier", province="Quebec")

    assert form.envelope_lines[1] == "Prime Minister of Québec"
    assert form.salutation == "Dear Prime Minister:"


def test_a_senators_province_is_written_in_the_language_of_the_letter() -> None:
    form = forms_for("senator", "fr", province="British Columbia")

    assert "Colombie-Britannique" in form.envelope_lines


def test_postal_lines_follow_the_usage_of_each_language() -> None:
    assert forms_for("mp").envelope_lines[-1] == "Ottawa ON  K1A 0A6"
    assert forms_for("mp", "fr").envelope_lines[-1] == "Ottawa (Ontario) K1A 0A6"
    assert forms_for("senator").envelope_lines[-1] == "Ottawa ON  K1A 0A4"
    assert forms_for("prime-minister").envelope_lines[-1] == "Ottawa ON  K1A 0A2"
    assert forms_for("governor-general").envelope_lines[-1] == "Ottawa ON  K1A 0A1"


def test_an_address_of_the_row_replaces_the_postal_lines() -> None:
    form = forms_for("minister", title="Minister of Health", address="1 Main Street\n Gander NL ")

    assert form.envelope_lines == (
        "The Honourable Noor Simmonds, P.C., M.P.",
        "Minister of Health",
        "1 Main Street",
        "Gander NL",
    )


def test_a_line_whose_column_is_empty_is_left_out() -> None:
    assert len(forms_for("mp", riding="Gander").envelope_lines) == 4
    assert len(forms_for("mp").envelope_lines) == 3


def test_a_column_with_a_language_in_its_name_is_preferred_in_that_language() -> None:
    titles = {"title": "Minister of Health", "title_fr": "Ministre de la Santé"}

    assert forms_for("minister", "fr", **titles).envelope_lines[1] == "Ministre de la Santé"
    assert forms_for("minister", "en", **titles).envelope_lines[1] == "Minister of Health"


def test_each_form_can_be_replaced_by_a_column() -> None:
    form = forms_for(
        "minister",
        salutation="Dear Attorney General:",
        vocative="Attorney General,",
        close="Sincerely yours,",
        envelope_lines="The Attorney General\nOttawa",
    )

    assert form.salutation == "Dear Attorney General:"
    assert form.vocative == "Attorney General,"
    assert form.close == "Sincerely yours,"
    assert form.envelope_lines == ("The Attorney General", "Ottawa")


def test_a_replaced_french_appel_is_repeated_by_vocative_and_close() -> None:
    form = forms_for("mp", "fr", gender="m", salutation_fr="Cher ami,")

    assert form.vocative == "Cher ami,"
    assert form.close.startswith("Je vous prie d’agréer, Cher ami, l’expression")


def test_an_unknown_office_is_accepted_when_columns_give_all_its_forms() -> None:
    form = forms_for(
        "mayor",
        salutation="Dear Mayor Simmonds:",
        vocative="Mayor Simmonds,",
        close="Yours sincerely,",
        envelope_lines="Mayor Noor Simmonds\nGander",
    )

    assert form.full_style == "Mayor Noor Simmonds"


def test_an_unknown_office_gives_the_forms_that_columns_have_and_names_the_column_of_others() -> (
    None
):
    form = forms_for("mla", salutation="Dear Ms. Simmonds:")

    assert form.salutation == "Dear Ms. Simmonds:"
    with pytest.raises(Unmatched) as unmatched:
        _ = form.close
    assert "the letter uses close, but no form of address for office 'mla'" in (
        unmatched.value.message
    )
    assert unmatched.value.remedy.startswith("fill the column close in this row")
    assert forms_for("mla", salutation="x", close="Yours,").close == "Yours,"
    lined = forms_for("mla", envelope_lines="Noor Simmonds\n\nGander")
    assert (lined.envelope_lines, lined.full_style) == (
        ("Noor Simmonds", "Gander"),
        "Noor Simmonds",
    )


@pytest.mark.parametrize(
    ("office", "nearest"),
    [("prime-minster", "prime-minister"), ("ministers", "minister"), ("premiere", "premier")],
)
def test_an_office_that_is_nearly_known_is_asked_for(office: str, nearest: str) -> None:
    with pytest.raises(Unmatched) as unmatched:
        forms_for(office)

    assert unmatched.value.remedy.startswith(f"did you mean {nearest} in the column office?")
    assert forms_for(nearest)


@pytest.mark.parametrize("office", ["mla", "mpp", "mna", "mayor", "first-minister"])
def test_an_office_of_another_legislature_is_told_of_the_columns_of_its_own(office: str) -> None:
    with pytest.raises(Unmatched) as unmatched:
        forms_for(office)

    assert unmatched.value.remedy.startswith("fill the columns salutation, vocative, close")


def test_a_replaced_salutation_needs_no_last_name() -> None:
    form = forms_for("mp", gender="f", last_name="", salutation="Dear Noor:", vocative="Noor,")

    assert form.salutation == "Dear Noor:"


@pytest.mark.parametrize(
    ("row", "message", "remedy"),
    [
        ({"office": "mayor"}, "no form of address for office 'mayor' in English", "prime-minister"),
        ({"office": ""}, "the row names no office, and the form of address needs one", "senator"),
        ({"office": "mp", "language": "de"}, "language 'de'", "en, fr"),
        ({"office": "mp", "language": ""}, "language ''", "en, fr"),
        ({"office": "mp", "gender": "m", "last_name": " "}, "last_name", "fill last_name"),
        ({"office": "mp", "name": "\u00a0"}, "name", "fill name"),
        ({"office": "senator", "last_name": ""}, "last_name", "fill last_name"),
        ({"office": "premier", "province": ""}, "the column is empty", "Manitoba"),
        ({"office": "premier", "province": "Ontaroi"}, "'Ontaroi'", "Ontario"),
    ],
)
def test_a_row_that_fits_no_rule_is_refused_with_a_remedy(
    row: dict[str, str], message: str, remedy: str
) -> None:
    with pytest.raises(Unmatched) as unmatched:
        forms_for(**row)

    assert message in unmatched.value.message
    assert remedy in unmatched.value.remedy


WORDS = st.text(st.characters(categories=("L", "N"), include_characters="’-. "), max_size=20)


@given(
    case=st.sampled_from(EVERY_CASE),
    name=WORDS,
    last_name=WORDS,
    province=st.sampled_from(["", *PROVINCES]),
    riding=WORDS.map(str.strip),
)
def test_no_form_has_an_unfilled_placeholder_or_a_gap(
    case: tuple[str, str, str, bool, str], name: str, last_name: str, province: str, riding: str
) -> None:
    office, language, gender, privy_council, honorific = case
    try:
        form = form_of_address(
            office=office,
            language=language,
            name=name,
            last_name=last_name,
            gender=gender,
            privy_council=privy_council,
            honorific=honorific,
            fields={"province": province, "riding": riding},
        )
    except Unmatched:
        return

    own_words = [line for line in every_text(form) if line != riding and "  K1A" not in line]
    for text in own_words:
        assert text
        assert not set(text) & set("{}")
        assert "  " not in text
        assert " ," not in text
        assert "Dear :" not in text


def test_braces_in_a_name_stay_as_typed() -> None:
    assert forms_for("mp", name="{title} {0}").salutation == "Dear {title} {0}:"


def test_an_unknown_placeholder_in_a_data_file_is_named() -> None:
    with pytest.raises(LettersError, match=r"xx\.toml: office\.mp\.style: .*\{surname\}"):
        check_placeholders({"office": {"mp": {"style": "{surname}"}}}, "xx.toml")


def test_every_entry_of_the_data_file_says_its_source_and_what_is_to_be_confirmed() -> None:
    for office, language in product(OFFICES, ("en", "fr")):
        entry = DATA["office"][office][language]

        assert entry["source"].startswith("http")
        assert bool(entry.get("confirm")) == bool(entry.get("about"))


def test_the_guide_shows_every_office_as_the_data_has_it() -> None:
    for office in OFFICES:
        english = forms_for(office, gender="f", name="NAME", last_name="SURNAME")
        french = forms_for(office, "fr", gender="f", name="NOM")

        assert f"`{office}`" in GUIDE
        assert english.salutation in GUIDE
        assert english.vocative in GUIDE
        assert french.salutation in GUIDE
        assert english.full_style in GUIDE
        assert french.full_style in GUIDE


def expected(name: str) -> tuple[str, str, str]:
    """What a reader of January 2014 expects: envelope's first line, salutation, vocative."""
    return {
        "Stephen Harper": (
            "The Right Honourable Stephen Harper, P.C., M.P.",
            "Dear Prime Minister:",
            "Prime Minister,",
        ),
        "John Baird": ("The Honourable John Baird, P.C., M.P.", "Dear Minister:", "Minister,"),
        "Rob Nicholson": (
            "The Honourable Rob Nicholson, P.C., M.P.",
            "Dear Minister:",
            "Minister,",
        ),
        "Thomas Mulcair": (
            "The Honourable Thomas Mulcair, P.C., M.P.",
            "Dear Mr. Mulcair:",
            "Mr. Mulcair,",
        ),
        "Paul Dewar": ("Mr. Paul Dewar, M.P.", "Dear Mr. Dewar:", "Mr. Dewar,"),
        "Hélène Laverdière": (
            "Madame Hélène Laverdière, députée",
            "Madame la Députée,",
            "Madame la Députée,",
        ),
        "Justin Trudeau": ("Mr. Justin Trudeau, M.P.", "Dear Mr. Trudeau:", "Mr. Trudeau,"),
        "Marc Garneau": ("Mr. Marc Garneau, M.P.", "Dear Mr. Garneau:", "Mr. Garneau,"),
        "Irwin Cotler": (
            "The Honourable Irwin Cotler, P.C., M.P.",
            "Dear Mr. Cotler:",
            "Mr. Cotler,",
        ),
        "Elizabeth May": ("Ms. Elizabeth May, M.P.", "Dear Ms. May:", "Ms. May,"),
        "Louis Plamondon": (
            "Monsieur Louis Plamondon, député",
            "Monsieur le Député,",
            "Monsieur le Député,",
        ),
        "Andrew Scheer": (
            "The Honourable Andrew Scheer, M.P.",
            "Dear Mr. Speaker:",
            "Mr. Speaker,",
        ),
        "Mobina Jaffer": (
            "The Honourable Mobina Jaffer, Senator",
            "Dear Senator Jaffer:",
            "Senator Jaffer,",
        ),
        "David Johnston": (
            "His Excellency the Right Honourable David Johnston, C.C., C.M.M., C.O.M., C.D.",
            "Your Excellency:",
            "Your Excellency,",
        ),
    }[name]


def test_the_shipped_office_holders_are_addressed_as_their_offices_require() -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        form = form_of_address(
            office=row["office"],
            language=row["language"],
            name=row["name"],
            last_name=row["last_name"],
            gender=row["gender"],
            privy_council=row["privy_council"] == "yes",
            honorific=row["honorific"],
            fields=row,
        )
        assert (form.full_style, form.salutation, form.vocative) == expected(row["name"])
    assert len(rows) == 14


def test_a_shipped_minister_has_a_complete_envelope() -> None:
    form = forms_for(
        "minister", name="John Baird", privy_council=True, title="Minister of Foreign Affairs"
    )

    assert form.envelope_lines == (
        "The Honourable John Baird, P.C., M.P.",
        "Minister of Foreign Affairs",
        "House of Commons",
        "Ottawa ON  K1A 0A6",
    )
