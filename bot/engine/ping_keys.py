"""The key that stands in ping URLs by slug, and the one before it."""

import hmac
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import storage.audit
import storage.meta
from bot import log
from bot.clock import Clock
from bot.core.audits import AuditEntry
from bot.core.models import Actor
from bot.core.views import View, moment
from bot.errors import Conflict
from storage.database import Database
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

_KEY, _FORMER = "ping_key", "ping_key_former"
_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class Former:
    """A key that is taken until a moment."""

    key: str
    until: datetime


class PingKeys:
    """One key, and for a while after its rotation two."""

    def __init__(self, db: Database, clock: Clock, *, fixed: str | None) -> None:
        self._db = db
        self._clock = clock
        #: the settings say which one it is
        self._is_fixed = fixed is not None
        self.current = fixed or ""
        self._former: Former | None = None

    async def open(self) -> None:
        """Know what is stored; make a key if there is none."""

        async def query(q: Queries) -> tuple[str | None, str | None]:
            key = await storage.meta.get(q, _KEY)
            return key, await storage.meta.get(q, _FORMER)

        kept, former = await self._db.read(query)
        if former is not None and not self._is_fixed:
            said = json.loads(former)
            self._former = Former(said["key"], datetime.fromisoformat(said["until"]))
        if self._former is not None:
            log.register_secret(self._former.key)
        if self._is_fixed:
            log.register_secret(self.current)
            return
        self.current = kept or secrets.token_urlsafe(_BYTES)
        log.register_secret(self.current)
        if kept is None:
            made = self.current
            await self._db.write(lambda tx: storage.meta.put(tx, _KEY, made))

    def opens(self, given: str) -> bool:
        """Whether pings with this key are taken."""
        said = given.encode("utf-8", "replace")
        is_current = _same(said, self.current)
        former = self._former
        if former is None:
            return is_current
        is_former = _same(said, former.key)
        return is_current or (is_former and self._clock.now() < former.until)

    async def rotate(self, overlap: timedelta, actor: Actor) -> View:
        """Make a new key; the present one is taken for `overlap`, an older one not."""
        if self._is_fixed:
            raise Conflict(
                "the ping key is in the settings (api.ping_key): change it there and "
                "start the server again, or take it out and let one be made"
            )
        now = self._clock.now()
        made, until = secrets.token_urlsafe(_BYTES), now + overlap
        former = Former(self.current, until) if overlap else None
        ends = moment(until) if overlap else None

        async def unit(tx: Transaction) -> None:
            await storage.meta.put(tx, _KEY, made)
            if former is None:
                await storage.meta.remove(tx, _FORMER)
            else:
                kept = json.dumps({"key": former.key, "until": ends})
                await storage.meta.put(tx, _FORMER, kept)
            after = {"ping_key": "new", "former_until": ends}
            entry = AuditEntry(
                at=now,
                actor=actor,
                action="ping_key_rotated",
                subject="",
                after=after,
            )
            await storage.audit.append(tx, entry)

        log.register_secret(made)
        await self._db.write(unit)
        self.current, self._former = made, former
        logger.info(
            "the ping key was rotated by %s",
            actor,
            extra={"action": "ping_key_rotated"},
        )
        return {"ping_key": made, "former_until": ends}


def _same(given: bytes, key: str) -> bool:
    return bool(key) and hmac.compare_digest(given, key.encode())
