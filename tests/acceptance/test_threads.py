"""Threads at the wire: the story of an incident beside its card."""

from pathlib import Path

import pytest

from tests.acceptance.with_discord import Home, at_home
from tests.discord_wire.guilds import Channel
from tests.discord_wire.permissions import Permission

ON = {"CRONITOR_DISCORD__THREADS": "true"}
STORIES = ("POST", "/channels/*/messages")
OPENINGS = ("POST", "/channels/*/messages/*/threads")


def threads(home: Home) -> list[Channel]:
    """All threads, oldest first."""
    return list(home.discord.guild.threads.values())


def story(home: Home, thread: Channel) -> str:
    """What a thread says, without marks."""
    said = [each.content for each in home.discord.messages(thread)]
    lines = "\n".join(said).splitlines()
    return "\n".join(line for line in lines if not line.startswith("-# "))


async def test_a_thread_keeps_the_story_of_an_incident(tmp_path: Path) -> None:
    async with at_home(tmp_path, environ=ON) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken(body="disk full")
        await home.until(lambda: threads(home), "the thread")
        (thread,) = threads(home)
        assert thread.id == card.id
        assert thread.name == "#1 backup failed"
        await home.until(lambda: "opened" in story(home, thread), "its first line")
        await ada.press(card, "cronitor:ack:1")
        await home.until(lambda: "acknowledged" in story(home, thread), "who has it")
        assert "ada" in story(home, thread), story(home, thread)
        await home.ping("backup")
        await home.until(lambda: thread.is_archived, "its end")
        assert "resolved" in story(home, thread).splitlines()[-1]
        told = home.discord.messages(thread)
        assert all(message.is_silent for message in told)
        # a new failure opens the same incident again, and its thread with it
        await home.ping("backup", "/fail")
        await home.until(lambda: not thread.is_archived, "its second beginning")
        assert len(threads(home)) == 1


@pytest.mark.slow
async def test_a_story_is_told_once_through_a_kill_and_lost_answers(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, environ=ON) as home:
        made = home.discord.faults.lose_answer(*OPENINGS, times=2)
        await home.broken()
        await home.until(lambda: threads(home) and made.hits, "the thread")
        (thread,) = threads(home)
        await home.until(lambda: "opened" in story(home, thread), "its first line")
        lost = home.discord.faults.lose_answer(
            "POST", f"/channels/{thread.id}/messages", times=1
        )
        await home.server.cli("incident", "note", "1", "the disk is full")
        await home.until(lambda: lost.hits, "a lost answer")
        await home.server.kill()
        await home.server.start()
        await home.server.cli("incident", "note", "1", "it is being replaced")
        await home.until(lambda: "replaced" in story(home, thread), "the last line")
        await home.until_quiet()
        told = story(home, thread)
        assert told.count("the disk is full") == 1
        assert told.count("opened") == 1
        assert len(threads(home)) == 1


async def test_what_the_bot_may_not_do_keeps_no_card_back(tmp_path: Path) -> None:
    async with at_home(tmp_path, environ=ON) as home:
        (role,) = (r for r in home.discord.guild.roles.values() if r.bot_id)
        home.discord.change_role(
            role, role.permissions & ~Permission.CREATE_PUBLIC_THREADS
        )
        card = await home.broken()
        await home.until(lambda: "no threads in discord" in home.server.output())
        await home.ping("backup")
        await home.until(lambda: "recovered" in card.text or "🟢" in card.text)
        assert threads(home) == []
        assert home.server.output().count("no threads in discord") == 1
        await home.server.until_said("give its role Create Public Threads")


async def test_a_thread_that_somebody_deletes_is_not_made_again(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, environ=ON) as home:
        card = await home.broken()
        await home.until(lambda: threads(home), "the thread")
        (thread,) = threads(home)
        await home.until(lambda: story(home, thread), "its first line")
        home.discord.delete_thread(thread)
        await home.ping("backup")
        await home.until(lambda: "🟢" in card.text, "the end on the card")
        await home.until_quiet()
        assert threads(home) == []
