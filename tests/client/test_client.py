"""What a client does beside events."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.client.client import Client
from bot.core.roles import Rules
from tests.engine.house import House, house


def client_of(home: House) -> Client:
    """One that never connects."""
    return Client(home.engine, rules=Rules, guild_id=1, noticed=lambda what: None)


async def test_errands_end_with_the_client(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def errand() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with house(tmp_path) as home:
        client = client_of(home)
        client.beside(errand(), "errand")
        await asyncio.sleep(0)
        await client.close()
        assert ended.is_set()
        ended.clear()
        # nothing is begun any more
        client.beside(errand(), "errand")
        await asyncio.sleep(0)
        assert not ended.is_set()
        assert "errand" not in {each.get_name() for each in asyncio.all_tasks()}


async def test_an_errand_that_breaks_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def errand() -> None:
        raise RuntimeError("a bug")

    async with house(tmp_path) as home:
        client = client_of(home)
        with caplog.at_level(logging.ERROR):
            client.beside(errand(), "the errand")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert "the errand failed" in caplog.text
        await client.close()
