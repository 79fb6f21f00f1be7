"""The bot itself, its application, and conversations."""

from typing import Any

from tests.discord_wire.calls import Call, Routes, number
from tests.discord_wire.errors import unknown
from tests.discord_wire.guilds import Guild, bits
from tests.discord_wire.replies import Reply
from tests.discord_wire.state import State

Json = dict[str, Any]


def me(call: Call) -> Reply:
    """GET of the bot's user."""
    user = call.state.bot.payload()
    extra = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return Reply(200, {**user, **extra})


def other(call: Call) -> Reply:
    """GET of anybody."""
    user = call.state.users.get(call.id("user_id"))
    if user is None:
        raise unknown("User")
    return Reply(200, user.payload())


def application(call: Call) -> Reply:
    """GET of the bot's application."""
    return Reply(200, application_payload(call.state))


def application_payload(state: State) -> Json:
    """As Discord writes it."""
    return {
        "id": str(state.application_id),
        "name": state.bot.username,
        "icon": None,
        "description": "",
        "type": None,
        "bot": state.bot.payload(),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": state.interactions_endpoint_url,
        "role_connections_verification_url": None,
        "owner": state.owner.payload(),
        "approximate_guild_count": len(state.joined),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }


def guilds(call: Call) -> Reply:
    """GET of the guilds that the bot is in, the oldest first."""
    limit = number(call, "limit", 200, 1, 200)
    after = int(call.request.query.get("after", 0))
    found = [call.state.guilds[each] for each in sorted(call.state.joined)]
    payloads = [_partial(call.state, each) for each in found if each.id > after]
    return Reply(200, payloads[:limit])


def _partial(state: State, guild: Guild) -> Json:
    """A guild as far as a list of them shows it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == state.bot.id,
        "permissions": bits(guild.permissions_of(state.bot.id)),
        "features": [],
    }


def converse(call: Call) -> Reply:
    """POST of a direct conversation."""
    user = call.state.users.get(int(call.body["recipient_id"]))
    if user is None or user is call.state.bot:
        raise unknown("User")
    return Reply(200, call.state.add_direct(user).payload())


ROUTES: Routes = {
    ("GET", "/users/@me"): me,
    ("GET", "/users/@me/guilds"): guilds,
    ("GET", "/users/{user_id}"): other,
    ("GET", "/applications/@me"): application,
    ("GET", "/oauth2/applications/@me"): application,
    ("POST", "/users/@me/channels"): converse,
}
