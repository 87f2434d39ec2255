"""What a letter shows, made comparable: HTML as text, and text without differences of layout."""

import re
from html import unescape

_NOT_SHOWN = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?(?:a|b|strong|i|em|span|u|code|small|sub|sup)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
# A URL behind a link in plain text, and the marks around it before the gaps are filled.
_SHOWN_URL = re.compile(r" ?<[^<>\s]+:[^<>\s]+>|[\x02\x03]")


def shown_text(html: str) -> str:
    """The text that an HTML document shows, with a space between blocks."""
    return unescape(_TAG.sub(" ", _INLINE_TAG.sub("", _NOT_SHOWN.sub("", html))))


def flat(text: str) -> str:
    """Text without the URLs behind links, every run of spaces and line breaks made one space."""
    return " ".join(_SHOWN_URL.sub("", text).split())


def comparable(text: str) -> str:
    """Flat text, casefolded and without its last punctuation: a Jinja filter may change both."""
    return flat(text).casefold().rstrip(".;,")
