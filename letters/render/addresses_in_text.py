"""Web and e-mail addresses that stand bare in Markdown: one token, untouched, and a link. Pure."""

import re
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from markdown_it.rules_inline import StateInline

_BARE = re.compile(
    r"(?<![^\W_])(?<![@/.-])(?:https?://|mailto:|www\.(?=[^\W_]))(?:[^\s<>\"`|\\^{}\[\]\x00-\x1f]|\\[_*~.-])+"
    r"|(?<![\w@/.+-])(?:[\w.%+-]|\\_)+@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+",
    re.IGNORECASE,
)
_HOST = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-f]+|\w+);", re.IGNORECASE)
_END = ".,;:!?'*\"»”’…"
_BRACKETS = {")": "("}


class _Address(NamedTuple):
    start: int
    end: int
    shown: str
    href: str  # "" when it is shown and is no link


@lru_cache(maxsize=64)
def _addresses(source: str) -> tuple[_Address, ...]:
    if "@" not in source and ":" not in source and "www." not in source.lower():
        return ()
    found = []
    for match in _BARE.finditer(source):
        start, end = match.span()
        if source[start] == "_" and source[end : end + 1] == "_":  # emphasis around an address
            start += 1
        text = _without_end(source[start:end], emphasised=source[start - 1 : start] == "_")
        shown = _REFERENCE.sub(lambda one: unescape(one[0]), re.sub(r"\\(.)", r"\1", text))
        found.append(_Address(start, start + len(text), shown, _href(shown)))
    return tuple(one for one in found if one.shown)


def _without_end(text: str, *, emphasised: bool) -> str:
    """An address without the punctuation of the sentence that it stands in."""
    while text:
        last = text[-1]
        if last == ";" and (reference := re.search(r"&#?\w+;$", text)):
            decoded = unescape(reference[0])
            if decoded not in set(_END) | {")", "]", ">", "<", "|"}:
                return text
            text = text[: reference.start()]
        elif (
            last in _END
            or (last == "_" and emphasised)
            or (last in _BRACKETS and text.count(last) > text.count(_BRACKETS[last]))
        ):
            text = text[:-1]
        else:
            return text
    return text


def _href(shown: str) -> str:
    scheme = shown.lower()
    if scheme.startswith("mailto:"):
        return shown if "@" in shown else ""
    if scheme.startswith("www."):
        return f"https://{shown}"
    if scheme.startswith(("http://", "https://")):
        return shown if _HOST.match(shown) else ""
    return f"mailto:{shown}"


def bare_address(state: StateInline, silent: bool) -> bool:
    """markdown-it's inline rule for text, which stops at an address too, and takes it whole."""
    limit = state.posMax
    for one in _addresses(state.src):
        if one.start == state.pos and one.end <= limit:
            if not silent:
                _push(state, one)
            state.pos = one.end
            return True
        if one.start > state.pos:
            limit = min(limit, one.start)
            break
    sign = state.md.inline.terminator_re.search(state.src, state.pos, limit)
    end = sign.start() if sign else limit
    if end == state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def _push(state: StateInline, address: _Address) -> None:
    is_link = bool(address.href) and not state.linkLevel
    if is_link:
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": state.md.normalizeLink(address.href)}
        opening.info = "bare"
    state.push("text", "", 0).content = address.shown
    if is_link:
        state.push("link_close", "a", -1).info = "bare"
