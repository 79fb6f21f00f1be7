"""How many connections there may be, how long they live, and how they end."""

import asyncio

import pytest

from bot.web.base import Limits
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import PATIENCE_S, UUID, Client, Site, get, serving

PING = get(f"/ping/{UUID}")


async def until_closed(client: Client) -> bytes:
    """Wait for the server to close the connection, in whichever way."""
    try:
        return await client.rest()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    "beginning",
    [b"", PING[:-2], b"GET /ping/", b"GET /v1/jobs HTTP/1.1\r\n", b"\x16\x03", PING],
)
async def test_a_connection_that_sends_nothing_whole_is_closed(
    pings: RecordingPings, beginning: bytes
) -> None:
    limits = Limits(idle_s=0.05)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(beginning)
        await until_closed(client)
        assert client.reader.at_eof()


async def test_a_client_that_drips_its_request_is_closed_all_the_same(
    pings: RecordingPings,
) -> None:
    limits = Limits(idle_s=0.1)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(b"GET /ping/x HTTP/1.1\r\n")
        closed = asyncio.create_task(until_closed(client))
        while not closed.done():
            client.send(b"X: y\r\n")
            await asyncio.sleep(0.001)
    assert pings.taken == []


async def test_a_ping_whose_commit_takes_long_is_not_idle(
    pings: RecordingPings,
) -> None:
    limits = Limits(idle_s=0.01)
    pings.committed.clear()
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
        site.tcp() as bystander,
    ):
        client.send(PING)
        await pings.came.wait()
        # the bystander is closed, so idle connections have been looked for
        await until_closed(bystander)
        pings.committed.set()
        assert (await client.answer()).status == 200


async def test_one_connection_too_many_is_told_to_come_again(
    pings: RecordingPings,
) -> None:
    limits = Limits(connections=2)
    async with serving(doubles.services(pings), limits=limits) as site:
        async with site.tcp() as first, site.tcp() as second:
            assert (await first.exchange(PING)).status == 200
            # this one belongs to aiohttp afterwards, and counts all the same
            assert (await second.exchange(get("/healthz"))).status == 200
            async with site.tcp() as third:
                answered = await third.answer()
                assert answered.status == 503
                assert answered.headers["retry-after"] == "5"
                assert await until_closed(third) == b""
            assert (await first.exchange(PING)).status == 200
            first.drop()
            second.drop()
        async with asyncio.timeout(PATIENCE_S):
            while (await site.ask(PING)).status == 503:
                await asyncio.sleep(0)


async def test_a_client_that_reads_no_answers_is_closed(
    pings: RecordingPings,
) -> None:
    limits = Limits(idle_s=0.1, stop_s=1)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        sent, transport = 0, client.writer.transport
        while not transport.is_closing():
            if transport.get_write_buffer_size() < 100_000:
                client.send(PING * 1000)
                sent += len(PING) * 1000
            await asyncio.sleep(0)
            waiting = (
                sent if transport.is_closing() else transport.get_write_buffer_size()
            )
            # what the kernel keeps on both sides has been accepted, too
            assert sent - waiting < 30_000_000, "it goes on reading"


async def test_a_client_that_reads_late_gets_every_answer(
    site: Site, pings: RecordingPings
) -> None:
    # 7 MB of answers are more than the kernel keeps
    count = 25_000
    async with site.tcp() as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.send(PING * count)
        size = 0
        while len(pings.taken) > size or not pings.taken:
            size = len(pings.taken)
            for _ in range(100):
                await asyncio.sleep(0)
        assert size < count
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        first = await client.reader.readuntil(b"\r\n\r\nOK")
        rest = await client.reader.readexactly(len(first) * (count - 1))
    assert rest.count(b"HTTP/1.1 200 OK") == count - 1
    assert len(pings.taken) == count


async def test_pings_that_wait_behind_another_are_held_back(
    site: Site, pings: RecordingPings
) -> None:
    pings.committed.clear()
    count = 3_000
    async with site.tcp() as client:
        client.send(PING * count)
        await pings.came.wait()
        pings.committed.set()
        for _ in range(count):
            assert (await client.answer()).status == 200
    assert len(pings.taken) == count


async def test_a_stop_lets_a_ping_in_progress_end(pings: RecordingPings) -> None:
    pings.committed.clear()
    limits = Limits(stop_s=PATIENCE_S)
    async with serving(doubles.services(pings), limits=limits) as site:
        async with site.tcp() as client, site.tcp() as idle:
            client.send(PING)
            await pings.came.wait()
            stopping = asyncio.create_task(site.server.stop())
            assert await until_closed(idle) == b""
            assert not stopping.done()
            pings.committed.set()
            answered = await client.answer()
            assert answered.status == 200
            assert answered.headers["connection"] == "close"
            await stopping
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", site.port)


async def test_a_stop_does_not_wait_for_ever(pings: RecordingPings) -> None:
    pings.committed.clear()
    limits = Limits(stop_s=0.01)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(PING)
        await pings.came.wait()
        async with asyncio.timeout(PATIENCE_S):
            await site.server.stop()
        assert await until_closed(client) == b""
    pings.committed.set()
    await asyncio.sleep(0)


async def test_connection_close_is_honoured(site: Site) -> None:
    async with site.tcp() as client:
        answered = await client.exchange(get(f"/ping/{UUID}", "Connection: close"))
        assert answered.headers["connection"] == "close"
        assert await client.rest() == b""
