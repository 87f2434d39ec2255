"""Mailboxes (RFC 5322 3.4): a display name and an address, read from what people type.

email-validator is loaded only for unusual addresses: IDN domains, non-ASCII local parts.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

# RFC 5321 4.5.3.1, in octets; a path is 256 with its angle brackets.
LOCAL_LIMIT: Final = 64
DOMAIN_LIMIT: Final = 255
ADDRESS_LIMIT: Final = 254
_TEXT_LIMIT: Final = 1000
_SHOWN_LIMIT: Final = 80

_RESERVED: Final = ("example", "test", "invalid", "localhost")
_RESERVED_SECOND: Final = ("example.com", "example.net", "example.org")

_NO_BREAK_SPACES: Final = "\u00a0\u2007\u202f"
_INVISIBLE: Final = (
    "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
PLAIN: Final = str.maketrans({"\t": " "} | dict.fromkeys(_NO_BREAK_SPACES, " ")) | dict.fromkeys(
    map(ord, _INVISIBLE)
)
"""For `str.translate`: no-break spaces and tabs become spaces, what nobody can see goes.

Joiners stay, since emoji and many scripts need them (`letters.text.without_stray_joiners`).
"""

_JOINERS: Final = dict.fromkeys(map(ord, "\u180e\u200c\u200d"))
_QUOTES: Final = "\"'`“”„‟«»\u2018\u2019\u201a\u201b\u2039\u203a"
_NEVER_INSIDE: Final = frozenset(_QUOTES) - {"'", "`"}
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:(?:{_LABEL}\.)+[A-Za-z]{{2,63}}|(?i:localhost))"
_ORDINARY_DOMAIN: Final = re.compile(_DOMAIN)
# A leading quotation mark is a spreadsheet's or a paste's, not the address's.
_ORDINARY: Final = re.compile(rf"(?!['`])(?=[^@]{{1,{LOCAL_LIMIT}}}@){_LOCAL}@{_DOMAIN}")
_ANGLE: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_BETWEEN_ADDRESSES: Final = re.compile(r"[\s,;|/&<>()]+")


class AddressError(ValueError):
    """A text is not one usable address; `reason` says why, the whole sentence quotes the text."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"“{shown(text)}” is not an address: {reason}")
        self.text = text
        self.reason = reason


class Mailbox(Struct, frozen=True):
    """One person's mailbox: `name` NFC or "", `local` as typed, `domain` lower-case A-labels."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The addr-spec as the envelope has it."""
        return f"{self.local}@{self.domain}"

    @property
    def identity(self) -> str:
        """What tells one mailbox from another: the address, casefolded, NFC."""
        address = f"{self.local}@{self.domain}"
        return address.lower() if address.isascii() else folded(address)


def parse(text: str, name: str = "") -> Mailbox:
    """Read the one mailbox in `text`; `name` goes before a display name written there.

    Takes off `mailto:`, angle brackets, quotation marks, spaces, and characters nobody can see.
    Looks at syntax only (RFC 5321, 6531), never at DNS; reserved names are accepted.
    Raises AddressError.
    """
    if len(text) <= ADDRESS_LIMIT and _ORDINARY.fullmatch(text):
        local, _, domain = text.partition("@")
        return Mailbox(_display_name(name, text), local, domain.lower())
    written, address = _unwrapped(text)
    local, domain = _halves(text, address)
    return Mailbox(
        _display_name(name or written, text),
        _checked_local(text, local),
        _checked_domain(text, domain, room=ADDRESS_LIMIT - _octets(local) - 1),
    )


def parse_domain(text: str) -> str:
    """A domain as people type it, in lower-case A-labels. Raises AddressError."""
    return _checked_domain(text, text, room=DOMAIN_LIMIT)


def is_reserved(domain: str) -> bool:
    """Whether `domain` is set aside for examples and tests (RFC 2606, RFC 6761)."""
    labels = domain.casefold().rstrip(".").split(".")
    return labels[-1] in _RESERVED or ".".join(labels[-2:]) in _RESERVED_SECOND


def folded(text: str) -> str:
    """`text` without differences of case or composition (Unicode 3.13, D145), in NFC."""
    decomposed = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed).casefold())


def named_identity(identity: str, name: str) -> str:
    """The identity of one of several people with the same address: address and name, casefolded."""
    return f"{identity} {folded(name)}"


def identity_of(address: str) -> str:
    """The identity that a typed address stands for, its domain in U-labels or A-labels (RFC 5890).

    What is no address is only folded: nobody has it.
    """
    # An argument that is no UTF-8 holds half surrogate pairs, which nothing can write down.
    whole = address.encode(errors="backslashreplace").decode()
    local, at, domain = whole.rpartition("@")
    try:
        return folded(f"{local}{at}{parse_domain(domain)}")
    except AddressError:
        return folded(whole)


def u_labels(domain: str) -> str:
    """A domain in A-labels as people write it (RFC 5890 2.3.2.1)."""
    return ".".join(map(_u_label, domain.split(".")))


