"""Notifications to the log: what everybody has without any setting."""

import logging

from bot.core.kinds import NOTICES, NotificationKind
from bot.core.models import Outgoing
from bot.notifiers import text

logger = logging.getLogger(__name__)

LEVELS = {
    NotificationKind.RESOLVED: logging.INFO,
    NotificationKind.NEVER_SEEN: logging.WARNING,
    NotificationKind.CHANNEL_BACK: logging.INFO,
    NotificationKind.STORAGE_BACK: logging.INFO,
    NotificationKind.CUT_OFF_OVER: logging.INFO,
    NotificationKind.SUMMARY: logging.INFO,
}


class LogNotifier:
    """Writes each notification as one line, and a report as some."""

    name = "log"
    at_once = 250

    async def send(self, outgoing: Outgoing) -> None:
        """Write it; silent ones (muted jobs, resolutions) are information."""
        level = LEVELS.get(outgoing.kind, logging.ERROR)
        job = text.part(outgoing, "job") or {}
        incident = text.part(outgoing, "incident") or {}
        action = f"incident_{outgoing.kind}"
        if outgoing.kind is NotificationKind.NEVER_SEEN:
            action = "job_never_seen"
        elif outgoing.kind in NOTICES:
            action = str(outgoing.kind)
        for line in (text.line(outgoing), *text.more_lines(outgoing)):
            logger.log(
                level,
                "%s",
                line,
                extra={
                    "action": action,
                    "job": job.get("slug"),
                    "incident": incident.get("id"),
                    "kind": incident.get("kind"),
                },
            )

    async def close(self) -> None:
        """Nothing to let go of."""
