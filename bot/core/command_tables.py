"""What Cronitor runs as tables: written down for files and storage, and read back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.core import durations
from bot.core.command_fields import NOBODY
from bot.core.commands import (
    RETRY_BASE,
    RETRY_CAP,
    TIMEOUT,
    WATCH_SETTLE,
    Command,
    Expect,
    Follows,
    Limits,
    Param,
    Webhook,
)
from bot.core.kinds import After, CatchUp, Overlap
from bot.core.roles import Grade

_NONE = Command(argv=())


def as_table(command: Command) -> dict[str, object]:
    """Every key with the value that TOML has for it; None where there is none."""
    limits, trigger = command.limits, command.allow_trigger
    return {
        "command": command.argv[0] if command.shell else list(command.argv),
        "shell": command.shell,
        "cwd": command.cwd,
        "user": command.user,
        "env": dict(command.env),
        "env_from_file": command.env_from_file,
        "secrets": dict(command.secrets),
        "umask": None if limits.umask is None else f"{limits.umask:03o}",
        "nice": limits.nice,
        "memory": limits.memory,
        "cpu_time": None if limits.cpu is None else durations.text(limits.cpu),
        "timeout": durations.text(command.timeout),
        "retries": command.retries,
        "retry_base": durations.text(command.retry_base),
        "retry_cap": durations.text(command.retry_cap),
        "retry_exit_codes": list(command.retry_exit_codes),
        "success_exit_codes": list(command.success_exit_codes),
        "idempotent": command.idempotent,
        "overlap": command.overlap.value,
        "max_parallel": command.max_parallel,
        "catch_up": command.catch_up.value,
        "catch_up_window": _text(command.catch_up_window),
        "priority": command.priority,
        "params": {param.name: list(param.choices) for param in command.params},
        "allow_trigger": NOBODY if trigger is None else trigger.value,
        "expect": _expect_table(command.expect),
        "after": [str(each) for each in command.after],
        "on_start": command.on_start,
        "watch": list(command.watch),
        "watch_settle": durations.text(command.watch_settle),
        "webhook": _webhook_table(command.webhook),
    }


def restore(table: Mapping[str, Any]) -> Command:
    """Read back what `as_table` made, without checking it again: for storage."""
    get = table.get
    argv, shell = get("command", ()), get("shell", False)
    return Command(
        argv=(argv,) if shell else tuple(argv),
        shell=shell,
        cwd=get("cwd", ""),
        user=get("user", ""),
        env=tuple(get("env", {}).items()),
        env_from_file=get("env_from_file", ""),
        secrets=tuple(get("secrets", {}).items()),
        limits=_limits(table),
        timeout=_span(get("timeout"), TIMEOUT),
        retries=get("retries", 0),
        retry_base=_span(get("retry_base"), RETRY_BASE),
        retry_cap=_span(get("retry_cap"), RETRY_CAP),
        retry_exit_codes=tuple(get("retry_exit_codes", ())),
        success_exit_codes=tuple(get("success_exit_codes", (0,))),
        idempotent=get("idempotent", False),
        overlap=Overlap(get("overlap", Overlap.SKIP)),
        max_parallel=get("max_parallel", 1),
        catch_up=CatchUp(get("catch_up", CatchUp.LATEST)),
        catch_up_window=_optional(get("catch_up_window")),
        priority=get("priority", 0),
        params=tuple(
            Param(name=name, choices=tuple(choices), default=choices[0])
            for name, choices in get("params", {}).items()
        ),
        allow_trigger=_grade(get("allow_trigger", Grade.OPERATOR)),
        expect=Expect(**get("expect", {})),
        after=tuple(_follows(each) for each in get("after", ())),
        on_start=get("on_start", False),
        watch=tuple(get("watch", ())),
        watch_settle=_span(get("watch_settle"), WATCH_SETTLE),
        webhook=_webhook(get("webhook", False)),
    )


def _limits(table: Mapping[str, Any]) -> Limits:
    umask = table.get("umask")
    return Limits(
        umask=None if umask is None else int(umask, 8),
        nice=table.get("nice"),
        memory=table.get("memory"),
        cpu=_optional(table.get("cpu_time")),
    )


def _expect_table(expect: Expect) -> dict[str, object]:
    table: dict[str, object] = {
        key: value
        for key in ("file", "pattern", "count")
        if (value := getattr(expect, key))
    }
    if expect.count:
        table["at_least"] = expect.at_least
    return table


def _webhook_table(webhook: Webhook | None) -> object:
    """`true` where nothing but the address is asked for."""
    if webhook is None:
        return False
    table: dict[str, object] = {
        key: value
        for key in ("secret_file", "token_file")
        if (value := getattr(webhook, key))
    }
    if webhook.events:
        table["events"] = list(webhook.events)
    return table or True


def _webhook(found: Any) -> Webhook | None:
    if isinstance(found, Mapping):
        return Webhook(**{**found, "events": tuple(found.get("events", ()))})
    return Webhook() if found else None


def _grade(text: str) -> Grade | None:
    return None if text == NOBODY else Grade(text)


def _follows(text: str) -> Follows:
    slug, colon, after = text.partition(":")
    return Follows(slug=slug, after=After(after) if colon else After.SUCCESS)


def _optional(text: str | None) -> timedelta | None:
    return None if text is None else durations.parse(text)


def _span(text: str | None, default: timedelta) -> timedelta:
    return default if text is None else durations.parse(text)


def _text(span: timedelta | None) -> str | None:
    return None if span is None else durations.text(span)


#: what a command has where nothing is said; none is a command
DEFAULTS: dict[str, object] = {**as_table(_NONE), "command": None}
