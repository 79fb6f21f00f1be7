"""The bot and its gateway: what it asks for, what it survives, who may press what."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.with_discord import at_home
from tests.discord_wire.server import Discord

COMMANDS = ("PUT", "/applications/*/guilds/*/commands")
POSTS = ("POST", "/channels/*/messages")
GUILDS_ONLY = 1
SLOW = pytest.mark.slow


async def test_it_asks_for_guilds_alone_and_shows_how_many_jobs_it_watches(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        (session,) = home.discord.gateway.identified
        assert session["intents"] == GUILDS_ONLY
        await home.broken()
        await home.add("second")
        seen = home.discord.gateway.presences

        def named() -> list[str]:
            return [a["name"] for each in seen for a in each["activities"]]

        await home.until(lambda: "2 jobs, 1 failing" in named(), "the presence")
        await home.ping("backup")
        await home.until(lambda: named()[-1] == "2 jobs", "the presence")


@SLOW
async def test_commands_are_given_to_discord_only_when_they_have_changed(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await home.until_ready(1)
        await home.server.stop()
        await home.server.start()
        await home.until_ready(2)
        assert len(home.discord.requests.of(*COMMANDS)) == 1
        home.discord.kick()
        home.discord.invite_again()
        await home.until(lambda: len(home.discord.requests.of(*COMMANDS)) == 2)


@pytest.mark.slow
async def test_buttons_work_after_a_restart_and_on_old_messages(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        old = await home.broken()
        new = await home.broken("second")
        await home.until_ready(1)
        await home.server.kill()
        await home.server.start()
        await home.until_ready(2)
        await ada.press(old, "Acknowledge")
        await home.until(lambda: old.content.startswith("🟠"))
        assert "Acknowledge" not in old.labels
        # the class of a button must outlive the messages that lost it (point 1)
        await ada.press(new, "Acknowledge")
        await home.until(lambda: new.content.startswith("🟠"))
        why = await ada.press(old, "Why?")
        assert why.is_ephemeral
        assert "acknowledged" in why.text


async def test_a_role_is_checked_at_every_button(tmp_path: Path) -> None:
    discord = Discord()
    async with discord:
        role = discord.add_role("operators")
        ids = {"CRONITOR_DISCORD__OPERATOR_ROLE_IDS": str(role.id)}
        async with at_home(tmp_path, discord=discord, environ=ids) as home:
            stranger = discord.person("mallory")
            operator = discord.person("olga", roles=(role,))
            card = await home.broken()
            for act in (
                stranger.press(card, "Acknowledge"),
                stranger.choose(card, "cronitor:mute:1", "1h"),
            ):
                refused = await act
                assert refused.is_ephemeral
                assert f"<@&{role.id}>" in refused.text
            assert card.content.startswith("🔴")
            assert (await stranger.press(card, "Why?")).is_ephemeral
            muted = await operator.choose(card, "cronitor:mute:1", "4h")
            await home.until(lambda: muted.followups)
            assert "muted until" in muted.followups[0].text
            await home.until(lambda: "Unmute" in card.labels)
            assert "olga" in card.text
            await operator.press(card, "Unmute")
            await home.until(lambda: "Unmute" not in card.labels)
            (mute,) = (await home.server.get("/v1/mutes?ended=1"))["mutes"]
            assert mute["reason"] == "from the card"
            assert mute["created_by"] == "olga (discord)"


async def test_of_two_people_at_once_one_wins_and_the_other_is_told_who(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        people = [
            home.discord.person(name, manage_guild=True) for name in ("ada", "bob")
        ]
        card = await home.broken()
        answers = await asyncio.gather(
            *(person.press(card, "Acknowledge") for person in people)
        )
        await home.until(lambda: card.content.startswith("🟠"))
        await home.until(lambda: any(each.followups for each in answers))
        told = [each.followups[0] for each in answers if each.followups]
        assert len(told) == 1
        assert told[0].is_ephemeral
        winner = "ada" if answers[1].followups else "bob"
        assert winner in told[0].text
        assert winner in card.text
        (incident,) = await home.server.incidents()
        assert incident["acknowledged_by"] == f"{winner} (discord)"


@SLOW
async def test_a_mute_until_recovery_ends_with_it(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken()
        await ada.choose(card, "cronitor:mute:1", "recovery")
        await home.until(lambda: "Unmute" in card.labels)
        await home.ping("backup")
        await home.until(lambda: card.content.startswith("🟢"))
        assert (await home.server.get("/v1/mutes"))["mutes"] == []


@SLOW
async def test_an_answer_comes_at_once_although_the_store_is_slow(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken()
        answer = await ada.press(card, "Acknowledge")
        assert answer.seconds < home.discord.rules.answer_within_s


@SLOW
async def test_a_form_that_is_sent_after_a_restart_is_answered(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken()
        why = await ada.press(card, "Why?")
        form: Any = why
        why.interaction.callback.clear()
        why.interaction.callback.update(
            {"type": 9, "data": {"custom_id": "of-an-old-bot", "components": []}}
        )
        late = await ada.submit(form)
        assert late.is_ephemeral
        assert "the bot restarted" in late.text


@SLOW
async def test_the_session_is_resumed_and_what_came_meanwhile_is_seen(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken()
        home.discord.gateway.abort()
        await home.discord.gateway.until_resumed(1)
        await ada.press(card, "Acknowledge")
        await home.until(lambda: card.content.startswith("🟠"))
        await home.until_health("ok")


@SLOW
async def test_a_bot_that_is_deaf_is_replaced(tmp_path: Path) -> None:
    deaf = "bot.client.supervisor:SILENT_AFTER_S=4"
    async with at_home(tmp_path, deaf) as home:
        await home.until_ready(1)
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken()
        home.discord.gateway.refuse(503, only_resume=True)
        home.discord.gateway.abort()
        await home.until_health("degraded")
        await home.discord.gateway.until_identified(2)
        await home.until_health("ok")
        await ada.press(card, "Acknowledge")
        await home.until(lambda: card.content.startswith("🟠"))


@SLOW
async def test_alerts_go_out_while_the_gateway_is_away(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        home.discord.gateway.refuse(503)
        home.discord.gateway.abort()
        await home.until_health("degraded")
        card = await home.broken()
        assert card.content.startswith("🔴")
        home.discord.gateway.accept()
        await home.until_health("ok")


@SLOW
async def test_a_token_that_is_revoked_later_leaves_everything_else_alone(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, "bot.client.supervisor:REFUSED_WAIT_S=0.3") as home:
        token = home.discord.token
        home.discord.revoke_token()
        home.discord.gateway.drop(4004)
        await home.until_health("degraded")
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until(lambda: "incident_opened" in home.server.output())
        said = "is refused by Discord"
        await home.until(lambda: said in home.server.output(), said)
        assert home.server.output().count(said) == 1
        home.discord.state.token = token
        await home.until_health("ok")
        await home.until(home.cards)


@SLOW
async def test_alerts_are_plain_messages_with_an_embed_and_buttons(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        card = await home.broken()
        assert card.content
        assert len(card.embeds) == 1
        assert "Acknowledge" in card.labels
        assert card.nonce
        assert len(card.nonce) <= 25
        assert int(card.flags) == 0
