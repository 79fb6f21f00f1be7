"""A day in the life of a server, and then a search for every secret it was given.

They are looked for in all that it has written, said or stored: its log at level debug,
what commands print to a pipe, what went to Discord, to the webhook and to the outward
heartbeat, every column of the database and of its backups, and every other file.
"""

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.acceptance.server import PATIENCE_S, POLL_S, Json, Server, free_port, running
from tests.acceptance.test_main_path import ping
from tests.acceptance.with_discord import Home, at_home

API_KEY = "an-api-key-for-everything-0001"
READONLY_KEY = "an-api-key-for-reading-00002"
WEBHOOK_SECRET = "whsec_bm90LWEtcmVhbC1vbmUtYnV0LWxvbmctZW5vdWdo"
HOOK, BEAT = "hook-path-that-nobody-may-know", "beat-path-that-nobody-may-know"
#: the columns that must have them; in `meta` only under these keys
MAY_HOLD = {("jobs", "uuid"), ("jobs", "first_uuid"), ("former_uuids", "uuid")}
META_KEYS = {"ping_key", "ping_key_former", "webhook_key", "webhook_secret"}
#: what the files of a job hold
VALUE = "value-of-a-variable-that-nobody-may-read"
LINES = (
    "-----BEGIN OWN KEY OF A TEST-----",
    "bm90LWEta2V5LWJ1dC1vbmUtb2YtbWFueS1saW5lcw",
    "c2Vjb25kLWxpbmUtb2YtaXQtd2hpY2gtaXMtbm9uZQ",
    "short",
)
TOKEN, SIGNED = "token-that-a-forge-has-to-send-1", "secret-that-a-forge-signs-with-1"
LEAKY = """
[[job]]
slug = "leaky"
overlap = "queue"
kind = "command"
shell = true
command = '''
echo "one $VALUE"; echo "$KEY"; echo $KEY; env
echo "$KEY" | while read -r line; do printf %s "$line" | cut -c1-9; echo "- $line"; done
printf %s "$VALUE" | cut -c1-20 | tr -d '\\n'; sleep 0.5
printf %s "$VALUE" | cut -c21-; exit 3
'''
secrets = {VALUE = "FOLDER/value", KEY = "FOLDER/key"}
webhook = {token_file = "FOLDER/token"}

[[job]]
slug = "signed"
kind = "command"
command = ["/bin/true"]
webhook = {secret_file = "FOLDER/signed"}
"""


