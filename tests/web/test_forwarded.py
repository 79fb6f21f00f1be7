"""Whom a ping is from, when it comes through a proxy."""

import pytest

from bot.web.base import Limits
from bot.web.forwarded import Proxies
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import UUID, get, post, serving

PROXIES = Proxies(["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"])
CHUNKED = b"2\r\nhi\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        # whoever is not trusted may say what it wants
        ("192.0.2.9", "198.51.100.7", "192.0.2.9"),
        # past every proxy of ours, from the right
        ("127.0.0.1", "1.1.1.1, 192.0.2.1,10.1.2.3 ,\t10.0.0.1", "192.0.2.1"),
        ("::1", "2001:db8::1, fd00::5", "2001:db8::1"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        # all of them are ours: the farthest
        ("127.0.0.1", "10.0.0.2, 10.0.0.1", "10.0.0.2"),
        # with a port, in brackets, in quotes, with a zone
        ("127.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1", '"[2001:db8::1]"', "2001:db8::1"),
        ("127.0.0.1", "fe80::1%eth0", "fe80::1"),
        # garbage is nobody: the last that is known
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", ", ,;\ufffd", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1,", "127.0.0.1"),
        ("127.0.0.1", "999.1.1.1", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1:4711:x", "127.0.0.1"),
        ("127.0.0.1", "9" * 10_000, "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1, " + "10.0.0.1," * 500 + "10.0.0.2", "10.0.0.1"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_counts(
    peer: str, forwarded: str, client: str
) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_by_default_nobody_is_believed() -> None:
    nobody = Proxies()
    assert not nobody.trusts("127.0.0.1")
    assert nobody.client("127.0.0.1", "192.0.2.1") == "127.0.0.1"


@pytest.mark.parametrize(
    "lines",
    [
        ("X-Forwarded-For: 198.51.100.7, 192.0.2.1",),
        ("x-forwarded-for: 198.51.100.7", "X-FORWARDED-FOR: 192.0.2.1"),
    ],
)
@pytest.mark.parametrize("trusted", [(), ("127.0.0.0/8",)])
async def test_both_readers_of_requests_see_the_same(
    pings: RecordingPings, lines: tuple[str, ...], trusted: tuple[str, ...]
) -> None:
    limits = Limits(stop_s=1)
    services = doubles.services(pings)
    target = f"/ping/{UUID}"
    async with serving(services, limits=limits, trusted_proxies=trusted) as site:
        chunked = get(target, *lines, "Transfer-Encoding: chunked", method="POST")
        for request in (post(target, b"hi", *lines), chunked + CHUNKED):
            assert (await site.ask(request)).status == 200
    expected = "192.0.2.1" if trusted else "127.0.0.1"
    assert [each.address for each in pings.taken] == [expected] * 2
