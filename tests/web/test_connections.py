"""How many connections there may be, how long they live, and how they end."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.web.base import Limits
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import PATIENCE_S, UUID, Client, Site, get, post, serving

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


async def test_one_connection_too_many_takes_the_place_of_an_idle_one(
    pings: RecordingPings,
) -> None:
    limits = Limits(connections=2)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as first,
        site.tcp() as second,
        site.tcp() as third,
    ):
        # the first has no answer yet, so that it is the first to go
        assert await until_closed(first) == b""
        for each in (second, third):
            assert (await each.exchange(PING)).status == 200


async def test_a_place_of_aiohttp_is_given_away_as_well(pings: RecordingPings) -> None:
    limits = Limits(connections=2)
    beginning = b"POST /ping/%s HTTP/1.1\r\nHost: a\r\n" % UUID.encode()
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as slow_body,
        site.tcp() as slow_head,
    ):
        slow_body.send(beginning + b"Content-Length: 10\r\n\r\nhello")
        slow_head.send(b"GET /v1/jobs HTTP/1.1\r\nX: ")
        for _ in range(20):
            await asyncio.sleep(0)
        async with site.tcp() as third, site.tcp() as fourth:
            for each in (third, fourth):
                assert (await each.exchange(PING)).status == 200
        assert await until_closed(slow_head) == b""
        # a body that breaks off is a ping
        async with asyncio.timeout(PATIENCE_S):
            while len(pings.taken) < 3:
                await asyncio.sleep(0)
    assert [each.body for each in pings.taken if each.remark] == [b"hello"]


async def test_while_all_work_a_newcomer_is_told_to_come_again(
    pings: RecordingPings,
) -> None:
    pings.committed.clear()
    limits = Limits(connections=2, stop_s=1)
    chunked = get(f"/ping/{UUID}", "Transfer-Encoding: chunked", method="POST")
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as plain,
        site.tcp() as other,
    ):
        plain.send(PING)
        other.send(chunked + b"0\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            while len(pings.taken) < 2:
                await asyncio.sleep(0)
        async with site.tcp() as third:
            answered = await third.answer()
            assert answered.status == 503
            assert answered.headers["retry-after"] == "5"
            assert await until_closed(third) == b""
        assert pings.lost == 1
        pings.committed.set()
        for each in (plain, other):
            assert (await each.answer()).status == 200
        async with site.tcp() as third:
            assert (await third.exchange(PING)).status == 200


async def test_the_unix_socket_has_places_of_its_own(pings: RecordingPings) -> None:
    limits = Limits(connections=1, local_connections=2)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as tcp,
        site.unix() as first,
        site.unix() as second,
    ):
        for each in (tcp, first, second):
            assert (await each.exchange(PING)).status == 200
        async with site.unix() as third:
            assert (await third.exchange(PING)).status == 200
        assert (await tcp.exchange(PING)).status == 200
        assert await until_closed(first) == b""


async def test_a_flood_of_refusals_lets_others_pass(
    site: Site, pings: RecordingPings
) -> None:
    count = 2000
    async with site.tcp() as flood, site.tcp() as other:
        flood.send(get("/ping/nonsense") * count)
        await flood.reader.read(1)
        for _ in range(20):
            assert (await other.exchange(PING)).status == 200
        left = await flood.reader.readuntil(b"not found")
        assert len(flood.reader._buffer) < count * len(left)  # type: ignore[attr-defined]
        for _ in range(count - 1):
            await flood.reader.readuntil(b"not found")
    assert len(pings.taken) == 20


async def test_bodies_that_come_in_have_room_together(pings: RecordingPings) -> None:
    limits = Limits(bodies=5000)
    head = get(f"/ping/{UUID}", "Content-Length: 2000", method="POST")
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(
            serving(doubles.services(pings), limits=limits)
        )
        clients = [await stack.enter_async_context(site.tcp()) for _ in range(4)]
        for number, client in enumerate(clients):
            client.send(head + b"%d" % number * 1500)
            for _ in range(20):
                await asyncio.sleep(0)
        # the oldest is ended, with what came of it
        assert (await clients[0].answer()).status == 200
        assert "too many bodies" in pings.only.remark
        assert pings.only.body.startswith(b"0")
        for client in clients[1:]:
            client.send(b"x" * 500)
            assert (await client.answer()).status == 200
    assert [each.remark for each in pings.taken[1:]] == ["", "", ""]


@pytest.mark.parametrize("framing", ["chunked", "plain"])
async def test_a_client_that_sends_no_more_gets_the_answer_of_aiohttp(
    site: Site, pings: RecordingPings, framing: str
) -> None:
    pings.committed.clear()
    async with site.tcp() as client:
        if framing == "chunked":
            client.send(get(f"/ping/{UUID}", "Transfer-Encoding: chunked"))
            client.send(b"2\r\nhi\r\n0\r\n\r\n")
        else:
            client.send(post(f"/ping/{UUID}", b"y" * 200_000))
        client.end()
        await pings.came.wait()
        # longer than it would wait for the rest of a body
        await asyncio.sleep(0.5)
        pings.committed.set()
        assert (await client.answer()).status == 200
        assert await client.rest() == b""
    assert pings.only.remark == ""


@pytest.mark.parametrize("path", [f"/ping/{UUID}", "/v1/jobs", ""])
async def test_a_head_without_an_end_is_refused_at_once(
    site: Site, path: str, pings: RecordingPings
) -> None:
    async with site.tcp() as client:
        client.send(b"GET " + path.encode() + b"x" * 20_000)
        answered = await client.answer()
    assert answered.status in (400, 431)
    assert pings.taken == []


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
