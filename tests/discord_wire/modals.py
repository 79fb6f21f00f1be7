"""Filling in a modal as a person does."""

from typing import Any

from tests.discord_wire import components

Json = dict[str, Any]


def filled(form: list[Json], values: dict[str, str]) -> list[Json]:
    """What is sent for the components of a modal; unknown values raise."""
    left = dict(values)
    sent = [_row(row, left) for row in form]
    names = [each.get("custom_id") for each in components.walk(form)]
    assert not left, f"{list(left)} are not among the inputs {names}"
    return sent


def _row(row: Json, left: dict[str, str]) -> Json:
    if row["type"] == components.TEXT:
        return {"type": row["type"], "id": 0}
    if row["type"] == components.LABEL:
        inner = _input(row["component"], row.get("label", ""), left)
        return {"type": row["type"], "id": 0, "component": inner}
    inputs = [_input(each, each.get("label", ""), left) for each in row["components"]]
    return {"type": row["type"], "id": 0, "components": inputs}


def _input(field: Json, label: str, left: dict[str, str]) -> Json:
    name, kind = field["custom_id"], field["type"]
    given = left.pop(name, None)
    if given is None:
        given = left.pop(label, None)
    sent = {"type": kind, "id": 0, "custom_id": name}
    if kind in components.SELECTS:
        # what is not touched is sent as it was shown
        shown = [each["value"] for each in field.get("options", []) if _is_set(each)]
        values = shown if given is None else [given]
        return {**sent, "values": components.chosen(field, values)}
    assert kind == components.TEXT_INPUT, f"{name!r} is of an unknown type {kind}"
    text = field.get("value") or "" if given is None else given
    _check(field, name, text)
    return {**sent, "value": text}


def _is_set(option: Json) -> bool:
    return bool(option.get("default"))


def _check(field: Json, name: str, text: str) -> None:
    """What the client of a person would not let through."""
    if field.get("required", True):
        assert text, f"{name!r} is required"
    if text:
        assert len(text) >= (field.get("min_length") or 0), f"{name!r} is too short"
        assert len(text) <= (field.get("max_length") or 4000), f"{name!r} is too long"
