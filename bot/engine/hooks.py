"""Requests to webhooks: who may, what they start, and that it is once."""

import asyncio
import hashlib
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import storage.executions
import storage.jobs
from bot.core import hooks, pings
from bot.core.commands import Webhook
from bot.core.executions import Trigger
from bot.core.kinds import ActorKind, JobId
from bot.core.models import Actor
from bot.core.pings import Bucket
from bot.core.views import View
from bot.engine import run_views
from bot.engine.context import Context
from bot.engine.payloads import Payloads
from bot.engine.store import generated
from bot.engine.triggers import Cause, Triggers
from bot.errors import CronitorError, NotFound, Unavailable, Unreadable

logger = logging.getLogger(__name__)

_LARGEST_SECRET = 10_000
#: what GitHub sends when a webhook is made
_PING = "ping"
_LONGEST_EVENT = 100


class Denied(CronitorError):
    """The signature or the token is missing or wrong."""


class Hook(NamedTuple):
    """A job that has a webhook."""

    job_id: JobId
    slug: str
    webhook: Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request."""

    body: bytes
    event: str = ""
    #: the sender's own name of it; the same again is the same delivery
    id: str = ""
    signature: str = ""
    token: str = ""
    #: it comes from GitHub, by its own word
    is_github: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it."""

    #: None: nothing is run for it
    run: View | None
    why: str = ""


class Hooks:
    """The webhooks of all jobs."""

    def __init__(
        self,
        context: Context,
        triggers: Triggers,
        payloads: Payloads | None,
        *,
        rate_limit: float,
    ) -> None:
        self._context = context
        self._triggers = triggers
        self._payloads = payloads
        #: what addresses hang on; made when the first is asked for
        self._key = ""
        self._rate = rate_limit
        self._buckets: dict[JobId, Bucket] = {}

    async def token(self, uuid: str) -> str:
        """What stands in the address of the job with this UUID."""
        if not self._key:
            made = secrets.token_hex(32)
            self._key = await generated(self._context.db, "webhook_key", made)
        return hooks.address_token(self._key, uuid)

    async def find(self, slug: str, token: str) -> Hook:
        """The webhook at an address; raises NotFound without saying what is wrong."""
        try:
            job = await self._context.db.read(lambda q: storage.jobs.by_slug(q, slug))
        except Unreadable:
            job = None
        command = None if job is None else job.definition.command
        webhook = None if command is None else command.webhook
        if job is None or webhook is None:
            raise NotFound("there is nothing here")
        if not hooks.is_same(token, await self.token(job.uuid)):
            raise NotFound("there is nothing here")
        return Hook(job.id, slug, webhook)

    def wait_s(self, hook: Hook) -> float:
        """0.0 if another request of the job is taken now, else how long to wait."""
        self._buckets[hook.job_id], wait_s = pings.admit(
            self._buckets.get(hook.job_id), self._context.clock.monotonic(), self._rate
        )
        return wait_s

    async def take(self, hook: Hook, delivery: Delivery) -> Taken:
        """Let a run wait for its turn; raises Denied, Conflict and Unavailable."""
        await self._check(hook, delivery)
        if delivery.is_github and delivery.event == _PING:
            return Taken(None, "pong")
        wanted = hook.webhook.events
        if wanted and delivery.event not in wanted:
            return Taken(None, "this event starts nothing here")
        if self._payloads is None:
            raise Unavailable("this server runs nothing")
        key = _key(delivery)
        known = await self._context.db.read(
            lambda q: storage.executions.by_key(q, hook.job_id, key)
        )
        if known is not None:
            return Taken(run_views.run(known, hook.slug))
        return Taken(await self._fire(hook, delivery, key, self._payloads))

    async def _fire(
        self, hook: Hook, delivery: Delivery, key: str, payloads: Payloads
    ) -> View | None:
        rid = str(uuid4())
        await payloads.keep(rid, delivery.body)
        try:
            run = await self._triggers.fire(
                hook.slug, _cause(delivery, key=key, rid=rid, path=payloads.path(rid))
            )
        except BaseException:
            await payloads.drop(rid)
            raise
        if run is None or run["run_id"] != rid or run["stage"] == "ended":
            # the same came twice at once, or another run is in the way
            await payloads.drop(rid)
        payloads.kept(rid)
        return run

    async def _check(self, hook: Hook, delivery: Delivery) -> None:
        webhook = hook.webhook
        if webhook.secret_file:
            secret = await self._secret(hook, webhook.secret_file)
            if not hooks.is_signed(secret, delivery.body, delivery.signature):
                raise Denied
        if webhook.token_file:
            token = await self._secret(hook, webhook.token_file)
            if not hooks.is_same(delivery.token, token):
                raise Denied

    async def _secret(self, hook: Hook, path: str) -> str:
        try:
            return await asyncio.to_thread(_read, Path(path))
        except ValueError as exc:
            logger.error(
                "the webhook of %s takes nothing: %s",
                hook.slug,
                exc,
                extra={"action": "webhook_failed", "job": hook.slug},
            )
            raise Unavailable("it is not set up; see the log of the server") from exc


def _cause(delivery: Delivery, *, key: str, rid: str, path: Path) -> Cause:
    shown = hooks.delivery_shown(delivery.id)
    sender = "GitHub" if delivery.is_github else ""
    by = " ".join(filter(None, ("webhook", sender, shown and f"delivery {shown}")))
    event = delivery.event[:_LONGEST_EVENT] if delivery.event.isprintable() else ""
    return Cause(
        trigger=Trigger.WEBHOOK,
        by=by,
        actor=Actor(kind=ActorKind.API, name="webhook"),
        key=key,
        rid=rid,
        handed={"payload": str(path), "event": event},
    )


def _key(delivery: Delivery) -> str:
    """The same delivery has the same key; without an id each is another one."""
    if not delivery.id:
        return f"w{uuid4().hex}"
    name = delivery.id.encode("utf-8", "surrogateescape")
    return f"w{hashlib.sha256(name).hexdigest()[:32]}"


def _read(path: Path) -> str:
    """The secret in a file, without line breaks at its end; ValueError says why not."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_SECRET).decode().rstrip("\r\n")
    except OSError as exc:
        raise ValueError(f"{path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ValueError(f"{path} is not UTF-8") from exc
    if not text.strip():
        raise ValueError(f"{path} is empty")
    return text
