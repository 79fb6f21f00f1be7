"""Incidents in Discord at the wire: one card each, whatever goes wrong on the way."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from aiohttp import web

from tests.acceptance.with_discord import KEEPING_LIMITS, Home, at_home
from tests.discord_wire.faults import Exchange, Rule
from tests.discord_wire.permissions import Permission
from tests.discord_wire.replies import Reply
from tests.discord_wire.server import Discord

POSTS = ("POST", "/channels/*/messages")
EDITS = ("PATCH", "/channels/*/messages/*")


async def test_an_incident_from_its_opening_to_its_end(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        card = await home.broken(body="disk full")
        assert card.content.startswith("🔴 **backup** failed")
        assert "disk full" in card.text
        assert not card.is_silent
        assert not card.pings.everyone
        await ada.press(card, "Acknowledge")
        await home.until(lambda: card.content.startswith("🟠"))
        assert "ada" in card.text
        await home.ping("backup")
        await home.until(lambda: card.content.startswith("🟢"))
        assert "recovered after" in card.content
        assert card.labels == ["Why?"]
        await home.until_quiet()
        assert home.messages() == [card]
        posts = home.discord.requests.of(*POSTS)
        assert len(posts) == 1
        assert len(home.discord.requests.of(*EDITS)) == 2


async def test_a_worse_kind_makes_a_sound_of_its_own(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        await home.add("backup", "--every", "1s", "--grace", "1s")
        await home.ping("backup")
        await home.until(home.cards)
        (card,) = home.cards()
        await home.ping("backup", "/fail")
        await home.until(lambda: len(home.messages()) == 2)
        said = home.messages()[-1]
        assert said.reply_to is card
        assert not said.is_silent
        assert "got worse: failed" in said.content


FAULTS: dict[str, Callable[[Discord], Rule]] = {
    "429": lambda d: d.faults.rate_limited(*POSTS, retry_after_s=0.1, times=3),
    "429 of Cloudflare": lambda d: d.faults.banned(*POSTS, retry_after_s=1),
    "500": lambda d: d.faults.status(500, *POSTS),
    "503": lambda d: d.faults.status(503, *POSTS, times=3),
    "520": lambda d: d.faults.status(520, *POSTS, times=2),
    "cut": lambda d: d.faults.cut(*POSTS, times=3),
    "hang": lambda d: d.faults.hang(*POSTS),
    "lost answer": lambda d: d.faults.lose_answer(*POSTS),
    "lost answers": lambda d: d.faults.lose_answer(*POSTS, times=3),
    "held answer": lambda d: d.faults.hold_answer(*POSTS),
    "late": lambda d: d.faults.delay(0.5, *POSTS),
}


#: the others take minutes together
QUICK = ("503", "lost answer")
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "fault", [f if f in QUICK else pytest.param(f, marks=SLOW) for f in FAULTS]
)
async def test_there_is_one_card_and_one_sound_after_a_fault(
    tmp_path: Path, fault: str
) -> None:
    async with at_home(tmp_path) as home:
        rule = FAULTS[fault](home.discord)
        card = await home.broken()
        await home.until_quiet()
        assert rule.hits
        assert home.messages() == [card]
        assert not card.is_silent
        await home.ping("backup")
        await home.until(lambda: card.content.startswith("🟢"))


@pytest.mark.parametrize(
    ("arrived", "recognised"),
    [
        (True, False),
        pytest.param(True, True, marks=SLOW),
        pytest.param(False, True, marks=SLOW),
        pytest.param(False, False, marks=SLOW),
    ],
)
async def test_kill_9_in_mid_send_neither_loses_nor_doubles(
    tmp_path: Path, arrived: bool, recognised: bool
) -> None:
    patience = [] if recognised else ["bot.engine.card_sends:RECOGNISED_FOR=0"]
    async with at_home(tmp_path, *patience) as home:
        faults = home.discord.faults
        rule = faults.hold_answer(*POSTS) if arrived else faults.hang(*POSTS)
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until(lambda: rule.hits)
        await home.server.kill()
        rule.stop()
        if not recognised:
            home.discord.expire_nonces()
        await home.server.start()
        await home.until(home.cards)
        await home.until_quiet()
        (card,) = home.messages()
        assert card.content.startswith("🔴")
        assert not card.is_silent


async def test_after_an_outage_there_is_one_card_in_the_newest_state(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await home.discord.down()
        for slug in ("backup", "healed"):
            await home.add(slug)
            await home.ping(slug, "/fail")
        for _ in range(5):
            await home.ping("backup", "/fail")
        await home.ping("healed")
        await home.until_health("degraded")
        await home.discord.up()
        await home.until(lambda: len(home.cards()) == 2)
        await home.until_quiet()
        cards = {card.content.split("**")[1]: card for card in home.messages()}
        assert cards["backup"].content.startswith("🔴")
        assert "6 in all" in cards["backup"].text
        assert not cards["backup"].is_silent
        assert cards["healed"].content.startswith("🟢")
        assert cards["healed"].is_silent
        output = home.server.output()
        assert output.count("action=notification_failed") <= 3
        assert len(home.messages()) == 2


@SLOW
async def test_discord_answering_503_to_everything_is_an_outage_too(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        home.discord.fail(503)
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until_health("degraded")
        home.discord.work()
        await home.until(home.cards)
        await home.until_quiet()
        assert len(home.messages()) == 1


async def test_discord_that_is_down_at_the_start_is_told_when_it_comes(
    tmp_path: Path,
) -> None:
    discord = Discord()
    async with discord:
        await discord.down()
        async with at_home_of(discord, tmp_path) as home:
            await home.add("backup")
            await home.ping("backup", "/fail")
            await home.until_health("degraded")
            await home.until(lambda: "incident_opened" in home.server.output())
            await discord.up()
            await home.until(home.cards)
            await home.until_health("ok")


async def test_a_deleted_card_is_posted_anew_without_a_sound(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        card = await home.broken()
        home.discord.delete_message(card)
        await home.ping("backup", "/fail")
        await home.until(home.cards)
        (anew,) = home.messages()
        assert anew.is_silent
        assert "2 in all" in anew.text


async def test_a_deleted_channel_is_said_once_and_the_fallback_takes_over(
    tmp_path: Path,
) -> None:
    discord = Discord()
    async with discord:
        spare = discord.add_channel("spare")
        ids = {"CRONITOR_DISCORD__FALLBACK_CHANNEL_ID": str(spare.id)}
        async with at_home_of(discord, tmp_path, **ids) as home:
            await home.broken()
            discord.delete_channel(discord.channel)
            for slug in ("second", "third"):
                await home.broken(slug)
            await home.until_quiet()
            there = [message.content for message in discord.messages(spare)]
            assert sum("cannot be used" in each for each in there) == 1
            assert sum("**backup**" in each for each in there) == 1
            assert sum("**second**" in each for each in there) == 1
            await home.server.until_said("action=channel_lost")
            assert home.server.output().count("action=channel_lost") == 1
            await home.server.kill()
            await home.server.start()
            await home.broken("fourth", node="another")
            assert home.server.output().count("action=channel_lost") == 1


@SLOW
async def test_alerts_wait_for_a_permission_that_was_taken_away(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        discord = home.discord
        await home.broken()
        discord.revoke(discord.channel, Permission.SEND_MESSAGES)
        await home.add("second")
        await home.ping("second", "/fail")
        await home.until(lambda: "action=channel_lost" in home.server.output())
        discord.grant(discord.channel, Permission.SEND_MESSAGES)
        await home.until(lambda: len(home.cards()) == 2)
        await home.until(lambda: "action=channel_back" in home.server.output())
        await home.until_quiet()
        assert home.server.output().count("action=channel_lost") == 1
        assert home.server.output().count("action=channel_back") == 1


@SLOW
async def test_kicked_and_invited_again_nothing_is_lost(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        card = await home.broken()
        home.discord.kick()
        await home.add("second")
        await home.ping("second", "/fail")
        await home.ping("backup")
        await home.until(lambda: "action=channel_lost" in home.server.output())
        await home.until_health("degraded")
        home.discord.invite_again()
        await home.until(lambda: len(home.cards()) == 2)
        await home.until(lambda: card.content.startswith("🟢"))
        await home.until_health("ok")


@SLOW
async def test_a_message_that_discord_refuses_as_malformed_goes_as_text(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:

        async def refuse(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
            body = {"code": 50035, "message": "Invalid Form Body", "errors": {}}
            return exchange.settle(Reply(400, body).response(), "400")

        home.discord.faults.add("400", refuse, *POSTS)
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until(home.messages)
        (said,) = home.messages()
        assert "**backup** failed" in said.content
        assert said.embeds == []


@SLOW
async def test_names_and_output_from_outside_ping_nobody(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        hostile = "@everyone <@&1> `x` **b** [l](http://x) \x1b[31m" + "w" * 5000
        await home.add("backup", "--every", "1h", "--name", "@everyone ``` <@1>")
        await home.ping("backup", "/fail", hostile)
        await home.until(home.cards)
        (card,) = home.cards()
        assert not card.pings.everyone
        assert not card.pings.users
        assert not card.pings.roles
        assert "\x1b" not in card.text


def at_home_of(
    discord: Discord, folder: Path, **environ: str
) -> AbstractAsyncContextManager[Home]:
    """At home with a Discord that is there already and may be away."""
    return at_home(folder, discord=discord, connected=False, environ=environ)


@SLOW
async def test_a_stop_in_mid_send_is_clean(tmp_path: Path) -> None:
    async with at_home(tmp_path, "bot.notifiers.discord:TIMEOUT_S=60") as home:
        rule = home.discord.faults.hang(*POSTS)
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until(lambda: rule.hits)
        assert await home.server.stop() == 0
        rule.stop()
        await home.server.start()
        await home.until(home.cards)
        assert len(home.messages()) == 1


@SLOW
async def test_an_alert_does_not_wait_for_edits(tmp_path: Path) -> None:
    async with at_home(tmp_path, "bot.notifiers.discord:TIMEOUT_S=60") as home:
        for number in range(12):
            await home.broken(f"job-{number}", node=f"node-{number}")
        held = home.discord.faults.slow(60, *EDITS, times=None)
        for number in range(12):
            await home.ping(f"job-{number}", "/fail")
        await home.until(lambda: held.hits)
        await home.broken("urgent", node="another")
        assert len(held.hits) <= 4, "edits leave room for what sounds"
        held.stop()
        await home.until_quiet()


@SLOW
async def test_the_limits_of_discord_are_kept(tmp_path: Path) -> None:
    async with at_home(tmp_path, *KEEPING_LIMITS) as home:
        home.discord.rules.limits_messages = True
        for number in range(12):
            node = f"node-{number}"
            await home.add(f"job-{number}", "--every", "10h", "--node", node)
        for number in range(12):
            await home.ping(f"job-{number}", "/fail")
        await home.until(lambda: len(home.cards()) == 12)
        await home.until_quiet()
        assert len(home.messages()) == 12
        refused = [r for r in home.discord.requests if r.status == 429]
        assert not refused
