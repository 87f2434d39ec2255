"""Header lines (RFC 5322): a subject as encoded words, mailboxes, folding, MIME parameters. Pure.

`unstructured` writes a Subject, `mailbox` a From or To, `verbatim` a field of the campaign's own,
`parameter` a file name. The standard library's folding loses spaces and lets text inside an encoded word
become a header of its own, so these functions are ours; decoders of others check them in the tests.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import groupby
from urllib.parse import quote

LINE = 76  # RFC 2047 section 2: a line with an encoded word holds at most 76 characters
WORD = 75  # RFC 2047 section 2: an encoded word holds at most 75
_LONGEST = 900  # of the 998 that a line may hold (RFC 5322 2.1.1)
_UNSPLIT = 50  # a parameter of so many characters stays on one line
_SECTION = 48  # characters of one section of a longer one
_OPEN, _CLOSE = "=?utf-8?B?", "?="
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# ASCII that needs no encoding: no `=?`, no outer or double space, no word too long for a line.
_PLAIN = re.compile(r"(?!.*=\?)[!-~]{1,60}(?: [!-~]{1,60})*", re.ASCII)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PHRASE_WORD = re.compile(
    r"=\?utf-8\?B\?(?P<encoded>[A-Za-z0-9+/=]+)\?=|\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|\S+"
)
_ENCODED = re.compile(r"=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?=")


class HeaderError(ValueError):
    """A header value that must not be written: it contains a control character."""


def allows(value: str) -> bool:
    """Whether a header may contain this value once its line breaks are replaced by blanks."""
    return not _FORBIDDEN.search(value.replace("\r", " ").replace("\n", " "))


def refuse_controls(value: str) -> str:
    """Return `value`, or raise HeaderError naming the control (RFC 5322 2.2: no CR, LF, NUL…)."""
    found = _FORBIDDEN.search(value)
    if found:
        raise HeaderError(f"a header cannot hold the control character U+{ord(found[0]):04X}")
    return value


def _chunks(text: str, first: int) -> Iterator[str]:
    """Split `text` between characters so that each part fits an encoded word; the first has `first` octets."""
    room = first
    chunk: list[str] = []
    used = 0
    for character in text:
        size = len(character.encode())
        if used + size > room:
            yield "".join(chunk)
            chunk, used, room = [], 0, _octets(WORD)
        chunk.append(character)
        used += size
    yield "".join(chunk)


def _octets(characters: int) -> int:
    """How many octets of text fit an encoded word of so many characters (base64: three in four)."""
    return max(0, (characters - len(_OPEN) - len(_CLOSE)) // 4 * 3)


def _encoded(text: str, column: int) -> list[str]:
    first = _octets(min(WORD, LINE - column))
    words = _chunks(text, first)
    return [f"{_OPEN}{b64encode(word.encode()).decode()}{_CLOSE}" if word else "" for word in words]


@lru_cache(maxsize=256)
def unstructured(name: str, value: str) -> bytes:
    """A whole unstructured header field (`Subject`), folded, with its CRLF.

    ASCII words with single blanks stay readable; anything else becomes encoded words (RFC 2047) in UTF-8
    and base64, which decode to exactly `value`: their blanks are inside (RFC 2047 6.2). Raises HeaderError.
    """
    refuse_controls(value)
    if _PLAIN.fullmatch(value) or not value:
        return _folded(f"{name}:", value.split(" "))
    return _folded(f"{name}:", _encoded(value, len(name) + 2))


def verbatim(name: str, value: str) -> bytes:
    """A whole header field of the campaign's own, with its CRLF, written as it is where possible.

    A field may have a structure that an encoded word would break (RFC 2047 5), such as the URLs of
    List-Unsubscribe. So a long word may exceed the 78 characters of RFC 5322 2.1.1, and a value is encoded
    only if it is not ASCII or cannot be folded. Raises HeaderError.
    """
    refuse_controls(value)
    words = value.split(" ")
    as_written = (
        value.isascii() and "=?" not in value and all(0 < len(w) <= _LONGEST for w in words)
    )
    return _folded(f"{name}:", words) if as_written else unstructured(name, value)


def _folded(start: str, words: Iterable[str]) -> bytes:
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1] != start:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode() + b"\r\n"


def phrase(name: str, column: int) -> list[str]:
    """A display name as the words of a phrase (RFC 5322 3.2.5): atoms, quoted strings, encoded words.

    `column` is where it begins on its line. No encoded word is inside a quoted string (RFC 2047 5).
    Raises HeaderError.
    """
    refuse_controls(name)
    if _PLAIN.fullmatch(name):
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        if column + len(_quoted(name)) <= LINE:
            return [_quoted(name)]
    return _encoded_phrase(name, column)


def _encoded_phrase(name: str, column: int) -> list[str]:
    """The words of a name: atoms as they are, others quoted, and encoded only what is not ASCII.

    Blanks between adjacent encoded words are dropped when read (RFC 2047 6.2), but some mail programs keep
    them in names; so two are adjacent only where one is too short for the text.
    """
    room = _octets(min(WORD, LINE - column))
    parts = name.split(" ")
    if len(name.encode()) <= room or not all(parts):
        return _encoded(name, column)
    words: list[str] = []
    for kind, group in groupby(parts, _kind):
        text = " ".join(group)
        if kind == "encoded":
            words += _adjacent_words(text, room, column)
        elif kind == "quoted" and len(_quoted(text)) < LINE:
            words.append(_quoted(text))
        else:
            words += [w if kind == "atom" else _quoted(w) for w in text.split(" ")]
    return words


def _kind(word: str) -> str:
    if not _PLAIN.fullmatch(word):
        return "encoded"
    return "atom" if _ATOMS.fullmatch(word) else "quoted"


def _adjacent_words(text: str, room: int, column: int) -> list[str]:
    """Adjacent encoded words, split between the words of `text`; the blank there is inside the first."""
    words: list[str] = []
    group = ""
    for part in text.split(" "):
        joined = f"{group} {part}" if group else part
        if group and len(joined.encode()) > room:
            words += _encoded(f"{group} ", column)
            joined = part
        group = joined
    return words + _encoded(group, column)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=256)
def mailbox(header: str, name: str, address: str) -> bytes:
    """A whole address header field with one mailbox, folded, with its CRLF.

    The addr-spec is never encoded (RFC 2047 5.3); one that is not ASCII is written as UTF-8
    (RFC 6532), for a relay that offers SMTPUTF8. Raises HeaderError.
    """
    refuse_controls(address)
    words = phrase(name, len(header) + 2) if name else []
    return _folded(f"{header}:", [*words, f"<{address}>" if words else address])


def decoded(field: bytes) -> str:
    """The value of a field that `unstructured` wrote (RFC 2047 6.2): the proof compares it."""
    value = _unfolded(field)
    if "=?" not in value:
        return value
    return "".join(b64decode(word).decode() for word in _ENCODED.findall(value))


def decoded_mailbox(field: bytes) -> tuple[str, str]:
    """Display name and addr-spec of a field that `mailbox` wrote: the proof compares them."""
    value = _unfolded(field)
    if not value.endswith(">"):
        return "", value
    name, _, spec = value[:-1].rpartition("<")
    return _phrase_decoded(name.removesuffix(" ")), spec


def _unfolded(field: bytes) -> str:
    return field.split(b":", 1)[1].decode().replace("\r\n", "")[1:]


def _phrase_decoded(text: str) -> str:
    """Decode the words of a phrase; the blank between two encoded words is dropped (RFC 2047 6.2)."""
    found = list(_PHRASE_WORD.finditer(text))
    name = ""
    for before, word in zip([None, *found], found, strict=False):
        if before and not (before["encoded"] and word["encoded"]):
            name += " "
        if word["encoded"]:
            name += b64decode(word["encoded"]).decode()
        elif word["quoted"] is not None:
            name += re.sub(r"\\(.)", r"\1", word["quoted"])
        else:
            name += word[0]
    return name


def parameter(name: str, value: str) -> list[str]:
    """A MIME parameter (`filename`) as its parts: quoted when ASCII, else RFC 2231 section 4.

    A long value is split over numbered sections (RFC 2231 section 3). Raises HeaderError.
    """
    refuse_controls(value)
    if value.isascii() and len(value) <= _UNSPLIT:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    encoded = quote(value, safe="")
    if len(encoded) <= _UNSPLIT:
        return [f"{name}*=utf-8''{encoded}"]
    sections = _sections(map(partial(quote, safe=""), value))
    head = [f"{name}*0*=utf-8''{sections[0]}"]
    return head + [f"{name}*{index}*={part}" for index, part in enumerate(sections[1:], 1)]


def _sections(characters: Iterable[str]) -> list[str]:
    """Percent-encoded characters in sections that end between two of them.

    RFC 2231 section 3 asks for no more than the whole to decode, but some mail programs decode each section
    alone.
    """
    sections = [""]
    for character in characters:
        if len(sections[-1]) + len(character) > _SECTION:
            sections.append("")
        sections[-1] += character
    return sections
