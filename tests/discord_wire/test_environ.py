"""A child process and this one, pointed at the local Discord."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import discord
import pytest

from bot.config import Settings
from bot.config_sources import known_keys
from tests.discord_wire import patches
from tests.discord_wire.server import Discord
from tests.tree import ROOT

PROGRAM = """
import os, discord
class Bot(discord.Client):
    async def on_connect(self):
        channel = self.get_partial_messageable(int(os.environ["TO"]))
        await channel.send(discord.asset.Asset.BASE)
        await self.close()
Bot(intents=discord.Intents(guilds=True)).run(os.environ["TOKEN"], log_handler=None)
"""


def run(code: str, environ: dict[str, str]) -> str:
    """What a child process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_a_child_process_takes_it_for_discord() -> None:
    async with Discord() as server:
        to = {"TOKEN": server.token, "TO": str(server.channel.id)}
        await asyncio.to_thread(run, PROGRAM, {**server.environ(), **to})
        (message,) = server.messages()
        assert message.content == f"{server.url.removesuffix('/api/v10')}/cdn"
        assert len(server.gateway.identified) == 1


def test_the_settings_are_those_of_the_product() -> None:
    known = known_keys(Settings)
    server = Discord()
    names = [each.removeprefix("CRONITOR_").lower() for each in server.settings()]
    assert all(name.split("__")[1] in known["discord"] for name in names)


async def test_a_child_process_that_needs_no_discord_imports_none() -> None:
    async with Discord() as server:
        code = "import sys; print('discord' in sys.modules)"
        assert run(code, server.environ()) == "False"


async def test_constants_of_the_product_are_set_when_it_is_imported() -> None:
    async with Discord() as server:
        with pytest.raises(AssertionError, match="NOPE"):
            run("import bot.clock", server.environ("bot.clock:NOPE=1"))
        code = "import tests.discord_wire.waiting as w; print(w.PATIENCE_S)"
        assert (
            run(code, server.environ("tests.discord_wire.waiting:PATIENCE_S=0.5"))
            == "0.5"
        )


async def test_another_sitecustomize_and_path_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['WAS'] = 'run'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with Discord() as server:
        code = "import os, sys; print(os.environ['WAS'], sys.path[2])"
        assert run(code, server.environ()) == f"run {tmp_path}"


async def test_this_process_takes_it_for_discord_and_no_longer() -> None:
    before = discord.http.Route.BASE
    async with Discord() as server:
        with server.in_this_process("tests.discord_wire.waiting:PATIENCE_S=7"):
            assert server.url == discord.http.Route.BASE
            assert str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY).endswith(
                "/gateway"
            )
        assert before == discord.http.Route.BASE


def test_a_constant_keeps_its_type() -> None:
    found = patches.parse("a.b:C.D=1\n\n  a.b:E=x=y\nc:F=(1, 2)")
    assert found == {"a.b": [("C.D", "1"), ("E", "x=y")], "c": [("F", "(1, 2)")]}
