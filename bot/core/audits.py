"""What the audit log keeps of a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.models import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change: who, from where, what, before and after."""

    at: datetime
    actor: Actor
    action: str
    subject: str
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
