"""Whether Discord has the commands of this version; what people see of them counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord.app_commands import AppCommand

#: what a person sees of a command; the rest Discord fills in by itself
_SEEN = ("type", "description", "options")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Names of commands."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    #: of another version
    extra: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.changed or self.extra)

    def __str__(self) -> str:
        """All of them, in one line."""
        parts = [
            f"{', '.join(f'/{name}' for name in names)} {what}"
            for names, what in (
                (self.missing, "missing"),
                (self.changed, "changed"),
                (self.extra, "of another version"),
            )
            if names
        ]
        return "; ".join(parts)


def compare(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[AppCommand]
) -> Differences:
    """What this version has, against what Discord has."""
    there = {command.name: command.to_dict() for command in theirs}
    names = [str(command["name"]) for command in ours]
    return Differences(
        missing=tuple(name for name in names if name not in there),
        changed=tuple(
            command["name"]
            for command in ours
            if command["name"] in there
            and not _is_same(command, there[command["name"]])
        ),
        extra=tuple(name for name in there if name not in names),
    )


def _is_same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    return all(_holds(theirs.get(key), ours.get(key)) for key in _SEEN)


def _holds(theirs: object, ours: object) -> bool:
    """Whether all that we say is there; Discord leaves out what is empty or false."""
    if not ours:
        return not theirs
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            _holds(theirs.get(key), value) for key, value in ours.items()
        )
    if isinstance(ours, list | tuple):
        return (
            isinstance(theirs, list | tuple)
            and len(theirs) == len(ours)
            and all(map(_holds, theirs, ours))
        )
    return theirs == ours
