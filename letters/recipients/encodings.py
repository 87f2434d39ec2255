"""Old encodings of lists: their names, and words that windows-1252 can hardly have meant.

Which encoding was meant is never decided here: the readings are shown, and a person names one.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

from letters.errors import ConfigurationError

# The names that a person may know, with Python's; the order in which readings are shown.
_CANDIDATES: Final = {
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-1257": "cp1257",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "iso-8859-2": "iso8859-2",
    "koi8-r": "koi8-r",
    "macintosh": "mac-roman",
}
# Almost any bytes are characters in these: they are tried when no other reading makes sense.
_EAST_ASIAN: Final = {"gb18030": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5"}
_KNOWN: Final = (
    "utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15", *_CANDIDATES, *_EAST_ASIAN,
)  # fmt: skip
_MOST_READINGS: Final = 4
_MOST_WORDS: Final = 50

# Signs that stand inside words only when letters were meant; not ´ and · (O´Brien, l·l), not ° « ».
_SIGNS: Final = "¡-§©ª¬®¯±-³µ¶¸-º¼-¿×÷"
_LOW: Final = "a-zß-öø-ÿ"
_CONSONANT: Final = "b-df-hj-np-tv-xz"
IMPROBABLE: Final = re.compile(
    f"[A-Za-zÀ-ÿ][{_SIGNS}][A-Za-zÀ-ÿ]"  # Wa³êsa, Iaºi
    f"|(?<![\\w£])[£¥¯ª][A-Za-zÀ-ÿ][{_LOW}]"  # £ukasz, ªtefan
    f"|(?<![A-Za-zÀ-ÿ])[³¹][{_LOW}]{{2}}"  # ³ódka
    f"|[{_LOW}]{{3}}[³¹¿](?!\\w)"  # Pawe³
    # A word of accented letters alone: Cyrillic, Greek, Hebrew; or characters of two bytes.
    f"|(?<![A-Za-z\u2019'])[À-ÿ¢-ª¬-´¸-º¼-¿]{{3,}}(?![A-Za-z\u2019'])"
    f"|[{_LOW}][ŸŽŠÐÞ]|[A-Za-z]“[A-Za-z]"
    "|[a-z][ÑÕƒ]|ƒ[a-z]|[A-Za-z][ˆ‰™][a-z]"  # RenŽ, ƒric: an old Mac's encoding
    "|[aeiouy]œ|[Œœ](?:[klmpwz]|ci)"  # Kwaœniewski
    "|ì[A-Za-zÀ-ÿ]|[ao]ø|ø\\w*[áíéýìèùò]|[áíýìè]\\w*ø"  # Nìmec, Dvoøák
    "|[áíúý]\\w*[èìòù]|[èìòù]\\w*[áíúý]|aè|È[aeiou]|[a-z]iæ(?!\\w)"  # Havlíèek, Èapek, Kovaèiæ
    f"|õ[{_CONSONANT}]|yû"  # Erdõs, Gyûri
    "|ã(?![oe]|s?(?!\\w))"  # Bãsescu
    f"|[{_LOW}]þ(?![óúrjöv])|[çüÇÜ]\\w*[ðþý]|[ðþý]\\w*[çü]|[Yý]\\w*ý|oðlu|oða[nmz]"  # Akþener, Yýldýrým
    f"|ç[{_CONSONANT}]|[ðø]ò|òð|(?<!\\w)Ð[a-z]"  # Bçrziòð
)
"""What hardly stands in a name that is right in windows-1252, in the languages written with it."""

_LETTERS: Final = (
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "çğıöşüâî",
    "ąčęėįšųūž", "āčēģīķļņšūž", "àâçéèêëîïôùûüÿœæ", "äöüß", "áéíóúüñ", "àáâãçéêíóôõúü",
)  # fmt: skip
_VOWELS: Final = frozenset("aeiouyаеёиоуыэюяіїєαεηιουωάέήίόύώϊϋ")
_PUNCTUATION: Final = "’‘“”–—…«»"
_THREE_MARKED: Final = re.compile("[^\x00-\x7f]{3}")
_WORD: Final = re.compile(r"[^\W\d_]+")


def codec_named(name: str) -> str:
    """Python's name of an encoding. Raises ConfigurationError when there is none of this name."""
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)
    except (LookupError, ValueError, TypeError):
        near = get_close_matches(name.casefold(), _KNOWN, 1, 0.5)
        question = f"did you mean {near[0]}? " if near else ""
        raise ConfigurationError(
            f"no encoding is called “{name}”", f"{question}such names are {', '.join(_KNOWN)}"
        ) from None
    return codec.name


def readings(words: Sequence[str]) -> tuple[int, dict[str, str]]:
    """The index of one of `words`, read from windows-1252, and how other encodings read it.

    The encodings are those in which most words make sense, of these those in which most are of one
    language; they are given by name, at most four. There are none when no word makes sense.
    """
    raw = [word.encode("cp1252", "surrogateescape") for word in words[:_MOST_WORDS]]
    for candidates in (_CANDIDATES, _EAST_ASIAN):
        read = {name: [_decoded(word, codec) for word in raw] for name, codec in candidates.items()}
        sense = {name: list(map(_makes_sense, texts, words)) for name, texts in read.items()}
        score = {
            name: (sum(sense[name]), sum(map(_is_of_one_language, read[name]))) for name in read
        }
        best = max(score.values())
        if best[0]:
            names = [name for name in score if score[name] == best]
            index = sense[names[0]].index(True)
            different: dict[str, str] = {}
            for name in names:
                if sense[name][index]:
                    different.setdefault(read[name][index], name)
            return index, {name: text for text, name in list(different.items())[:_MOST_READINGS]}
    return 0, {}


def _decoded(word: bytes, codec: str) -> str:
    try:
        return word.decode(codec)
    except UnicodeDecodeError:
        return ""


def _makes_sense(text: str, word: str) -> bool:
    """Whether `text` is another reading than `word`, in whole words: one script, a vowel, usual cases."""
    odd = [char for char in text if not (char.isascii() or char.isalpha() or char in _PUNCTUATION)]
    return text not in {"", word} and not odd and all(map(_is_word, _WORD.findall(text)))


def _is_word(word: str) -> bool:
    scripts = {unicodedata.name(char, "?").partition(" ")[0] for char in word}
    if len(scripts) > 1:
        return False
    inner_capital = any(
        before.islower() and after.isupper() and not (before + after).isascii()
        for before, after in pairwise(word)
    )
    if inner_capital or (scripts == {"LATIN"} and _THREE_MARKED.search(word)):
        return False
    vowels = unicodedata.normalize("NFD", word.casefold())
    cased = scripts <= {"LATIN", "CYRILLIC", "GREEK"}
    return not cased or len(word) < 4 or not _VOWELS.isdisjoint(vowels)  # noqa: PLR2004 - short words may lack one


def _is_of_one_language(text: str) -> bool:
    marked = {char for char in text.lower() if not char.isascii()}
    return any(marked <= set(letters) for letters in _LETTERS) or not any(
        "LATIN" in unicodedata.name(char, "") for char in marked
    )
