"""The fields of a job of kind command, read with everything that is wrong with them."""

import re
from collections.abc import Mapping
from datetime import timedelta

from bot.core import command_lists, command_triggers
from bot.core.commands import (
    RETRY_BASE,
    RETRY_CAP,
    TIMEOUT,
    Command,
    Expect,
    Limits,
)
from bot.core.job_fields import SECOND, YEAR, Reading, shown
from bot.core.kinds import CatchUp, Overlap
from bot.core.roles import Grade

#: the keys that only a command has, in the order in which they are written
KEYS = (
    "command",
    "shell",
    "cwd",
    "user",
    "env",
    "env_from_file",
    "secrets",
    "umask",
    "nice",
    "memory",
    "cpu_time",
    "timeout",
    "retries",
    "retry_base",
    "retry_cap",
    "retry_exit_codes",
    "success_exit_codes",
    "idempotent",
    "overlap",
    "max_parallel",
    "catch_up",
    "catch_up_window",
    "priority",
    "params",
    "allow_trigger",
    "expect",
    "after",
    "on_start",
    "watch",
    "watch_settle",
    "webhook",
)
EXPECT_KEYS = ("file", "pattern", "count", "at_least")
NOBODY = "nobody"

MAX_ARGUMENTS = 1000
MAX_TEXT = 32_768
MAX_NAMES = 200
MAX_CODES = 50
MAX_RETRIES = 20
MAX_PARALLEL = 100
#: as far as either side of the usual priority
PRIORITIES = 100
LEAST_MEMORY = 1_000_000
MOST_MEMORY = 2**50

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\$?")
_OCTAL = re.compile(r"0?[0-7]{3}")
_SIZE = re.compile(r"(\d{1,15})\s*([kKMGT]?)i?[bB]?")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
#: set for every run, and by nobody else
RESERVED = "CRONITOR_"


def parse(fields: Reading) -> Command:
    """Read what a job of kind command has; problems are noted in `fields`."""
    shell = fields.flag("shell")
    return Command(
        argv=_argv(fields, shell=shell),
        shell=shell,
        cwd=_path(fields, "cwd"),
        user=_user(fields),
        env=_variables(fields, "env"),
        env_from_file=_path(fields, "env_from_file"),
        secrets=_secrets(fields),
        limits=_limits(fields),
        timeout=fields.span("timeout", least=SECOND) or TIMEOUT,
        retries=fields.whole("retries", default=0, least=0, most=MAX_RETRIES),
        retry_base=_wait(fields, "retry_base", RETRY_BASE),
        retry_cap=_wait(fields, "retry_cap", RETRY_CAP),
        retry_exit_codes=_codes(fields, "retry_exit_codes"),
        success_exit_codes=_codes(fields, "success_exit_codes") or (0,),
        idempotent=fields.flag("idempotent"),
        overlap=fields.choice("overlap", Overlap.SKIP),
        max_parallel=_max_parallel(fields),
        catch_up=fields.choice("catch_up", CatchUp.LATEST),
        catch_up_window=fields.span("catch_up_window", most=YEAR),
        priority=fields.whole(
            "priority", default=0, least=-PRIORITIES, most=PRIORITIES
        ),
        params=command_lists.params(fields),
        allow_trigger=_allow_trigger(fields),
        expect=_expect(fields),
        after=command_lists.after(fields),
        on_start=fields.flag("on_start"),
        watch=command_triggers.watch(fields),
        watch_settle=command_triggers.watch_settle(fields),
        webhook=command_triggers.webhook(fields),
    )


def refuse_all(fields: Reading) -> None:
    """Another kind of job has none of these fields."""
    for key in KEYS:
        if fields.has(key):
            fields.refuse(key, "only a job of kind command has it", 'kind = "command"')


def _argv(fields: Reading, *, shell: bool) -> tuple[str, ...]:
    value = fields.value("command")
    if value is None:
        hint = 'such as command = ["/usr/local/bin/backup", "--all"]'
        fields.refuse("command", "it is missing", hint)
        return ()
    if shell:
        if not isinstance(value, str):
            hint = 'write command = "..." with shell = true'
            fields.refuse("command", f"{shown(value)} is not a text", hint)
            return ()
        return _checked(fields, "command", (value,))
    if isinstance(value, str):
        hint = 'write ["program", "argument"], or shell = true for a text'
        fields.refuse("command", "it is a text, not a list of arguments", hint)
        return ()
    if not isinstance(value, list | tuple) or not value:
        hint = 'write ["program", "argument"]'
        fields.refuse("command", f"{shown(value)} is not a list of arguments", hint)
        return ()
    if len(value) > MAX_ARGUMENTS:
        fields.refuse("command", f"it has more than {MAX_ARGUMENTS} arguments")
        return ()
    return _checked(fields, "command", tuple(value))


def _checked(fields: Reading, key: str, words: tuple[object, ...]) -> tuple[str, ...]:
    """Texts that a system call takes; the first one must say something."""
    found = [word for word in words if isinstance(word, str)]
    if len(found) < len(words):
        strange = next(word for word in words if not isinstance(word, str))
        hint = f'write "{shown(strange)}"' if isinstance(strange, int) else ""
        fields.refuse(key, f"{shown(strange)} is not a text", hint)
        return ()
    if any("\0" in word or len(word) > MAX_TEXT for word in found):
        hint = f"{MAX_TEXT} characters at most, without a zero byte"
        fields.refuse(key, "the system takes no such argument", hint)
        return ()
    if not found[0].strip():
        fields.refuse(key, "it does not name a program")
        return ()
    return tuple(found)


def _path(fields: Reading, key: str) -> str:
    path = fields.text(key, longest=MAX_TEXT)
    if path and not path.startswith("/"):
        fields.refuse(key, f"{shown(path)} is no absolute path", "begin it with /")
        return ""
    return path


