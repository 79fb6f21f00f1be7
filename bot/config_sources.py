"""Where settings come from: the environment, secret files, and `config_toml`.

Each source remembers where it found a value, so that whatever is wrong with it can be
said with the line or the variable; and what it found that is no setting at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.config_files import Guard
from bot.errors import ConfigError

PREFIX = "CRONITOR_"
FILE_SUFFIX = "_FILE"
#: variables that are no settings of the server: where things are, and for the clients
OTHER_VARIABLES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("CLIENT_CONFIG", "CONFIG", "DATA_DIR", "DEBUG", "KEY", "PING_KEY", "QUIET"),
        *("SPOOL", "TRUST_FILES", "URL"),
    )
)

#: section and key
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a file, or a variable of the environment."""

    name: str
    #: None for a variable
    line: int | None = None

    def __str__(self) -> str:
        """`config.toml:12` or `CRONITOR_SERVER__PORT`."""
        return self.name if self.line is None else f"{self.name}:{self.line}"

    def order(self) -> tuple[bool, int, str]:
        """The file from top to bottom, then the variables by name."""
        return self.line is None, self.line or 0, self.name


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    origin: Origin
    reason: str

    def __str__(self) -> str:
        """The whole line of the error."""
        return printable(f"{self.origin}: {self.reason}")


def refuse(faults: list[Fault]) -> ConfigError:
    """All that is wrong, a line each, in the order in which a person mends it."""
    ordered = sorted(faults, key=lambda fault: fault.origin.order())
    return ConfigError("\n".join(dict.fromkeys(str(fault) for fault in ordered)))


@dataclass(slots=True)
class Found:
    """What one source has."""

    values: dict[str, dict[str, object]] = field(default_factory=dict)
    origins: dict[Key, Origin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, key: Key, value: object, origin: Origin) -> None:
        """Keep a value of a known key."""
        self.values.setdefault(key[0], {})[key[1]] = value
        self.origins[key] = origin


class Source(PydanticBaseSettingsSource):
    """What was found, in the form in which pydantic-settings asks for it."""

    def __init__(self, settings_cls: type[BaseSettings], found: Found) -> None:
        super().__init__(settings_cls)
        self.found = found

    def get_field_value(
        self, field: FieldInfo, field_name: str
    ) -> tuple[Any, str, bool]:
        """One section."""
        return self.found.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All sections."""
        return dict(self.found.values)


def known_keys(settings_cls: type[BaseSettings]) -> dict[str, list[str]]:
    """The keys of each section."""
    sections = ((name, info.annotation) for name, info in _fields(settings_cls))
    return {
        name: [key for key, _ in _fields(section)]
        for name, section in sections
        if isinstance(section, type) and issubclass(section, BaseModel)
    }


def _fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return list(model.model_fields.items())


def printable(text: str) -> str:
    """The text on one line, whatever a quoted key or a variable's name holds."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def from_variables(known: dict[str, list[str]], environ: Mapping[str, str]) -> Found:
    """What the environment sets; an empty variable counts as absent."""
    found, names = Found(), _variables(known)
    for name in sorted(environ):
        if name in names and environ[name]:
            found.add(names[name], environ[name], Origin(name))
        elif name.startswith(PREFIX) and not _is_known(name, names):
            found.faults.append(Fault(Origin(name), _unknown_variable(name, names)))
    return found


def from_secret_files(
    known: dict[str, list[str]], environ: Mapping[str, str], guard: Guard
) -> Found:
    """What the files hold that `CRONITOR_SECTION__KEY_FILE` names."""
    found = Found()
    for name, key in _variables(known).items():
        variable = f"{name}{FILE_SUFFIX}"
        if not environ.get(variable):
            continue
        origin, path = Origin(variable), Path(environ[variable]).expanduser()
        try:
            found.add(key, _secret_in(path, guard), origin)
        except ValueError as exc:
            found.faults.append(Fault(origin, str(exc)))
    return found


def _secret_in(path: Path, guard: Guard) -> str:
    text = guard.read(path).removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError(f"{path} is empty (write the value into it)")
    return text


def _variables(known: dict[str, list[str]]) -> dict[str, Key]:
    return {
        f"{PREFIX}{section}__{key}".upper(): (section, key)
        for section, keys in known.items()
        for key in keys
    }


def _is_known(name: str, names: Mapping[str, Key]) -> bool:
    return name in OTHER_VARIABLES or name in names or _of_file(name) in names


def _of_file(name: str) -> str:
    return name.removesuffix(FILE_SUFFIX) if name.endswith(FILE_SUFFIX) else ""


def _unknown_variable(name: str, names: Mapping[str, Key]) -> str:
    candidates = [*names, *(f"{each}{FILE_SUFFIX}" for each in names), *OTHER_VARIABLES]
    # the prefix, which all have, would make any two of them look alike
    near = meant(name, candidates, prefix=PREFIX)
    return f"no such setting ({near or 'unset it; docs/configuration.md has all'})"


def meant(name: str, candidates: list[str], prefix: str = "") -> str:
    """A question that names the nearest candidate; empty where none is near."""
    bare = [candidate.removeprefix(prefix) for candidate in candidates]
    close = get_close_matches(name.removeprefix(prefix), bare, n=1, cutoff=0.7)
    return f"did you mean {prefix}{close[0]}?" if close else ""
