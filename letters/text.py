"""Outside text made inert: what would move a terminal or mislead an eye is shown as an escape. Pure.

Blanks of good typography (no-break spaces) and joiners of scripts and emoji stay as they are.
"""

import re
import unicodedata

# Controls, bidirectional overrides and marks, zero-width blanks, tags, lone surrogates.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Show every control as an escape; line breaks (as LF) and tabs are kept."""
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Show every control as an escape, line breaks and tabs too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


_LIMIT = 40
_OUTSIDE = re.compile(r"[^a-z0-9]+")


def slug(text: str, otherwise: str) -> str:
    """ASCII letters, digits and single hyphens, at most 40; `otherwise` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _OUTSIDE.sub("-", plain).strip("-")[:_LIMIT].rstrip("-") or otherwise
