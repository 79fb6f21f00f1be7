"""What the bot may do in a channel, and what it is told when it may not."""

import discord
import pytest

from tests.discord_wire.bots import connected
from tests.discord_wire.permissions import (
    EVERYTHING,
    NOTHING,
    Overwrite,
    Permission,
    in_channel,
)
from tests.discord_wire.server import Discord

SEE, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES


@pytest.mark.parametrize(
    ("revoked", "code"),
    [
        (Permission.VIEW_CHANNEL, "50001"),
        (Permission.SEND_MESSAGES, "50013"),
        (Permission.ATTACH_FILES, "50013"),
    ],
)
async def test_a_message_is_forbidden(revoked: Permission, code: str) -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        server.revoke(server.channel, revoked)
        with pytest.raises(discord.Forbidden, match=code):
            await channel.send("x", file=discord.File(__file__))
        server.grant(server.channel, revoked)
        await channel.send("x", file=discord.File(__file__))


async def test_embeds_vanish_without_the_right_to_embed() -> None:
    async with Discord() as server, connected(server) as bot:
        channel, card = bot.home(server), discord.Embed(title="a card")
        server.revoke(server.channel, Permission.EMBED_LINKS)
        message = await channel.send("words", embed=card)
        (kept,) = server.messages()
        assert (kept.content, kept.embeds, message.embeds) == ("words", [], [])
        await message.edit(embed=card)
        assert kept.embeds == []
        with pytest.raises(discord.Forbidden, match="50013"):
            await channel.send(embed=card)


async def test_history_is_hidden_without_the_right_to_read_it() -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        message = await channel.send("x")
        server.revoke(server.channel, Permission.READ_MESSAGE_HISTORY)
        assert [each async for each in channel.history()] == []
        with pytest.raises(discord.HTTPException, match="160002"):
            await message.reply("y")
        with pytest.raises(discord.Forbidden, match="50013"):
            await channel.fetch_message(message.id)
        await message.edit(content="z")


async def test_what_is_gone_is_unknown() -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        message = await channel.send("x")
        server.delete_message(server.messages()[0])
        with pytest.raises(discord.NotFound, match="10008"):
            await message.edit(content="y")
        server.delete_channel(server.channel)
        with pytest.raises(discord.NotFound, match="10003"):
            await channel.send("z")


async def test_messages_of_others_are_not_the_bots() -> None:
    async with Discord() as server, connected(server) as bot:
        said = server.say(server.person("ada"), "mine")
        theirs = bot.home(server).get_partial_message(said.id)
        with pytest.raises(discord.Forbidden, match="50013"):
            await theirs.delete()
        with pytest.raises(discord.Forbidden, match="50005"):
            await theirs.edit(content="ours")
        server.take_violations("50005")


async def test_commands_need_their_scope_and_the_guild() -> None:
    async with Discord() as server, connected(server) as bot:
        guild = discord.Object(server.guild.id)
        server.invite_again(with_commands=False)
        with pytest.raises(discord.Forbidden, match="50001"):
            await bot.tree.sync(guild=guild)
        server.invite_again()
        assert await bot.tree.sync(guild=guild) == []
        server.kick()
        with pytest.raises(discord.Forbidden, match="50001"):
            await bot.tree.sync(guild=guild)
        with pytest.raises(discord.Forbidden, match="50001"):
            await bot.fetch_channel(server.channel.id)


async def test_a_permission_is_taken_everywhere() -> None:
    async with Discord() as server, connected(server) as bot:
        server.revoke_everywhere(Permission.SEND_MESSAGES)
        with pytest.raises(discord.Forbidden, match="50013"):
            await bot.home(server).send("x")


@pytest.mark.parametrize(
    ("base", "overwrites", "expected"),
    [
        (SEE, [], SEE),
        (SEE | SEND, [Overwrite(1, is_role=True, deny=SEND)], SEE),
        (
            SEE,
            [
                Overwrite(1, is_role=True, deny=SEND),
                Overwrite(2, is_role=True, allow=SEND),
            ],
            SEE | SEND,
        ),
        (
            SEE,
            [
                Overwrite(2, is_role=True, allow=SEND),
                Overwrite(3, is_role=False, deny=SEND),
            ],
            SEE,
        ),
        (SEE | SEND, [Overwrite(3, is_role=False, deny=SEE)], NOTHING),
        (SEE | Permission.EMBED_LINKS, [], SEE),
        (
            Permission.ADMINISTRATOR,
            [Overwrite(3, is_role=False, deny=SEE)],
            EVERYTHING,
        ),
    ],
)
def test_overwrites_are_applied_in_order(
    base: Permission, overwrites: list[Overwrite], expected: Permission
) -> None:
    by_id = {each.id: each for each in overwrites}
    assert in_channel(base, by_id, everyone=1, roles=[2], member=3) == expected
