"""Text from outside (lists, relays, templates) made safe for the place where it is shown. Pure.

`visible` and `one_line` are for terminals, pages and logs, `csv_cell` for spreadsheets, `file_name`
and `slug` for the names of files. `without_stray_joiners` is for text that will be printed.
"""

import re
import unicodedata

# Scripts whose letters join or part by invisible characters: Hebrew to Mongolian, India, Java.
_JOINING = "[\u0590-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
_EMOJI = "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
# Where joiners and tags belong: beside such letters, inside an emoji (Unicode TS 51), in its flags.
_IN_PLACE = (
    f"((?<={_JOINING})[\u200c\u200d]|[\u200c\u200d](?={_JOINING})"
    f"|(?<={_EMOJI})\u200d(?={_EMOJI})|(?<=\ufe0f)\u200d(?={_EMOJI})"
    "|(?<=[\u1800-\u18af])\u180e"
    "|\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f)"
)
_JOINERS = "\u180e\u200c\u200d\U000e0000-\U000e007f"
_JOINER = re.compile(f"[{_JOINERS}]")
_JOINERS_AND_FLAGS = re.compile(f"{_IN_PLACE}|{_JOINER.pattern}")
# Controls, bidirectional overrides and marks, zero-width spaces, lone surrogates, stray joiners and
# tags. No-break spaces stay as they are.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
_INVISIBLE = re.compile(f"{_JOINERS_AND_FLAGS.pattern}|{_CONTROL.pattern}")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_FILE_NAMES = re.compile(r"[^\w.+@-]")
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")
# Windows opens a device by such a name, whatever comes behind the dot, and drops a dot at the end
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\.|\Z)",
    re.IGNORECASE,
)
_FILE_NAME_LENGTH = 100
_SLUG_LENGTH = 40


def visible(text: str) -> str:
    """Replace every control and invisible character by its escape; line feeds and tabs stay.

    CR LF becomes LF.
    """
    text = text.replace("\r\n", "\n")
    found = _INVISIBLE if _JOINER.search(text) else _CONTROL
    return found.sub(_escape, text)


def one_line(text: str) -> str:
    """As `visible`, with line feeds and tabs escaped too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def without_stray_joiners(text: str) -> str:
    """`text` without joiners and tags that join nothing; those inside emoji and scripts stay."""
    if not _JOINER.search(text):
        return text
    return _JOINERS_AND_FLAGS.sub(lambda found: found[1] or "", text)


def _escape(found: re.Match[str]) -> str:
    """The escape of what is found; joiners and flags in their place stay."""
    if found.re is _INVISIBLE and found[1]:
        return found[1]
    return found[0].encode("unicode_escape").decode("ascii")


def csv_cell(value: object) -> str:
    """The text of a CSV cell, "" for None; what a spreadsheet would run as a formula gets a `'`."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def file_name(text: str) -> str:
    """A file's name, or part of one: letters, digits and `._+@-`, at most 100; `_` for all others."""
    plain = _NOT_IN_FILE_NAMES.sub("_", unicodedata.normalize("NFC", text))
    return usable_everywhere(plain[: _FILE_NAME_LENGTH - 1])


def usable_everywhere(name: str) -> str:
    """A file's name, changed where Windows would open a device or drop a dot at the end."""
    if name.endswith("."):
        name = f"{name[:-1]}_"
    return f"_{name}" if _DEVICE.match(name) else name


def without_accents(text: str) -> str:
    """`text` casefolded, decomposed (NFKD), and without combining marks."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFKD", decomposed)
    return "".join(c for c in plain if not unicodedata.combining(c))


def slug(text: str, otherwise: str) -> str:
    """ASCII letters, digits and single hyphens, at most 40; `otherwise` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-")[:_SLUG_LENGTH].rstrip("-") or otherwise
