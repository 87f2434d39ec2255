"""What a spreadsheet writes into a cell in place of a value, whatever its language."""

import re
from typing import Final

ERROR_VALUE: Final = (
    # #NAME? #VALEUR! #¡REF! #ДЕЛ/0! #DĚLENÍ_NULOU!
    r"#[¡¿]?[^\W\d_][\w/.]*(?: [\w/.]+)*[!?]"
    # #N/A and what data providers write behind it, #I/T, #DIV/0
    r"|#[^\W\d_]+/(?:0|[^\W\d_]{1,2})(?![^\W_])(?: .*)?"
    # The few error values without a mark at their end.
    r"|#(?:NV|YOK|HIÁNYZIK|NENÍ_K_DISPOZICI|NEDOSTUPNÝ|GETTING_DATA|REF|VALUE|NAME|NUM|NULL|ERROR)"
)
"""A pattern for the error values of spreadsheets; they are in capitals: `#river` is none."""

SIGNS: Final = re.compile(r"#|00|\.\.|…|: ?5|1899|1904|1970")
"""Found in every text that `spreadsheet_error` or `perhaps_empty` finds: a quick test of many cells."""

_ERROR_VALUE: Final = re.compile(ERROR_VALUE)
_TOO_NARROW: Final = re.compile("#{3,}")
_NUMBERED: Final = re.compile(
    r"(?:err(?:or|o|eur)?|fehler|fout|fejl|fel|virhe|błąd|chyba|hiba|hata|ошибка)\s?:\s?5\d\d",
    re.IGNORECASE,
)
_LOADING: Final = re.compile(
    r"(?:loading|chargement|cargando|carregando|caricamento|laden|lade|wird geladen|ładowanie"
    r"|загрузка|indlæser|läser in|laster|ladataan|yükleniyor|読み込み中|加载中)[^.…]*(?:\.\.\.|…)",
    re.IGNORECASE,
)
_NOT_YET: Final = re.compile(r"[^\W\d_]+(?:\.\.\.|…)")

_TIME: Final = r"(?:[ T]00?:00(?::00(?:\.0+)?)?Z?)?"
_MONTH: Final = r"(?:0?1|[^\W\d_]{3,9}\.?)"
# The number 0 as a date is day 0 of 1900 in Excel, 30 December 1899 elsewhere.
_DATE_OF_NOTHING: Final = re.compile(
    rf"(?:00?[-/. ]{_MONTH}[-/. ](?:1900|00)|0?1[-/.]00?[-/.]1900|1/0/00|1900[-/.]0?1[-/.]00?"
    r"|(?:[^\W\d_]+,? )?(?:[^\W\d_]+ 0,|0 [^\W\d_]+) 1900"
    r"|3[01][-/. ](?:12|[^\W\d_]{3,9}\.?)[-/. ]1899|12[-/.]3[01][-/.]1899|1899[-/.]12[-/.]3[01])"
    + _TIME
)
_FIRST_DATE: Final = re.compile(
    rf"(?:0?1[-/. ]{_MONTH}[-/. ](?:1900|1904|1970)|(?:1900|1904|1970)[-/.]0?1[-/.]0?1){_TIME}"
)


def spreadsheet_error(cell: str) -> bool:
    """Whether a whole cell, trimmed, is an error value, a value not yet loaded, or no date."""
    if cell[:1] == "#":
        found = _ERROR_VALUE.fullmatch(cell)
        return _TOO_NARROW.fullmatch(cell) is not None or (
            found is not None and cell.partition(" ")[0].isupper()
        )
    return bool(
        _NUMBERED.fullmatch(cell) or _LOADING.fullmatch(cell) or _DATE_OF_NOTHING.fullmatch(cell)
    )


def perhaps_empty(cell: str) -> bool:
    """Whether a cell may stand for nothing: the first day of a calendar, a word that is cut off."""
    return bool(_FIRST_DATE.fullmatch(cell) or _NOT_YET.fullmatch(cell))
