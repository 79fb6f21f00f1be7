"""What else starts a command, among its fields: watched paths, a webhook."""

import posixpath
import re
from collections.abc import Mapping
from datetime import timedelta

from bot.core.commands import WATCH_SETTLE, Webhook
from bot.core.job_fields import SECOND, Reading, shown

WEBHOOK_KEYS = ("secret_file", "token_file", "events")

MAX_PATHS = 20
MAX_PATH = 4096
MAX_EVENTS = 50
#: a change that goes on for longer is told all the same
MOST_SETTLE = timedelta(days=1)

#: what GitHub (`push`) and GitLab (`Push Hook`) call their events
_EVENT = re.compile(r"[A-Za-z0-9_.:-][A-Za-z0-9_.: -]{0,99}")


def watch(fields: Reading) -> tuple[str, ...]:
    """Absolute paths, each once."""
    value = fields.value("watch")
    if value is None:
        return ()
    paths = [value] if isinstance(value, str) else value
    hint = 'write ["/srv/inbox", "/etc/app.conf"]'
    if not isinstance(paths, list | tuple) or not paths:
        fields.refuse("watch", f"{shown(value)} is not a list of paths", hint)
        return ()
    if len(paths) > MAX_PATHS:
        fields.refuse("watch", f"it has {len(paths)}; {MAX_PATHS} are allowed")
        return ()
    found = [_path(fields, each) for each in paths]
    return tuple(dict.fromkeys(path for path in found if path))


def _path(fields: Reading, given: object) -> str:
    if not isinstance(given, str) or "\0" in given or len(given) > MAX_PATH:
        hint = f"a text of {MAX_PATH} characters at most"
        fields.refuse("watch", f"{shown(given)} is no path", hint)
        return ""
    if not given.startswith("/"):
        reason = f"{shown(given)} is no absolute path"
        fields.refuse("watch", reason, "begin it with /")
        return ""
    path = "/" + posixpath.normpath(given).lstrip("/")
    if path == "/":
        fields.refuse("watch", "/ is everything there is", "name a folder below it")
        return ""
    return path


def watch_settle(fields: Reading) -> timedelta:
    """How long it must be quiet after a change."""
    if not fields.has("watch_settle"):
        return WATCH_SETTLE
    if not fields.has("watch"):
        hint = 'such as watch = ["/srv/inbox"]'
        fields.refuse("watch_settle", "nothing is watched", hint)
    settle = fields.span("watch_settle", least=SECOND, most=MOST_SETTLE)
    return settle or WATCH_SETTLE


def webhook(fields: Reading) -> Webhook | None:
    """`true`, or a table of what a request has to show beside the address."""
    value = fields.value("webhook")
    if value is None or value is False:
        return None
    if value is True:
        return Webhook()
    if not isinstance(value, Mapping):
        hint = 'write true, or {secret_file = "/run/secrets/github"}'
        fields.refuse("webhook", f"{shown(value)} is neither true nor a table", hint)
        return None
    table = fields.table("webhook")
    table.expect(WEBHOOK_KEYS, {"secret": "secret_file", "token": "token_file"})
    found = Webhook(
        secret_file=_file(table, "secret_file"),
        token_file=_file(table, "token_file"),
        events=_events(table),
    )
    if table.has("secret_file") and table.has("token_file"):
        table.refuse("token_file", "`secret_file` is given as well", "keep one of them")
    fields.include(table)
    return found


def _file(fields: Reading, key: str) -> str:
    path = fields.text(key, longest=MAX_PATH)
    if path and not path.startswith("/"):
        hint = "give the absolute path of the file that holds it"
        fields.refuse(key, "it is not the path of a file", hint)
    return path


def _events(fields: Reading) -> tuple[str, ...]:
    value = fields.value("events")
    if value is None:
        return ()
    names = [value] if isinstance(value, str) else value
    hint = 'write ["push", "release"]'
    if not isinstance(names, list | tuple) or not 0 < len(names) <= MAX_EVENTS:
        fields.refuse("events", f"{shown(value)} is not a list of events", hint)
        return ()
    for name in names:
        if not isinstance(name, str) or not _EVENT.fullmatch(name):
            fields.refuse("events", f"{shown(name)} is no name of an event", hint)
            return ()
    return tuple(dict.fromkeys(names))
