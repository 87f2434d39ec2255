"""What a relay's reply means: for the letter (`Outcome`), about whom (`Concern`), for the run (`Advice`).

`TABLE` holds the rules in order; `read_reply` applies them. Pure. Sources of the rows: RFC 5321, RFC
3463, and the providers' own pages.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from msgspec import Struct

SAID_LIMIT = 500
"""Characters of a reply's text that are kept."""


class Outcome(StrEnum):
    """How an attempt ended (glossary: verdict)."""

    SENT = "sent"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    IN_DOUBT = "in doubt"


class Concern(StrEnum):
    """Whom the reply is about; only `RECIPIENT` and `MESSAGE` settle a letter."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"
    RELAY = "relay"


class Advice(StrEnum):
    """What the whole run should do about a reply, beyond the letter it answered."""

    NONE = "none"
    SLOW = "slow down"
    PARK = "come back when the quota allows"


class Stage(StrEnum):
    """Where in the SMTP session a reply came, or was missing."""

    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    MID_DATA = "mid-data"
    DOT = "dot"


class Verdict(Struct, frozen=True):
    """The result of one attempt, with the text of the relay's reply.

    `code` is the SMTP reply code (0: no reply), `enhanced` the RFC 3463 code as `"5.1.1"` or "".
    With concern `SENDER` or `RELAY`, `REJECTED` means that the run stops until a person mends
    something, `DEFERRED` that it may come back later; neither counts as a try of the letter. Such a
    `DEFERRED` has `recurring`, once the relay knew the letter: what it is about if the same letter is
    answered so again while others are accepted.
    `said` is one printable line of bounded length, from outside: escape it wherever it is shown.
    """

    outcome: Outcome
    concern: Concern = Concern.RECIPIENT
    said: str = ""
    code: int = 0
    enhanced: str = ""
    advice: Advice = Advice.NONE
    recurring: Concern | None = None


def read_reply(stage: Stage, code: int, text: str) -> Verdict:
    """The verdict of a reply that refuses, was not expected, or answers the final dot.

    `text` is what follows the code, lines joined by LF. Code 0 means that no reply came, or none that
    can be read; `text` then describes what happened.
    """
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    weight = enhanced[:1] if code >= _NEGATIVE and enhanced else str(code)[0]
    rule = next(r for r in _rules(stage, code, weight) if r.fits(enhanced, text))
    said = one_line(text, enhanced)
    recurring = _recurring(rule, stage, code, text) if rule.outcome is Outcome.DEFERRED else None
    return Verdict(rule.outcome, rule.concern, said, code, enhanced, rule.advice, recurring)


def _recurring(rule: "ReplyRule", stage: Stage, code: int, text: str) -> Concern | None:
    """What a reply about sender or relay is about if it recurs for one letter; None: the same."""
    about_letter = rule.concern in {Concern.RECIPIENT, Concern.MESSAGE}
    if about_letter or rule.advice is Advice.PARK or code < _NEGATIVE or stage not in _LETTER:
        return None
    closing = code == _CLOSING and rule.advice is Advice.NONE and stage is Stage.RCPT
    if closing or _compiled(_ENOUGH).search(text) is not None:
        return None  # about the connection, whichever letter meets it
    return Concern.RECIPIENT if stage is Stage.RCPT else Concern.MESSAGE


def closes(code: int, text: str) -> bool:
    """Whether a reply ends its connection: the relay closes it, or accepts nothing more on it."""
    # RFC 5321 3.8: 421 may come at any time, and the relay then closes the connection.
    return code == _CLOSING or (
        code // 100 == 4 and _compiled(_ENOUGH).search(text) is not None  # noqa: PLR2004
    )


def is_about_ehlo_name(text: str) -> bool:
    """Whether a refusal is about the name that this program told in EHLO (RFC 5321 4.1.4)."""
    return _compiled(_EHLO).search(text) is not None


def queue_id(said: str) -> str:
    """The relay's own id of an accepted letter, from the text of its 250 reply; "" when there is none.

    Reads the forms of Postfix (and what copies it: SendGrid, Haraka), Exim, Gmail, Microsoft 365 and Exchange,
    Amazon SES, Sendmail (Proofpoint, OpenSMTPD) and Mimecast.
    """
    found = next((found for form in _QUEUE_IDS if (found := form.search(said))), None)
    return found[1][:_ID_LIMIT] if found else ""


_ID_LIMIT = 100
_QUEUE_IDS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\bqueued as ([^\s;,()]+)",
        r"\bOK id=([^\s;,]+)",
        r"\bOK +\d{9,} (\S+) - gsmtp",
        r"\[InternalId=(\d+)",
        r"^(?:2\.\d\.\d )?Ok ([0-9a-f]{12,}(?:-[0-9a-f]+){2,})$",
        r"^(?:2\.\d\.\d )?([\w.-]+) Message accepted for delivery",
        r"\bReceived OK \[([^\s\]]+)\]",
        r"\bMessage Queued \(([^\s)]+)\)",
    )
)


def one_line(text: str, enhanced: str = "") -> str:
    """A reply's text as one printable line of at most 500 characters, controls shown as escapes.

    `enhanced` is left out where a line begins with it (RFC 2034 repeats it on every line).
    """
    if len(text) <= SAID_LIMIT and text.isprintable():
        return text.removeprefix(enhanced).strip()
    lines = (line.removeprefix(enhanced).strip() for line in text.splitlines())
    joined = " ".join(filter(None, lines))[: SAID_LIMIT * 2]
    shown = joined if joined.isprintable() else "".join(map(_visible, joined))
    return shown if len(shown) <= SAID_LIMIT else shown[: SAID_LIMIT - 1] + "…"


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
_NEGATIVE = 400
_CLOSING = 421


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """One row of the table: its result, and all conditions that must hold for it to match.

    `code`, `enhanced` (both whole) and `words` (anywhere, any case) are regular expressions; ""
    and an empty `at` match anything. `weight` is 4 or 5: the enhanced class, else the first digit.
    """

    outcome: Outcome
    concern: Concern
    code: str = ""
    enhanced: str = ""
    words: str = ""
    weight: str = ""
    at: tuple[Stage, ...] = ()
    advice: Advice = Advice.NONE

    def may_match(self, stage: Stage, code: int, weight: str) -> bool:
        """Whether stage, code and class match; enhanced code and words are not looked at."""
        return (
            (not self.at or stage in self.at)
            and (not self.weight or self.weight == weight)
            and (not self.code or _compiled(self.code).fullmatch(str(code)) is not None)
        )

    def fits(self, enhanced: str, text: str) -> bool:
        """Whether enhanced code and words of a reply match, once `may_match` does."""
        return (not self.enhanced or _compiled(self.enhanced).fullmatch(enhanced) is not None) and (
            not self.words or _compiled(self.words).search(text) is not None
        )


_SENT, _LATER, _NO, _DOUBT = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED, Outcome.IN_DOUBT
_RECIPIENT, _MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
_SENDER, _RELAY = Concern.SENDER, Concern.RELAY
_SLOW, _PARK = Advice.SLOW, Advice.PARK
_OPENING = (Stage.CONNECT, Stage.BANNER, Stage.EHLO)
_BEFORE_MAIL = (*_OPENING, Stage.STARTTLS)
_CONTENT = (Stage.MID_DATA, Stage.DOT)
_LETTER = (Stage.RCPT, Stage.DATA, *_CONTENT)
_ENOUGH = r"messages .*(this|per|one|a) (\S+ )?(connection|session)"
_TOO_FAST = (
    r"too (many|much) (\S+ ){0,2}(connections?|sessions?|messages?|mail|e-?mails?|recipients?|logins?)"
    r"|too (fast|quickly)|slow down|throttl|rate[ -]?limit|(sending|submission|message) rate"
)
_QUOTA = (
    r"(daily|hourly|monthly|24.hours?) (\S+ ){0,3}(limit|quota)"
    r"|max (e-?mails|messages) per (hour|day)|(limit|quota) per (hour|day|24)"
)
_MAILBOX = r"mailbox|inbox|recipient|<\S+@\S+>"
_EHLO = r"(?<![\w@<.+-])(helo|ehlo)(?![\w@.+-])"  # as a word, not in an address
_NO_RELAYING = "relay(ing)? (access )?(denied|not permitted)|unable to relay"
_BLOCKED = (
    r"client host (\S+ )?(rejected|blocked)|blocked using|ipcheck\.proofpoint\.com"
    r"|(spamhaus|barracudacentral|spamcop)\.(org|net)|\bPTR record\b|reverse DNS"
)

TABLE = (
    # RFC 1047: once data has left, silence proves nothing.
    ReplyRule(_DOUBT, _RELAY, code="0", at=_CONTENT),
    ReplyRule(_LATER, _RELAY, code="0"),
    ReplyRule(_SENT, _RECIPIENT, code="2..", at=(Stage.DOT,)),
    # A positive reply that the stage does not expect: commands and replies no longer match.
    ReplyRule(_DOUBT, _RELAY, code="[123]..", at=_CONTENT),
    ReplyRule(_LATER, _RELAY, code="[123].."),
    # Exim, smtp_accept_max_per_connection, and others: too many letters on this connection.
    ReplyRule(_LATER, _RELAY, code="4..", words=_ENOUGH),
    # Amazon SES, sending quotas: the daily quota is the account's, the rate asks to slow down.
    # Microsoft 5.1.90, Exim with cPanel and many more say the day's or hour's quota in their words;
    # some with a 421 or, to the login, a 454, whose other words mean less.
    ReplyRule(_LATER, _SENDER, words=_QUOTA, code="[45]..", advice=_PARK),
    # Google, SMTP error reference: 421 4.7.0 and 4.7.28 ask to slow down; Postfix answers
    # 421 4.7.0 to too many connections (anvil).
    ReplyRule(_LATER, _RELAY, code="421", enhanced=r"4\.7\.\d+", advice=_SLOW),
    ReplyRule(_LATER, _RELAY, code="421", words=_TOO_FAST, advice=_SLOW),
    # RFC 5321 3.8: 421 may come at any time and says that the relay is closing the connection.
    ReplyRule(_LATER, _RELAY, code="421"),
    # Google Workspace, SMTP error reference: the account's daily limit, a 5yz that lasts a day.
    ReplyRule(_LATER, _SENDER, code="550", enhanced=r"5\.4\.5", advice=_PARK),
    # The same: the recipient is written to too fast; the customer's peak rate.
    ReplyRule(
        _LATER, _RECIPIENT, code="450", enhanced=r"4\.2\.1", words="the user you are", advice=_SLOW
    ),
    # RFC 3463 3.3: x.2.1 is a mailbox that is disabled.
    ReplyRule(_LATER, _SENDER, code="450", enhanced=r"4\.2\.1", words=_TOO_FAST, advice=_SLOW),
    ReplyRule(
        _LATER, _RECIPIENT, code="450", enhanced=r"4\.2\.1", words=_MAILBOX, at=(Stage.RCPT,)
    ),
    ReplyRule(_LATER, _SENDER, code="450", enhanced=r"4\.2\.1", advice=_SLOW),
    # Google: too many logins; RFC 4954 6: 454 is a temporary failure of AUTH.
    ReplyRule(_LATER, _SENDER, code="454", at=(Stage.AUTH,), advice=_SLOW),
    # Google 5.7.26 (not authenticated), Microsoft 5.7.515 (the same), 5.7.30 and 5.7.139 (no
    # password logins), 5.7.60 (may not send as this address).
    ReplyRule(_NO, _SENDER, enhanced=r"5\.7\.(26|515|30|139|60)"),
    # Microsoft 365: From is not the mailbox that logged in.
    ReplyRule(_NO, _SENDER, words="SendAsDenied"),
    # Microsoft 365: more than three submissions at once.
    ReplyRule(_LATER, _RELAY, code="432", advice=_SLOW),
    # Twilio SendGrid, SMTP errors: an unverified From is a 403; credits and the hour's quota.
    ReplyRule(_NO, _SENDER, code="403"),
    ReplyRule(_LATER, _SENDER, code="451", words="maximum credits", advice=_PARK),
    ReplyRule(_LATER, _SENDER, code="452", words="received this hour", advice=_PARK),
    ReplyRule(_NO, _SENDER, code="550", words="unauthenticated senders"),
    ReplyRule(_NO, _SENDER, code="554", words="address is not verified"),
    # SES 454 Throttling; Postfix 450 4.7.1 "Error: too much mail from" (anvil), at any stage.
    ReplyRule(_LATER, _RELAY, weight="4", words=_TOO_FAST, advice=_SLOW),
    # RFC 4954 6: log in first, wrong password, mechanism too weak, TLS first.
    ReplyRule(_NO, _SENDER, code="53[0458]"),
    # Postfix (smtpd_helo_restrictions) and Exim refuse the name in EHLO where they say so, by default at
    # RCPT. 503 asks for an EHLO, which is another thing.
    ReplyRule(_NO, _SENDER, weight="5", code="50[14]|55.", words=_EHLO, at=(Stage.MAIL, *_LETTER)),
    ReplyRule(_LATER, _SENDER, weight="4", words=_EHLO, at=(Stage.MAIL, *_LETTER)),
    # Postfix, Exim, Sendmail and Exchange say at RCPT what is wrong with the client or with From;
    # Postfix's defer_unauth_destination says so with a 4yz.
    ReplyRule(_NO, _SENDER, weight="5", words=_NO_RELAYING, at=(Stage.RCPT,)),
    ReplyRule(_LATER, _SENDER, weight="4", words=_NO_RELAYING, at=(Stage.RCPT,)),
    ReplyRule(_NO, _SENDER, weight="5", words="sender address rejected", at=(Stage.RCPT,)),
    # A gateway that blocks our relay's address may answer so at any stage.
    ReplyRule(_NO, _SENDER, weight="5", words=_BLOCKED, at=(Stage.MAIL, *_LETTER)),
    ReplyRule(_LATER, _SENDER, weight="4", words=_BLOCKED, at=(Stage.MAIL, *_LETTER), advice=_SLOW),
    # RFC 3463 3.2: x.1.7 and x.1.8 are about the sender's address, the rest of x.1 about the
    # recipient's; at MAIL there is no recipient yet.
    ReplyRule(_LATER, _SENDER, enhanced=r"4\.1\.[78]"),
    ReplyRule(_NO, _SENDER, enhanced=r"5\.1\.[78]"),
    ReplyRule(_LATER, _RECIPIENT, enhanced=r"4\.1\.\d+", at=_LETTER),
    ReplyRule(_NO, _RECIPIENT, enhanced=r"5\.1\.\d+|5\.2\.1", at=_LETTER),
    # RFC 3463 3.3: a full mailbox is emptied some day, whatever the class says.
    ReplyRule(_LATER, _RECIPIENT, enhanced=r"[45]\.2\.2", at=_LETTER),
    # RFC 3463 3.3, 3.4; RFC 1870 6: the letter is too long.
    ReplyRule(_NO, _MESSAGE, enhanced=r"5\.2\.3|5\.3\.4"),
    ReplyRule(_NO, _MESSAGE, code="552", at=(Stage.MAIL,)),
    # RFC 5321 4.5.3.1.10: 552 to RCPT is to be read as 452.
    ReplyRule(_LATER, _RECIPIENT, code="552", at=(Stage.RCPT,)),
    # RFC 3463 3.4: the mail system is full, or takes nothing now.
    ReplyRule(_LATER, _RELAY, enhanced=r"4\.3\.[12]"),
    # RFC 5321 4.2.4: unknown command, not implemented, bad sequence: client and relay disagree
    # about the state of the session, which no recipient can change.
    ReplyRule(_LATER, _RELAY, code="50[023]", at=(Stage.MAIL, *_LETTER)),
    # RFC 3463 3.8: policy, for now; before RCPT it cannot be about a recipient, so it is our rate,
    # or greylisting of the client. STARTTLS answers 454 4.7.0 for its own failures (RFC 3207 4).
    ReplyRule(_LATER, _RELAY, enhanced=r"4\.7\.\d+", at=_OPENING, advice=_SLOW),
    ReplyRule(_LATER, _SENDER, enhanced=r"4\.7\.\d+", at=(Stage.AUTH, Stage.MAIL), advice=_SLOW),
    # The stage says whom, the enhanced class (RFC 3463 3.1) or the first digit says how long.
    ReplyRule(_LATER, _RELAY, weight="4", at=_BEFORE_MAIL),
    ReplyRule(_NO, _RELAY, weight="5", at=_BEFORE_MAIL),
    ReplyRule(_LATER, _SENDER, weight="4", at=(Stage.AUTH, Stage.MAIL)),
    ReplyRule(_NO, _SENDER, weight="5", at=(Stage.AUTH, Stage.MAIL)),
    ReplyRule(_LATER, _RECIPIENT, weight="4", at=(Stage.RCPT,)),
    ReplyRule(_NO, _RECIPIENT, weight="5", at=(Stage.RCPT,)),
    ReplyRule(_LATER, _MESSAGE, weight="4", at=(Stage.DATA, *_CONTENT)),
    ReplyRule(_NO, _MESSAGE, weight="5", at=(Stage.DATA, *_CONTENT)),
    ReplyRule(_LATER, _RELAY),
)
"""The rules, in order: the first row that matches decides, and the last matches everything."""


@lru_cache(maxsize=256)  # a relay sends the same few codes for every letter
def _rules(stage: Stage, code: int, weight: str) -> tuple[ReplyRule, ...]:
    return tuple(rule for rule in TABLE if rule.may_match(stage, code, weight))
