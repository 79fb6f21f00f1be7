"""Webhooks over real sockets: who may start a job, and what the answers give away."""

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.engine.runner import RunPlan
from tests.engine.house import ANN, House, house
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock
from tests.web import api
from tests.web.api import Api
from tests.web.wires import Site, post, serving

SECRET = "a secret of GitHub's"
TOKEN = "a token of GitLab's"
BODY = json.dumps({"ref": "refs/heads/main; rm -rf /"}).encode()
NOTHING = {"error": "there is nothing here"}


def signed(
    body: bytes = BODY, secret: str = SECRET, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers that GitHub sends."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={made}",
        **(more or {}),
    }


class Works:
    """A server with an executor, and who sends it requests."""

    def __init__(self, folder: Path, home: House, site: Site, unix: Api) -> None:
        self.folder, self.home, self.site, self.unix = folder, home, site, unix
        self.executor: Any = None

    async def add(self, webhook: object, **fields: object) -> str:
        """A job with a webhook; the path of it."""
        (self.folder / "secret").write_text(f"{SECRET}\n")
        (self.folder / "token").write_text(f"{TOKEN}\n")
        table: dict[str, object] = {
            "slug": "deploy",
            "kind": "command",
            "command": ["/bin/true"],
            "no_schedule": True,
            "webhook": webhook,
        }
        await self.unix.ok("POST", "/v1/jobs", table | fields)
        return await self.path()

    async def path(self) -> str:
        """Where its webhook is."""
        view = await self.unix.ok("GET", "/v1/jobs/deploy")
        base, hook, rest = str(view["webhook_url"]).partition("/hook/")
        assert base
        return f"{hook}{rest}"

    async def send(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes = BODY,
        method: str = "POST",
    ) -> tuple[int, Any]:
        """A request from outside."""
        url = f"http://127.0.0.1:{self.site.port}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body, headers=headers) as response,
        ):
            answer = await response.json()
        await self.home.settle()
        return response.status, answer

    async def runs(self) -> list[Any]:
        """Its runs, the newest first."""
        found = await self.home.engine.runs.of_job("deploy")
        return list(found)

    def files(self) -> list[str]:
        """The payloads that are kept."""
        return sorted(each.name for each in (self.folder / "payloads").glob("*"))


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    """An engine that runs things behind real sockets."""
    clock = FakeClock()
    executor = FakeExecutor(clock)
    plan = RunPlan(executor=executor, payloads=tmp_path / "payloads")
    async with (
        house(tmp_path, clock=clock, runs=plan, rate_limit=1) as home,
        serving(home.engine) as site,
        api.over_unix(home, site) as unix,
    ):
        found = Works(tmp_path, home, site, unix)
        found.executor = executor
        yield found


async def test_what_github_has_signed_is_run_once(works: Works) -> None:
    path = await works.add({"secret_file": str(works.folder / "secret")})
    first = await works.send(path, signed())
    again = await works.send(path, signed())
    assert (first[0], again[0]) == (202, 202)
    (run,) = await works.runs()
    assert first[1]["run"] == again[1]["run"] == run["id"]
    assert run["trigger"] == "webhook"
    said = "webhook GitHub delivery 72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert run["by"] == said
    (order,) = works.executor.begun
    env = dict(order.env)
    payload = Path(env["CRONITOR_PAYLOAD"])
    assert payload.read_bytes() == BODY
    assert payload.stat().st_mode & 0o777 == 0o600
    assert env["CRONITOR_EVENT"] == "push"
    assert not any("rm -rf" in value for value in env.values())
    assert works.files() == [run["run_id"]]
    # it goes with its run
    works.executor.end(code=0)
    await works.home.advance(minutes=11)
    assert works.files() == []
    assert (await works.send(path, signed()))[1]["run"] == run["id"]
    assert len(works.executor.begun) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(secret="another"),
        signed(body=BODY + b" "),
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature": signed()["X-Hub-Signature-256"]},
        {"Authorization": f"Bearer {SECRET}"},
        {"X-GitHub-Event": "ping"},
    ],
)
async def test_what_is_not_signed_is_refused_without_a_reason(
    works: Works, headers: dict[str, str]
) -> None:
    path = await works.add({"secret_file": str(works.folder / "secret")})
    assert await works.send(path, headers) == (401, {"error": "not accepted"})
    assert await works.runs() == []
    assert works.files() == []


@pytest.mark.parametrize("name", ["secret_file", "token_file"])
async def test_odd_headers_and_bodies_open_nothing_and_break_nothing(
    works: Works, name: str
) -> None:
    file = works.folder / name.removesuffix("_file")
    path = await works.add({name: str(file)})
    odd = [
        "",
        "sha256",
        "sha256=",
        "\udcff\udcfe",
        "é",
        "sha256=" + "f" * 64,
        "a" * 1000,
    ]
    for value in odd:
        lines = (
            f"X-Hub-Signature-256: {value}",
            f"X-Gitlab-Token: {value}",
            f"X-GitHub-Delivery: {value}",
            f"X-GitHub-Event: {value}",
            f"Authorization: Bearer {value}",
        )
        answered = await works.site.ask(post(path, b"\xff\x00{", *lines))
        assert answered.status == 401, value
        assert value == "" or value not in answered.text
        await works.home.advance(seconds=2)
    assert await works.runs() == []
    assert works.files() == []


