"""What the audit log keeps of a change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.models import Actor

#: actions whose names say too little
_WORDS = {"run_wished": "run started"}
#: longer values are cut in words
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change: who, from where, what, before and after."""

    at: datetime
    actor: Actor
    action: str
    subject: str
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)


def words(action: str) -> str:
    """`job changed`: an action for people."""
    return _WORDS.get(action, action.replace("_", " "))


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[str, ...]:
    """What changed, by field: `grace: 300 -> 600`, `tags: (none) -> ["db"]`.

    Of something new, or of something that is gone, its fields: `every: 1h`.
    """
    if not before or not after:
        return tuple(f"{k}: {_value(v)}" for k, v in {**before, **after}.items())
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return tuple(
        f"{key}: {_value(before.get(key))} -> {_value(after.get(key))}" for key in keys
    )


def _value(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "(none)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
