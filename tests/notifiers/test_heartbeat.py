"""The outward heartbeat at the wire: a real server that takes, refuses, hangs."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from bot.errors import NotifyError
from bot.notifiers import heartbeat
from bot.notifiers.heartbeat import HeartbeatUrl, fail_url

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Made = Callable[[Handler], Awaitable[HeartbeatUrl]]


@pytest.fixture
async def made(aiohttp_server: AiohttpServer) -> Made:
    """Makes a heartbeat that goes to a server with this handler."""

    async def make(handler: Handler) -> HeartbeatUrl:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = await aiohttp_server(app)
        return HeartbeatUrl(str(server.make_url("/ping/secret-of-it?rid=1")))

    return make


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hc-ping.com/a", "https://hc-ping.com/a/fail"),
        ("https://hc-ping.com/a/", "https://hc-ping.com/a/fail"),
        ("http://u:p@h:1/k/s?create=1", "http://u:p@h:1/k/s/fail?create=1"),
        ("https://h", "https://h/fail"),
        ("https://h/a?b=/c#d", "https://h/a/fail?b=/c#d"),
        ("https://h/a%2Fb%20?c=%26", "https://h/a%2Fb%20/fail?c=%26"),
    ],
)
def test_the_url_that_says_fail(url: str, expected: str) -> None:
    assert fail_url(url) == expected


async def test_well_and_not_well(made: Made) -> None:
    seen: list[tuple[str, str, str]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request.method, request.path_qs, await request.text()))
        return web.Response(text="OK")

    beat = await made(take)
    await beat.send(None)
    await beat.send("stuck: deadlines")
    assert seen == [
        ("POST", "/ping/secret-of-it?rid=1", ""),
        ("POST", "/ping/secret-of-it/fail?rid=1", "stuck: deadlines"),
    ]


@pytest.mark.parametrize("status", [302, 404, 429, 500])
async def test_every_other_answer_is_no(made: Made, status: int) -> None:
    asked = 0

    async def refuse(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    beat = await made(refuse)
    with pytest.raises(NotifyError, match=f"answered {status}") as refused:
        await beat.send(None)
    assert not refused.value.unsure
    assert asked == 1, "redirects are not followed"


async def test_a_check_that_the_receiver_does_not_know_is_no(made: Made) -> None:
    async def mistake(request: web.Request) -> web.Response:
        return web.Response(text="OK (not found)")

    beat = await made(mistake)
    with pytest.raises(NotifyError, match="does not know this URL"):
        await beat.send(None)


async def test_a_receiver_that_hangs_is_given_up(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "TIMEOUT_S", 0.05)
    ended = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await ended.wait()
        return web.Response()

    beat = await made(hang)
    with pytest.raises(NotifyError, match="no answer within") as silent:
        await beat.send(None)
    assert silent.value.unsure
    ended.set()


async def test_a_stream_without_end_is_cut(made: Made) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 65_536)
        return response

    beat = await made(flood)
    async with asyncio.timeout(5):
        await beat.send(None)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0"])
async def test_addresses_that_are_never_dialled(host: str) -> None:
    with pytest.raises(NotifyError, match="cannot be reached"):
        await HeartbeatUrl(f"http://{host}/a").send(None)


async def test_an_error_holds_no_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/hush", "http://hush.invalid/hush"):
        with pytest.raises(NotifyError, match="cannot be reached") as refused:
            await HeartbeatUrl(url).send("x")
        assert "hush" not in str(refused.value)
        assert refused.value.unsure
        assert refused.value.__cause__ is None
    assert "hush" not in caplog.text
