"""The options of a command, from what a person types."""

from typing import Any

from tests.discord_wire import commands
from tests.discord_wire.guilds import Channel, Guild, Role, User

Json = dict[str, Any]

#: what may be given for an option of a thing
Thing = User | Role | Channel


class Typed:
    """Options as the gateway sends them, and the things that they name."""

    def __init__(self, declared: list[Json], guild: Guild) -> None:
        self._declared = {each["name"]: each for each in declared}
        self._guild = guild
        self.resolved: Json = {}
        self.options: list[Json] = []

    def fill(self, values: dict[str, Any]) -> None:
        """Type values into a complete command."""
        for name, value in values.items():
            self._add(name, value, complete=True)
        given = {each["name"] for each in self.options}
        needed = {x["name"] for x in self._declared.values() if x.get("required")}
        assert needed <= given, f"required: {sorted(needed - given)}"

    def ask(self, focused: str, text: object, values: dict[str, Any]) -> None:
        """Type into one option, of which choices are asked."""
        for name, value in values.items():
            self._add(name, value, complete=False)
        option = self._add(focused, text, complete=False)
        assert self._declared[option["name"]].get("autocomplete"), (
            f"{focused}: no choices"
        )
        option["focused"] = True

    def _add(self, name: str, value: Any, *, complete: bool) -> Json:
        declared = self._declared.get(name) or self._declared.get(
            name.replace("_", "-")
        )
        assert declared, f"no option {name!r} among {list(self._declared)}"
        # while it is typed, a number may be anything
        typed = self._value(declared, value) if complete else value
        option = {"name": declared["name"], "type": declared["type"], "value": typed}
        self.options.append(option)
        return option

    def _value(self, declared: Json, value: Any) -> Any:
        kind, name = declared["type"], declared["name"]
        if isinstance(value, Thing):
            return self._thing(declared, value)
        expected = _TYPES[kind]
        is_right = isinstance(value, expected)
        if kind in {commands.INTEGER, commands.NUMBER}:
            is_right = is_right and not isinstance(value, bool)
        assert is_right, f"{name}: {value!r} is not {expected}"
        if declared.get("choices"):
            return _choice(declared, value)
        _check_range(declared, value)
        return value

    def _thing(self, declared: Json, thing: Thing) -> str:
        kinds, key = _THINGS[type(thing)]
        assert declared["type"] in kinds, f"{declared['name']} takes no {key}"
        payload = thing.payload()
        self.resolved.setdefault(key, {})[str(thing.id)] = payload
        if isinstance(thing, User) and thing.id in self._guild.members:
            member = self._guild.members[thing.id].payload()
            del member["user"], member["deaf"], member["mute"]
            self.resolved.setdefault("members", {})[str(thing.id)] = member
        if isinstance(thing, Channel):
            payload["permissions"] = "0"
        return str(thing.id)


_TYPES: dict[int, Any] = {
    commands.STRING: str,
    commands.INTEGER: int,
    commands.BOOLEAN: bool,
    commands.NUMBER: (int, float),
}
_THINGS: dict[type[Any], tuple[set[int], str]] = {
    User: ({commands.USER, commands.MENTIONABLE}, "users"),
    Role: ({commands.ROLE, commands.MENTIONABLE}, "roles"),
    Channel: ({commands.CHANNEL}, "channels"),
}


def _choice(declared: Json, value: Any) -> Any:
    """The value of a choice, which may be given by its name."""
    for choice in declared["choices"]:
        if value in (choice["name"], choice["value"]):
            return choice["value"]
    offered = [each["name"] for each in declared["choices"]]
    raise AssertionError(f"{declared['name']}: {value!r} is not among {offered}")


def _check_range(declared: Json, value: Any) -> None:
    """What the client of a person would not let through."""
    size = len(value) if isinstance(value, str) else value
    suffix = "length" if isinstance(value, str) else "value"
    least, most = declared.get(f"min_{suffix}"), declared.get(f"max_{suffix}")
    assert least is None or size >= least, f"{declared['name']}: less than {least}"
    assert most is None or size <= most, f"{declared['name']}: more than {most}"


def nested(names: list[str], options: list[Json]) -> list[Json]:
    """Options below the names of their groups and subcommand."""
    kinds = [commands.GROUP, commands.SUBCOMMAND][-len(names) :] if names else []
    for name, kind in zip(reversed(names), reversed(kinds), strict=True):
        options = [{"name": name, "type": kind, "options": options}]
    return options
