"""Text from outside (lists, relays, templates) made safe for the place where it is shown. Pure.

`visible` and `one_line` are for terminals, pages and logs, `csv_cell` for spreadsheets, `file_name`
and `slug` for the names of files.
"""

import re
import unicodedata

# Controls, bidirectional overrides and marks, zero-width spaces, tags, lone surrogates. No-break
# spaces stay as they are, and so do the joiners that scripts and emoji need.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
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
    return _INVISIBLE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """As `visible`, with line feeds and tabs escaped too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _escape(found: re.Match[str]) -> str:
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


def slug(text: str, otherwise: str) -> str:
    """ASCII letters, digits and single hyphens, at most 40; `otherwise` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-")[:_SLUG_LENGTH].rstrip("-") or otherwise