async def test_a_delivery_of_any_name_is_once(works: Works) -> None:
    path = await works.add(True, overlap="queue")
    lines = ("X-GitHub-Delivery: \udcff@everyone", "X-GitHub-Event: \udcffpush")
    for _ in range(2):
        assert (await works.site.ask(post(path, BODY, *lines))).status == 202
    await works.home.settle()
    (run,) = await works.runs()
    assert run["by"] == "webhook GitHub"
    assert dict(works.executor.begun[0].env)["CRONITOR_EVENT"] == ""


async def test_a_token_is_taken_as_gitlab_and_others_send_it(works: Works) -> None:
    path = await works.add(
        {"token_file": str(works.folder / "token"), "events": ["Push Hook"]}
    )
    assert (await works.send(path))[0] == 401
    assert (await works.send(path, {"X-Gitlab-Token": TOKEN[:-1]}))[0] == 401
    push = {"X-Gitlab-Event": "Push Hook"}
    assert (await works.send(path, {"X-Gitlab-Token": TOKEN, **push}))[0] == 202
    bearer = {"Authorization": f"Bearer {TOKEN}", **push}
    status, answer = await works.send(path, bearer)
    # the first one still goes on
    assert (status, answer["end"]) == (202, "skipped")
    assert len(works.files()) == 1
    assert [each["end"] for each in await works.runs()] == ["skipped", None]


async def test_pings_and_other_events_start_nothing(works: Works) -> None:
    secret = str(works.folder / "secret")
    path = await works.add({"secret_file": secret, "events": ["push"]})
    status, answer = await works.send(path, signed(more={"X-GitHub-Event": "ping"}))
    assert (status, answer) == (200, {"run": None, "reason": "pong"})
    status, answer = await works.send(path, signed(more={"X-GitHub-Event": "star"}))
    assert (status, answer["run"]) == (200, None)
    assert await works.runs() == []


async def test_where_nothing_is_asked_for_the_address_is_the_secret(
    works: Works,
) -> None:
    path = await works.add(True)
    head, token = path.rsplit("/", 1)
    wrong = f"{head}/{'0' * 32}"
    for other in (wrong, f"/hook/nobody/{token}", f"{head}/short", f"{path}/x"):
        assert await works.send(other) == (404, NOTHING)
    status, answer = await works.send(path, method="GET")
    assert (status, answer) == (405, {"error": "this path takes POST"})
    assert (await works.send(path))[0] == 202
    # another ping URL is another address
    await works.unix.ok("POST", "/v1/jobs/deploy/rotate")
    assert await works.send(path) == (404, NOTHING)
    assert await works.path() != path


async def test_a_job_without_a_webhook_has_none(works: Works) -> None:
    path = await works.add(True)
    await works.unix.ok("PATCH", "/v1/jobs/deploy", {"webhook": None})
    assert await works.send(path) == (404, NOTHING)
    assert "webhook_url" not in await works.unix.ok("GET", "/v1/jobs/deploy")


async def test_a_large_payload_and_too_many_requests_are_refused(works: Works) -> None:
    path = await works.add(True, overlap="allow", max_parallel=9)
    assert (await works.send(path, body=b"x" * 1_000_001))[0] == 413
    statuses = [(await works.send(path))[0] for _ in range(40)]
    assert set(statuses) == {202, 429}
    assert works.files() == sorted(str(e["run_id"]) for e in await works.runs())


async def test_a_paused_job_and_a_secret_that_is_gone_are_said(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    path = await works.add({"secret_file": str(works.folder / "secret")})
    for text in (None, "", "\n"):
        (works.folder / "secret").unlink(missing_ok=True)
        if text is not None:
            (works.folder / "secret").write_text(text)
        status, answer = await works.send(path, signed(secret=text or ""))
        assert (status, answer["error"]) == (503, "not taken; try again")
    assert "No such file" in caplog.text
    assert "is empty" in caplog.text
    (works.folder / "secret").write_bytes(b"\xff")
    assert (await works.send(path, signed()))[0] == 503
    (works.folder / "secret").write_text(SECRET)
    await works.home.advance(minutes=1)
    await works.home.engine.jobs.pause("deploy", ANN)
    assert (await works.send(path, signed()))[0] == 409
    assert works.files() == []


async def test_over_the_network_no_webhook_is_defined_or_shown(works: Works) -> None:
    path = await works.add(True)
    async with api.over_tcp(works.home, works.site) as tcp:
        said = await tcp.call("PATCH", "/v1/jobs/deploy", {"webhook": None})
        assert said.status == 403
        text = json.dumps((await tcp.get("/v1/jobs/deploy")).json)
        text += json.dumps((await tcp.get("/v1/export")).json)
        assert path.rsplit("/", 1)[1] not in text


async def test_no_address_comes_into_the_log(
    works: Works, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    path = await works.add(True)
    await works.send(path)
    monkeypatch.setattr(works.home.engine.causes.hooks, "take", None)
    assert (await works.send(path))[0] == 500
    assert "POST /hook/{slug}/{token} failed" in caplog.text
    assert path.rsplit("/", 1)[1] not in caplog.text
