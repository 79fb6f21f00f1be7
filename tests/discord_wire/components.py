"""Buttons, selects and inputs in the components of a message or a modal."""

from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
ROLE_SELECT, CHANNEL_SELECT = 6, 8
SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT, LABEL = 9, 10, 18
LINK, PREMIUM = 5, 6
#: what holds other components, and under which key
_HOLDERS = ("components", "accessory", "component")


def walk(components: list[Json]) -> Iterator[Json]:
    """All components, outer ones before those inside."""
    for component in components:
        yield component
        for key in _HOLDERS:
            inside = component.get(key) or []
            yield from walk(inside if isinstance(inside, list) else [inside])


def buttons(components: list[Json]) -> list[Json]:
    """All buttons."""
    return [each for each in walk(components) if each["type"] == BUTTON]


def selects(components: list[Json]) -> list[Json]:
    """All select menus."""
    return [each for each in walk(components) if each["type"] in SELECTS]


def texts(components: list[Json]) -> list[str]:
    """What all text displays say."""
    return [each["content"] for each in walk(components) if each["type"] == TEXT]


def button(components: list[Json], wanted: str) -> Json:
    """The only button with this label or custom id, which must be enabled."""
    found = [
        x for x in buttons(components) if wanted in (_label(x), x.get("custom_id"))
    ]
    there = [f"{_label(x)} ({x.get('custom_id')})" for x in buttons(components)]
    assert len(found) == 1, f"{len(found)} buttons {wanted!r} among {there}"
    assert not found[0].get("disabled"), f"the button {wanted!r} is disabled"
    assert found[0].get("custom_id"), f"the button {wanted!r} only opens a link"
    return found[0]


def select(components: list[Json], custom_id: str) -> Json:
    """The only select with this custom id, which must be enabled."""
    found = [x for x in selects(components) if x["custom_id"] == custom_id]
    there = [x["custom_id"] for x in selects(components)]
    assert len(found) == 1, f"{len(found)} selects {custom_id!r} among {there}"
    assert not found[0].get("disabled"), f"the select {custom_id!r} is disabled"
    return found[0]


def _label(found: Json) -> str:
    return str(found.get("label") or "")


def numbered(components: list[Json]) -> list[Json]:
    """A copy in which each component has an id, as Discord sends them back."""
    counter = iter(range(1, 1000))
    return [_numbered(each, counter) for each in components]


def _numbered(component: Json, counter: Iterator[int]) -> Json:
    copy = {"id": next(counter), **component}
    for key in _HOLDERS:
        inside = component.get(key)
        if isinstance(inside, list):
            copy[key] = [_numbered(each, counter) for each in inside]
        elif inside:
            copy[key] = _numbered(inside, counter)
    return copy


def chosen(select: Json, values: Sequence[str]) -> list[str]:
    """The values of a select that a person has chosen by value or label."""
    least, most = select.get("min_values"), select.get("max_values")
    least, most = 1 if least is None else least, 1 if most is None else most
    if not select.get("required", True):
        least = 0
    assert least <= len(values) <= most, f"{len(values)} chosen of {least} to {most}"
    if select["type"] != STRING_SELECT:
        return list(values)
    known = {x: each["value"] for each in select["options"] for x in _names(each)}
    assert all(each in known for each in values), f"{values} are not in {list(known)}"
    return [known[each] for each in values]


def _names(option: Json) -> tuple[str, str]:
    return option["label"], option["value"]
