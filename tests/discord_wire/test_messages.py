"""Messages: posted, listed, edited, deleted; who is pinged."""

from io import BytesIO

import discord
import pytest

from tests.discord_wire.bots import connected
from tests.discord_wire.mentions import Pings
from tests.discord_wire.messages import MessageFlag
from tests.discord_wire.server import Discord


async def test_a_message_is_posted_edited_and_deleted() -> None:
    async with Discord() as server, connected(server) as bot:
        message = await bot.home(server).send("hello", silent=True)
        await message.edit(content="bye", embed=discord.Embed(title="a card"))
        (kept,) = server.messages()
        assert (kept.content, kept.embed["title"]) == ("bye", "a card")
        assert kept.text == "bye\na card"
        assert [each.content for each in kept.edits] == ["hello"]
        assert kept.is_silent
        assert kept.flags == MessageFlag.SUPPRESS_NOTIFICATIONS
        await message.delete()
        assert server.messages() == []
        with pytest.raises(discord.NotFound, match="10008"):
            await bot.home(server).fetch_message(message.id)


async def test_a_nonce_makes_one_message_until_it_expires() -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        first = await channel.send("one", nonce="row-1")
        again = await channel.send("one", nonce="row-1")
        assert again.id == first.id
        assert await channel.send("one", nonce="row-2") != first
        server.expire_nonces()
        assert (await channel.send("one", nonce="row-1")).id != first.id
        assert len(server.messages()) == 3


async def test_messages_are_listed_newest_first() -> None:
    async with Discord() as server, connected(server) as bot:
        channel = bot.home(server)
        sent = [await channel.send(str(number)) for number in range(5)]
        newest = [each.content async for each in channel.history(limit=2)]
        older = [each.content async for each in channel.history(before=sent[2])]
        newer = [each.content async for each in channel.history(after=sent[2])]
        around = [
            each.content async for each in channel.history(around=sent[2], limit=3)
        ]
        assert newest == ["4", "3"]
        assert older == ["1", "0"]
        assert newer == ["3", "4"]
        assert sorted(around) == ["1", "2", "3"]


async def test_files_arrive() -> None:
    async with Discord() as server, connected(server) as bot:
        file = discord.File(__file__, filename="output.txt")
        message = await bot.home(server).send("see", file=file)
        (kept,) = server.messages()
        assert b"test_files_arrive" in kept.files["output.txt"]
        assert message.attachments[0].filename == "output.txt"
        assert message.attachments[0].description is None


async def test_a_picture_arrives_with_what_it_shows_in_words() -> None:
    async with Discord() as server, connected(server) as bot:
        words = ("the first", "x" * 1024)
        files = [
            discord.File(BytesIO(b"png"), f"{each[0]}.png", description=each)
            for each in words
        ]
        message = await bot.home(server).send(files=files)
        assert [each.description for each in message.attachments] == [*words]
        assert message.attachments[0].content_type == "image/png"


async def test_words_that_are_too_long_for_a_picture_are_refused() -> None:
    async with Discord() as server, connected(server) as bot:
        file = discord.File(BytesIO(b"png"), "day.png", description="x" * 1025)
        with pytest.raises(discord.HTTPException, match=r"attachments\.0\.description"):
            await bot.home(server).send(file=file)
        server.take_violations("description")


async def test_only_those_are_pinged_whom_the_body_allows() -> None:
    async with Discord() as server, connected(server) as bot:
        ada, role = server.person("ada"), server.add_role("ops", is_mentionable=True)
        closed = server.add_role("closed")
        text = f"@everyone {ada.mention} {role.mention} {closed.mention}"
        channel = bot.home(server)
        await channel.send(text)
        allowed = discord.AllowedMentions(roles=[discord.Object(role.id)], users=True)
        await channel.send(text, allowed_mentions=allowed)
        await channel.send(text, allowed_mentions=discord.AllowedMentions.all())
        quiet, chosen, loud = (each.pings for each in server.messages())
        assert not quiet
        assert chosen == Pings(frozenset({ada.id}), frozenset({role.id}))
        # the bot may not mention everyone
        assert loud == Pings(frozenset({ada.id}), frozenset({role.id}))


async def test_a_reply_names_its_message() -> None:
    async with Discord() as server, connected(server) as bot:
        ada = server.person("ada")
        said = server.say(ada, "what is up?")
        question = bot.home(server).get_partial_message(said.id)
        await question.reply("all is", mention_author=True)
        (_, reply) = server.messages()
        assert reply.reply_to is said
        assert reply.pings.users == {ada.id}


async def test_a_person_is_written_to_directly() -> None:
    async with Discord() as server, connected(server) as bot:
        ada = server.person("ada")
        user = discord.Object(ada.id)
        channel = await bot.create_dm(user)
        await channel.send("psst")
        direct = server.state.add_direct(ada.user)
        assert [each.content for each in server.messages(direct)] == ["psst"]
