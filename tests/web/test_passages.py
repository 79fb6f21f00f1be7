"""The way to aiohttp: in turns, and nothing that has come is lost on it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.web import connections
from bot.web.base import Limits
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import PATIENCE_S, UUID, Client, Site, get, serving

#: aiohttp reads it: its body comes in chunks
HEAD = get(f"/ping/{UUID}", "Transfer-Encoding: chunked", method="POST")
CHUNKED = HEAD + b"2\r\nhi\r\n0\r\n\r\n"
PING = get(f"/ping/{UUID}")


@pytest.fixture
async def busy_site(pings: RecordingPings) -> AsyncIterator[Site]:
    """A server that is storing pings, and has just let somebody in."""
    pings.committed.clear()
    limits = Limits(stop_s=PATIENCE_S)
    async with serving(doubles.services(pings), limits=limits) as running:
        yield running


async def until_taken(pings: RecordingPings, count: int) -> None:
    """Wait until so many have been handed in."""
    async with asyncio.timeout(PATIENCE_S):
        while len(pings.taken) < count:
            await asyncio.sleep(0.001)


async def test_many_at_once_are_all_served_beside_pings(
    busy_site: Site, pings: RecordingPings
) -> None:
    count = 40

    async def send(client: Client) -> int:
        client.send(CHUNKED)
        return (await client.answer()).status

    async with asyncio.TaskGroup() as group:

        async def one() -> int:
            async with busy_site.tcp() as client:
                return await send(client)

        asked = [group.create_task(one()) for _ in range(count)]
        await until_taken(pings, count)
        pings.committed.set()
    assert [each.result() for each in asked] == [200] * count
    assert {each.body for each in pings.taken} == {b"hi"}


@pytest.mark.parametrize("leave", [Client.drop, Client.end])
async def test_what_waits_for_its_turn_counts_although_its_sender_has_gone(
    busy_site: Site, pings: RecordingPings, leave: object
) -> None:
    count = 20
    assert callable(leave)
    for _ in range(count):
        async with busy_site.tcp() as client:
            client.send(CHUNKED)
            await client.writer.drain()
            leave(client)
    await until_taken(pings, count)
    pings.committed.set()
    assert [each.body for each in pings.taken] == [b"hi"] * count
    assert pings.lost == 0


@pytest.mark.parametrize("most_kept", [1000, 2])
async def test_whoever_has_lost_its_place_meanwhile_counts_up_to_a_limit(
    pings: RecordingPings, monkeypatch: pytest.MonkeyPatch, most_kept: int
) -> None:
    monkeypatch.setattr(connections, "_MOST_KEPT", most_kept)
    pings.committed.clear()
    count = 60
    limits = Limits(connections=20, stop_s=1)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        AsyncExitStack() as stack,
    ):
        for _ in range(count):
            client = await stack.enter_async_context(site.tcp())
            client.send(CHUNKED)
        async with asyncio.timeout(PATIENCE_S):
            while len(pings.taken) + pings.lost < count:
                await asyncio.sleep(0.001)
        # what was not kept is a time to be blind in
        assert (pings.lost > 0) == (most_kept < count)
        pings.committed.set()


async def test_a_body_is_read_when_its_request_has_had_its_turn(
    site: Site, pings: RecordingPings
) -> None:
    size = 700_000
    async with site.tcp() as client:
        for _ in range(3):
            client.send(HEAD + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
        for _ in range(3):
            assert (await client.answer()).status == 200
        assert (await client.exchange(PING)).status == 200
    assert [each.body_size for each in pings.taken] == [size] * 3 + [0]


@pytest.mark.parametrize("pieces", [1, 5, 30])
async def test_a_head_may_come_in_pieces(
    site: Site, pings: RecordingPings, pieces: int
) -> None:
    # empty lines before it are no head
    sent = b"\r\n\r\n" + CHUNKED
    size = len(sent) // pieces + 1
    async with site.tcp() as client:
        for begin in range(0, len(sent), size):
            client.send(sent[begin : begin + size])
            for _ in range(20):
                await asyncio.sleep(0)
        assert (await client.answer()).status == 200
    assert pings.only.body == b"hi"


async def test_a_client_that_reads_late_gets_every_answer(site: Site) -> None:
    # more answers than the kernel keeps of a connection that it gives little room
    for server in site.server._servers:
        for listener in server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    count = 2_000
    async with site.tcp() as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.send(get("/") * count)
        async with site.tcp() as other:
            # it is let in whenever the first has been
            for _ in range(1_200):
                assert (await other.exchange(get("/healthz"))).status == 200
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(count):
            assert (await client.answer()).status == 200