@dataclass
class Outside:
    """What is posted to, and all that it was told."""

    port: int = field(default_factory=free_port)
    status: int = 200
    #: headers and bodies
    told: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep it, and answer as the test wants."""
        self.told.append(f"{dict(request.headers)} {await request.text()}")
        return web.Response(status=self.status)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """Somebody who listens."""
    there = Outside()
    app = web.Application()
    app.router.add_post("/{path:.*}", there.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", there.port).start()
    try:
        yield there
    finally:
        await runner.cleanup()


class Life:
    """What happens, the secrets in it, and where they might turn up."""

    def __init__(self, there: Outside) -> None:
        self.there = there
        self.secrets = {API_KEY, READONLY_KEY, WEBHOOK_SECRET, HOOK, BEAT}
        #: by where they are from
        self.said: dict[str, str] = {}

    def environ(self, log_format: str) -> dict[str, str]:
        """The settings of the server."""
        base = f"http://127.0.0.1:{self.there.port}"
        return {
            "CRONITOR_LOG__LEVEL": "debug",
            "CRONITOR_LOG__FORMAT": log_format,
            "CRONITOR_API__KEY": API_KEY,
            "CRONITOR_API__READONLY_KEY": READONLY_KEY,
            "CRONITOR_NOTIFY__WEBHOOK_URL": f"{base}/{HOOK}?a=b",
            "CRONITOR_NOTIFY__WEBHOOK_SECRET": WEBHOOK_SECRET,
            "CRONITOR_WATCH__HEARTBEAT_URL": f"{base}/{BEAT}",
            "CRONITOR_WATCH__HEARTBEAT_EVERY": "10s",
        }

    def knows(self, job: Json) -> Json:
        """Its ping URLs are secrets."""
        self.secrets |= {job["uuid"], job["slug_url"].split("/")[-2]}
        return job

    async def job(self, server: Server, slug: str) -> Json:
        """The job as it is now."""
        return self.knows(await server.json("job", "show", slug))

    async def print_all(self, server: Server) -> None:
        """What commands print where it is no terminal."""
        for words in (
            *("status", "job list", "job show backup", "export", "check-config"),
            *("incident list", "key list", "mute list", "blind list", "healthcheck"),
            *("job add by-hand --every 1h", "job rotate by-hand --yes"),
        ):
            _, out, err = await server.cli(*words.split())
            self.said[f"cronitor {words}"] = out + err

    async def odd_requests(self, server: Server, job: Json) -> None:
        """Secrets in places where they are no secrets for whoever parses them."""
        path, key = f"/ping/{job['uuid']}", job["slug_url"].split("/")[-2]
        for data in (
            f"GET {path} HTTP/9.9\r\n\r\n",
            f"GET {path}\x00 HTTP/1.1\r\n\r\n",
            f"{job['uuid']}\r\n\r\n",
            f"POST {path} HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{key}\r\n",
            f"GET {path}/{'9' * 9000} HTTP/1.1\r\nHost: {API_KEY}\r\n\r\n",
            f"GET /v1/jobs?{API_KEY} HTTP/1.1\r\nHost: a\r\nX-Api-Key: {key}\r\n\r\n",
            f"GET /v1/{key} HTTP/1.1\r\nHost: a\r\nX-Api-Key: {API_KEY}\r\n\r\n",
            f"OPTIONS {path} HTTP/1.1\r\nExpect: {key}\r\n\r\n",
        ):
            self.said[f"answer to {data[:30]!r}"] = await _answer(server, data)

    def stored(self, server: Server) -> None:
        """Every text in the database and its backups, and every other file."""
        for path in server.data_dir.rglob("*"):
            if path.suffix == ".db":
                self.said |= _texts(path)
            elif path.is_file() and not path.name.endswith(("-wal", "-shm")):
                self.said[str(path)] = path.read_bytes().decode("latin-1")

    def found(self) -> list[str]:
        """Where which secret is, that should not be there."""
        return [
            f"{secret} in {place}: ...{text[max(0, at - 200) : at + 100]}..."
            for place, text in self.said.items()
            for secret in self.secrets
            if (at := text.find(secret)) >= 0
        ]


async def _answer(server: Server, data: str) -> str:
    """What is answered; a host that was sent is not sent back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(data.encode("latin-1"))
        writer.write_eof()
        return (await reader.read()).decode("latin-1")
    except ConnectionError:
        return ""
    finally:
        writer.transport.abort()


