"""What a call of Discord that went wrong means for whoever wanted it done."""

from typing import Any
from unittest.mock import create_autospec

import aiohttp
import discord
import pytest

from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.discord import DiscordPlace, Handle
from bot.notifiers.discord_errors import translated


def answered(
    status: int, code: int = 0, headers: dict[str, str] | None = None
) -> discord.HTTPException:
    """An answer of Discord's."""
    response: Any = create_autospec(aiohttp.ClientResponse, instance=True)
    response.status, response.reason = status, "no"
    response.headers = headers or {}
    kinds: dict[int, Any] = {403: discord.Forbidden, 404: discord.NotFound}
    kind = kinds.get(status, discord.HTTPException)
    made: discord.HTTPException = kind(response, {"code": code, "message": "no"})
    return made


@pytest.mark.parametrize("code", [10003, 10004, 50001, 50013])
def test_a_channel_that_cannot_be_used_is_lost(code: int) -> None:
    error = translated(answered(404 if code < 50000 else 403, code))
    assert isinstance(error, ChannelLost)
    assert error.deleted is (code == 10003)
    assert "(" in str(error), "it says the way out"


def test_a_message_that_is_not_there_is_gone() -> None:
    assert isinstance(translated(answered(404, 10008)), Gone)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 522, 524])
def test_after_a_server_error_nobody_knows(status: int) -> None:
    error = translated(answered(status))
    assert error.unsure
    assert str(status) in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_refusal_was_certainly_not_taken(status: int) -> None:
    error = translated(answered(status))
    assert not error.unsure
    assert not isinstance(error, ChannelLost | Gone)


@pytest.mark.parametrize(("said", "wait"), [("7", 7), ("", 60), ("soon", 60)])
def test_a_429_says_how_long(said: str, wait: float) -> None:
    error = translated(answered(429, headers={"Retry-After": said}))
    assert error.retry_after_s == wait


def test_a_rate_limit_that_is_too_long_to_wait_out_comes_here() -> None:
    assert translated(discord.RateLimited(99.5)).retry_after_s == 99.5


def test_a_connection_that_never_was_sent_nothing() -> None:
    key: Any = None
    refused = aiohttp.ClientConnectorError(key, OSError("refused"))
    assert not translated(refused).unsure


@pytest.mark.parametrize(
    "exc",
    [
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        ConnectionResetError(),
        RuntimeError("Session is closed"),
    ],
)
def test_a_connection_that_broke_may_have_sent_everything(exc: Exception) -> None:
    assert translated(exc).unsure


def test_the_text_of_an_error_holds_no_address() -> None:
    exc = aiohttp.ClientPayloadError("https://discord.com/api/webhooks/1/secret")
    assert "secret" not in str(translated(exc))


async def test_without_a_client_nothing_is_sent() -> None:
    place = DiscordPlace(Handle(), (1,))
    with pytest.raises(NotifyError, match="not connected") as refused:
        await place.find("mark", 1, since=discord.utils.utcnow())
    assert not refused.value.unsure
    await place.close()
