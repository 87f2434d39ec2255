"""The rivals that do the whole job: mailmerge, and loops over smtplib, redmail and yagmail.

All fill the words of the shipped English letter with each row's name and riding: fewer places than
ours have, nothing looked up, checked or recorded, which flatters them.
`python -m bench.rivals_mail LIBRARY PORT LIST WORDS` is one of the loops.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from email.headerregistry import Address
from pathlib import Path

Letter = tuple[dict[str, str], str, str, str]
"""A row, and its subject, text and HTML."""

_SENDER = Address("Invented Institute", "letters", "example.org")
_BOUNDARY = "=_of_the_rival"


def words(folder: Path) -> dict[str, str]:
    """Subject, text and HTML of the English letter, as Jinja templates over a list's columns."""
    from bench import batch

    *_, proofed = batch.proof(batch.campaign(), batch.rows(folder, 3))
    letter = proofed.letter
    if letter is None:
        raise RuntimeError("the shipped letter was not written")
    name = letter.recipient.name

    def template(text: str) -> str:
        return text.replace("{", "(").replace("}", ")").replace(name, "{{ name }}")

    return {
        "subject": f"{template(letter.subject)} ({{{{ name }}}})",
        "text": template(letter.text),
        "html": template(letter.html).replace("</body>", "<p>{{ riding }}</p></body>"),
    }


def mailmerge(folder: Path, port: int, of: dict[str, str]) -> list[str]:
    """Write mailmerge's template and settings; its arguments, for a list beside them."""
    template, settings = folder / "mailmerge.txt", folder / "mailmerge.conf"
    head = f"TO: {{{{ email }}}}\nSUBJECT: {of['subject']}\nFROM: {_SENDER}\nMIME-Version: 1.0\n"
    body = "".join(
        f"--{_BOUNDARY}\nContent-Type: text/{kind}; charset=utf-8\n\n{of[part]}\n\n"
        for kind, part in (("plain", "text"), ("html", "html"))
    )
    content = f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\n\n'
    template.write_text(f"{head}{content}{body}--{_BOUNDARY}--\n", encoding="utf-8")
    settings.write_text(f"[smtp_server]\nhost = 127.0.0.1\nport = {port}\n", encoding="utf-8")
    return [
        "--no-dry-run", "--no-limit", "--output-format", "raw",
        "--template", str(template), "--config", str(settings), "--database",
    ]  # fmt: skip


def by_smtplib(port: int, letters: Iterator[Letter]) -> None:
    """The standard library alone, on one connection."""
    import smtplib
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import formatdate, make_msgid

    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for row, subject, text, html in letters:
            message = EmailMessage(policy=SMTP)
            local, _, domain = row["email"].partition("@")
            message["From"], message["To"] = _SENDER, Address(row["name"], local, domain)
            message["Subject"] = subject
            message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="example.org")
            message.set_content(text, cte="quoted-printable")
            message.add_alternative(html, subtype="html", cte="quoted-printable")
            smtp.send_message(message)


def by_redmail(port: int, letters: Iterator[Letter]) -> None:
    """Red Mail on one connection, given filled words: it compiles a text's Jinja each time."""
    from redmail import EmailSender

    sender = EmailSender("127.0.0.1", port, use_starttls=False, domain="example.org")
    sender.use_jinja = False
    with sender:
        for row, subject, text, html in letters:
            sender.send(subject, str(_SENDER), [row["email"]], text=text, html=html)


def by_yagmail(port: int, letters: Iterator[Letter]) -> None:
    """yagmail, which opens a session for every letter, and makes the plain text of the HTML."""
    from yagmail import Client

    client = Client(
        {_SENDER.addr_spec: _SENDER.display_name}, host="127.0.0.1", port=port,
        smtp_ssl=False, smtp_starttls=False, smtp_skip_login=True,
    )  # fmt: skip
    with client:
        for row, subject, _, html in letters:
            # The styles are in place already; premailer would look for them in every letter.
            if client.send(row["email"], subject, html, prettify_html=False) is False:
                sys.exit("yagmail: a letter was not sent")


LOOPS: dict[str, Callable[[int, Iterator[Letter]], None]] = {
    "smtplib": by_smtplib,
    "redmail": by_redmail,
    "yagmail": by_yagmail,
}


def _letters(people: Path, words_of: Path) -> Iterator[Letter]:
    """Every row with its words, by templates that are compiled once."""
    from jinja2 import Environment

    of = json.loads(words_of.read_text(encoding="utf-8"))
    plain, rich = Environment(autoescape=False), Environment(autoescape=True)
    subject, text = plain.from_string(of["subject"]), plain.from_string(of["text"])
    html = rich.from_string(of["html"])
    with people.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row, subject.render(row), text.render(row), html.render(row)


if __name__ == "__main__":
    _library, _port, *_paths = sys.argv[1:]
    LOOPS[_library](int(_port), _letters(*map(Path, _paths)))
