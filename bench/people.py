"""Invented recipients at example.org, like the shipped list: offices, languages, ridings.

Deterministic. No last name, riding or address comes again within 3,000 rows, so that no cache of
values is flattered.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "email", "name", "first_name", "last_name", "office", "title", "honorific", "privy_council",
    "gender", "language", "riding", "province", "party",
)  # fmt: skip
_FIRST = (
    "Ada", "Aimée", "Alasdair", "Anaïs", "Beatrix", "Benoît", "Caelan", "Chloé", "Dagny",
    "Désirée", "Edwin", "Élodie", "Faye", "François", "Greta", "Gaël", "Hazel", "Hélène", "Imre",
    "Inès", "Jasper", "Joëlle", "Keir", "Léonie", "Maeve", "Maïté", "Niall", "Noémie", "Orla",
    "Océane", "Piers", "Raphaël", "Quill", "Renée", "Rowan", "Séverine", "Tamsin", "Théo", "Una",
    "Valérie", "Wren", "Yaël", "Zadie",
)  # fmt: skip
_START = (
    "Ash", "Bal", "Bel", "Bra", "Bré", "Car", "Cas", "Cha", "Châ", "Cor", "Cot", "Dal", "Del",
    "Des", "Dun", "Ell", "Éth", "Fal", "Far", "Fen", "Gal", "Gar", "Gré", "Hal", "Har", "Haw",
    "Hol", "Ing", "Jar", "Jol", "Kel", "Ker", "Lan", "Lar", "Lév", "Lor", "Mar", "Mel", "Mér",
    "Mor", "Nar", "Nel", "Nor", "Old", "Orm", "Par", "Pel", "Pré", "Quin", "Ral", "Roch", "Sal",
    "Sel", "Tal", "Thé", "Tor", "Ull", "Val", "Ver", "Wal", "Yar",
)  # fmt: skip
_END = (
    "beck", "bert", "bois", "bourne", "bury", "champ", "court", "croft", "cy", "dale", "deau",
    "den", "don", "duc", "dry", "fort", "frey", "gan", "gate", "gny", "grave", "gué", "ham",
    "hart", "hurst", "îlet", "ier", "kin", "lac", "land", "leigh", "ley", "lieu", "lin", "low",
    "lès", "mare", "mer", "mont", "more", "nay", "nel", "ney", "nil", "quet", "rac", "ran",
    "rick", "rive", "rose", "sac", "sey", "son", "ston", "té", "thorpe", "ton", "vale", "vert",
    "ville", "wick",
)  # fmt: skip
_PLACE = (
    "Lac-aux-Aulnes", "Upper Fenwick", "Île-des-Sorbiers", "Cedar Flats", "Pointe-Grise",
    "Marlow Valley", "Saint-Évariste", "Kettle Narrows", "Baie-du-Milan", "Alder Heights",
    "Rivière-Noire", "Heron Islands",
)  # fmt: skip
_PROVINCE = ("Ontario", "Quebec", "British Columbia", "Nova Scotia", "Manitoba", "Yukon")
_OFFICE = ("mp", "mp", "senator", "mp", "minister", "mp", "mp", "senator", "mp", "mp")
_GENDER = ("f", "m", "f", "m", "f", "m", "x", "")
_PARTY = ("Orchard", "Harbour", "Les Bouleaux", "")


def people(count: int, language: str = "") -> Iterator[tuple[str, ...]]:
    """Rows of COLUMNS; every language, or all of them in one."""
    return (_person(number, language or _language(number)) for number in range(count))


def _person(number: int, language: str) -> tuple[str, ...]:
    last = _last_name(number)
    first = _FIRST[(number * 7 + number // len(_START) // len(_END)) % len(_FIRST)]
    office = _OFFICE[number % len(_OFFICE)]
    councillor = office == "minister" or number % 11 == 0
    return (
        f"office.{number}@example.org", f"{first} {last}", first, last, office,
        "Minister of Orchards and Harbours" if office == "minister" else "",
        "Hon." if councillor or office == "senator" else "", "yes" if councillor else "no",
        _GENDER[number % len(_GENDER)], language, _riding(number, office),
        _PROVINCE[number % len(_PROVINCE)], _PARTY[number % len(_PARTY)],
    )  # fmt: skip


def _last_name(number: int) -> str:
    start, end = _START[number % len(_START)], _END[number // len(_START) % len(_END)]
    double = f"-{_START[(number + 17) % len(_START)]}mont" if number % 5 == 0 else ""
    return f"{'O’' if number % 19 == 0 else ''}{start}{end}{double}"


def _riding(number: int, office: str) -> str:
    if office == "senator":
        return ""
    place = _PLACE[number % len(_PLACE)]
    beside = f"{_END[number // 7 % len(_END)].title()} {number % 3511}"
    return f"{place}—{beside}" if number % 3 else f"{place}—{beside}—{_PLACE[(number + 5) % 12]}"


def _language(number: int) -> str:
    if number % 25 == 0:
        return "en+fr"
    return "fr" if number % 4 == 1 else "en"


def written(path: Path, count: int, language: str = "") -> Path:
    """Write a list of so many recipients, in every language or in one; returns its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(people(count, language))
    return path
