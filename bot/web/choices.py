"""Channels and roles of Discord over the API: what is in force, and a choice."""

from bot.core.choices import Choice
from bot.core.job_fields import Reading, shown
from bot.core.views import View
from bot.errors import Forbidden
from bot.web.calls import Call, done

_DIGITS = 20
_HINT = 'write "123", ["123", "456"], or null for none'


async def listed(call: Call) -> View:
    """What is in force, and from where."""
    if not call.caller.writes:
        raise Forbidden("this key only reads jobs and incidents; use one that may all")
    return {"choices": call.services.choices.views()}


async def choose(call: Call) -> View:
    """Choose what is given; null: nothing any more."""
    table = await call.table()
    fields = Reading(table)
    fields.expect(list(Choice), {})
    wanted = {
        choice: _ids(fields, choice, table[choice])
        for choice in Choice
        if choice in table
    }
    done(fields)
    return {"choices": await call.services.choices.choose(wanted, call.actor)}


def _ids(fields: Reading, choice: Choice, given: object) -> tuple[int, ...]:
    if given is None or given == "":
        return ()
    values = given if isinstance(given, list) else [given]
    found = [_id(value) for value in values]
    strange = [value for value, id_ in zip(values, found, strict=True) if id_ is None]
    if strange:
        fields.refuse(choice, f"{shown(strange[0])} is no id of Discord's", _HINT)
    return tuple(each for each in found if each is not None)


def _id(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    is_number = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(str(value)) if is_number and len(str(value)) <= _DIGITS else None
