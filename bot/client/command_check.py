"""Whether Discord has the commands of this version; what people see of them counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord.app_commands import AppCommand

#: what a person sees of a command, an option or a choice; the rest is Discord's own
_SEEN = (
    *("name", "type", "description", "options", "required", "choices", "value"),
    *("min_value", "max_value", "min_length", "max_length", "autocomplete"),
    "channel_types",
)


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


def _is_same(ours: object, theirs: object) -> bool:
    """Discord leaves out what is empty or false, and so may we."""
    if not ours or not theirs:
        return not ours and not theirs
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return all(_is_same(ours.get(key), theirs.get(key)) for key in _SEEN)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))
    return ours == theirs
