"""The HTML form of a wording: Markdown in the layout, CSS inlined, images beside it.

Runs once a wording.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from traceback import extract_tb
from urllib.parse import unquote

import css_inline
from jinja2 import UndefinedError
from markupsafe import Markup

from letters.campaign.campaign import Campaign
from letters.campaign.file_names import composed
from letters.campaign.settings import localised
from letters.errors import CampaignError
from letters.render import markdown
from letters.render.bounded import BoundedEnvironment, Budget
from letters.render.wording import GapMarks

_LAYOUT = "layout.html.j2"
_LINK = re.compile(r"<link\b|@import\s*(?:url\b|[\"'])", re.IGNORECASE)
_IMAGE = re.compile(r"(<img\b[^>]*?\bsrc=\")([^\"]+)(\")", re.IGNORECASE)
_BACKGROUND = re.compile(r"(<[a-z]+\b[^>]*?\bbackground=\")([^\"]+)(\")", re.IGNORECASE)
_STYLE = re.compile(r"\bstyle=\"[^\"]*\"|<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_CSS_URL = re.compile(
    r"(url\(\s*(?:&quot;|[\"'])?)([^\"'()&]+?)((?:&quot;|[\"'])?\s*\))", re.IGNORECASE
)
# Comments but those that hide a part from Outlook, or show it there alone; elements that hold text and
# no comments are matched first.
_COMMENT = re.compile(
    r"<(?P<raw>style|script|title|textarea|xmp)\b.*?</(?P=raw)\s*>"
    r"|<!--(?!\[if\b|<!\[endif)(?P<comment>.*?)-->",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT_MARK = re.compile("<!--|-->")  # in style sheets these hide nothing (CSS Syntax 3, 4.3)
# A rule for a state that a link or an element may get, such as `a:hover`; at-rules are matched first.
_STATE_RULE = re.compile(
    r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}"
    r"|(?P<rule>[^{}<>;@]*:(?:hover|active|focus|visited|target|checked|before|after|first-l)"
    r"[^{}<>;@]*\{[^{}]*\})"
)
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HtmlDocument:
    """A whole HTML document with marks, and the inline images it shows: (name, Content-ID).

    `comments` are the texts of the comments that were taken out.
    """

    document: str
    images: tuple[tuple[str, str], ...]
    comments: tuple[str, ...] = ()


class HtmlBuilder:
    """Builds the HTML documents of one campaign."""

    def __init__(self, campaign: Campaign, marks: GapMarks, budget: Budget) -> None:
        self._campaign = campaign
        self._marks = marks
        self.environment = BoundedEnvironment(campaign, budget)

    @cached_property
    def _inliner(self) -> css_inline.CSSInliner:
        return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

    def html(
        self, languages: Sequence[str], subject: str, sources: Sequence[str], own: Sequence[str]
    ) -> HtmlDocument:
        """The document of one wording; `sources` are its Markdown texts, one a language.

        `own` are the texts of the author's `letter.*.html.j2`, "" where there is none; one that exists
        replaces Markdown and layout.

        Raises PlaceError and CampaignError.
        """
        if any(own):
            raw = self._author_html(languages, own)
        else:
            raw = self._in_layout(languages, subject, self._body(languages, sources))
        if _LINK.search(raw):
            raise CampaignError(
                f"the layout of {self._campaign.folder.name} loads a style sheet with <link> or @import",
                "put the rules into a <style> element: letters carry all they need",
            )
        found = [one["comment"] for one in _COMMENT.finditer(raw)]
        comments = tuple(text.strip() for text in found if text is not None)
        raw = _COMMENT.sub(lambda one: one[0] if one["raw"] else "", raw)
        self._marks.check_html(raw)
        inlined = self._inliner.inline(_STYLE.sub(_keep_state_rules, raw))
        return self._with_images(inlined, comments)

    def _author_html(self, languages: Sequence[str], own: Sequence[str]) -> str:
        if len(languages) > 1:
            raise CampaignError(
                f"{self._campaign.folder.name}: a letter.*.html.j2 serves one language a letter",
                "write the letter in Markdown for recipients who get both languages",
            )
        return own[0]

    def _body(self, languages: Sequence[str], sources: Sequence[str]) -> str:
        bodies = [markdown.html(source) for source in sources]
        if len(bodies) == 1:
            return bodies[0]
        return "<hr>\n".join(
            f'<div lang="{language}">\n{body}</div>\n'
            for language, body in zip(languages, bodies, strict=True)
        )

    def _in_layout(self, languages: Sequence[str], subject: str, body: str) -> str:
        settings = self._campaign.settings
        sender = {
            key: localised(getattr(settings.sender, key), languages[0])
            for key in type(settings.sender).__struct_fields__
        }
        title = localised(settings.title, languages[0])
        try:
            layout = self.environment.get_template(_LAYOUT)
        except RecursionError:
            raise CampaignError(
                f"{_LAYOUT}: something is nested too deeply",
                "write fewer brackets inside each other",
            ) from None
        try:
            return layout.render(
                body=Markup(body),  # noqa: S704 - made from the author's Markdown; data are marks
                subject=subject,
                language=languages[0],
                campaign={"title": title, "id": settings.id, "sender": sender},
                sender=sender,
            )
        except UndefinedError as error:
            lines = [
                f.lineno for f in extract_tb(error.__traceback__) if f.filename.endswith(".j2")
            ]
            raise CampaignError(
                f"{_LAYOUT}:{lines[-1]}: {error}",
                "a layout knows body, subject, language, campaign and sender; "
                "what is a recipient's own belongs in the letter",
            ) from None

    def _with_images(self, document: str, comments: tuple[str, ...]) -> HtmlDocument:
        """Point images of the campaign folder at their Content-ID (RFC 2392)."""
        found: dict[str, str] = {}

        def point(match: re.Match[str]) -> str:
            name = composed(unquote(unescape(match[2])))
            if _ELSEWHERE.match(name) or self._marks.inside(name):
                return match[0]
            found.setdefault(
                name, f"{hashlib.sha256(name.encode()).hexdigest()[:16]}@letters.invalid"
            )
            return f"{match[1]}cid:{found[name]}{match[3]}"

        def point_if_there(match: re.Match[str]) -> str:
            name = unquote(unescape(match[2]))
            there = not _ELSEWHERE.match(name) and self._campaign.file(name).is_file()
            return point(match) if there else match[0]

        document = _IMAGE.sub(point, document)
        document = _BACKGROUND.sub(point_if_there, document)
        document = _STYLE.sub(lambda style: _CSS_URL.sub(point_if_there, style[0]), document)
        return HtmlDocument(document, tuple(found.items()), comments)


def _keep_state_rules(style: re.Match[str]) -> str:
    """Repeat the rules that no `style` attribute can hold in an at-rule, which the inliner keeps."""

    def kept(rule: re.Match[str]) -> str:
        return f"{rule[0]}@media all {{{rule[0].strip()}}}" if rule["rule"] else rule[0]

    return _STATE_RULE.sub(kept, _COMMENT_MARK.sub("", style[0]))
