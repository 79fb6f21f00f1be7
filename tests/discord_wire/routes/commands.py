"""Application commands, of the application everywhere and of a guild."""

from typing import Any

from tests.discord_wire.calls import Call, Routes
from tests.discord_wire.errors import missing_access, unknown
from tests.discord_wire.replies import Reply

Json = dict[str, Any]

GLOBAL = "/applications/{application_id}/commands"
GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def _scope(call: Call) -> int | None:
    """The guild of the path, where the bot may have commands."""
    if call.id("application_id") != call.state.application_id:
        raise missing_access()
    if "guild_id" not in call.params:
        return None
    guild_id = call.id("guild_id")
    is_in = guild_id in call.state.joined
    if not is_in or not call.state.guilds[guild_id].has_commands_scope:
        raise missing_access()
    return guild_id


def listing(call: Call) -> Reply:
    """GET of all."""
    return Reply(200, call.state.commands.of(_scope(call)))


def replace(call: Call) -> Reply:
    """PUT of all."""
    scope = _scope(call)
    commands = call.state.commands.replace(scope, call.body)
    call.state.changes.notify()
    return Reply(200, commands)


def upsert(call: Call) -> Reply:
    """POST of one."""
    command, is_new = call.state.commands.upsert(_scope(call), call.body)
    call.state.changes.notify()
    return Reply(201 if is_new else 200, command)


def read(call: Call) -> Reply:
    """GET of one."""
    return Reply(200, _command(call))


def update(call: Call) -> Reply:
    """PATCH of one."""
    command = _command(call)
    command.update(call.body)
    command["version"] = str(call.state.snowflakes.new())
    call.state.changes.notify()
    return Reply(200, command)


def delete(call: Call) -> Reply:
    """DELETE of one."""
    command = _command(call)
    call.state.commands.of(_scope(call)).remove(command)
    call.state.changes.notify()
    return Reply()


def _command(call: Call) -> Json:
    wanted = str(call.id("command_id"))
    for command in call.state.commands.of(_scope(call)):
        if command["id"] == wanted:
            return command
    raise unknown("application command")


ROUTES: Routes = {
    (method, template + suffix): handler
    for template in (GLOBAL, GUILD)
    for method, suffix, handler in (
        ("GET", "", listing),
        ("PUT", "", replace),
        ("POST", "", upsert),
        ("GET", "/{command_id}", read),
        ("PATCH", "/{command_id}", update),
        ("DELETE", "/{command_id}", delete),
    )
}
