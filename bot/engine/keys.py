"""Keys of the HTTP API: made, listed, removed, and recognised."""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import storage.api_keys
from bot.core import job_fields, views
from bot.core.api_keys import ApiKey
from bot.core.models import Actor
from bot.core.views import View
from bot.engine.context import Context, note
from bot.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: what a key begins with, so that a search for leaked secrets finds it
PREFIX = "crk_"
#: 256 random bits: nobody guesses one, so a fast hash is enough
_BYTES = 32
#: how exactly it is noted when a key was last used
NOTED_EVERY = timedelta(hours=1)
#: what the keys of the settings are called in the audit log
_RESERVED = ("key", "readonly")


class ApiKeys:
    """All keys are kept in memory: each call of the API asks for one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys: tuple[ApiKey, ...] = ()
        self._noting = asyncio.Lock()

    async def open(self, q: Queries) -> None:
        """Know what is stored."""
        self._keys = tuple(await storage.api_keys.load(q))

    @property
    def is_empty(self) -> bool:
        """Whether there is none that opens anything."""
        return not self._living()

    def find(self, given: str) -> ApiKey | None:
        """The key that this is, in a time that tells nothing of the others."""
        digest = _hash(given)
        found = None
        for key in self._living():
            if hmac.compare_digest(key.hash, digest):
                found = key
        return found

    async def note_use(self, key: ApiKey) -> None:
        """Remember that it was used, to the hour; a store that is away is no reason."""
        now = self._context.clock.now()
        used = key.last_used_at
        if used is not None and used <= now < used + NOTED_EVERY:
            return
        noted = replace(key, last_used_at=now)
        self._keys = tuple(noted if each.id == key.id else each for each in self._keys)
        with suppress(Unavailable):
            await self._context.db.write(
                lambda tx: storage.api_keys.used(tx, key.id, now)
            )

    def listed(self) -> Sequence[View]:
        """Every key by name, without what it is."""
        return [_view(key, self._context.clock.now()) for key in self._keys]

    async def add(
        self, name: str, *, reads_only: bool, lasts: timedelta | None, actor: Actor
    ) -> View:
        """Make a key; its `key` is shown this once."""
        self._check_name(name)
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        now = self._context.clock.now()
        wanted = ApiKey(
            id=0,
            name=name,
            hash=_hash(secret),
            reads_only=reads_only,
            created_at=now,
            created_by=str(actor),
            expires_at=None if lasts is None else now + lasts,
        )
        view = _view(wanted, now)

        async def unit(tx: Transaction) -> ApiKey:
            key = await storage.api_keys.insert(tx, wanted)
            await note(tx, now, actor, "key_added", name, after=view)
            return key

        key = await self._context.db.write(unit)
        self._keys = tuple(sorted((*self._keys, key), key=lambda each: each.name))
        logger.info("key %s added by %s", name, actor, extra={"action": "key_added"})
        return view | {"key": secret}

    async def remove(self, name: str, actor: Actor) -> View:
        """Take a key out of use at once."""
        now = self._context.clock.now()

        async def unit(tx: Transaction) -> ApiKey:
            key = await storage.api_keys.remove(tx, name, now)
            if key is None:
                raise NotFound(f"there is no key {name!r}; see `cronitor key list`")
            await note(tx, now, actor, "key_removed", name, before=_view(key, now))
            return key

        key = await self._context.db.write(unit)
        self._keys = tuple(each for each in self._keys if each.id != key.id)
        logger.info(
            "key %s removed by %s", name, actor, extra={"action": "key_removed"}
        )
        return _view(key, now)

    def _living(self) -> list[ApiKey]:
        now = self._context.clock.now()
        return [
            key for key in self._keys if key.expires_at is None or now < key.expires_at
        ]

    def _check_name(self, name: str) -> None:
        if not job_fields.is_slug(name) or name in _RESERVED:
            hint = "lower-case letters, digits, - and _, as in grafana"
            raise Invalid(Problem("name", f"{name!r} is no name for a key", hint))
        if any(key.name == name for key in self._keys):
            raise Conflict(
                f"there is a key {name!r} already; remove it with "
                f"`cronitor key remove {name}` or choose another name"
            )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _view(key: ApiKey, now: datetime) -> View:
    return {
        "name": key.name,
        "reads_only": key.reads_only,
        "created_at": views.moment(key.created_at),
        "created_by": key.created_by,
        "expires_at": views.moment(key.expires_at),
        "expired": key.expires_at is not None and key.expires_at <= now,
        "last_used_at": views.moment(key.last_used_at),
    }
