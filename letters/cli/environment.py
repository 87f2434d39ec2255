"""Environment variables and `.env` files, and which of them a value came from (P12).

Flag > environment > `.env` of the campaign > `.env` of the current folder > default. A password is
used only with a relay that the same source, or a flag, named.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Original, parse_stream

from letters.errors import ConfigurationError

VARIABLES = frozenset(
    f"LETTERS_{name}"
    for name in (
        "RELAY", "RELAY_PASSWORD", "JOURNAL", "CAMPAIGN", "RECIPIENTS", "PACE", "QUOTA", "CONNECTIONS",
        "STATE", "WINDOW",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A variable's value, where it came from, and the folder that its relative paths start at."""

    name: str
    value: str
    source: str
    folder: Path

    @property
    def path(self) -> Path:
        """The value as a path."""
        return self.folder / self.value

    def wrong(self, why: object, hint: str) -> ConfigurationError:
        """What to say of a value that cannot be used: the variable, and where it was set."""
        return ConfigurationError(f"{self.name} ({self.source}): {why}", hint)


@dataclass(frozen=True, slots=True)
class Source:
    """One place of settings: the environment, or a `.env` file."""

    name: str
    folder: Path
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Environment:
    """The sources of settings, the strongest first."""

    sources: tuple[Source, ...]

    @classmethod
    def read(cls, *folders: Path) -> "Environment":
        """Read the environment, then each folder's `.env`. Raises ConfigurationError."""
        own = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
        sources = [Source("environment", Path.cwd(), own)]
        for folder in dict.fromkeys(folder.resolve() for folder in folders):
            file = folder / ".env"
            if file.is_file():
                sources.append(Source(str(file), folder, _read(file)))
        return cls(tuple(sources))

    def get(self, name: str) -> str | None:
        """The strongest value of a variable, or None."""
        found = self.find(name)
        return found.value if found else None

    def find(self, name: str) -> Named | None:
        """The strongest value of a variable, with its source."""
        for source in self.sources:
            if source.values.get(name):
                return Named(name, source.values[name], source.name, source.folder)
        return None

    def password(self, relay_source: str | None) -> str | None:
        """The password that may be used with a relay named by this source; None: by a flag."""
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
            raise _unread(file, found.original)
        if name:
            values[name] = found.value
    unknown = sorted(n for n in values if n.startswith("LETTERS_") and n not in VARIABLES)
    if unknown:
        raise ConfigurationError(f"{file}: {unknown[0]} is not known", _likely(unknown[0]))
    return {name: value for name, value in values.items() if value is not None}


def _unread(file: Path, original: Original) -> ConfigurationError:
    """The line is named and not shown: it may hold a password."""
    before = original.string[: len(original.string) - len(original.string.lstrip())]
    line = original.line + before.count("\n")
    return ConfigurationError(
        f"{file}, line {line}, is not NAME=value",
        "write it as NAME=value, with both quotation marks or none; # begins a comment",
    )


def _likely(unknown: str) -> str:
    from difflib import get_close_matches

    known = {name.removeprefix("LETTERS_"): name for name in sorted(VARIABLES)}
    near = get_close_matches(unknown.removeprefix("LETTERS_").upper(), known, 1)
    return f"did you mean {known[near[0]]}?" if near else f"known: {', '.join(known.values())}"
