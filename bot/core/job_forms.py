"""A job as a person fills it into five fields, and as the table that it means.

What the fields hold is not checked here: `jobs.parse` says what is wrong with a table.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core import command_fields, durations, job_tables
from bot.core.job_tables import SCHEDULE_KEYS
from bot.core.kinds import Severity
from bot.core.models import Definition
from bot.errors import Invalid, Problem

#: typed where there is to be no schedule
NO_SCHEDULE = ("", "none", "never", "-")
#: keys whose values may be written with commas
_LISTS = ("tags", "depends_on")
_FIELDS = ("slug", "timezone", "severity", *SCHEDULE_KEYS)
_CRON_FIELDS = range(5, 8)
#: what is judged together: one of them means another thing beside another
_TIMING = frozenset({*SCHEDULE_KEYS, "timezone", "flavour"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What stands in the fields, as it was typed."""

    name: str = ""
    #: `every 1h`, `0 3 * * *`, `Mon..Fri 08:00`, or one of NO_SCHEDULE
    schedule: str = ""
    timezone: str = ""
    severity: str = Severity.WARNING
    #: a line `key = value` for each further field
    more: str = ""


def table(form: Form) -> dict[str, object]:
    """The table of the API; raises Invalid for lines that are none."""
    found: dict[str, object] = {"slug": form.name.strip()}
    found |= schedule_of(form.schedule)
    if form.timezone.strip():
        found["timezone"] = form.timezone.strip()
    # as a table is written: what every job has unless somebody says otherwise is not
    if form.severity != Severity.WARNING:
        found["severity"] = form.severity
    return found | _more(form.more)


def patch(form: Form, before: Definition) -> dict[str, object]:
    """What differs from the job as it is; a field that was emptied is set back."""
    old, new = job_tables.as_table(before), table(form)
    # a form never holds what is run: that is said in files
    known = {key for key in old if key in table(form_of(before))}
    emptied = {key: None for key in known if key not in new}
    if any(key in new for key in SCHEDULE_KEYS):
        # another way to write a schedule takes the place of the one before
        emptied = {k: v for k, v in emptied.items() if k not in SCHEDULE_KEYS}
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    return {**emptied, **changed}


def overtaken(
    patch: Mapping[str, object], opened: Definition, now: Definition
) -> tuple[str, ...]:
    """What of a patch others have changed too since it was made, into another value.

    `opened` is the job as whoever made the patch saw it, `now` as it is.
    """
    old, new = job_tables.as_table(opened), job_tables.as_table(now)
    is_timing = bool(patch.keys() & _TIMING)
    theirs = (key for key in sorted({**old, **new}) if old.get(key) != new.get(key))
    return tuple(
        key
        for key in theirs
        if (key in patch or (is_timing and key in _TIMING))
        and new.get(key) != patch.get(key)
    )


def form_of(definition: Definition) -> Form:
    """A job as the fields show it, for somebody who changes it."""
    written = job_tables.as_table(definition)
    hidden = {"kind", *_FIELDS, *command_fields.KEYS}
    lines = [
        f"{key} = {_written(value)}"
        for key, value in written.items()
        if key not in hidden
    ]
    return Form(
        name=definition.slug,
        schedule=_schedule_text(written),
        timezone=str(written.get("timezone", "")),
        severity=definition.severity,
        more="\n".join(lines),
    )


def schedule_of(typed: str) -> dict[str, object]:
    """Which of the ways to write a schedule it is: a length, cron, or OnCalendar."""
    text = " ".join(typed.split())
    if text.lower() in NO_SCHEDULE:
        return {}
    bare = text[6:] if text.lower().startswith("every ") else text
    if _is_length(bare):
        return {"every": bare}
    if text.startswith("@") or _looks_like_cron(text):
        return {"cron": text}
    return {"on_calendar": text}


def _is_length(text: str) -> bool:
    try:
        return durations.parse(text).total_seconds() > 0
    except Invalid:
        return False


def _looks_like_cron(text: str) -> bool:
    """Five to seven fields, none with the marks that only systemd's have."""
    fields = text.split()
    marks = (":", "..", "~")
    is_calendar = any(mark in field for field in fields for mark in marks)
    return len(fields) in _CRON_FIELDS and not is_calendar


def _schedule_text(written: Mapping[str, object]) -> str:
    for key in SCHEDULE_KEYS:
        if key in written:
            prefix = "every " if key == "every" else ""
            return f"{prefix}{written[key]}"
    return "none"


def _more(typed: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        key, equals, value = line.partition("=")
        key = key.strip()
        if not equals or not key:
            hint = "write a line for each, such as tags = db, nightly"
            raise Invalid(Problem("more", f"{line[:60]!r} is no field", hint))
        if key in command_fields.KEYS or key == "kind":
            hint = "what a job runs is said in a file on the server: see docs/runs.md"
            raise Invalid(Problem(key[:60], "may not be said in Discord", hint))
        if key in found or key in _FIELDS:
            hint = "say it once; name, when, time zone and severity have fields above"
            raise Invalid(Problem(key[:60], "is given twice", hint))
        found[key] = _value(key, value.strip())
    return found


def _value(key: str, text: str) -> object:
    """As TOML where it is some, else the words as they stand."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        pass
    if key in _LISTS:
        return [each for each in map(str.strip, text.split(",")) if each]
    return text


def _written(value: object) -> str:
    """The other way round: as a person would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        plain = all(map(_is_plain, value))
        return ", ".join(map(str, value)) if plain else _quoted(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{k} = {_quoted(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    return str(value) if _is_plain(value) else _quoted(value)


def _is_plain(value: object) -> bool:
    """Text that reads back as itself without quotes."""
    text = str(value)
    return "\n" not in text and "," not in text and _value("", text) in (value, text)


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
