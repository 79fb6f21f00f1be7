"""Views as the API has them, for screens that are pure functions of these."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)

View = dict[str, Any]

_RULES = {
    "grace": 1800,
    "jitter": 0,
    "max_runtime": None,
    "min_runtime": None,
    "failure_tolerance": 1,
    "recovery_threshold": 1,
    "realert_every": None,
}


def at(seconds: float = 0) -> str:
    """A moment of the API, so many seconds from NOW."""
    moment = NOW + timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def job(**changes: Any) -> View:
    """A daily job that is well."""
    schedule = {
        "kind": "cron",
        "expression": "0 3 * * *",
        "every": None,
        "timezone": "Europe/Berlin",
        "flavour": "cron",
    }
    view: View = {
        "slug": "backup",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "name": "",
        "description": "",
        "tags": [],
        "node": "",
        "severity": "warning",
        "kind": "heartbeat",
        **_RULES,
        "status": "up",
        "late": False,
        "running": False,
        "failing": False,
        "unknown": False,
        "schedule": schedule,
        "schedule_text": "0 3 * * * Europe/Berlin",
        "timezone": "Europe/Berlin",
        "depends_on": [],
        "due_at": at(3600 * 14),
        "deadline_at": at(3600 * 14 + 1800),
        "last_ping_at": at(-300),
        "last_ping_kind": "success",
        "last_duration": None,
        "last_outcome": "ok",
        "failures_in_a_row": 0,
        "ping_count": 1,
        "paused_by": "",
        "unknown_why": None,
        "recent": [],
        "muted_until": None,
        "incident": None,
        "manual_resume": False,
        "alert_on_drift": False,
        "habits": {"duration": None, "lateness": None},
        "ping_url": "http://127.0.0.1:8787/ping/00000000-0000-4000-8000-000000000001",
        "slug_url": "http://127.0.0.1:8787/ping/the-ping-key-of-a-test/backup",
        "next_dues": [at(3600 * 14 + 86400 * n) for n in range(5)],
        **{history: [] for history in ("pings", "slots", "runs", "incidents")},
    }
    return view | changes


def interval_job(**changes: Any) -> View:
    """A job that is due every five minutes."""
    schedule = {
        "kind": "interval",
        "expression": None,
        "every": 300,
        "timezone": "UTC",
        "flavour": "cron",
    }
    own = {"schedule": schedule, "schedule_text": "every 5m", "timezone": "UTC"}
    return job(**{**own, **changes})


def ping(**changes: Any) -> View:
    """A success five minutes ago."""
    view: View = {
        "at": at(-300),
        "kind": "success",
        "said": "success",
        "exit_status": None,
        "rid": None,
        "method": "POST",
        "source": "http",
        "address": "192.0.2.7",
        "agent": "curl/8",
        "reason": "",
        "body": "",
        "body_size": 0,
    }
    return view | changes


def incident(**changes: Any) -> View:
    """A miss that is open for a minute."""
    view: View = {
        "id": 12,
        "job": "backup",
        "name": "backup",
        "kind": "missed",
        "status": "open",
        "severity": "warning",
        "summary": "backup missed its deadline",
        "opened_at": at(-60),
        "updated_at": at(-60),
        "resolved_at": None,
        "resolution": "",
        "count": 1,
        "due_at": at(-90),
        "last_bad_at": at(-60),
        "flapping": False,
        "down_for_good": False,
        "acknowledged_by": "",
        "acknowledged_at": None,
        "acknowledged_until": None,
        "reopened": 0,
        "sounds": 1,
        "last_sound_at": at(-60),
        "next_sound_at": None,
        "silenced_by": None,
        "note": "",
        "revision": 1,
        "story": [event()],
    }
    return view | changes


def event(**changes: Any) -> View:
    """The opening of an incident."""
    view: View = {"at": at(-60), "kind": "opened", "text": "opened: missed"}
    return view | {"actor": ""} | changes


def blind_time(**changes: Any) -> View:
    """A stop of a minute that put one slot in doubt."""
    view: View = {
        "id": 1,
        "began_at": at(-120),
        "ended_at": at(-60),
        "length": 60,
        "reason": "stopped",
        "why": "Cronitor was stopped",
        "told_at": at(-60),
        "slots": [doubt()],
    }
    return view | changes


def doubt(**changes: Any) -> View:
    """A slot that is unknown."""
    view: View = {"job": "backup", "outcome": "unknown", "count": 1}
    return view | {"first_at": at(-90), "last_at": at(-90)} | changes


def mute(**changes: Any) -> View:
    """A job that is silent for an hour."""
    view: View = {
        "id": 3,
        "scope": "job",
        "target": "backup",
        "reason": "disk swap",
        "created_by": "ada (cli)",
        "created_at": at(-60),
        "until_at": at(3600),
        "until_recovery": False,
        "ended_at": None,
    }
    return view | changes
