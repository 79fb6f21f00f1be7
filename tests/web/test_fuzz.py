"""Anything may come over the wire: nothing makes an error of ours, nothing stops it."""

import asyncio
import logging
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.web.api import ROUTES
from bot.web.base import Limits
from tests.engine.house import house
from tests.web.wires import KEYS, RID, UUID, Site, get, serving

FULL = str(KEYS.full)
METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "CONNECT", "get", "G\0T"]
PATHS = [
    f"/ping/{UUID}",
    f"/ping/{UUID}/start",
    "/ping/ping-key_1/backup",
    *(
        re.sub(r"{slug:.*?}", "backup", re.sub(r"{id:.*}", "1", route.path))
        for route in ROUTES
    ),
    *("/healthz", "/readyz", "/", "*", "", "http://cronitor/ping/x", "/v1/jobs/%00"),
]
PIECES = [
    *("/", "//", "?", "&", "=", "%", "%0a", "%00", "%ff", "..", "#", ";", "\\"),
    *("256", "-1", "9" * 400, "start", "fail", "create=1", f"rid={RID}", "rid=", "ü"),
    *(" ", "\t", "\r", "\n", "\r\n", "\0", "\x7f", "\udcff", "{", "'", "x" * 9000),
]
FIELDS = [
    "Host: cronitor",
    "Host:",
    "User-Agent: curl/8",
    "User-Agent: \udcff",
    "Content-Length: 5",
    "Content-Length: 5, 5",
    "Content-Length: 99999999999999999999",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Content-Encoding: gzip",
    "Expect: 100-continue",
    "Expect: \udcff",
    "Connection: close",
    "Connection: upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key1: x",
    "X-Forwarded-For: \udcfe, ;",
    "Authorization: Bearer \udcff",
    "Cookie: a=b; ;",
    " folded: x",
    "no colon",
    "",
]
BODIES = [
    *(b"", b"", b"hello", b"{}", b"[" * 2000, b"5\r\nhello\r\n0\r\n\r\n", b"\xff"),
    *(b'{"slug": 1}', b'{"slug": "new", "every": "1d"}', b'{"slug": "\\ud800"}'),
    *(b'{"for": 1e999}', b'{"for": NaN}', b'{"jobs": [1]}', b'{"jobs": [{}]}'),
    *(b'{"name": null, "grace": -1}', b'{"x": ' + b"9" * 5000 + b"}", b'{"a":1,"a":2}'),
    *(b'{"kind": "start", "body": "\\u0000\\ud800"}', b'{"exit_status": 1e300}'),
]


def requests(seed: int, count: int, *, long: int = 500) -> Iterator[bytes]:
    """Requests with something odd about them, and some bytes that are none.

    `long`: how often a body is repeated where it is a long one.
    """
    draw = random.Random(seed)
    for _ in range(count):
        chance = draw.random()
        if chance < 0.05:
            yield draw.randbytes(draw.randrange(1, 300))
            continue
        whole = _request(draw, long)
        if chance < 0.15:
            at = draw.randrange(len(whole))
            whole = whole[:at] + draw.randbytes(draw.randrange(4)) + whole[at + 1 :]
        yield whole


def _request(draw: random.Random, long: int) -> bytes:
    def sometimes(odd: Sequence[str], usual: Sequence[str], chance: float) -> str:
        return draw.choice(odd if draw.random() < chance else usual)

    pieces = draw.choices(PIECES, k=draw.choice([0, 0, 0, 1, 2]))
    target = draw.choice(PATHS) + "".join(pieces)
    method = sometimes(METHODS, ["GET", "POST"], 0.05)
    version = sometimes(["HTTP/1.0", "HTTP/9.9", "HTTP", ""], ["HTTP/1.1"], 0.05)
    body = draw.choice(BODIES) * draw.choice([1, 1, 1, long])
    # every route asks for a key, so a wrong one must come often enough to be seen
    key = sometimes(["x", "", "ü"], [FULL], 0.2)
    fields = ["Host: cronitor", f"X-Api-Key: {key}"]
    if body and draw.random() < 0.8:
        fields.append(f"Content-Length: {len(body)}")
    fields += draw.sample(FIELDS, k=draw.choice([0, 0, 1, 2]))
    ending = sometimes(["\n", "\r"], ["\r\n"], 0.05)
    head = ending.join([f"{method} {target} {version}", *fields, "", ""])
    return head.encode("utf-8", "surrogateescape") + body


async def _send(site: Site, share: Iterator[bytes], statuses: Counter[str]) -> None:
    for data in share:
        async with site.tcp() as client:
            client.send(data)
            try:
                # the first packet has the first status; who is to send more is closed
                answered = await client.reader.read(65_536)
            except ConnectionResetError:
                continue
        assert not answered.startswith(b"HTTP/1.1 500"), data
        assert b"Traceback" not in answered, data
        statuses[answered[9:12].decode()] += 1


async def bombard(
    folder: Path, seed: int, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Send `count` requests to a real engine, over eight connections at a time."""
    statuses = Counter[str]()
    limits = Limits(body_timeout_s=0.05, idle_s=0.1, body=1000, stop_s=1)
    async with house(folder) as home, serving(home.engine, limits=limits) as site:
        await home.add("backup")
        shares = [requests(seed + number, count // 8) for number in range(8)]
        await asyncio.gather(*(_send(site, share, statuses) for share in shares))
        assert (await site.ask(get("/healthz"))).status == 200
    # it does get everywhere
    assert {"200", "400", "401", "404", "405"} <= statuses.keys()
    assert [r.getMessage() for r in caplog.records if r.levelno > logging.INFO] == []


async def test_nothing_that_is_sent_is_an_error_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await bombard(tmp_path, 1, 400, caplog)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 600, 100))
async def test_nothing_of_very_much_is_an_error_of_ours(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    await bombard(tmp_path, seed, 4000, caplog)
