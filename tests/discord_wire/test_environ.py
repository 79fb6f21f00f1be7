"""A child process and this one, pointed at the local Discord."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import discord
import pytest

from tests.discord_wire import patches
from tests.discord_wire.server import Discord
from tests.tree import ROOT

LOGIN = """
import asyncio, os, discord
async def main():
    client = discord.Client(intents=discord.Intents(guilds=True))
    async with client:
        await client.login(os.environ["CRONITOR_DISCORD__TOKEN"])
        print(client.user.name, discord.asset.Asset.BASE)
asyncio.run(main())
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
        environ = {**server.environ(), **server.settings()}
        printed = await asyncio.to_thread(run, LOGIN, environ)
        assert printed == f"cronitor-bot {server.url.removesuffix('/api/v10')}/cdn"
        assert [each.path for each in server.requests][:1] == ["/users/@me"]


async def test_a_child_process_that_needs_no_discord_imports_none() -> None:
    async with Discord() as server:
        code = "import sys; print('discord' in sys.modules, 'ast' in sys.modules)"
        assert run(code, server.environ()).startswith("False")


async def test_constants_of_the_product_are_set_when_it_is_imported() -> None:
    async with Discord() as server:
        code = "import bot.clock, datetime; print(bot.clock.UTC)"
        with pytest.raises(AssertionError, match="NOPE"):
            run(code, server.environ("bot.clock:NOPE=1"))
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