def _u_label(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def shown(text: str) -> str:
    """`text` as a sentence quotes it: cut to 80 characters, with what nobody can see made visible."""
    cut = text if len(text) <= _SHOWN_LIMIT else f"{text[: _SHOWN_LIMIT - 1]}…"
    return cut if cut.isprintable() else "".join(map(_visible, cut))


def has_control(text: str) -> bool:
    """Whether `text` holds a control character, a line break or half a surrogate pair."""
    return not text.isprintable() and any(
        unicodedata.category(character) in _UNSEEN_CATEGORIES for character in text
    )


def _display_name(name: str, text: str) -> str:
    if name.isprintable():
        return unicodedata.normalize("NFC", name).strip()
    plain = unicodedata.normalize("NFC", name.translate(PLAIN)).strip()
    if has_control(plain):
        raise AddressError(text, "the name beside it holds a line break or a control character")
    return plain


def _unwrapped(text: str) -> tuple[str, str]:
    """Display name and bare address, of which only one may stand in `text`."""
    if len(text) > _TEXT_LIMIT:
        raise AddressError(text, f"it is {len(text):,} characters long")
    plain = text.translate(PLAIN).strip(" ,;")
    _refuse_two(text, plain.translate(_JOINERS))
    if has_control(plain):
        raise AddressError(text, "it holds a line break or a control character")
    angle = _ANGLE.fullmatch(plain.strip(_QUOTES + " "))
    written, address = angle.groups() if angle else ("", plain)
    return _written_name(written), _bare(address.translate(_JOINERS))


def _refuse_two(text: str, plain: str) -> None:
    found = [_bare(part) for part in _BETWEEN_ADDRESSES.split(plain) if "@" in part.strip("@")]
    if len({address.casefold() for address in found}) > 1:
        raise AddressError(text, f"it holds two addresses, {found[0]} and {found[1]}")


def _written_name(written: str) -> str:
    """Unquote a display name; one that is itself an address says nothing."""
    name = written.strip(_QUOTES + " ,;").replace('\\"', '"').replace("\\\\", "\\")
    return "" if "@" in name else name


def _bare(address: str) -> str:
    bare = address.strip(_QUOTES + " ,;")
    if bare[:7].casefold() != "mailto:":
        return bare
    return unquote(bare[7:].partition("?")[0]).strip(_QUOTES + " ")


def _halves(text: str, address: str) -> tuple[str, str]:
    if not address:
        raise AddressError(text, "it is empty")
    if has_control(address):
        raise AddressError(text, "it holds a line break or a control character")
    if "@" not in address:
        raise AddressError(text, "it has no @")
    if address.count("@") > 1:
        raise AddressError(text, "it has more than one @")
    if any(character.isspace() for character in address):
        raise AddressError(text, "there is a space inside it")
    if not _NEVER_INSIDE.isdisjoint(address):
        raise AddressError(text, "there is a quotation mark inside it")
    local, _, domain = address.partition("@")
    return local, domain


def _checked_local(text: str, local: str) -> str:
    if not local:
        raise AddressError(text, "nothing stands before the @")
    if _octets(local) > LOCAL_LIMIT:
        raise AddressError(text, f"more than {LOCAL_LIMIT} characters stand before the @")
    if not re.fullmatch(_LOCAL, local):
        _validated(text, f"{local}@example.org")
    return local


def _checked_domain(text: str, domain: str, room: int) -> str:
    if not domain:
        raise AddressError(text, "nothing stands after the @")
    too_long = AddressError(text, f"it is longer than the {ADDRESS_LIMIT} characters of an address")
    if len(domain) > DOMAIN_LIMIT:
        raise too_long
    ascii_domain = domain if _ORDINARY_DOMAIN.fullmatch(domain) else _a_labels(text, domain)
    if len(ascii_domain) > room:
        raise too_long
    return ascii_domain.lower()


def _a_labels(text: str, domain: str) -> str:
    """`domain` as A-labels (RFC 5891)."""
    stem, _, top = domain.rpartition(".")
    if not (stem and top.casefold() in _RESERVED):
        return _validated(text, f"a@{domain}")
    # email-validator refuses reserved names; whether they may be written to is not syntax.
    return f"{_validated(text, f'a@{stem}.example').removesuffix('.example')}.{top}"


def _validated(text: str, address: str) -> str:
    """Ask email-validator; gives the domain as A-labels."""
    from email_validator import validate_email

    try:
        return validate_email(address, check_deliverability=False).ascii_domain
    except ValueError as error:
        raise AddressError(text, _reason(str(error))) from None


def _reason(sentence: str) -> str:
    """Make a library's sentence the end of ours, in our words."""
    plain = sentence.replace("email address", "address").rstrip(".")
    return plain[:1].lower() + plain[1:]


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _octets(text: str) -> int:
    return len(text.encode("utf-8"))
