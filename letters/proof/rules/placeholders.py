"""What other mail programs write where a value belongs, and Markdown that was not understood. Pure."""

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from letters.errors import Severity
from letters.recipients.header import normalised

_UNFINISHED = r"\{\{(?:[^{}\n]{0,60}\}\})?|\{%|\{#|\}\}|%\}|\bTODO\b|\bXXX+\b|\bFIXME\b"
# Each is a placeholder whatever stands in it.
_CERTAIN = (
    r"\*\|[^|\n]{1,60}\|\*"  # Mailchimp
    r"|%%[=\[]?\s*[^\W\d][^%\n]{0,60}%%"  # Salesforce
    r"|[$#]?\{[!$#@]?[^{}\n]{0,60}?\w[^{}\n]{0,60}\}"
    r"|<<[^<>\n]{0,60}\w[^<>\n]{0,60}>>"
    r"|\[\[[^\[\]\n]{0,60}[^\W\d][^\[\]\n]{0,60}\]\]"
    r"|@@[^\W\d][\w .-]{0,60}@@"
    r"|##[^\W\d_](?:[\w .-]{0,60}\w)?##"
    r"|<%.{1,60}?%>|\[%.{1,60}?%\]"
)
_NOTE = re.compile(r"\b(?:TODO|XXX+|FIXME)\b")
_IN_CELL = re.compile(f"{_UNFINISHED}|{_CERTAIN}")
# Every match holds one of these; looking for them first is ten times faster than the pattern.
_SIGNS = ("{", "}", "TODO", "XXX", "FIXME", "*|", "%%", "<<", "[[", "@@", "##", "<%", "[%")
_IN_TEXT = re.compile(
    rf"(?P<unfinished>{_UNFINISHED})|(?P<certain>{_CERTAIN}"
    r"|(?<!\w)[\[(]\s*(?i:insert|enter|insérer|insérez|inscrire|inscrivez)\b[^\[\]()\n]{0,60}[\])]"
    r"|(?<![\w|])\|[A-Z][A-Z0-9_:]+\|(?![\w|]))"  # Mailchimp's, read as Markdown
    # What follows is a placeholder if a column, or another field of a list, is named in it.
    r"|(?<![\w\]!])\[(?P<square>(?=[^\[\]]*[^\W\d])\w[^\[\]\n:]{1,60})\](?![\w(\[:])"
    r"|«(?P<guillemets>[^\W\d][\w.-]{0,60})»"
    r"|(?<![\w$])\$(?P<dollar>[^\W\d]\w{0,60})"
    r"|(?<![\w%])%(?P<percent>[^\W\d][\w.-]{0,60}(?: [\w.-]{1,30})?)%(?![\w%])"
    r"|<(?P<angle>[^\W\d][\w -]{0,60})>"
    r"|(?<![\w|])\|(?P<bars>[^\W\d][\w:]{1,60})\|(?![\w|])"
    r"|(?P<blank>(?<![\w_])_{3,}(?![\w_]))"
)
_FIELD_WORDS: Final = (
    # English, and what mail programs make of it
    "name names fname lname firstname lastname fullname surname forename salutation greeting riding "
    "constituency district address street city town province state country postcode zip date "
    "title honorific email phone organisation organization company recipient member mp mpp mla "
    # French
    "nom noms prénom prenom circonscription adresse rue ville pays courriel téléphone telephone titre "
    "civilité civilite organisme destinataire député députée"
)
_SMALL_WORDS: Final = (
    "first last full middle given family your my of the here mail postal code s number "
    "votre de du des d l la le ici numéro complet"
)
_FIELDS: Final = frozenset(_FIELD_WORDS.split())
_IN_FIELDS: Final = _FIELDS.union(_SMALL_WORDS.split())
_ARTICLES: Final = frozenset({"the", "la", "le", "l", "my"})
# In quotations, words in brackets are the editor's.
_EDITORIAL: Final = (
    "sic translation traduction emphasis italics our note notes editor ndlr ndt trad"
)
_COLUMNS: Final = {
    "fname": "first_name", "firstname": "first_name", "forename": "first_name",
    "prénom": "first_name", "prenom": "first_name", "lname": "last_name", "lastname": "last_name",
    "surname": "last_name", "nom": "last_name", "fullname": "name", "full_name": "name",
    "circonscription": "riding", "courriel": "email", "ville": "city",
    "greeting": "salutation",
}  # fmt: skip
_YOUR: Final = re.compile(r"(?:insert_|enter_)?(?:your|my|votre)_")
_BUILT_IN: Final = frozenset({"name", "first_name", "last_name", "salutation", "email"})

