"""Lists in old encodings: stopped where another reading is better, and read once one is named."""

import pytest

from letters.errors import ConfigurationError, RecipientsError
from letters.recipients.csv import RecipientsFile, read_recipients

HEADER = "email,name\n"


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("windows-1250", ["Łukasz Wałęsa"]),
        ("windows-1250", ["Paweł Kowal"]),
        ("windows-1250", ["Grażyna Kwaśniewska"]),
        ("windows-1250", ["Ann Ścibor"]),
        ("windows-1250", ["Antonín Dvořák"]),
        ("windows-1250", ["Karel Čapek"]),
        ("windows-1250", ["Jan Němec"]),
        ("windows-1250", ["Karel Havlíček"]),
        ("windows-1250", ["Ivo Šťastný"]),
        ("windows-1250", ["Ana Kovačić"]),
        ("windows-1250", ["Pál Erdős"]),
        ("windows-1250", ["Ion Băsescu"]),
        ("windows-1251", ["Иван Иванов"]),
        ("windows-1251", ["мария петрова"]),
        ("windows-1253", ["Γιώργος Παπαδόπουλος"]),
        ("windows-1254", ["Ayşe Yıldırım"]),
        ("windows-1254", ["Kemal Erdoğan"]),
        ("windows-1257", ["Jānis Bērziņš"]),
        ("windows-1257", ["Ingrida Šimonytė"]),
        ("koi8-r", ["Иван Иванов"]),
        ("macintosh", ["René Hôtel—Dieu"]),
        ("macintosh", ["Gaétan Québec"]),
        ("macintosh", ["Hélène Roy"]),
        ("gb18030", ["张伟", "王小明"]),
        ("euc-kr", ["김민준"]),
    ],
)
def test_a_list_in_another_encoding_stops_with_the_readings_and_the_remedy_helps(
    write, encoding, names
):
    rows = "".join(f"a{number}@parl.example,{name}\n" for number, name in enumerate(names))
    path = write(HEADER + "r@parl.example,Ann Lee\n" + rows, encoding=encoding)

    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(path)

    assert "row 3, column B" in refused.value.message
    assert any(f"{encoding} reads “{word}”" in refused.value.message for word in names[0].split())
    assert f"--encoding {encoding}" in refused.value.hint
    file = read_recipients(path, encoding=encoding)
    assert [recipient.name for recipient, _ in file] == ["Ann Lee", *names]
    assert file.detected == (f"Read as {encoding}, as it was named.",)


def test_a_list_that_is_windows_1252_after_all_is_read_once_that_is_said(write):
    path = write(HEADER + "a@parl.example,Tõnis Põder\n", encoding="windows-1252")

    with pytest.raises(RecipientsError, match="windows-1252 reads “Tõnis”") as refused:
        RecipientsFile(path)

    assert "--encoding windows-1252" in refused.value.hint
    assert [found.name for found, _ in RecipientsFile(path, encoding="windows-1252")] == [
        "Tõnis Põder"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Renée Côté", "François Gérin-Lajoie", "Zoë Noël", "Ève Œuvre", "Chloë Sacré-Cœur", "Lætitia Faÿ",
        "HÉLÈNE ROY", "GAÉTAN CÔTÉ", "Aïcha Hervé", "Nicolò Forlì", "José Núñez", "João Conceição",
        "Luís Magalhães", "Inês Simões", "Jörg Müller", "Eva Weiß", "Søren Kierkegaard", "Åse Ødegård",
        "Guðrún Þórdís", "Hafþór Ýrarson", "Daði Auður", "Mercè Jordà", "Mª José Güell", "Sean O’Brien",
        "Sean O´Brien", "Núria Gal·la", "Création désirée", "À l’Île",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["Nº 5, 20°C", "¿Qué? « Liberté » m³ §5 £5 ½"])
def test_names_that_are_right_in_windows_1252_are_read(write, name, place):
    path = write(f'email,name,place\na@parl.example,{name},"{place}"\n', encoding="windows-1252")

    assert [found.name for found, _ in RecipientsFile(path)] == [name]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("windows-1520", "windows-1250"), ("utf_eight", "utf-"), ("rot13", ""), ("", ""), ("hex", "")],
)
def test_an_unknown_encoding_is_refused_naming_some(write, name, nearest):
    path = write(HEADER + "a@parl.example,A B\n")

    with pytest.raises(ConfigurationError) as refused:
        RecipientsFile(path, encoding=name or "?")

    assert "no encoding is called" in refused.value.message
    assert nearest in refused.value.hint
    assert "windows-1250" in refused.value.hint


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_list_that_is_not_in_the_named_encoding_is_refused_naming_the_line(write, ending):
    text = f"email,name{ending}a@parl.example,A B{ending}r@parl.example,Renée{ending}"
    path = write(text, encoding="windows-1252")

    with pytest.raises(RecipientsError) as refused:
        RecipientsFile(path, encoding="UTF-8")

    assert "recipients.csv, line 3: this is not UTF-8" in refused.value.message
    assert [found.name for found, _ in RecipientsFile(path)] == ["A B", "Renée"]


def test_a_named_encoding_takes_a_byte_order_mark_off(write):
    path = write(HEADER + "r@parl.example,Renée\n", encoding="utf-8-sig")

    [(recipient, _)] = RecipientsFile(path, encoding="utf-8")
    assert dict(recipient.fields) == {"email": "r@parl.example", "name": "Renée"}
