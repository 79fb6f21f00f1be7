"""The daily summary at the wire: once, with its picture, whatever goes wrong."""

import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.acceptance.with_discord import Home, at_home
from tests.discord_wire.guilds import Channel
from tests.discord_wire.messages import Message
from tests.discord_wire.permissions import Permission
from tests.discord_wire.server import Discord

POSTS = ("POST", "/channels/*/messages")
SLOW = pytest.mark.slow
DAYS_AGO = timedelta(days=3)


@asynccontextmanager
async def the_morning_after(
    tmp_path: Path, *constants: str
) -> AsyncIterator[tuple[Home, Channel]]:
    """A server that owes the report of yesterday as soon as it is started."""
    async with Discord() as discord:
        channel = discord.add_channel("summaries")
        environ = {
            "CRONITOR_DISCORD__SUMMARY_CHANNEL_ID": str(channel.id),
            "CRONITOR_SUMMARY__DAILY_AT": "00:00",
            "CRONITOR_SUMMARY__WEEKLY_AT": "never",
            "CRONITOR_SUMMARY__TIMEZONE": "UTC",
        }
        async with at_home(
            tmp_path, *constants, discord=discord, environ=environ
        ) as home:
            await home.add("backup", "--every", "10h", "--name", "Nightly @everyone")
            await home.add("mail", "--every", "10h")
            await home.ping("mail")
            await home.server.stop()
            _age(home)
            yield home, channel


def _age(home: Home) -> None:
    """Let everything have happened three days ago."""
    us = int(DAYS_AGO.total_seconds() * 1_000_000)
    since = (datetime.now(UTC) - DAYS_AGO).isoformat()
    db = sqlite3.connect(home.server.data_dir / "cronitor.db")
    with db:
        db.execute("UPDATE jobs SET created_at = created_at - ?", (us,))
        sql = "UPDATE meta SET value = ? WHERE key = 'summaries_since_day'"
        assert db.execute(sql, (since,)).rowcount == 1
    db.close()


async def told(home: Home, channel: Channel) -> Message:
    """The summary, once nothing is left to be told."""
    await home.until(lambda: home.discord.messages(channel), "the summary")
    await home.until_quiet()
    (message,) = home.discord.messages(channel)
    return message


def check(message: Message) -> None:
    """It has its line, its picture with words, and no sound."""
    assert " · " in message.content
    assert message.is_silent
    assert not message.pings
    (attached,) = message.attachments
    assert attached["content_type"] == "image/png"
    assert "a row for each of 2 jobs" in attached["description"]
    picture = Image.open(io.BytesIO(message.files[attached["filename"]]))
    assert picture.size[0] == 1000
    assert ".n" in str(message.embed["footer"]["text"])


async def test_the_report_of_a_day_is_posted_once_with_its_picture(
    tmp_path: Path,
) -> None:
    async with the_morning_after(tmp_path) as (home, channel):
        await home.server.start()
        check(await told(home, channel))
        await home.server.kill()
        await home.server.start()
        await home.discord.gateway.until_connected()
        check(await told(home, channel))
        vic = home.discord.person("vic")
        answer = await vic.command("report yesterday")
        await home.until(lambda: answer.message.attachments)
        assert answer.is_ephemeral
        assert answer.message.content == (await told(home, channel)).content


@SLOW
@pytest.mark.parametrize(
    ("arrived", "recognised"), [(True, True), (True, False), (False, False)]
)
async def test_kill_9_in_mid_send_neither_loses_nor_doubles(
    tmp_path: Path, arrived: bool, recognised: bool
) -> None:
    patience = [] if recognised else ["bot.engine.card_sends:RECOGNISED_FOR=0"]
    async with the_morning_after(tmp_path, *patience) as (home, channel):
        faults = home.discord.faults
        path = ("POST", f"/channels/{channel.id}/messages")
        rule = faults.hold_answer(*path) if arrived else faults.hang(*path)
        await home.server.start()
        await home.until(lambda: rule.hits)
        await home.server.kill()
        rule.stop()
        if not recognised:
            home.discord.expire_nonces()
        await home.server.start()
        check(await told(home, channel))


@SLOW
@pytest.mark.parametrize("fault", ["429", "503", "lost"])
async def test_a_fault_of_discord_neither_loses_nor_doubles(
    tmp_path: Path, fault: str
) -> None:
    async with the_morning_after(tmp_path) as (home, channel):
        faults = home.discord.faults
        make = {
            "429": lambda: faults.rate_limited(*POSTS, retry_after_s=0.2, times=3),
            "503": lambda: faults.status(503, *POSTS, times=3),
            "lost": lambda: faults.lose_answer(*POSTS, times=2),
        }
        rule = make[fault]()
        await home.server.start()
        await home.until(lambda: rule.hits)
        check(await told(home, channel))


@SLOW
async def test_without_the_right_to_attach_or_a_way_to_draw_the_words_come(
    tmp_path: Path,
) -> None:
    async with the_morning_after(tmp_path) as (home, channel):
        home.discord.revoke(channel, Permission.ATTACH_FILES)
        await home.server.start()
        message = await told(home, channel)
        assert message.attachments == []
        assert message.embeds
        assert "action=channel_lost" not in home.server.output()


@SLOW
async def test_without_a_way_to_draw_the_words_come_and_the_log_says_why(
    tmp_path: Path,
) -> None:
    broken = "bot.reports.pictures:TIMEOUT_S=0.001"
    async with the_morning_after(tmp_path, broken) as (home, channel):
        await home.server.start()
        message = await told(home, channel)
        assert message.attachments == []
        (line,) = [
            each
            for each in home.server.output().splitlines()
            if "action=picture_failed" in each
        ]
        assert "without its picture" in line
