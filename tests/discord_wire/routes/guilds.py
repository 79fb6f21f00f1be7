"""Guilds where the bot is."""

from tests.discord_wire.calls import Call, Routes
from tests.discord_wire.errors import ApiError, unknown
from tests.discord_wire.replies import Reply

GUILD = "/guilds/{guild_id}"


def show(call: Call) -> Reply:
    """GET of a guild."""
    return Reply(200, call.guild().payload())


def channels(call: Call) -> Reply:
    """GET of its channels."""
    return Reply(200, [each.payload() for each in call.guild().channels.values()])


def roles(call: Call) -> Reply:
    """GET of its roles."""
    return Reply(200, [each.payload() for each in call.guild().roles.values()])


def member(call: Call) -> Reply:
    """GET of one member."""
    user_id = call.id("user_id")
    members = call.guild().members
    if user_id in members:
        return Reply(200, members[user_id].payload())
    if user_id not in call.state.users:
        raise unknown("User")
    raise ApiError(404, 10007, "Unknown Member")


ROUTES: Routes = {
    ("GET", GUILD): show,
    ("GET", f"{GUILD}/channels"): channels,
    ("GET", f"{GUILD}/roles"): roles,
    ("GET", f"{GUILD}/members/{{user_id}}"): member,
}
