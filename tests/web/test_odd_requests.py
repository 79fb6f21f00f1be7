"""Requests that some client really sends, byte by byte; none of them loses a ping."""

import asyncio
import logging

import pytest

from bot.web.base import Limits
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import UUID, Site, get, post, serving

PING = f"/ping/{UUID}".encode()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET " + PING + b" HTTP/1.0\r\n\r\n",
        b"GET " + PING + b" HTTP/1.0\r\nUser-Agent: ab\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nUser-Agent: esp8266\r\n\r\n",
        b"GET " + PING + b" HTTP/1.0\n\n",
        b"GET " + PING + b" HTTP/1.1\nUser-Agent: nc\n\n",
        b"GET " + PING + b" HTTP/1.1\r\nhOsT:x\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nX-Odd: \xff\xfe\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nConnection: X-Odd, close\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n"
        b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET http://cronitor.example" + PING + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nGET " + PING + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST " + PING + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"POST " + PING + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PING + b"#fragment HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PING + b"?" + b"x=1&" * 1500 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PING + b"?\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PING + b" HTTP/2.0\r\n\r\n",
        b"GET " + PING + b"\r\n\r\n",
        b"GET " + PING + b"?note=\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET " + PING + b"?%&=%zz&& HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_it_is_an_ordinary_ping(
    site: Site, pings: RecordingPings, request_bytes: bytes
) -> None:
    answered = await site.ask(request_bytes)
    assert (answered.status, answered.text) == (200, "OK")
    assert pings.only.uuid == UUID


@pytest.mark.parametrize("host", [b"", b"Host: a\r\n"])
@pytest.mark.parametrize("label", [b"", b"Content-Encoding: gzip\r\n"])
async def test_a_chunked_body_is_put_together(
    site: Site, pings: RecordingPings, host: bytes, label: bytes
) -> None:
    answered = await site.ask(
        b"POST "
        + PING
        + b" HTTP/1.1\r\n"
        + host
        + label
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n\r\n"
    )
    assert answered.status == 200
    assert pings.only.body == b"hello world"


@pytest.mark.parametrize("host", [b"", b"Host: a\r\n"])
async def test_a_client_that_asks_first_is_told_to_go_on(
    site: Site, pings: RecordingPings, host: bytes
) -> None:
    async with site.tcp() as client:
        client.send(
            b"POST "
            + PING
            + b" HTTP/1.1\r\n"
            + host
            + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert (await client.answer()).status == 100
        answered = await client.exchange(b"hello")
    assert answered.status == 200
    assert answered.headers["ping-body-limit"] == "100000"
    assert pings.only.body == b"hello"


async def test_a_body_that_follows_its_head_is_waited_for(
    site: Site, pings: RecordingPings
) -> None:
    whole = post(f"/ping/{UUID}", b"hello")
    async with site.tcp() as client:
        client.send(whole[:-5])
        await asyncio.sleep(0)
        assert (await client.exchange(b"hello")).status == 200
    assert pings.only.body == b"hello"


async def test_a_request_may_come_byte_by_byte(
    site: Site, pings: RecordingPings
) -> None:
    async with site.tcp() as client:
        for byte in b"GET " + PING + b" HTTP/1.1\r\nUser-Agent: telnet\r\n\r\n":
            client.send(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0)
        assert (await client.answer()).status == 200
    assert pings.only.agent == "telnet"


async def test_a_client_that_sends_no_more_gets_its_answers(
    site: Site, pings: RecordingPings
) -> None:
    pings.committed.clear()
    async with site.tcp() as client:
        client.send(get(f"/ping/{UUID}/start") + get(f"/ping/{UUID}"))
        client.end()
        await pings.came.wait()
        pings.committed.set()
        assert (await client.answer()).status == 200
        assert (await client.answer()).status == 200
        assert await client.rest() == b""
    assert [each.said for each in pings.taken] == ["start", "success"]


async def test_pings_in_one_packet_are_answered_in_order(
    site: Site, pings: RecordingPings
) -> None:
    suffixes = ["start", "log", "1", "300", "fail", "unknown", "0"]
    async with site.tcp() as client:
        client.send(b"".join(get(f"/ping/{UUID}/{suffix}") for suffix in suffixes))
        statuses = [(await client.answer()).status for _ in suffixes]
    assert statuses == [200, 200, 200, 400, 200, 404, 200]
    said = [each.exit_status or each.said for each in pings.taken]
    assert said == ["start", "log", 1, "fail", "success"]


async def test_a_connection_goes_on_with_whatever_comes_next(
    site: Site, pings: RecordingPings
) -> None:
    async with site.tcp() as client:
        for request in (
            get(f"/ping/{UUID}"),
            post(f"/ping/{UUID}", b"x"),
            get("/healthz"),
            get(f"/ping/{UUID}"),
            post(f"/ping/{UUID}", b"y" * 500_000),
            get(f"/ping/{UUID}"),
        ):
            assert (await client.exchange(request)).status == 200
    assert [each.body_size for each in pings.taken] == [0, 1, 0, 500_000, 0]


async def test_a_client_that_goes_away_has_pinged(
    site: Site, pings: RecordingPings
) -> None:
    pings.committed.clear()
    async with site.tcp() as client:
        client.send(get(f"/ping/{UUID}"))
        await pings.came.wait()
        client.drop()
    pings.committed.set()
    assert (await site.ask(get(f"/ping/{UUID}"))).status == 200
    assert len(pings.taken) == 2


@pytest.mark.parametrize(
    "framing", ["Content-Length: 100", "Transfer-Encoding: chunked"]
)
async def test_a_body_that_breaks_off_does_not_lose_the_ping(
    site: Site, pings: RecordingPings, framing: str
) -> None:
    async with site.tcp() as client:
        client.send(
            get(f"/ping/{UUID}/fail", framing, method="POST") + b"5\r\nhello\r\n"
        )
        client.end()
        await asyncio.wait_for(pings.came.wait(), 30)
    assert pings.only.said == "fail"
    assert "hello" in pings.only.body.decode()
    assert "broke" in pings.only.remark


async def test_a_body_that_stalls_is_kept_as_far_as_it_came(
    pings: RecordingPings,
) -> None:
    limits = Limits(body_timeout_s=0.05)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(
            get(f"/ping/{UUID}", "Content-Length: 100", method="POST") + b"hello"
        )
        answered = await client.answer()
        assert answered.status == 200
        assert answered.headers["connection"] == "close"
    assert pings.only.body == b"hello"
    assert "longer than 0.05 s" in pings.only.remark


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"BREW " + PING + b" HTCPCP/1.0\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nContent-Length : 1\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET " + PING + b" HTTP/1.1\r\n" + b"X: y\r\n" * 4_000 + b"\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT  \r\nHost: x\r\nContent-Length: 1\r\n\r\n\xff",
        b"GET " + b"/" * 50_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_no_ping_and_no_error_of_ours(
    site: Site, pings: RecordingPings, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with site.tcp() as client:
        client.send(nonsense)
        client.end()
        answered = await client.rest()
    assert answered == b"" or b" 500 " not in answered.split(b"\r\n", 1)[0]
    assert b"Traceback" not in answered
    assert pings.taken == []
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert (await site.ask(get(f"/ping/{UUID}"))).status == 200
