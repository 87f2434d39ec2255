"""Cells: text made plain, and the damage that file formats do to it. Pure; leans on `mailbox`."""

import re
import unicodedata
from typing import Final, NamedTuple

from letters.errors import Severity
from letters.mailbox import PLAIN, has_control

_LINE_BREAKS: Final = re.compile("\r\n|[\r\v\u2028\u2029]")
# Arabic, Indic and their neighbours spell with joiners; elsewhere they are a paste's litter.
_STRAY_JOINERS: Final = re.compile("(?<![\u0600-\u1fff])[\u200c\u200d]")

# What windows-1252 shows for the bytes 80 to BF, with which UTF-8 goes on.
_GOES_ON: Final = "".join(
    chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes((byte,)).decode("cp1252")
    for byte in range(0x80, 0xC0)
)
_SYMBOLS: Final = re.escape(_GOES_ON)
_MOJIBAKE: Final = re.compile(
    # UTF-8 read as windows-1252: é is Ã©, œ is Å“, a dash begins with â€; as MacRoman: é is √©.
    f"[ÃÂ][{_SYMBOLS}]|â€|ï»¿|ï¿½|[a-z][ÄÅ][{_SYMBOLS}]|[ÄÅ][{_SYMBOLS}][a-z]|√[^\\s\\d]|\u201aÄ"
)
_UNDECODABLE: Final = re.compile("[\ud800-\udfff]")
_SUSPECT: Final = re.compile("[#ÃÂâïÄÅ√\ufffd\u201a]")
# MacRoman read as windows-1252: é is Ž, É is ƒ, ô is ™, a dash is Ñ; \u02c6 was an à.
_MAC_ROMAN: Final = re.compile("[a-z][ŽÑÕƒ]|ƒ[a-z]|[A-Za-z][\u02c6‰™][a-z]")
_SPREADSHEET_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
)
_SAVE_AGAIN: Final = "open the list where it is still right and save it as “CSV UTF-8”"


class Fault(NamedTuple):
    """What is wrong with one cell, and how to mend it: a `Problem` that has no place yet."""

    rule: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR


def plain(cell: str) -> str:
    """Trim a cell and make it NFC: ordinary spaces, LF for line breaks, nothing unseen."""
    if cell.isprintable():
        return (cell if cell.isascii() else unicodedata.normalize("NFC", cell)).strip()
    text = _LINE_BREAKS.sub("\n", cell.translate(PLAIN))
    return unicodedata.normalize("NFC", _STRAY_JOINERS.sub("", text)).strip()


def undecodable(cell: str) -> bool:
    """Tell whether a byte of `cell` had no meaning in the file's encoding (PEP 383)."""
    return not cell.isprintable() and _UNDECODABLE.search(cell) is not None


def suspicious(text: str) -> bool:
    """Tell quickly whether any cell of `text`, many joined, deserves to be asked for `damage`."""
    if text.isascii():
        return "#" in text or not text.isprintable()
    return not text.isprintable() or _SUSPECT.search(text) is not None


def damage(cell: str, *, mac_doubt: bool = False) -> Fault | None:
    """Tell what harmed a cell as it stood in the file; `mac_doubt` looks for MacRoman too."""
    if cell in _SPREADSHEET_ERRORS:
        return Fault("spreadsheet-error", f"the spreadsheet wrote {cell} here", "mend the formula")
    if undecodable(cell):
        return Fault("damaged-text", "this is neither UTF-8 nor windows-1252", _SAVE_AGAIN)
    if not cell.isprintable() and has_control(plain(cell).replace("\n", "")):
        return Fault("control-character", "there is a control character here", "type the cell anew")
    return _encoding_damage(cell, mac_doubt=mac_doubt)


def _encoding_damage(cell: str, *, mac_doubt: bool) -> Fault | None:
    if "\ufffd" in cell:
        return Fault("damaged-text", "a character was lost here (\ufffd)", _SAVE_AGAIN)
    if _MOJIBAKE.search(cell):
        return Fault(
            "damaged-text", f"UTF-8 was read as something else here{_guess(cell)}", _SAVE_AGAIN
        )
    if mac_doubt and _MAC_ROMAN.search(cell):
        return Fault("damaged-text", "this looks like an old Mac encoding", _SAVE_AGAIN)
    return None


def _guess(cell: str) -> str:
    try:
        return f"; it was probably “{cell.encode('cp1252').decode('utf-8')}”"
    except UnicodeError:
        return ""
