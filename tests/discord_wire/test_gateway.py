"""The gateway, and how the real client comes through its faults."""

import discord
import pytest

from tests.discord_wire.bots import Bot, connected
from tests.discord_wire.permissions import Permission
from tests.discord_wire.server import Discord


class AtOnce:
    """The library's backoff, without its seconds."""

    def __init__(self) -> None:
        self.delays = 0

    def delay(self) -> float:
        """Next to nothing."""
        self.delays += 1
        return 0.01


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.client, "ExponentialBackoff", AtOnce)


async def test_a_login_tells_intents_and_presence() -> None:
    async with Discord() as server:
        bot = Bot(server)
        bot.activity = discord.CustomActivity("3 jobs down")
        async with connected(server, bot):
            session = await server.gateway.until_connected()
            assert session.intents == discord.Intents(guilds=True).value
            assert session.identify["token"] == server.token
            await bot.change_presence(status=discord.Status.idle)
            gateway = server.gateway
            await server.until(lambda: len(gateway.presences) == 2)
            first, second = gateway.presences
            assert first["game"]["state"] == "3 jobs down"
            assert second["status"] == "idle"
            guild = bot.get_guild(server.guild.id)
            assert guild is not None
            assert guild.me.guild_permissions.send_messages
            (connection,) = gateway.connections
            assert connection.compress is not None
            assert connection.heartbeats == 1


async def test_a_wrong_token_is_refused() -> None:
    async with Discord() as server:
        old = server.token
        server.renew_token()
        bot = Bot(server)
        with server.in_this_process(), pytest.raises(discord.LoginFailure):
            await bot.start(old)
        await bot.close()
        assert [each.status for each in server.requests] == [401]


async def test_a_token_that_is_revoked_ends_the_connection() -> None:
    async with Discord() as server:
        bot = Bot(server)
        async with connected(server, bot):
            server.revoke_token()
            await server.until(bot.is_closed)
        assert not server.gateway.is_connected


async def test_intents_that_were_not_granted_are_refused() -> None:
    async with Discord() as server:
        bot = Bot(server, discord.Intents.all())
        with server.in_this_process(), pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(server.token)
        await bot.close()


@pytest.mark.parametrize("how", ["drop", "abort", "ask_to_reconnect"])
async def test_a_lost_connection_is_resumed_with_what_was_missed(how: str) -> None:
    async with Discord() as server, connected(server) as bot:
        getattr(server.gateway, how)()
        missed = server.add_channel("missed")
        await server.gateway.until_resumed()
        await server.until(lambda: bot.get_channel(missed.id))
        await server.until(lambda: "resumed" in bot.heard)
        (connection,) = [x for x in server.gateway.connections if x.session]
        assert connection.is_at_resume_address
        assert bot.heard.count("guild_channel_create") == 1
        assert len(server.gateway.identified) == 1


async def test_an_invalid_session_logs_in_again() -> None:
    async with Discord() as server, connected(server) as bot:
        server.gateway.invalidate(resumable=True)
        await server.gateway.until_resumed()
        server.gateway.invalidate()
        await server.gateway.until_identified(2)
        server.gateway.forget()
        server.gateway.drop()
        await server.gateway.until_identified(3)
        await server.until(lambda: bot.heard.count("connect") == 3)


async def test_a_handshake_is_refused_at_the_resume_address_only() -> None:
    async with Discord() as server, connected(server):
        server.gateway.refuse(502, only_resume=True)
        server.gateway.drop()
        await server.until(lambda: server.gateway.refused >= 3)
        assert not server.gateway.is_connected, "the library tries no other address"
        server.gateway.accept()
        await server.gateway.until_connected()


async def test_a_silent_gateway_catches_up() -> None:
    async with Discord() as server, connected(server) as bot:
        server.gateway.silence()
        late = server.add_channel("late")
        await bot.home(server).send("rest works")
        assert bot.get_channel(late.id) is None
        server.gateway.accept()
        await server.until(lambda: bot.get_channel(late.id))


async def test_a_gateway_that_never_greets() -> None:
    async with Discord() as server, connected(server):
        server.gateway.hang()
        server.gateway.abort()
        await server.until(
            lambda: any(not x.session for x in server.gateway.connections)
        )
        assert not server.gateway.is_connected


async def test_heartbeats_are_answered_or_not() -> None:
    async with Discord() as server:
        server.rules.heartbeat_interval_s = 0.02
        async with connected(server) as bot:
            (connection,) = server.gateway.connections
            await server.until(lambda: connection.heartbeats >= 2)
            await server.until(lambda: bot.latency < 30)
            server.gateway.stop_acks()
            seen = connection.heartbeats
            await server.until(lambda: connection.heartbeats > seen)


async def test_changes_of_the_guild_are_told() -> None:
    async with Discord() as server, connected(server) as bot:
        logs, role = server.add_channel("logs"), server.add_role("ops")
        server.change_bot_roles(role)
        server.change_role(role, Permission.MANAGE_MESSAGES)
        server.revoke(logs, Permission.SEND_MESSAGES)
        server.delete_channel(server.channel)
        await server.until(lambda: not bot.get_channel(server.channel.id))
        guild = bot.get_guild(server.guild.id)
        assert guild is not None
        (channel,) = guild.text_channels
        assert not channel.permissions_for(guild.me).send_messages
        server.grant(logs, Permission.SEND_MESSAGES)
        await server.until(lambda: bot.heard.count("guild_channel_update") == 2)
        assert channel.permissions_for(guild.me).manage_messages
        server.kick()
        await server.until(lambda: "guild_remove" in bot.heard)
        with pytest.raises(discord.NotFound, match="10004"):
            await bot.fetch_guild(server.guild.id)
        server.invite_again()
        await server.until(lambda: "guild_join" in bot.heard)
        server.make_unavailable()
        await server.until(lambda: "guild_unavailable" in bot.heard)
        server.make_available()
        await server.until(lambda: bot.heard.count("guild_available") == 2)


async def test_messages_are_told_to_those_who_asked_for_them() -> None:
    async with Discord() as server:
        intents = discord.Intents(guilds=True, guild_messages=True)
        async with connected(server, Bot(server, intents)) as bot:
            said = server.say(server.person("ada"), "hello")
            server.delete_message(said)
            await server.until(lambda: "message_delete" in bot.heard)
            assert "message" in bot.heard


async def test_discord_is_down_and_up_again() -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        await server.down()
        await server.gateway.until_disconnected()
        with pytest.raises(OSError, match="Cannot connect"):
            await channel.send("lost")
        await server.up()
        await server.gateway.until_resumed()
        await channel.send("back")
        server.fail(503)
        await server.gateway.until_disconnected()
        with pytest.raises(discord.DiscordServerError):
            await channel.send("lost")
        server.work()
        await server.gateway.until_resumed(2)
        await channel.send("back again")
        assert [each.content for each in server.messages()] == ["back", "back again"]
