"""The rivals that do the whole job: mailmerge, and a loop of smtplib over `EmailMessage`.

Both fill the words of one shipped letter with each row's name and riding: fewer places than ours
have, nothing looked up, checked or recorded, which flatters them.
`python -m bench.rivals_mail PORT LIST WORDS` is the loop.
"""

import csv
import json
import smtplib
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path

from bench import batch

_SENDER = Address("Invented Institute", "letters", "example.org")
_BOUNDARY = "=_of_the_rival"


def words(folder: Path) -> dict[str, str]:
    """Subject, text and HTML of one letter, as Jinja templates over a list's columns."""
    (proofed,) = batch.proof(batch.campaign(), batch.rows(folder, 1))
    letter = proofed.letter
    if letter is None:
        raise RuntimeError("the shipped letter was not written")
    name = letter.recipient.name

    def template(text: str) -> str:
        return text.replace("{", "(").replace("}", ")").replace(name, "{{ name }}")

    return {
        "subject": f"{template(letter.subject)} ({{{{ name }}}})",
        "text": template(letter.text),
        "html": template(letter.html) + "<!-- {{ riding }} -->",
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


def main(port: str, people: str, of: str) -> None:
    """One connection, one letter after the other."""
    from jinja2 import Environment

    read = json.loads(Path(of).read_text(encoding="utf-8"))
    plain, rich = Environment(autoescape=False), Environment(autoescape=True)
    subject, text = plain.from_string(read["subject"]), plain.from_string(read["text"])
    html = rich.from_string(read["html"])
    with (
        smtplib.SMTP("127.0.0.1", int(port)) as smtp,
        open(people, encoding="utf-8", newline="") as file,  # noqa: PTH123
    ):
        for row in csv.DictReader(file):
            message = EmailMessage(policy=SMTP)
            local, _, domain = row["email"].partition("@")
            message["From"], message["To"] = _SENDER, Address(row["name"], local, domain)
            message["Subject"] = subject.render(row)
            message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="example.org")
            message.set_content(text.render(row), cte="quoted-printable")
            message.add_alternative(html.render(row), subtype="html", cte="quoted-printable")
            smtp.send_message(message)


if __name__ == "__main__":
    main(*sys.argv[1:])
