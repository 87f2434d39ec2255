"""Another language's mail parser reads back every subject, name, address, text, HTML and file.

Perl's Email::MIME, as Debian has it; Python's own parser judges the same in tests/unit.
"""

import hashlib
import json
import shutil
import subprocess
from itertools import cycle, product
from pathlib import Path

import pytest

from letters.message.message import Message
from letters.message.sealer import Sealer
from letters.render.letter import Letter
from tests.mail import DATE, SETTINGS, make_campaign, make_recipient, make_writer

FIRST = ("Ann-Marie", "Hélène", "Łukasz", "Zoë", "Jean-François", "Ngọc", "Siân", "D’Arcy", "Åse")
LAST = ("Lee", "Côté-Tillbrook", "O’Neil", "Lefèbvre-Île", "von Quill", "Ó Briain", "Großmann")
RIDINGS = (
    "Parry Gap—Tillbrook",
    "Beau-Rivage—Châteauneuf—Les Érables",
    "Laurier–Sainte-Odile",
    "Nanaimo—Quill’s Landing",
    "Bas-Rivage—Nicolas—Bécassine",
    "Rivière-du-Loup—Les Îles-d’en-Haut",
    "Fogo",
)
HOSTILE = (
    "=?utf-8?q?a=0ABcc=3A_evil=40example=2Eorg?=",
    'Ann "The Voice" Lee, M.P.',
    "Tom <b>& (Gander); x: \\",
    ".\n..\nFrom me\n.",
    "é" * 1500,
    "a  b   c",
    "--=_boundary--",
    "=3D=\n=20 ",
    "🕊️ 安 שלום",
    "x" * 300,
)
PERL = r"""
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Email::MIME;
use Email::MIME::Header::AddressList;
use JSON::PP;

my @read;
for my $path (@ARGV) {
    open my $file, '<:raw', $path or die "$path: $!";
    my $octets = do { local $/; <$file> };
    my $message = Email::MIME->new($octets);
    my (%body, @files);
    $message->walk_parts(sub {
        my $part = shift;
        return if $part->subparts;
        if (defined $part->filename) {
            push @files, [$part->filename, sha256_hex($part->body)];
        } elsif ($part->content_type =~ m{^text/(plain|html)}) {
            $body{$1} = $part->body_str;
        }
    });
    my %address = map {
        my ($one, @more) = $message->header_as_obj($_)->addresses;
        ($_ => [$one->phrase, $one->address, scalar @more]);
    } qw(From To);
    push @read, {
        path => $path,
        subject => $message->header_str('Subject'),
        names => [$message->header_names],
        %address, %body, files => \@files,
    };
}
# Characters become UTF-8 here and nowhere else: JSON::PP's `utf8` encodes what was decoded once.
print JSON::PP->new->utf8->encode(\@read);
"""


@pytest.fixture(scope="module")
def perl() -> str:
    found = shutil.which("perl")
    modules = ["-MEmail::MIME", "-MEmail::MIME::Header::AddressList", "-MJSON::PP", "-e", "1"]
    if not found or subprocess.run([found, *modules], capture_output=True, check=False).returncode:
        pytest.skip(
            "THE SECOND DECODER IS MISSING: sealed mail is judged by Python's parser alone. "
            "Install it: apt-get install libemail-mime-perl"
        )
    return found


