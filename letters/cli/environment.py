"""The variables `LETTERS_…` of the environment and of `.env` files, each with its source.

A flag goes before the environment, that before the campaign's `.env`, that before the `.env` of the
current folder, that before a default. A password is used only with a relay that the same source, or
a flag, named (P12).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Original, parse_stream

from letters.errors import ConfigurationError

ENVIRONMENT = "environment"
"""The name of the source that is no file."""

VARIABLES = frozenset(
    f"LETTERS_{name}"
    for name in (
        "RELAY", "RELAY_PASSWORD", "JOURNAL", "CAMPAIGN", "RECIPIENTS", "ENCODING", "PACE", "QUOTA",
        "CONNECTIONS", "STATE", "WINDOW", "EHLO_NAME",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's value, the name of its source, and the folder where its relative paths start."""

    name: str
    value: str
    source: str
    folder: Path

    @property
    def path(self) -> Path:
        """The value as a path; from the environment it starts at the current folder."""
        return Path(self.value) if self.source == ENVIRONMENT else self.folder / self.value

    def wrong(self, why: object, hint: str) -> ConfigurationError:
        """The error of a value that cannot be used; it names the variable and where it was set."""
        return ConfigurationError(f"{self.name} ({self.source}): {why}", hint)


@dataclass(frozen=True, slots=True)
class Source:
    """The environment, or one `.env` file. `name` is `environment`, or the file's path."""

    name: str
    folder: Path
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Environment:
    """The sources of variables; the first that sets one decides."""

    sources: tuple[Source, ...]

    @classmethod
    def read(cls, *folders: Path) -> "Environment":
        """Read the environment, then each folder's `.env`. Raises ConfigurationError."""
        own = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
        sources = [Source(ENVIRONMENT, Path.cwd(), own)]
        for folder in dict.fromkeys(folder.resolve() for folder in folders):
            file = folder / ".env"
            if file.is_file():
                sources.append(Source(str(file), folder, _read(file)))
        return cls(tuple(sources))

    def get(self, name: str) -> str | None:
        """The value of a variable, None when no source sets it."""
        found = self.find(name)
        return found.value if found else None

    def find(self, name: str) -> Variable | None:
        """A variable with its source; an empty value counts as not set."""
        for source in self.sources:
            if source.values.get(name):
                return Variable(name, source.values[name], source.name, source.folder)
        return None

    def password(self, relay_source: str | None) -> str | None:
        """The password for a relay that this source named (None: a flag), or None.

        A flag's relay may use the password of any source, a source's relay only that source's own.
        """
        for source in self.sources:
            if relay_source in {None, source.name} and source.values.get("LETTERS_RELAY_PASSWORD"):
                return source.values["LETTERS_RELAY_PASSWORD"]
        return None


def _read(file: Path) -> dict[str, str]:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file} cannot be read: {error}", "save it as UTF-8 text"
        ) from None
    values: dict[str, str | None] = {}
    for found in bindings:
        name = found.key or ""
        if found.error or (found.value is None and name.startswith("LETTERS_")):
            raise _not_a_setting(file, found.original)
        if name:
            values[name] = found.value
    unknown = sorted(n for n in values if n.startswith("LETTERS_") and n not in VARIABLES)
    if unknown:
        raise ConfigurationError(f"{file}: {unknown[0]} is not known", _known_names(unknown[0]))
    return {name: value for name, value in values.items() if value is not None}


def _not_a_setting(file: Path, original: Original) -> ConfigurationError:
    """The error of a line that sets nothing: it is not shown, since it may hold a password."""
    before = original.string[: len(original.string) - len(original.string.lstrip())]
    line = original.line + before.count("\n")
    return ConfigurationError(
        f"{file}, line {line}, is not NAME=value",
        "write it as NAME=value, with both quotation marks or none; # begins a comment",
    )


def _known_names(unknown: str) -> str:
    from difflib import get_close_matches

    known = {name.removeprefix("LETTERS_"): name for name in sorted(VARIABLES)}
    near = get_close_matches(unknown.removeprefix("LETTERS_").upper(), known, 1)
    return f"did you mean {known[near[0]]}?" if near else f"known: {', '.join(known.values())}"
