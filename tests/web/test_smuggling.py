"""Requests that two readers may read differently: no ping is made of the second half.

Whoever can send them needs the URL of each ping all the same; what is kept out is a
ping that a proxy in front has taken for a body.
"""

import pytest

from tests.web.doubles import RecordingPings
from tests.web.wires import UUID, Site, get

HEAD = f"POST /ping/{UUID} HTTP/1.1\r\nHost: a\r\n".encode()
SECOND = get(f"/ping/{UUID}/fail")
LENGTH = f"Content-Length: {len(SECOND)}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\n" + LENGTH,
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length: 0x0\r\n\r\n",
        b"Content-Length:\r\n " + LENGTH,
        b"X: y\rContent-Length: 0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    ],
)
async def test_what_is_ambiguous_is_no_request(
    site: Site, pings: RecordingPings, rest: bytes
) -> None:
    async with site.tcp() as client:
        client.send(HEAD + rest + SECOND)
        client.end()
        answered = await client.rest()
    assert "fail" not in [each.said for each in pings.taken]
    assert answered.count(b"HTTP/1.1 ") <= 1
    assert b" 500 " not in answered


@pytest.mark.parametrize(
    "rest",
    [LENGTH, b"X: y\n" + LENGTH, b"X: y\r\n" + LENGTH.lower()],
)
async def test_a_request_inside_a_body_is_a_body(
    site: Site, pings: RecordingPings, rest: bytes
) -> None:
    async with site.tcp() as client:
        assert (await client.exchange(HEAD + rest + SECOND)).status == 200
    assert pings.only.body == SECOND


@pytest.mark.parametrize(
    "request_bytes",
    [
        UUID.encode() + b"\r\n\r\n",
        f"GET /v1/jobs?{UUID} HTTP/9.9\r\n\r\n".encode(),
        f"GET /v1/jobs HTTP/1.1\r\n{UUID}\r\n\r\n".encode(),
        f"GET /v1/jobs HTTP/1.1\r\nContent-Length: {UUID}\r\n\r\n".encode(),
        f"GET /v1/jobs/{UUID * 500} HTTP/1.1\r\n\r\n".encode(),
    ],
)
async def test_what_cannot_be_read_is_not_repeated(
    site: Site, request_bytes: bytes
) -> None:
    async with site.tcp() as client:
        client.send(request_bytes)
        answered = await client.answer()
        assert await client.rest() == b""
    assert 400 <= answered.status < 500
    assert UUID not in answered.text
    assert answered.headers["server"] == "cronitor"
