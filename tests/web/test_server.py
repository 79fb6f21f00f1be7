"""Where the server listens, what it is called, and how it fails to start."""

import asyncio
import os
import resource
import socket
import stat
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.web import sockets
from bot.web.base import Limits
from bot.web.server import WebServer
from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import KEYS, UUID, Site, get


def server(
    folder: Path, *, host: str = "127.0.0.1", port: int = 0, public_url: str = ""
) -> WebServer:
    """A server that is not started."""
    return WebServer(
        host=host,
        port=port,
        socket_path=folder / "s.sock",
        keys=KEYS,
        public_url=public_url,
        body_limit=1000,
        limits=Limits(stop_s=1),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a socket whose path is short everywhere."""
    monkeypatch.chdir(tmp_path)
    return Path()


@pytest.mark.parametrize(
    ("host", "public_url", "url"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8787"),
        ("localhost", "", "http://localhost:8787"),
        ("0.0.0.0", "", "http://127.0.0.1:8787"),
        ("", "", "http://127.0.0.1:8787"),
        ("::", "", "http://127.0.0.1:8787"),
        ("::1", "", "http://[::1]:8787"),
        ("127.0.0.1", "https://cron.example.com/", "https://cron.example.com"),
    ],
)
def test_ping_urls_begin_with_where_it_is_reached(
    host: str, public_url: str, url: str
) -> None:
    it = server(Path(), host=host, port=8787, public_url=public_url)
    assert it.url == url


async def test_the_body_limit_is_told_and_kept(
    folder: Path, pings: RecordingPings
) -> None:
    it = server(folder)
    await it.start(doubles.services(pings))
    site = Site(it, folder / "s.sock")
    request = get(f"/ping/{UUID}", "Content-Length: 2000", method="POST") + b"x" * 2000
    answered = await site.ask(request)
    await it.stop()
    assert answered.headers["ping-body-limit"] == "1000"
    assert (len(pings.only.body), pings.only.body_size) == (1000, 2000)


async def test_a_port_that_is_taken_is_an_error_of_the_settings(
    folder: Path, pings: RecordingPings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        it = server(folder, port=taken.getsockname()[1])
        with pytest.raises(ConfigError, match=r"server\.port"):
            await it.start(doubles.services(pings))
    assert not (folder / "s.sock").exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "x" * 300, "999.1.1.1"])
def test_a_host_that_is_none_is_an_error_of_the_settings(host: str) -> None:
    with pytest.raises(ConfigError, match=r"server\.host"):
        sockets.listen_tcp(host, 0)


async def test_every_address_of_a_host_gets_the_same_port(
    folder: Path, pings: RecordingPings
) -> None:
    it = server(folder, host="")
    await it.start(doubles.services(pings))
    site = Site(it, folder / "s.sock")
    assert (await site.ask(get(f"/ping/{UUID}"))).status == 200
    if socket.has_ipv6:
        reader, writer = await asyncio.open_connection("::1", it.port)
        writer.write(get(f"/ping/{UUID}", "Connection: close"))
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        assert pings.taken[-1].address == "::1"
    await it.stop()


async def test_the_unix_socket_is_for_its_user_alone_and_goes_with_the_server(
    site: Site,
) -> None:
    mode = site.socket_path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    await site.server.stop()
    assert not site.socket_path.exists()
    await site.server.stop()


async def test_a_socket_that_was_left_behind_is_replaced(
    folder: Path, pings: RecordingPings
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind("s.sock")
    it = server(folder)
    await it.start(doubles.services(pings))
    async with Site(it, folder / "s.sock").unix() as client:
        assert (await client.exchange(get(f"/ping/{UUID}"))).status == 200
    await it.stop()


async def test_a_file_in_the_way_of_the_socket_is_left_alone(
    folder: Path, pings: RecordingPings
) -> None:
    (folder / "s.sock").write_text("mine")
    with pytest.raises(ConfigError, match=r"s\.sock"):
        await server(folder).start(doubles.services(pings))
    assert (folder / "s.sock").read_text() == "mine"


def test_a_path_that_is_too_long_for_a_socket_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--data-dir"):
        sockets.listen_unix(tmp_path / ("x" * 200))


def test_stuck_clients_are_ended_by_the_kernel() -> None:
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("this system has no such option")
    (listener,) = sockets.listen_tcp("127.0.0.1", 0)
    with listener:
        option = socket.TCP_USER_TIMEOUT
        assert listener.getsockopt(socket.IPPROTO_TCP, option) == 30_000


@pytest.mark.parametrize(
    ("limits", "may_raise", "connections"),
    [
        ((100_000, 100_000), True, 4000),
        ((256, 100_000), True, 4000),
        ((256, 1128), True, 1000),
        ((256, resource.RLIM_INFINITY), True, 4000),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), True, 4000),
        ((256, 100_000), False, 128),
        ((100, 100), True, 1),
    ],
)
def test_connections_fit_into_the_files_that_may_be_open(
    monkeypatch: pytest.MonkeyPatch,
    *,
    limits: tuple[int, int],
    may_raise: bool,
    connections: int,
) -> None:
    asked: list[tuple[int, int]] = []

    def raise_to(_: int, wanted: tuple[int, int]) -> None:
        asked.append(wanted)
        if not may_raise:
            raise OSError("not here")

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", raise_to)
    assert sockets.capacity(4000) == connections
    assert all(limits[1] == hard for _, hard in asked)


def test_the_umask_is_as_before(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        sockets.listen_unix(folder / "s.sock").close()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
