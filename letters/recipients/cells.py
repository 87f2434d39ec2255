"""The text of one cell, and the damage that file formats and encodings do to it."""

import re
import unicodedata
from typing import Final, NamedTuple

from letters.errors import Severity
from letters.mailbox import PLAIN, has_control, shown
from letters.recipients.spreadsheets import SIGNS, perhaps_empty, spreadsheet_error
from letters.text import without_stray_joiners

_LINE_BREAKS: Final = re.compile("\r\n|[\r\v\u2028\u2029]")

# What windows-1252 shows for the bytes 80 to BF, the continuation bytes of UTF-8.
_CONTINUATION: Final = "".join(
    chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes((byte,)).decode("cp1252")
    for byte in range(0x80, 0xC0)
)
_SYMBOLS: Final = re.escape(_CONTINUATION)
_MOJIBAKE: Final = re.compile(
    # UTF-8 read as windows-1252: é is Ã©, œ is Å“, a dash begins with â€; as MacRoman: é is √©.
    f"[ÃÂ][{_SYMBOLS}]|â€|ï»¿|ï¿½|[a-z][ÄÅ][{_SYMBOLS}]|[ÄÅ][{_SYMBOLS}][a-z]|√[^\\s\\d]|\u201aÄ"
)
_UNDECODABLE: Final = re.compile("[\ud800-\udfff]")
_SIGNS_OF_DAMAGE: Final = re.compile("[ÃÂâïÄÅ√\ufffd\u201a]")
_MEND_OR_EMPTY: Final = "mend the formula in the spreadsheet, or empty the cell"
_SAVE_AGAIN: Final = "open the list where it is still right and save it as “CSV UTF-8”"


class CellProblem(NamedTuple):
    """What is wrong with one cell: a `Problem` without file, row and column."""

    rule: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR


def plain(cell: str) -> str:
    """A cell trimmed and in NFC: ordinary spaces, LF for line breaks, no stray invisible ones."""
    if cell.isprintable():
        return (cell if cell.isascii() else unicodedata.normalize("NFC", cell)).strip()
    text = _LINE_BREAKS.sub("\n", cell.translate(PLAIN))
    return unicodedata.normalize("NFC", without_stray_joiners(text)).strip()


def has_undecodable(cell: str) -> bool:
    """Whether a byte of `cell` is not defined in the file's encoding (PEP 383)."""
    return not cell.isprintable() and _UNDECODABLE.search(cell) is not None


def may_be_damaged(text: str) -> bool:
    """A quick test of a row's joined cells: when it is False, `find_damage` finds nothing in them."""
    if not text.isprintable() or SIGNS.search(text):
        return True
    return not text.isascii() and _SIGNS_OF_DAMAGE.search(text) is not None


def find_damage(cell: str) -> CellProblem | None:
    """What damaged a cell, given as it is in the file; None if nothing did."""
    if SIGNS.search(cell) and (problem := _spreadsheet_problem(cell.strip())):
        return problem
    if has_undecodable(cell):
        return CellProblem("damaged-text", "this is neither UTF-8 nor windows-1252", _SAVE_AGAIN)
    if not cell.isprintable() and has_control(plain(cell).replace("\n", "")):
        return CellProblem(
            "control-character", "there is a control character here", "type the cell anew"
        )
    return _encoding_damage(cell)


def _spreadsheet_problem(cell: str) -> CellProblem | None:
    if spreadsheet_error(cell):
        return CellProblem(
            "spreadsheet-error", f"the spreadsheet wrote {shown(cell)} here", _MEND_OR_EMPTY
        )
    if perhaps_empty(cell):
        message = f"“{shown(cell)}” may be what a spreadsheet wrote for an empty cell"
        return CellProblem("spreadsheet-error", message, _MEND_OR_EMPTY, Severity.WARNING)
    return None


def _encoding_damage(cell: str) -> CellProblem | None:
    if "\ufffd" in cell:
        return CellProblem("damaged-text", "a character was lost here (\ufffd)", _SAVE_AGAIN)
    if _MOJIBAKE.search(cell):
        return CellProblem(
            "damaged-text", f"UTF-8 was read as something else here{_probably(cell)}", _SAVE_AGAIN
        )
    return None


def _probably(cell: str) -> str:
    try:
        return f"; it was probably “{cell.encode('cp1252').decode('utf-8')}”"
    except UnicodeError:
        return ""
