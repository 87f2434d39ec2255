"""The house rules that a machine can hold."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from letters import __version__
from letters.cli.app import VERBS, letters

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "letters").rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_has_a_docstring(module):
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))

    assert docstring


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_350_lines(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb):
    result = CliRunner().invoke(letters, [verb, "--help"])

    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"letters {verb}" in result.output


def test_help_starts_without_the_heavy_imports():
    heavy = [
        "jinja2",
        "rich",
        "aiosmtplib",
        "asyncio",
        "sqlite3",
        "email",
        "msgspec",
        "markdown_it",
        "css_inline",
    ]
    program = (
        "import sys; from letters.cli.app import run; run(['--help']);"
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stderr.strip() == "[]"


def test_every_verb_is_one_file_and_every_file_one_verb():
    files = {path.stem for path in (ROOT / "letters/cli/commands").glob("*.py")} - {"__init__"}

    assert files == set(VERBS)


# Words of any program, with no meaning of their own here.
ORDINARY = """
address addresse answer attempt builder call changed chosen code configuration counter credit
document domain down empty ended environment error established event exit export failed fast
field file flag format found generator group html language large layout line link loader login looking lost maildir
memory mime missing name not object of open option parked parsed part plan postal preview
printable progress protocol readable reader record recorder refused remote request reservation reserved
result same scaffold send setting short since slow smtp source spacing span sqlite static stream subject
summary taken text timeout too unavailable unknown unmatched url use used variable verb view
writer
"""


def classes():
    """Every public class of the package, with the modules that define one of that name."""
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module.name)
    return places


def words_of(name):
    """The words of a class's name, without a plural `s`."""
    return [w.lower().removesuffix("s") for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)]


def test_the_glossary_has_every_noun_of_the_code():
    bold = re.findall(r"\*\*(.+?)\*\*", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"))
    known = {word.removesuffix("s") for term in bold for word in term.casefold().split()}
    known |= {word.removesuffix("s") for word in ORDINARY.split()}

    missing = {name: [w for w in words_of(name) if w not in known] for name in classes()}

    assert {name: words for name, words in missing.items() if words} == {}


def test_no_class_name_means_two_things():
    assert {name: where for name, where in classes().items() if len(where) > 1} == {}


def test_the_readme_has_every_word_of_the_design():
    readme = (ROOT / "README.md").read_text(encoding="utf-8").casefold()
    words = (
        "campaign recipient letter wording filling plate message envelope proof relay transport "
        "connection channel journal attempt verdict bounce suppression"
    )
    missing = [word for word in words.split() if f"**{word}" not in readme]

    assert missing == []


def test_the_words_that_were_given_up_do_not_come_back():
    given_up = re.compile(r"\blanes?\b|clerk|\bhalts?\b|\bheed|\bpleas?\b|leans on", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in sorted((ROOT / "letters").rglob("*"))
        if path.suffix in {".py", ".sql", ".toml", ".j2", ".md", ".css"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if given_up.search(line)
    ]

    assert found == []


def test_the_version_is_printed_without_an_installed_package():
    code = (
        "import sys; from importlib import metadata\n"
        "def nowhere(name): raise metadata.PackageNotFoundError(name)\n"
        "metadata.version = metadata.distribution = nowhere\n"
        "from letters.cli.app import run; sys.exit(run(['--version']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"letters, version {__version__}"


def test_the_package_is_built_with_the_version_that_it_prints():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "letters/__init__.py"
