"""What the settings provide the engine with: plans, and places to tell things to."""

import secrets
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot import log, machine_zone
from bot.clock import Clock
from bot.config import Settings
from bot.core import escalation_texts, sound_rules, summary_dues
from bot.core.silencers import SoundRules
from bot.core.summary_dues import SummaryPlan
from bot.engine.backups import BackupPlan
from bot.engine.outward import HeartbeatPlan
from bot.engine.retention import Keep
from bot.engine.store import generated
from bot.notifiers.base import Notifier
from bot.notifiers.log import LogNotifier
from storage.database import Database


def keep(settings: Settings) -> Keep:
    """How long things are kept."""
    retention = settings.retention
    return Keep(
        pings=timedelta(days=retention.ping_days),
        pings_per_job=retention.pings_per_job,
        runs=timedelta(days=retention.run_days),
    )


def sounds(settings: Settings) -> SoundRules:
    """When it is quiet, who waits for others, and who is called."""
    notify, escalation = settings.notify, settings.escalation
    return sound_rules.read(
        notify.quiet_hours,
        notify.timezone,
        notify.quiet_days,
        notify.group_wait,
        escalation_texts.rules(
            escalation.steps, escalation.rounds, escalation.repeat_after
        )
        if escalation.steps
        else None,
    )


def summary_plan(settings: Settings, environ: Mapping[str, str]) -> SummaryPlan:
    """When reports of days and weeks are posted, and whose days those are."""
    summary = settings.summary
    return summary_dues.plan(
        summary.daily_at,
        summary.weekly_at,
        summary.weekday,
        summary.timezone or machine_zone.name(environ),
        summary.weekdays,
    )


def heartbeat_plan(settings: Settings) -> HeartbeatPlan | None:
    """Whom to tell that all is well, if anybody."""
    watch = settings.watch
    url = secret(watch.heartbeat_url)
    if url is None:
        return None
    from bot.notifiers.heartbeat import HeartbeatUrl

    log.register_secret(url)
    return HeartbeatPlan(HeartbeatUrl(url), watch.heartbeat_every)


def backup_plan(settings: Settings, data_dir: Path) -> BackupPlan | None:
    """When and where backups are made; None: never."""
    storage = settings.storage
    if storage.backup_at == "never":
        return None
    return BackupPlan(
        folder=storage.backup_dir or data_dir / "backups",
        at=time.fromisoformat(storage.backup_at),
        keep=storage.backup_keep,
    )


async def notifiers(settings: Settings, db: Database, clock: Clock) -> list[Notifier]:
    """The places that notifications go to."""
    found: list[Notifier] = [LogNotifier()]
    url = secret(settings.notify.webhook_url)
    if url is None:
        return found
    from bot.notifiers.webhook import WebhookNotifier

    signs = secret(settings.notify.webhook_secret) or await generated(
        db, "webhook_secret", f"whsec_{secrets.token_hex(32)}"
    )
    log.register_secret(url)
    log.register_secret(signs)
    return [*found, WebhookNotifier(url, signs, clock=clock)]


def secret(value: SecretStr | None) -> str | None:
    """The value itself, None where there is none."""
    return None if value is None else value.get_secret_value()
