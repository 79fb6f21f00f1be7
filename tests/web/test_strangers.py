"""Connections that aiohttp reads, where it does not do well by itself."""

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web

from bot.web import strangers


async def test_a_stop_that_is_out_of_time_tells_of_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = asyncio.Event()

    async def until_given_up(request: web.BaseRequest) -> web.Response:
        began.set()
        protocol = request.protocol
        while not (protocol._handler_waiter and protocol._handler_waiter.cancelled()):
            await asyncio.sleep(0)
        return web.Response(text="at the very moment\n")

    server = web.Server(until_given_up)
    make = strangers.factory(server, {"access_log": None})
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(make, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/"))
        await began.wait()
        await server.shutdown(0.05)
        listening.close()
        async with await asked as answer:
            assert answer.status == 200
    assert caplog.records == []


async def test_a_fault_of_ours_is_told(caplog: pytest.LogCaptureFixture) -> None:
    server = web.Server(lambda request: web.Response())  # type: ignore[arg-type,return-value]
    stranger = strangers.factory(server, {"access_log": None})()
    stranger.log_exception("a fault", exc_info=ValueError("of ours"))
    stranger.log_exception("while it serves", exc_info=asyncio.InvalidStateError())
    assert [each.message for each in caplog.records] == ["a fault", "while it serves"]
    assert all(each.levelno == logging.ERROR for each in caplog.records)
