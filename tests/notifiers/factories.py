"""Notifications as the store hands them out."""

from bot.core.kinds import NotificationId, NotificationKind
from bot.core.models import Outgoing
from tests.fakes import T0


def outgoing(
    kind: NotificationKind = NotificationKind.OPENED, *, sounds: bool = True
) -> Outgoing:
    """A notification of incident 7 of the job `backup`."""
    incident: dict[str, object] | None = {
        "id": 7,
        "job": "backup",
        "kind": "missed",
        "summary": "backup missed its deadline",
        "opened_at": "2026-11-23T03:05:00Z",
        "resolved_at": "2026-11-23T04:00:00Z",
        "resolution": "recovered",
    }
    if kind is NotificationKind.NEVER_SEEN:
        incident = None
    return Outgoing(
        notification_id=NotificationId(42),
        channel="webhook",
        kind=kind,
        at=T0,
        sounds=sounds,
        snapshot={
            "job": {"slug": "backup", "created_at": "2026-11-20T03:00:00Z"},
            "incident": incident,
        },
        attempts=0,
    )
