"""Who gets in, over each way, and as whom."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.web import peers
from bot.web.api import ROUTES
from bot.web.auth import Keys
from tests.engine.house import House
from tests.web import api
from tests.web.api import Api
from tests.web.wires import KEYS, Site, serving

HEADERS_THAT_FIT = [
    {"X-Api-Key": "full-key"},
    {"x-api-key": " full-key "},
    {"Authorization": "Bearer full-key"},
    {"Authorization": "bearer  full-key"},
]
HEADERS_THAT_DO_NOT = [
    {},
    {"X-Api-Key": ""},
    {"X-Api-Key": "full-ke"},
    {"X-Api-Key": "full-key1"},
    {"X-Api-Key": "Full-Key"},
    {"X-Api-Key": "ping-key_1"},
    {"X-Api-Key": "ключ"},
    {"Authorization": "full-key"},
    {"Authorization": "Basic full-key"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer wrong"},
    # a key that is sent and wrong is not saved by another one
    {"X-Api-Key": "wrong", "Authorization": "Bearer full-key"},
]


@pytest.fixture
async def stranger(home: House, real_site: Site) -> AsyncIterator[Api]:
    """Somebody without a key; the session ends with the test."""
    async with api.over_tcp(home, real_site, key=None) as client:
        yield client


def paths() -> list[tuple[str, str]]:
    """Every route of the API with something in its places."""
    places = {
        "{slug:[a-z0-9][a-z0-9_-]*}": "a",
        "{id:[0-9]{1,15}}": "1",
        "{date:[0-9a-z-]{4,10}}": "today",
    }
    found = []
    for route in ROUTES:
        path = route.path
        for place, something in places.items():
            path = path.replace(place, something)
        found.append((route.method, path))
    return found


@pytest.mark.parametrize("headers", HEADERS_THAT_FIT)
async def test_the_key_opens_the_api(stranger: Api, headers: dict[str, str]) -> None:
    assert (await stranger.get("/v1/status", headers=headers)).status == 200


@pytest.mark.parametrize("headers", HEADERS_THAT_DO_NOT)
async def test_anything_else_does_not(stranger: Api, headers: dict[str, str]) -> None:
    said = await stranger.get("/v1/status", headers=headers)
    assert said.status == 401
    assert said.headers["WWW-Authenticate"] == "Bearer"
    assert "X-Api-Key" in said.json["error"]


@pytest.mark.parametrize(("method", "path"), paths())
async def test_no_route_is_open_without_a_key(
    stranger: Api, method: str, path: str
) -> None:
    assert "{" not in path
    assert (await stranger.call(method, path, {})).status == 401


@pytest.mark.parametrize(("method", "path"), paths())
async def test_the_key_that_reads_changes_nothing(
    reader: Api, method: str, path: str
) -> None:
    said = await reader.call(method, path, {} if method != "GET" else None)
    is_shut = path in ("/v1/keys", "/v1/discord/choices")
    assert (said.status == 403) is (method != "GET" or is_shut)


async def test_without_keys_the_api_is_off_and_says_how_to_turn_it_on(
    home: House,
) -> None:
    async with (
        serving(home.engine, keys=Keys(ping="k")) as site,
        api.over_tcp(home, site, key="k") as client,
        api.over_unix(home, site) as local,
    ):
        for key in ("k", "", "None"):
            said = await client.get("/v1/status", headers={"X-Api-Key": key})
            assert said.status == 403
            assert "api.key" in said.json["error"]
        assert (await local.get("/v1/status")).status == 200


@pytest.mark.parametrize("key", ["", "None", "readonly-key"])
async def test_a_readonly_key_alone_opens_reading_only(home: House, key: str) -> None:
    keys = Keys(ping="k", full="", readonly="readonly-key")
    opened = key == "readonly-key"
    async with (
        serving(home.engine, keys=keys) as site,
        api.over_tcp(home, site, key=key) as client,
    ):
        assert (await client.get("/v1/status")).status == (200 if opened else 401)
        assert (await client.post("/v1/jobs", {})).status == (403 if opened else 401)


async def test_the_unix_socket_knows_its_user(unix: Api) -> None:
    await unix.ok("POST", "/v1/jobs", {"slug": "a"})
    (entry,) = (await unix.ok("GET", "/v1/audit"))["audit"]
    assert entry["actor"] == f"{peers.name_of(os.geteuid())} (cli)"


async def test_another_user_is_turned_away_from_the_unix_socket(
    unix: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    # only root can become somebody else, so the kernel's word is put in its mouth
    monkeypatch.setattr(peers, "uid_of", lambda _: os.geteuid() + 12_345)
    said = await unix.get("/v1/status")
    assert said.status == 403
    assert peers.name_of(os.geteuid()) in said.json["error"]


async def test_root_may_use_the_socket_of_any_user(
    unix: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "uid_of", lambda _: 0)
    assert (await unix.get("/v1/status")).status == 200


async def test_the_kernel_says_who_is_at_the_other_end(tmp_path: Path) -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        assert peers.uid_of(left) == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_the_kernel_names_another_user(real_site: Site) -> None:
    script = (
        "import os, socket, sys; s = socket.socket(socket.AF_UNIX);"
        "s.connect(sys.argv[1]);"
        "s.send(b'GET /v1/status HTTP/1.0\\r\\n\\r\\n');"
        "print(s.recv(99).split()[1].decode())"
    )
    # the socket's file keeps others out already: take that away to see the second lock
    real_site.socket_path.parent.chmod(0o755)
    real_site.socket_path.chmod(0o777)
    child = await asyncio.create_subprocess_exec(
        *("python3", "-c", script, str(real_site.socket_path)),
        stdout=asyncio.subprocess.PIPE,
        user=65534,
    )
    out, _ = await child.communicate()
    assert out.strip() == b"403"


def test_a_user_without_a_name_goes_by_the_number() -> None:
    assert peers.name_of(3_999_999) == "3999999"


def test_keys_do_not_show_themselves() -> None:
    assert "key" not in repr(KEYS).lower().removeprefix("<bot.web.auth.keys")
