"""The lists among the fields of a command: choices, jobs to follow."""

import re
from collections.abc import Mapping

from bot.core import job_fields
from bot.core.commands import Follows, Param
from bot.core.job_fields import Reading, is_slug, shown
from bot.core.kinds import After

MAX_PARAMS = 5
MAX_CHOICES = 25
MAX_CHOICE = 100

_PARAM = re.compile(r"[a-z][a-z0-9_]{0,31}")


def params(fields: Reading) -> tuple[Param, ...]:
    """Parameters by their names, each with a list of choices."""
    value = fields.value("params")
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        hint = 'write params = {target = ["daily", "full"]}'
        fields.refuse("params", f"{shown(value)} is not a table", hint)
        return ()
    if len(value) > MAX_PARAMS:
        fields.refuse("params", f"it has {len(value)}; {MAX_PARAMS} are allowed")
        return ()
    found = [_param(fields, str(name), given) for name, given in value.items()]
    return tuple(param for param in found if param is not None)


def _param(fields: Reading, name: str, given: object) -> Param | None:
    """A list of choices, whose first is the default."""
    key = f"params.{name}"[:100]
    if not _PARAM.fullmatch(name):
        fields.refuse(key, "it is no name", "lower case letters, digits and _")
        return None
    hint = f"1 to {MAX_CHOICES} different texts, the default first"
    if not isinstance(given, list | tuple) or not 0 < len(given) <= MAX_CHOICES:
        fields.refuse(key, f"{shown(given)} is not a list of choices", hint)
        return None
    choices = tuple(each for each in given if isinstance(each, str))
    plain = all(0 < len(c) <= MAX_CHOICE and c.isprintable() for c in choices)
    if not plain or len(set(choices)) < len(given):
        fields.refuse(key, "its choices are not all different, plain texts", hint)
        return None
    return Param(name=name, choices=choices, default=choices[0])


def after(fields: Reading) -> tuple[Follows, ...]:
    """The jobs whose end starts it, and which end."""
    value = fields.value("after")
    if value is None:
        return ()
    words = value.split(",") if isinstance(value, str) else value
    hint = 'write ["extract", "load:failure"]'
    if not isinstance(words, list | tuple):
        fields.refuse("after", f"{shown(value)} is not a list of jobs", hint)
        return ()
    if len(words) > job_fields.MAX_PARENTS:
        fields.refuse("after", f"it has more than {job_fields.MAX_PARENTS} jobs")
        return ()
    found: dict[Follows, None] = {}
    for word in words:
        follows = _follows(word)
        if follows is None:
            known = ", ".join(each.value for each in After)
            reason = f"{shown(word)} is no job with what must become of it"
            fields.refuse("after", reason, f"slug or slug:what, with {known}")
        else:
            found[follows] = None
    return tuple(found)


def _follows(word: object) -> Follows | None:
    if not isinstance(word, str):
        return None
    slug, colon, after = word.strip().partition(":")
    known = {each.value for each in After}
    if not is_slug(slug) or (colon and after not in known):
        return None
    return Follows(slug=slug, after=After(after) if colon else After.SUCCESS)
