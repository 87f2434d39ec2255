"""Texts made comparable: without differences of layout."""

import re

_LINK_ADDRESS = re.compile(r" ?<[^<>\s]+:[^<>\s]+>")


def flat(text: str) -> str:
    """Text without the URLs behind links, every run of spaces and line breaks made one space."""
    return " ".join(_LINK_ADDRESS.sub("", text).split())


def comparable(text: str) -> str:
    """Flat text, casefolded and without its last punctuation: a Jinja filter may change both."""
    return flat(text).casefold().rstrip(".;,")
