"""A client of the HTTP API, as a program would be one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.engine.house import House
from tests.web.wires import KEYS, Site


@dataclass(frozen=True)
class Said:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    #: the JSON, without its types
    json: Any

    @property
    def fields(self) -> list[str]:
        """The fields that were refused."""
        return [each["field"] for each in self.json["problems"]]


class Api:
    """Calls over TCP with a key, or over the Unix socket."""

    def __init__(self, session: aiohttp.ClientSession, home: House, site: Site) -> None:
        self._session = session
        self.home = home
        self.site = site

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> Said:
        """Ask for something."""
        async with self._session.request(method, path, json=json, **more) as response:
            assert response.headers["Content-Type"].startswith("application/json")
            body = await response.json() if method != "HEAD" else None
            return Said(response.status, dict(response.headers), body)

    async def get(self, path: str, **more: Any) -> Said:
        """Ask without changing anything."""
        return await self.call("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> Said:
        """Change something."""
        return await self.call("POST", path, json, **more)

    async def plain(self, path: str) -> tuple[int, str]:
        """What a ping URL answers."""
        async with self._session.get(path) as response:
            return response.status, await response.text()

    async def ok(self, method: str, path: str, json: Any = None) -> Any:
        """The answer of a call that must succeed."""
        said = await self.call(method, path, json)
        assert said.status in (200, 201), said
        return said.json


@asynccontextmanager
async def over_tcp(
    home: House, site: Site, key: str | None = KEYS.full
) -> AsyncIterator[Api]:
    """The API over TCP."""
    headers = {} if key is None else {"X-Api-Key": key}
    base = f"http://127.0.0.1:{site.port}"
    async with aiohttp.ClientSession(base, headers=headers) as session:
        yield Api(session, home, site)


@asynccontextmanager
async def over_unix(home: House, site: Site) -> AsyncIterator[Api]:
    """The API over the Unix socket, without a key."""
    connector = aiohttp.UnixConnector(str(site.socket_path))
    async with aiohttp.ClientSession("http://cronitor", connector=connector) as session:
        yield Api(session, home, site)
