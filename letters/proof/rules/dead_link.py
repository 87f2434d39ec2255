"""A link that leads nowhere, or a picture that is not found, once the letter has left this machine."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from letters.errors import Problem, Severity
from letters.proof.rules.parsed_html import ParsedHtml, parsed_html
from letters.proof.rules.rule import Rule
from letters.proof.rules.source_line import source_line
from letters.render.wording import Wording

_GAP = "…"
_LONG = 80  # characters of an address that a message shows
_LINKS: Final = ("href", "action", "formaction")
_PICTURES: Final = ("src", "background", "poster", "data")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@/:]+@[^\s@/]+\.[^\s@/]+")
_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?(?=[/?#]|$)")
_FILE = re.compile(
    r"[^/]*\.(?:pdf|docx?|odt|rtf|txt|html?|xlsx?|ods|csv|pptx?|odp|zip|md|ics|vcf"
    r"|png|jpe?g|gif|svg|webp|bmp|mp[34]|eps)(?:[?#].*)?",
    re.IGNORECASE,
)
_WHOLE = "write the whole address, from https:// on"
_OF_SCHEME: Final = {
    "": f"{_WHOLE}, or leave the link out",
    "http": _WHOLE,
    "https": _WHOLE,
    "mailto": "write a whole address: mailto:jo@…",
    "tel": "write the number: tel:+1-613-…",
}
_ATTACH = 'to send a file, name it in campaign.toml, attachments = ["{}"], and say in the letter that it is attached'


class DeadLink(Rule):
    """Finds addresses in the HTML that are no whole web, mail or telephone address."""

    name = "dead-link"

    def check_wording(self, wording: Wording) -> Iterator[Problem]:
        """One problem for each such address; one that is a gap is checked when it is filled."""
        document = parsed_html(wording.html.outline)
        seen: set[str] = set()
        for kind, address in _addresses(document):
            if address.startswith(_GAP) or address in seen:
                continue
            seen.add(address)
            if kind == "link":
                wrong = self._wrong_link(address, document)
            else:
                wrong = self._wrong_picture(address, kind, wording)
            if wrong:
                what, remedy, severity = wrong
                template, line = source_line(self.campaign, wording, *_spellings(address))
                yield self.problem(
                    f"the {kind} {_short(address)!r} {what}",
                    remedy,
                    severity=severity,
                    template=template,
                    line=line,
                )

    def _wrong_link(self, address: str, document: ParsedHtml) -> tuple[str, str, Severity] | None:
        if _is_whole(address):
            return None
        if address.startswith("#"):
            if any(
                address[1:] in {attributes.get("id"), attributes.get("name")}
                for _, attributes in document.elements
            ):
                return (
                    "works in some mail programs only",
                    "leave it out, or say where to look",
                    Severity.WARNING,
                )
            return "leads nowhere", f"{_WHOLE}, or leave the link out", Severity.ERROR
        name = unquote(address).replace("\\", "/").rpartition("/")[2]
        if {name, unquote(address)} & set(self.settings.attachments):
            return (
                "names an attachment, which no mail program opens by a link",
                "leave the link out, and say that the file is attached",
                Severity.WARNING,
            )
        return "leads nowhere", _mended_link(address, name), Severity.ERROR

    def _wrong_picture(
        self, address: str, kind: str, wording: Wording
    ) -> tuple[str, str, Severity] | None:
        scheme, _, rest = address.partition(":")
        scheme = scheme.lower() if rest else ""
        known = scheme == "cid" and rest in {content_id for _, content_id in wording.images}
        own = kind == "url()" and address.startswith("#")  # a part of the document's graphics
        if known or own or (scheme in {"http", "https"} and _is_whole(address)):
            return None
        if scheme == "data":
            return (
                "is written into the letter, and many mail programs do not show it",
                "save it as a file in the campaign folder, and give the file's name",
                Severity.WARNING,
            )
        return "is not found", self._mended_picture(address), Severity.ERROR

    def _mended_picture(self, address: str) -> str:
        mended = _web_address(address)
        if mended:
            return f"{mended}?"
        name = unquote(address).replace("\\", "/").rpartition("/")[2]
        if not name or not self.campaign.file(name).is_file():
            return f"put the file into {self.campaign.folder}, and give its name alone"
        if name != unquote(address):
            return f"the folder has it: write {name}"
        return "show it by <img src>, background or url(), or give its whole web address"


def _addresses(document: ParsedHtml) -> Iterator[tuple[str, str]]:
    """Each address, and what it is: a link, a picture, or one in a style."""
    for element, attributes in (*document.elements, *document.conditional):
        for name in _LINKS:
            if name in attributes and not (name == "action" and not attributes[name]):
                yield "link", attributes[name].strip()
        for name in _PICTURES:
            if name in attributes and (name != "data" or element == "object"):
                yield "picture", attributes[name].strip()
        for candidate in attributes.get("srcset", "").split(", "):
            if candidate.strip():
                yield "picture", candidate.split()[0].rstrip(",")
    for address in document.css_urls():
        yield "url()", address.strip()


def _is_whole(address: str) -> bool:
    """Whether this is an http, https, mailto or tel address that names a host, a mailbox or a number."""
    try:
        split = urlsplit(address)
        host = split.hostname
    except ValueError:
        return False
    if any(sign.isspace() for sign in address):
        return False
    match split.scheme:
        case "http" | "https":
            return bool(host)
        case "mailto":
            boxes = [unquote(box) for box in split.path.split(",")] if split.path else []
            named = all("@" in box.strip("@") or _GAP in box for box in boxes)
            return not split.netloc and named and bool(boxes or split.query)
        case "tel":
            return any(sign.isdigit() or sign == _GAP for sign in split.path)
    return False


def _web_address(address: str) -> str:
    """The whole web address that was probably meant; "" when nothing tells."""
    if address.startswith("//") and _is_whole(f"https:{address}"):
        return f"https:{address}"
    broken = re.match(r"(h\w{0,3}tp)(s?)(?::/*|//)(?=\w)(.*)", address, re.IGNORECASE)
    if broken:
        return f"http{broken[2].lower()}://{broken[3]}"
    if _HOST.match(address) and not _FILE.fullmatch(address):
        return f"https://{address}"
    return ""


def _mended_link(address: str, name: str) -> str:
    """How to mend a link; `name` is the last part of its path."""
    scheme = _SCHEME.match(address)
    plain = re.sub(r"^mailto:/*", "", address, flags=re.IGNORECASE).strip()
    if _ADDRESS.fullmatch(plain):
        return f"mailto:{plain}?"
    mended = _web_address(plain)
    if mended:
        return f"{mended}?"
    kind = scheme[1].lower() if scheme else ""
    if kind == "file" or len(kind) == 1 or (not kind and _FILE.fullmatch(name)):
        return f"{_ATTACH.format(name)}; or {_WHOLE}"
    return _OF_SCHEME.get(kind, f"mail programs follow https:, mailto: and tel: alone: {_WHOLE}")


def _short(address: str) -> str:
    return address if len(address) < _LONG else f"{address[:_LONG]}…"


def _spellings(address: str) -> tuple[str, ...]:
    """How an address may be written in its source; only the longest part between gaps is sure."""
    longest = max(address.split(_GAP), key=len)
    return f"]({address}", f'"{address}', address, unquote(address), longest