def _people():
    """Several hundred invented people, with subjects of every length from 60 to 200."""
    lengths = cycle(range(60, 201))
    hostile = cycle(HOSTILE)
    offices = cycle(("mp", "senator", "mp", "minister"))
    languages = cycle(("en", "fr", "en+fr", "fr+en", "en"))
    for number, (first, last, riding) in enumerate(product(FIRST, LAST, RIDINGS), 2):
        length = next(lengths)
        yield make_recipient(
            row=number,
            email=f"m{number}@{'bücher' if number % 5 == 0 else 'parl'}.example",
            name=f"{first} {last}" if number % 7 else next(hostile).replace("\n", " ")[:90].strip(),
            last_name=last,
            office=next(offices),
            honorific="Hon.",
            province="Ontario",
            title="Minister of Rivers",
            riding=f"{riding}, {riding}, {' — '.join(RIDINGS)}"[: length - 20],
            language=next(languages),
            x=next(hostile),
        )


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> dict[str, tuple[Letter, Message]]:
    folder = tmp_path_factory.mktemp("decoders")
    body = (
        "{{ recipient.salutation }}\n\n*{{ recipient.x }}* for {{ recipient.riding }}.\n\n"
        "{{ recipient.x }}\n\n![the river](rivière.png) [a](https://river.example/{{ recipient.name }})"
        "\n\n{{ recipient.close }}"
    )
    names = (
        "Rapport sur la rivière — édition révisée, très longue, " + "é" * 60 + ".pdf",
        "a;b.txt",
    )
    settings = SETTINGS.replace(
        "\n[sender]\n", f"\nattachments = {json.dumps(names, ensure_ascii=False)}\n[sender]\n", 1
    ).replace('"Friends of the River"', '"Amis de la Rivière — Friends, of <the> River (Gander)"')
    campaign = make_campaign(
        folder / "river",
        body,
        subject="Open letter — {{ recipient.riding }}",
        campaign__toml=settings,
        letter__fr__md__j2=body,
        **{
            "rivière__png": bytes(range(256)),
            names[0]: b"%PDF\r\n\n\r",
            names[1]: "été\n".encode(),
        },
    )
    writer, sealer = make_writer(campaign), Sealer(campaign)
    made = {}
    for person in _people():
        letter = writer.write(person)
        assert isinstance(letter, Letter), letter
        message = sealer.seal(letter, person.identity)
        assert isinstance(message, Message), message
        path = folder / f"{person.row}.eml"
        path.write_bytes(message.dated(DATE).content)
        made[str(path)] = (letter, message)
    return made


@pytest.fixture(scope="module")
def read(perl, batch) -> dict[str, dict]:
    run = subprocess.run([perl, "-e", PERL, *batch], capture_output=True, check=True, timeout=120)
    assert run.stderr == b""
    return {one["path"]: one for one in json.loads(run.stdout)}


def lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_the_batch_is_several_hundred_letters_with_subjects_of_every_length(batch):
    lengths = {len(letter.subject) for letter, _ in batch.values()}

    assert len(batch) > 400
    assert set(range(70, 195)) <= lengths | {n + 1 for n in lengths} | {n - 1 for n in lengths}


def test_perl_reads_every_subject_as_it_was_written(read, batch):
    wrong = {
        letter.subject: read[path]["subject"]
        for path, (letter, _) in batch.items()
        if read[path]["subject"] != letter.subject
    }

    assert wrong == {}


def test_perl_reads_every_name_and_one_address(read, batch):
    for path, (letter, message) in batch.items():
        assert read[path]["To"] == [letter.recipient.name, message.envelope.recipient, 0]
        assert read[path]["From"] == [
            "Amis de la Rivière — Friends, of <the> River (Gander)",
            "office@river.example",
            0,
        ]


def test_perl_reads_every_text_and_html(read, batch):
    for path, (letter, _) in batch.items():
        assert lines(read[path]["plain"]) == letter.text
        assert lines(read[path]["html"]) == letter.html


def test_perl_reads_every_file_with_its_name(read, batch):
    folder = Path(next(iter(batch))).parent / "river"
    expected = [
        [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
        for path in (folder / "rivière.png", *sorted(folder.glob("*.pdf")), folder / "a;b.txt")
    ]

    for path in batch:
        assert read[path]["files"] == expected


def test_perl_finds_no_header_that_was_not_written(read, batch):
    for path in batch:
        assert read[path]["names"] == [
            *("Date", "Message-ID", "From", "To", "Subject", "Content-Language", "MIME-Version"),
            "Content-Type",
        ]
