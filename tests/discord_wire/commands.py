"""The application commands that the bot has registered."""

from copy import deepcopy
from typing import Any

from tests.discord_wire.snowflakes import Snowflakes

Json = dict[str, Any]

CHAT_INPUT = 1
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER = 1, 2, 3, 4, 5, 6
CHANNEL, ROLE, MENTIONABLE, NUMBER = 7, 8, 9, 10


class Commands:
    """Commands by guild; those of None are global."""

    def __init__(self, application_id: int, snowflakes: Snowflakes) -> None:
        self._application_id = application_id
        self._snowflakes = snowflakes
        self._scopes: dict[int | None, list[Json]] = {}

    def of(self, guild_id: int | None) -> list[Json]:
        """What is registered there, in Discord's form."""
        return self._scopes.setdefault(guild_id, [])

    def replace(self, guild_id: int | None, bodies: list[Json]) -> list[Json]:
        """Have exactly these there; one whose name stays keeps its id."""
        old = {_key(each): each for each in self.of(guild_id)}
        self._scopes[guild_id] = [
            self._command(guild_id, body, old.get(_key(body))) for body in bodies
        ]
        return self._scopes[guild_id]

    def upsert(self, guild_id: int | None, body: Json) -> tuple[Json, bool]:
        """Add one or change the one of that name; whether it is new."""
        there = self.of(guild_id)
        old = next((x for x in there if _key(x) == _key(body)), None)
        command = self._command(guild_id, body, old)
        if old is None:
            there.append(command)
        else:
            there[there.index(old)] = command
        return command, old is None

    def find(self, path: str, guild_id: int) -> tuple[Json, list[str], list[Json]]:
        """The command of `job list`, the names below it, and its options."""
        name, *rest = path.split()
        candidates = [*self.of(guild_id), *self.of(None)]
        known = [each["name"] for each in candidates]
        assert name in known, f"no command {name!r} is registered among {known}"
        command = candidates[known.index(name)]
        options: list[Json] = command.get("options") or []
        for step in rest:
            inner = {x["name"]: x for x in options if x["type"] in {SUBCOMMAND, GROUP}}
            assert step in inner, f"no subcommand {step!r} among {list(inner)}"
            options = inner[step].get("options") or []
        unfinished = [x["name"] for x in options if x["type"] in {SUBCOMMAND, GROUP}]
        assert not unfinished, f"{path!r} is a group of {unfinished}"
        return command, rest, options

    def _command(self, guild_id: int | None, body: Json, old: Json | None) -> Json:
        new_id = str(self._snowflakes.new())
        permissions = body.get("default_member_permissions")
        command = {
            "type": CHAT_INPUT,
            "description": "",
            "options": [],
            "nsfw": False,
            "dm_permission": True,
            "contexts": None,
            "name_localizations": None,
            "description_localizations": None,
            **deepcopy(body),
            "integration_types": body.get("integration_types") or [0],
            "id": old["id"] if old else new_id,
            "application_id": str(self._application_id),
            "version": new_id,
            "default_member_permissions": None
            if permissions is None
            else str(permissions),
        }
        return command if guild_id is None else {**command, "guild_id": str(guild_id)}


def _key(command: Json) -> tuple[str, int]:
    return command["name"], command.get("type", CHAT_INPUT)