_LITERALLY = "a backslash before the sign prints it as it is"
_MARKDOWN: Final = (
    (
        r"!?\[[^\[\]\n]*\]\(\s*(?i:file|javascript|vbscript|data):(?:[^()\n]*\))?",
        "mail programs do not follow such an address: write one from https:// on, or attach the file",
    ),
    (
        r"!?\[[^\[\]\n]*\]\((?:[^()\n]*\))?",
        "an address holds no blank: write %20 for it, or put the address into <…>: [text](<my map.png>)",
    ),
    (r"\[[^\[\]\n]*\] \((?:https?:|www\.|mailto:)[^)\n]*\)?", "put no blank between ] and ("),
    (r"\([^()\n]*\)\[(?:https?:|www\.|mailto:)[^\]\n]*\]?", "a link is written [text](address)"),
    (r"\[\^[^\]\s]*\]", "footnotes are not supported: write the note in brackets, or at the end"),
    (
        r"!?\[[^\[\]\n]*[^\W\d][^\[\]\n]*\]\[[^\[\]\n]*\]",
        "give the address itself, [text](https://…), or a line for the name: [ref]: https://…",
    ),
    (r"!\[(?!\d+\])[^\[\]\n]*\]?", "an image is written ![its description](picture.png)"),
    (
        r"(?<!\*)\*\*(?!\*)[^*\n]*\*\*(?!\*)|(?<![\w*])\*\*(?=\w)[^*\n]{0,30}",
        "put no blank inside the two **, and close what you open; " + _LITERALLY,
    ),
    (
        r"(?<![\w_])__(?=[^\W_])[^_\n]{0,60}(?:__(?!\w)|\s__)",
        "put no blank inside the two __; " + _LITERALLY,
    ),
    (r"~~(?=\S)[^~\n]{0,60}~~", "text is not struck through: leave it out, or use <s>…</s>"),
    (
        r"(?m:^|(?<=\s))#{2,6}(?=\w)(?!\w[\w .-]*##)[^\n]{0,40}",
        "put a blank behind the #, as in ## Title",
    ),
    (
        r"\|[ :]*-{3,}[ :]*(?=\||$)|(?<=[\s-])-{3,}:? *\|",
        "leave a line free above the table, and give its first line as many cells as that of dashes",
    ),
)
_NOT_READ = re.compile("|".join(f"(?P<m{n}>{form})" for n, (form, _) in enumerate(_MARKDOWN)))


class FoundLeftover(NamedTuple):
    """Unfinished text: the text, how to mend it, and whether it is certain to be wrong."""

    text: str
    remedy: str
    severity: Severity = Severity.ERROR


def in_cell(text: str) -> str:
    """The first placeholder in values that a letter prints; "" without one."""
    found = _IN_CELL.search(text) if any(map(text.__contains__, _SIGNS)) else None
    return found[0] if found else ""


def in_text(text: str, columns: Collection[str]) -> Iterator[FoundLeftover]:
    """The placeholders in a text of a wording; `columns` are those of the list."""
    position = 0
    while match := _IN_TEXT.search(text, position):
        kind, token = match.lastgroup or "", match[0]
        position = match.end()
        if kind == "unfinished":
            yield FoundLeftover(token, "finish the template")
        elif kind == "certain":
            yield FoundLeftover(token, remedy_for(token, columns))
        elif kind == "blank":
            yield from _blank(text, match)
        elif _is_field(kind, match[kind], columns):
            yield FoundLeftover(token, remedy_for(match[kind], columns))
        elif kind == "square" and _may_be_field(match[kind]):
            remedy = f"{remedy_for(match[kind], columns)}; if it is meant, silence leftover"
            yield FoundLeftover(token, remedy, Severity.WARNING)
        else:
            position = match.start() + 1  # another one may begin inside


def in_note(text: str) -> Iterator[FoundLeftover]:
    """What says in a comment that something is left to do."""
    for match in _NOTE.finditer(text):
        yield FoundLeftover(match[0], "finish it, and take the comment out")


def not_read(shown: str) -> Iterator[FoundLeftover]:
    """Markdown that was not understood, in the text that the HTML shows."""
    for match in _NOT_READ.finditer(shown):
        _, remedy = _MARKDOWN[int((match.lastgroup or "m0")[1:])]
        yield FoundLeftover(match[0].strip(), remedy)


def remedy_for(words: str, columns: Collection[str]) -> str:
    """What to write instead of a placeholder with these words in it."""
    name = normalised(words)
    for column in (name, _COLUMNS.get(name, ""), name.replace("contact_", "")):
        if column in columns or column in _BUILT_IN:
            value = f"recipient.{column}" if column.isidentifier() else f'recipient["{column}"]'
            return f"write {{{{ {value} }}}}"
    if _YOUR.match(name):
        return "write it, or print what campaign.toml says of the sender: {{ sender.name }}"
    named = ", ".join(columns)
    return f"write what belongs there, or {{{{ recipient.COLUMN }}}} with a column of the list: {named}"


def _is_field(kind: str, words: str, columns: Collection[str]) -> bool:
    """Whether the words in a doubtful placeholder name a field of a list."""
    name = normalised(words)
    tokens = name.split("_")
    if name in columns or name in _COLUMNS:
        return True
    if "_" in words or (kind == "percent" and "." in words) or (kind == "angle" and "-" in words):
        return True
    if kind == "square" and not _ARTICLES.isdisjoint(words.split()):
        return False  # “in [the city]” is an editor's
    return not _FIELDS.isdisjoint(tokens) and set(tokens) <= _IN_FIELDS


def _may_be_field(words: str) -> bool:
    """Whether words in square brackets look like the name of a field: `[Favourite River]`, `[MOTTO]`."""
    every = words.split()
    if normalised(every[0]) in _EDITORIAL.split() or "." in words:
        return False
    if _YOUR.match(normalised(words)):
        return True
    return words.isupper() or (len(every) > 1 and all(word[0].isupper() for word in every))


def _blank(text: str, match: re.Match[str]) -> Iterator[FoundLeftover]:
    """A blank to be filled in: `Dear ____,`. Alone on its line it is a rule; at its end, one to sign on."""
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
    after = text[match.end() :].partition("\n")[0].strip()
    if after or before:
        severity = Severity.ERROR if after else Severity.WARNING
        yield FoundLeftover(
            match[0], "fill it in, or print a column: {{ recipient.name }}", severity
        )
