"""The webhook at the wire: a real server that takes, refuses, hangs and lies."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from bot.core.kinds import NotificationKind
from bot.errors import NotifyError
from bot.notifiers import webhook
from bot.notifiers.webhook import WebhookNotifier, key_of
from tests.fakes import FakeClock
from tests.notifiers.factories import outgoing

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes here").decode()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Notify = Callable[[Handler], Awaitable[WebhookNotifier]]


@pytest.fixture
async def notifier(aiohttp_server: AiohttpServer) -> AsyncIterator[Notify]:
    """Makes a notifier that posts to a server with this handler."""
    made: list[WebhookNotifier] = []

    async def make(handler: Handler) -> WebhookNotifier:
        app = web.Application()
        app.router.add_post("/hook", handler)
        server = await aiohttp_server(app)
        url = str(server.make_url("/hook"))
        made.append(WebhookNotifier(url, SECRET, clock=FakeClock()))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_what_is_posted_is_signed_and_says_it_all(notifier: Notify) -> None:
    seen: list[tuple[web.Request, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request, await request.read()))
        return web.Response(status=204)

    hook = await notifier(take)
    await hook.send(outgoing())
    ((request, body),) = seen
    said = json.loads(body)
    assert said["type"] == "incident.opened"
    assert said["text"].startswith("incident opened: #7 backup missed its deadline")
    assert said["timestamp"] == "2026-11-23T03:00:00Z"
    assert said["incident"]["id"] == 7
    assert request.headers["webhook-id"] == "notification-42"
    signed = b".".join(
        [b"notification-42", request.headers["webhook-timestamp"].encode(), body]
    )
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    assert request.headers["webhook-signature"] == expected


async def test_a_resend_carries_the_same_id(notifier: Notify) -> None:
    ids: list[str] = []

    async def take(request: web.Request) -> web.Response:
        ids.append(request.headers["webhook-id"])
        return web.Response(status=500 if len(ids) == 1 else 200)

    hook = await notifier(take)
    with pytest.raises(NotifyError, match="answered 500"):
        await hook.send(outgoing())
    await hook.send(outgoing())
    assert ids == ["notification-42"] * 2


@pytest.mark.parametrize("status", [302, 400, 404, 410, 429, 500, 503])
async def test_every_other_answer_is_no(notifier: Notify, status: int) -> None:
    async def refuse(request: web.Request) -> web.Response:
        headers = {"Retry-After": "120", "Location": "http://127.0.0.1:1/"}
        return web.Response(status=status, headers=headers)

    hook = await notifier(refuse)
    with pytest.raises(NotifyError, match=f"answered {status}") as caught:
        await hook.send(outgoing())
    assert caught.value.retry_after_s == 120


async def test_a_receiver_that_hangs_is_given_up(
    notifier: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.05)
    done = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    hook = await notifier(hang)
    with pytest.raises(NotifyError, match="no answer within"):
        await hook.send(outgoing())
    done.set()


async def test_a_cut_connection_is_a_refusal_that_tells_no_url(
    notifier: Notify,
) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    hook = await notifier(cut)
    with pytest.raises(NotifyError) as caught:
        await hook.send(outgoing())
    assert "hook" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_nobody_there_is_a_refusal() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hook = WebhookNotifier(f"http://127.0.0.1:{port}/secret", SECRET, clock=FakeClock())
    with pytest.raises(NotifyError, match="cannot be reached") as caught:
        await hook.send(outgoing())
    assert "secret" not in str(caught.value)
    await hook.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0/",
        "http://[fd00:ec2::254]/",
    ],
)
async def test_metadata_services_are_never_dialled(url: str) -> None:
    hook = WebhookNotifier(url, SECRET, clock=FakeClock())
    with pytest.raises(NotifyError, match="cannot be reached"):
        await hook.send(outgoing())
    await hook.close()


async def test_a_job_that_was_never_seen_is_told_without_an_incident(
    notifier: Notify,
) -> None:
    bodies: list[dict[str, object]] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.Response()

    hook = await notifier(take)
    await hook.send(outgoing(NotificationKind.NEVER_SEEN, sounds=False))
    assert bodies[0]["type"] == "job.never_seen"
    assert bodies[0]["incident"] is None


def test_a_secret_may_be_any_text() -> None:
    assert key_of("whsec_aGVsbG8=") == b"hello"
    assert key_of("plain text") == b"plain text"
    assert key_of("whsec_not base64") == b"whsec_not base64"
