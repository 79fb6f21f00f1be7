"""Bodies of pings that come in many pieces: none is lost, and none holds others up."""

import asyncio
import random

import pytest

from bot.core import pings as rules
from bot.errors import Unavailable
from bot.web import bodies
from bot.web.base import Limits
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import PATIENCE_S, UUID, Client, Site, get, post, serving

PATH = f"/ping/{UUID}"
PING = get(PATH)
LIMIT = 100_000


def head(length: int) -> bytes:
    """What comes before a body."""
    return get(PATH, f"Content-Length: {length}", method="POST")


async def until_taken(pings: RecordingPings, count: int = 1) -> None:
    """Wait until so many have been handed in."""
    async with asyncio.timeout(PATIENCE_S):
        while len(pings.taken) < count:
            await asyncio.sleep(0.001)


async def until_heard(client: Client) -> None:
    """Wait until the server has read what was sent: it keeps less than a page of it."""
    async with asyncio.timeout(PATIENCE_S):
        await client.writer.drain()
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.mark.parametrize("size", [20_000, 65_536, 99_999, 100_001, 3_000_000])
async def test_head_and_tail_of_a_large_body_are_kept(
    site: Site, pings: RecordingPings, size: int
) -> None:
    body = random.Random(size).randbytes(size)
    async with site.tcp() as client:
        answered = await client.exchange(post(PATH, body))
        assert answered.status == 200
        # the connection goes on
        assert (await client.exchange(PING)).status == 200
    first, second = pings.taken
    assert first.body == rules.keep(body, LIMIT)
    assert (first.body_size, first.remark) == (size, "")
    assert (second.body_size, second.remark) == (0, "")


async def test_pieces_of_every_size_make_one_body(
    site: Site, pings: RecordingPings
) -> None:
    draw = random.Random(7)
    sent = post(PATH, b"".join(b"%d," % number for number in range(9_000))) * 3
    async with site.tcp() as client:
        while sent:
            size = draw.choice([1, 2, 100, 5_000, 20_000])
            client.send(sent[:size])
            sent = sent[size:]
            await asyncio.sleep(0)
        for _ in range(3):
            assert (await client.answer()).status == 200
    (body,) = {each.body for each in pings.taken}
    assert body.startswith(b"0,1,2,")
    assert body.endswith(b",8998,8999,")


async def test_what_follows_a_large_body_at_once_is_the_next_request(
    site: Site, pings: RecordingPings
) -> None:
    async with site.tcp() as client:
        client.send(post(PATH, b"x" * 70_000) + get(f"{PATH}/fail") + PING)
        for _ in range(3):
            assert (await client.answer()).status == 200
    assert [each.said for each in pings.taken] == ["success", "fail", "success"]


@pytest.mark.parametrize("ends", [Client.end, Client.drop])
async def test_a_large_body_that_breaks_off_is_a_ping(
    site: Site, pings: RecordingPings, ends: object
) -> None:
    async with site.tcp() as client:
        client.send(head(1_000_000) + b"y" * 30_000)
        await until_heard(client)
        assert callable(ends)
        ends(client)
        await until_taken(pings)
        if ends is Client.end:
            assert (await client.answer()).status == 200
            assert await client.rest() == b""
    assert pings.only.remark == bodies.BROKEN_OFF
    assert pings.only.body.startswith(b"y")
    assert pings.only.body_size == len(pings.only.body) <= 30_000


async def test_a_body_that_takes_too_long_is_a_ping(pings: RecordingPings) -> None:
    limits = Limits(body_timeout_s=0.1, stop_s=1)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(head(1_000_000) + b"y" * 1_000)
        answered = await client.answer()
        assert answered.status == 200
        assert answered.headers["connection"] == "close"
        # what is sent on is no request
        client.send(PING * 3)
        client.end()
        assert await client.rest() == b""
    assert pings.only.remark == bodies.too_slow(0.1)
    assert pings.only.body == b"y" * 1_000


async def test_a_client_whose_body_was_cut_can_read_that(
    pings: RecordingPings,
) -> None:
    limits = Limits(bodies=50_000, stop_s=1)
    size = 5_000_000
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
    ):
        client.send(post(PATH, b"z" * size))
        assert (await client.answer()).status == 200
        client.end()
        assert await client.rest() == b""
    assert pings.only.remark == bodies.TOO_MANY
    assert len(pings.only.body) == bodies.CUT_TO
    assert pings.only.body_size < size


async def test_a_large_body_for_nothing_is_answered_as_well(site: Site) -> None:
    for target, status in (("/ping/nonsense", 404), (f"{PATH}/300", 400)):
        async with site.tcp() as client:
            client.send(post(target, b"x" * 300_000))
            assert (await client.answer()).status == status


async def test_a_body_that_comes_in_is_not_idle(pings: RecordingPings) -> None:
    limits = Limits(idle_s=0.02, stop_s=1)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as bystander,
        site.tcp() as client,
    ):
        client.send(head(4) + b"ab")
        # the bystander is closed, so idle connections have been looked for
        assert await bystander.rest() == b""
        client.send(b"cd")
        assert (await client.answer()).status == 200
    assert pings.only.body == b"abcd"


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_stop_waits_for_a_body_but_not_for_ever(
    pings: RecordingPings, is_whole: bool
) -> None:
    limits = Limits(stop_s=PATIENCE_S if is_whole else 0.05)
    async with (
        serving(doubles.services(pings), limits=limits) as site,
        site.tcp() as client,
        site.tcp() as idle,
    ):
        client.send(head(4) + b"ab")
        await until_heard(client)
        stopping = asyncio.create_task(site.server.stop())
        assert await idle.rest() == b""
        if is_whole:
            client.send(b"cd")
        answered = await client.answer()
        assert answered.status == 200
        assert answered.headers["connection"] == "close"
        async with asyncio.timeout(PATIENCE_S):
            await stopping
    assert pings.only.body == (b"abcd" if is_whole else b"ab")
    assert pings.only.remark == ("" if is_whole else bodies.STOPPING)


async def test_a_refusal_of_the_store_reaches_who_sent_a_large_body(
    site: Site, pings: RecordingPings
) -> None:
    pings.answers.append(Unavailable("the disk is full"))
    async with site.tcp() as client:
        assert (await client.exchange(post(PATH, b"x" * 50_000))).status == 503
        assert (await client.exchange(PING)).status == 200