def _texts(path: Path) -> dict[str, str]:
    """By table and column, but for those that must hold secrets."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.text_factory = lambda raw: raw.decode("latin-1")
        return dict(_columns(db, path))


def _columns(db: sqlite3.Connection, path: Path) -> Iterator[tuple[str, str]]:
    tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    for (table,) in tables.fetchall():
        for _, column, *_ in db.execute(f"PRAGMA table_info('{table}')").fetchall():
            if (table, column) in MAY_HOLD:
                continue
            sql = f"SELECT {column} FROM {table}"
            if table == "meta":
                sql += f" WHERE key NOT IN {tuple(sorted(META_KEYS))}"
            values = [row[0] for row in db.execute(sql)]
            texts = [v.decode("latin-1") if isinstance(v, bytes) else v for v in values]
            yield f"{path.name}: {table}.{column}", "\n".join(map(str, texts))


async def _asked(server: Server, path: str, key: str) -> str:
    """What the API says to somebody with this key."""
    url, headers = f"{server.url}/v1/{path}", {"X-Api-Key": key}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers) as response,
    ):
        return await response.text()


async def live(life: Life, home: Home) -> None:
    """Everything that people and jobs do."""
    server = home.server
    ada = home.discord.person("ada", manage_guild=True)
    card = await home.broken(body="disk full")
    await ada.press(card, "Acknowledge")
    life.said["/job show"] = (await ada.command("job show", job="backup")).text
    job = await life.job(server, "backup")
    key = await server.json("key", "add", "grafana")
    life.secrets.add(key["key"])
    for given in (key["key"], API_KEY, READONLY_KEY, "no-such-key-0000"):
        for path in ("jobs", "status", "audit", "incidents"):
            text = await _asked(server, path, given)
            if given == READONLY_KEY:
                life.said[f"/v1/{path}"] = text
    assert await ping(job["slug_url"] + "-new?create=1") == 201
    await ping(f"{job['ping_url']}/log?rid={job['uuid']}x")
    await life.odd_requests(server, job)
    await server.json("job", "rotate", "backup", "--overlap", "1h", "--yes")
    await server.json("ping-key", "rotate", "--overlap", "1h", "--yes")
    await life.job(server, "backup")
    assert await ping(job["ping_url"]) == 200
    assert await ping(job["slug_url"]) == 200
    life.there.status = 500
    await home.ping("backup", "/fail")
    await home.until(lambda: "notification_failed" in server.output())
    life.there.status = 200
    await life.print_all(server)
    for each in await server.json("job", "list"):
        life.knows(each)
    copy = server.data_dir / "by-hand.db"
    assert (await server.cli("backup", str(copy)))[0] == 0
    await home.until_quiet()


async def run_leaky(life: Life, home: Home) -> None:
    """A job that prints its secrets is started by its webhook, and by a person."""
    server, folder = home.server, home.server.data_dir.parent
    files = {"value": VALUE, "key": "\n".join(LINES), "token": TOKEN, "signed": SIGNED}
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n", "utf-8")
    jobs = folder / "leaky.toml"
    jobs.write_text(LEAKY.replace("FOLDER", str(folder)), "utf-8")
    code, out, err = await server.cli("apply", str(jobs), "--yes")
    assert code == 0, err
    life.said["cronitor apply"] = out + err
    cards = len(home.cards())
    life.secrets |= {VALUE, *LINES[:3], TOKEN, SIGNED}
    for slug in ("leaky", "signed"):
        url = str((await life.job(server, slug))["webhook_url"])
        life.secrets |= {url.rsplit("/", 1)[1]}
        for token in (TOKEN, "wrong"):
            life.said[f"answer to {slug} {token[:5]}"] = await _posted(url, token)
    assert life.said["answer to leaky token"].startswith("202")
    ((key,),) = server.rows("SELECT value FROM meta WHERE key = 'webhook_key'")
    life.secrets.add(key)
    for words in ("run leaky --follow", "run leaky --wait", "logs leaky"):
        _, out, err = await server.cli(*words.split())
        life.said[f"cronitor {words}"] = out + err
    followed = life.said["cronitor run leaky --follow"]
    assert "one ***" in followed
    assert followed.count("***") > len(LINES)
    await home.until(lambda: len(home.cards()) > cards, "the card of leaky")
    eve = home.discord.person("eve", manage_guild=True)
    card = home.cards()[-1]
    assert "***" in card.text
    life.said["Output"] = (await eve.press(card, "Output")).text
    life.said["Why?"] = (await eve.press(card, "Why?")).text
    for words in ("job show leaky", "job show signed", "runs leaky"):
        _, out, err = await server.cli(*words.split())
        life.said[f"cronitor {words}"] = out + err


async def _posted(url: str, token: str) -> str:
    """What a webhook answers."""
    headers = {"X-Gitlab-Token": token, "X-Hub-Signature-256": f"sha256={token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=b"{}", headers=headers) as response,
    ):
        return f"{response.status} {await response.text()}"


async def break_down(life: Life, server: Server) -> None:
    """A state that no code can read: faults of our own, with all that they print."""
    uuid = (await life.job(server, "backup"))["uuid"]
    await server.stop(signal.SIGKILL)
    with closing(sqlite3.connect(server.data_dir / "cronitor.db")) as db, db:
        db.execute("UPDATE job_states SET openings = 'spoilt'")
    await server.start()
    async with asyncio.timeout(PATIENCE_S):
        while "Traceback" not in server.output():
            with suppress(aiohttp.ClientError):
                await ping(f"{server.url}/ping/{uuid}/fail?rid={uuid}")
            await asyncio.sleep(POLL_S)
    await server.stop(signal.SIGABRT)


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["plain", "json"])
async def test_no_secret_is_where_it_should_not_be(
    tmp_path: Path, log_format: str
) -> None:
    async with outside() as there:
        life = Life(there)
        environ = life.environ(log_format)
        async with at_home(tmp_path, environ=environ) as home:
            life.secrets.add(home.discord.token)
            await live(life, home)
            await run_leaky(life, home)
            await home.server.kill()
            await home.server.start()
            await home.discord.gateway.until_connected()
            assert await home.server.stop() == 0
            for request in home.discord.requests:
                sent = (request.path, request.query, request.body, request.raw)
                name = f"{request.method} {request.path} {len(life.said)}"
                life.said[name] = json.dumps(sent, default=str)
        async with running(tmp_path, **environ, CRONITOR_DEBUG="1") as server:
            await break_down(life, server)
        life.said["the log"] = server.output()
        life.said["webhook and heartbeat"] = "\n".join(there.told)
        life.stored(server)
    assert len(life.secrets) >= 20
    assert any("backup" in text for text in there.told)
    assert life.found() == []