def _user(fields: Reading) -> str:
    user = fields.text("user", longest=100)
    if user and not _USER.fullmatch(user):
        fields.refuse("user", f"{shown(user)} is no user name", "such as backup")
        return ""
    return user


def _variables(fields: Reading, key: str) -> tuple[tuple[str, str], ...]:
    """Names of environment variables with texts."""
    value = fields.value(key)
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        hint = 'write {NAME = "value"}'
        fields.refuse(key, f"{shown(value)} is not a table", hint)
        return ()
    if len(value) > MAX_NAMES:
        fields.refuse(key, f"it has more than {MAX_NAMES} names")
        return ()
    found = []
    for name, text in value.items():
        if not _is_name(name):
            hint = "letters, digits and _; CRONITOR_... are set by Cronitor"
            fields.refuse(f"{key}.{name}"[:100], "it is no name of a variable", hint)
        elif not isinstance(text, str) or "\0" in text or len(text) > MAX_TEXT:
            hint = f'write "{text}"' if isinstance(text, int | float) else ""
            fields.refuse(f"{key}.{name}", f"{shown(text)} is not a text", hint)
        else:
            found.append((str(name), text))
    return tuple(found)


def _is_name(name: object) -> bool:
    return (
        isinstance(name, str)
        and _NAME.fullmatch(name) is not None
        and not name.startswith(RESERVED)
    )


def _secrets(fields: Reading) -> tuple[tuple[str, str], ...]:
    found = _variables(fields, "secrets")
    for name, path in found:
        if not path.startswith("/"):
            hint = "give the absolute path of the file that holds it"
            fields.refuse(f"secrets.{name}", "it is not the path of a file", hint)
    return found


def _limits(fields: Reading) -> Limits:
    nice = None
    if fields.has("nice"):
        nice = fields.whole("nice", default=0, least=-20, most=19)
    return Limits(
        umask=_umask(fields),
        nice=nice,
        memory=_memory(fields),
        cpu=fields.span("cpu_time", least=SECOND),
    )


def _umask(fields: Reading) -> int | None:
    value = fields.value("umask")
    if value is None:
        return None
    if isinstance(value, str) and _OCTAL.fullmatch(value):
        return int(value, 8)
    fields.refuse("umask", f"{shown(value)} is no umask", 'write it like "027"')
    return None


def _memory(fields: Reading) -> int | None:
    value = fields.value("memory")
    if value is None:
        return None
    size = _size(value)
    if size is None or not LEAST_MEMORY <= size <= MOST_MEMORY:
        fields.refuse("memory", f"{shown(value)} is no size", "such as 500MB or 2GB")
        return None
    return size


def _size(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    return int(found[1]) * _UNITS[found[2].lower()]


def _wait(fields: Reading, key: str, default: timedelta) -> timedelta:
    span = fields.span(key, most=timedelta(days=1))
    return default if span is None else span


def _codes(fields: Reading, key: str) -> tuple[int, ...]:
    """Exit codes, each once, in order of size."""
    value = fields.value(key)
    if value is None:
        return ()
    numbers = [value] if isinstance(value, int) else value
    if not isinstance(numbers, list | tuple) or not numbers:
        fields.refuse(key, f"{shown(value)} is not a list of exit codes", "[0, 3]")
        return ()
    wrong = [n for n in numbers if type(n) is not int or not 0 <= n <= 255]
    if wrong:
        fields.refuse(key, f"{shown(wrong[0])} is no exit code", "0 to 255")
        return ()
    if len(numbers) > MAX_CODES:
        fields.refuse(key, f"it has more than {MAX_CODES} exit codes")
        return ()
    return tuple(sorted(set(numbers)))


def _max_parallel(fields: Reading) -> int:
    if not fields.has("max_parallel"):
        return 1
    most = fields.whole("max_parallel", default=1, least=1, most=MAX_PARALLEL)
    if most > 1 and fields.value("overlap") != Overlap.ALLOW:
        hint = 'with overlap = "allow"'
        fields.refuse("max_parallel", "no two runs go on at the same time", hint)
    return most


def _allow_trigger(fields: Reading) -> Grade | None:
    if fields.value("allow_trigger") == NOBODY:
        return None
    grades = [grade.value for grade in Grade]
    value = fields.value("allow_trigger")
    if value is None:
        return Grade.OPERATOR
    if isinstance(value, str) and value in grades:
        return Grade(value)
    known = ", ".join([*grades, NOBODY])
    fields.refuse("allow_trigger", f"{shown(value)} is none of {known}")
    return Grade.OPERATOR


def _expect(fields: Reading) -> Expect:
    table = fields.table("expect")
    table.expect(EXPECT_KEYS, {"lines": "count", "items": "count"})
    found = Expect(
        file=_path(table, "file"),
        pattern=_regex(table, "pattern", groups=0),
        count=_regex(table, "count", groups=1),
        at_least=table.whole("at_least", default=1, least=0, most=10**9),
    )
    if table.has("at_least") and not table.has("count"):
        hint = r'such as count = "(\d+) files"'
        table.refuse("at_least", "it is not said what is counted", hint)
    fields.include(table)
    return found


def _regex(fields: Reading, key: str, *, groups: int) -> str:
    text = fields.text(key, longest=1000)
    if not text:
        return ""
    try:
        found = re.compile(text)
    except (re.error, OverflowError, RecursionError) as exc:
        fields.refuse(key, f"it is no regular expression: {exc}"[:200])
        return ""
    if found.groups < groups:
        hint = r'such as "(\d+) files copied"'
        fields.refuse(key, "no group in it says which number counts", hint)
        return ""
    return text
