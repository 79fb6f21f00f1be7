"""The page about setting up Discord says what the product says."""

import re
import tomllib

import pytest

from bot.client import failures, guild_check
from bot.client.bots import Bot
from bot.client.guild_check import Home, Place
from bot.config_sections import Discord
from bot.core.roles import Rules
from tests import tree

PAGE = (tree.ROOT / "docs" / "discord-setup.md").read_text("utf-8")
SAID = re.findall(r"^\| `(.+?)`", PAGE, re.MULTILINE)

LOST = Place(name="ops", is_text=True, allowed={"Send Messages": False})
CATEGORY = Place(name="rooms", is_text=False, allowed={})
HOME = Home(name="acme", places={1: LOST, 2: CATEGORY}, roles={})


def bot(**channels: int | None) -> Bot:
    """A bot with wrong settings."""
    rules = Rules(operator_role_ids=frozenset({1}), admin_role_ids=frozenset({2}))
    return Bot(token="x", guild_id=7, channels={**channels}, rules=rules)


FINDINGS = [
    *guild_check.judge(HOME, bot(alert_channel_id=None)),
    *guild_check.judge(HOME, bot(alert_channel_id=1, fallback_channel_id=3)),
    *guild_check.judge(HOME, bot(alert_channel_id=2)),
    *guild_check.of_no_guild(bot(alert_channel_id=None), {7: "acme"}, 12),
    *guild_check.of_endpoint("https://other.example"),
    guild_check.of_absence(7, 12),
    guild_check.of_commands(7, 12),
]
LINES = sorted({finding.text for finding in FINDINGS} | {failures.REFUSED})


def test_the_link_is_what_the_bot_needs() -> None:
    (link,) = re.findall(r"^https://discord\.com/oauth2/\S+$", PAGE, re.MULTILINE)
    assert link == guild_check.invitation(0).replace("=0&", "=APPLICATION_ID&")
    for scope in guild_check.SCOPES:
        assert f"`{scope}`" in PAGE
    for name in guild_check.NAMES.values():
        assert f"*{name}*" in " ".join(PAGE.split())


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_in_the_table(line: str) -> None:
    patterns = [re.escape(said).replace("…", ".+") for said in SAID]
    assert [each for each in patterns if re.fullmatch(each, line)], line


def test_the_settings_of_the_page_are_settings() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    keys = set(tomllib.loads(block)["discord"])
    keys |= set(re.findall(r"`discord\.(\w+_\w+)`", PAGE))
    assert keys <= set(Discord.model_fields)
