"""What every use-case works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import storage.audit
from bot.clock import Clock
from bot.core.audits import AuditEntry
from bot.core.models import Actor
from bot.engine.ledger import Ledger
from bot.engine.silencers import Surroundings
from bot.engine.wakes import Wakes
from storage.database import Database
from storage.queries import Transaction


@dataclass(frozen=True, slots=True)
class Context:
    """The store, the way to it, the time, whom to wake, and what silences."""

    db: Database
    ledger: Ledger
    clock: Clock
    wakes: Wakes
    surroundings: Surroundings


async def note(
    tx: Transaction,
    now: datetime,
    actor: Actor,
    action: str,
    subject: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write a change into the audit log, in the transaction that makes it."""
    entry = AuditEntry(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        before=before or {},
        after=after or {},
    )
    await storage.audit.append(tx, entry)
