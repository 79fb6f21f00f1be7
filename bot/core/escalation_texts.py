"""Escalations as settings have them: `critical 10m role:123`, a step in each line."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.core import durations
from bot.core.kinds import Severity
from bot.core.silencers import Escalation, EscalationRules, Step
from bot.errors import Invalid

ALL = "all"
#: nobody is called later than that
LONGEST = timedelta(days=7)
MOST_ROUNDS = 10

_TAG = "tag:"
_SNOWFLAKES = range(1, 2**63)


@dataclass(frozen=True, slots=True)
class Line:
    """One step, and for whose incidents it is."""

    #: a severity, `tag:` with a tag, or `all`
    whose: str
    step: Step


def line(text: str) -> Line:
    """Read a step; raises ValueError with `reason (way out)`."""
    whose, *words = text.split() or [""]
    if not _is_whose(whose):
        hint = f"begin with {', '.join(Severity)}, {_TAG}NAME or {ALL}"
        raise ValueError(f"must say for whom a step is ({hint})")
    if not words:
        raise ValueError("must say after how long (such as critical 10m role:123)")
    try:
        after = durations.parse(words[0])
    except Invalid:
        after = LONGEST * 2
    if after > LONGEST:
        raise ValueError("must say after how long, up to 7 days (such as 10m)")
    step = Step(after=after)
    for word in words[1:]:
        step = _with(step, word)
    return Line(whose, step)


def _is_whose(word: str) -> bool:
    named = word.startswith(_TAG) and len(word) > len(_TAG)
    return named or word == ALL or word in tuple(Severity)


def _with(step: Step, word: str) -> Step:
    if word == "fallback":
        return replace(step, fallback=True)
    kind, _, number = word.partition(":")
    fits = number.isascii() and number.isdecimal() and int(number) in _SNOWFLAKES
    if kind not in ("role", "user", "dm") or not fits:
        hint = "role:ID, user:ID, dm:ID or fallback"
        raise ValueError(f"must name whom to call by ids of Discord ({hint})")
    found = int(number)
    if kind == "role":
        return replace(step, roles=(*step.roles, found))
    if kind == "user":
        return replace(step, users=(*step.users, found))
    return replace(step, direct=(*step.direct, found))


def rules(
    lines: Iterable[str], rounds: int, repeat_after: timedelta
) -> EscalationRules:
    """All policies; raises ValueError where steps do not fit together."""
    steps: dict[str, list[Step]] = {}
    for text in lines:
        read = line(text)
        steps.setdefault(read.whose, []).append(read.step)
    found = {
        whose: _policy(whose, each, rounds, repeat_after)
        for whose, each in steps.items()
    }
    by_tag = {
        whose.removeprefix(_TAG): policy
        for whose, policy in found.items()
        if whose.startswith(_TAG)
    }
    everybody = found.get(ALL)
    by_severity = {
        severity: policy
        for severity in Severity
        if (policy := found.get(severity, everybody)) is not None
    }
    return EscalationRules(by_tag=by_tag, by_severity=by_severity)


def _policy(
    whose: str, steps: list[Step], rounds: int, repeat_after: timedelta
) -> Escalation:
    ordered = sorted(steps, key=lambda step: step.after)
    if len({step.after for step in ordered}) < len(ordered):
        raise ValueError(
            f"must have each step of {whose} at a time of its own (put whom to call at "
            "one time into one step)"
        )
    if rounds > 1 and ordered[-1].after >= repeat_after:
        raise ValueError(
            f"must end before a round begins anew: the last step of {whose} is after "
            f"{durations.text(ordered[-1].after)} (make repeat_after longer than that)"
        )
    return Escalation(steps=tuple(ordered), rounds=rounds, repeat_after=repeat_after)
