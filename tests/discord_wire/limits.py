"""Discord's written limits of a message, a modal and choices."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.discord_wire import components
from tests.discord_wire.errors import Problem
from tests.discord_wire.messages import MessageFlag

Json = dict[str, Any]
Path = tuple[str | int, ...]

CONTENT = 2000
EMBEDS, EMBEDS_TOTAL = 10, 6000
TITLE, DESCRIPTION, FOOTER, AUTHOR = 256, 4096, 2048, 256
FIELDS, FIELD_NAME, FIELD_VALUE = 25, 256, 1024
ROWS, BUTTONS, LABEL, CUSTOM_ID = 5, 5, 80, 100
OPTIONS, OPTION_TEXT, PLACEHOLDER = 25, 100, 150
MODAL_PARTS, MODAL_TITLE, MODAL_LABEL = 5, 45, 45
CHOICES, CHOICE = 25, 100
NONCE, ALT = 25, 1024
#: of Components V2, those inside others counted too
PARTS, PARTS_TEXT = 40, 4000


def too_long(text: str | None, most: int, *path: str | int) -> Iterator[Problem]:
    """A text over its limit."""
    if len(text or "") > most:
        message = f"Must be {most} or fewer in length."
        yield Problem(path, "BASE_TYPE_MAX_LENGTH", message)


def missing(text: object, *path: str | int) -> Iterator[Problem]:
    """A text that is needed and is not there, or blank."""
    if not str(text or "").strip():
        yield Problem(path, "BASE_TYPE_REQUIRED", "This field is required")


def too_many(items: list[Any], most: int, *path: str | int) -> Iterator[Problem]:
    """More things than there may be."""
    if len(items) > most:
        message = f"Must be {most} or fewer in length."
        yield Problem(path, "BASE_TYPE_BAD_LENGTH", message)


def of_message(body: Json) -> Iterator[Problem]:
    """What is wrong with the body of a message, new or edited."""
    parts = body.get("components") or []
    yield from too_long(body.get("content"), CONTENT, "content")
    yield from too_long(str(body.get("nonce") or ""), NONCE, "nonce")
    yield from _embeds(body.get("embeds") or [])
    yield from _mentions(body.get("allowed_mentions") or {})
    for number, file in enumerate(body.get("attachments") or []):
        place = ("attachments", number, "description")
        yield from too_long(file.get("description"), ALT, *place)
    if MessageFlag(body.get("flags") or 0) & MessageFlag.IS_COMPONENTS_V2:
        yield from _second_version(body, parts)
    else:
        yield from too_many(parts, ROWS, "components")
        yield from _only_rows(parts)
    yield from of_components(parts)


def _embeds(embeds: list[Json]) -> Iterator[Problem]:
    yield from too_many(embeds, EMBEDS, "embeds")
    for number, embed in enumerate(embeds):
        yield from _embed(embed, "embeds", number)
    if sum(map(_size, embeds)) > EMBEDS_TOTAL:
        message = f"Embed size exceeds maximum size of {EMBEDS_TOTAL}"
        yield Problem(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def _embed(embed: Json, *path: str | int) -> Iterator[Problem]:
    author, footer = embed.get("author") or {}, embed.get("footer") or {}
    fields = embed.get("fields") or []
    yield from too_long(embed.get("title"), TITLE, *path, "title")
    yield from too_long(embed.get("description"), DESCRIPTION, *path, "description")
    yield from too_long(author.get("name"), AUTHOR, *path, "author", "name")
    yield from too_long(footer.get("text"), FOOTER, *path, "footer", "text")
    yield from too_many(fields, FIELDS, *path, "fields")
    for number, field in enumerate(fields):
        place = (*path, "fields", number)
        yield from missing(field.get("name"), *place, "name")
        yield from missing(field.get("value"), *place, "value")
        yield from too_long(field.get("name"), FIELD_NAME, *place, "name")
        yield from too_long(field.get("value"), FIELD_VALUE, *place, "value")


def _size(embed: Json) -> int:
    """How much of the total an embed takes."""
    texts = [
        embed.get("title"),
        embed.get("description"),
        (embed.get("author") or {}).get("name"),
        (embed.get("footer") or {}).get("text"),
    ]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text or "") for text in texts)


def _mentions(allowed: Json) -> Iterator[Problem]:
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        if listed and kind in (allowed.get("parse") or []):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            path = ("allowed_mentions",)
            yield Problem(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        yield from too_many(listed, 100, "allowed_mentions", kind)


def _second_version(body: Json, parts: list[Json]) -> Iterator[Problem]:
    """Of Components V2: no content and no embeds, and other limits."""
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    for name in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(name):
            message = f"The '{name}' field cannot be used with MessageFlags.32768"
            yield Problem((name,), code, message)
    yield from too_many(list(components.walk(parts)), PARTS, "components")
    if sum(map(len, components.texts(parts))) > PARTS_TEXT:
        message = f"Total text length must be {PARTS_TEXT} or fewer."
        yield Problem(("components",), "COMPONENT_MAX_TOTAL_TEXT_LENGTH", message)


def _only_rows(parts: list[Json]) -> Iterator[Problem]:
    for number, part in enumerate(parts):
        if part.get("type") != components.ROW:
            path = ("components", number, "type")
            yield Problem(path, "UNION_TYPE_CHOICES", "Value must be one of {1}.")


def of_components(parts: list[Json]) -> Iterator[Problem]:
    """What is wrong with buttons, selects and inputs, however deep."""
    ids = [x["custom_id"] for x in components.walk(parts) if x.get("custom_id")]
    for custom_id in (each for each, count in Counter(ids).items() if count > 1):
        message = f"Component custom id cannot be duplicated: {custom_id}"
        yield Problem(("components",), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    yield from _each(parts, ("components",))


def _each(parts: Iterable[Json], path: Path) -> Iterator[Problem]:
    for number, part in enumerate(parts):
        place = (*path, number)
        yield from _component(part, place)
        yield from _each(part.get("components") or [], (*place, "components"))
        for key in ("accessory", "component"):
            if part.get(key):
                yield from _component(part[key], (*place, key))


def _component(part: Json, path: Path) -> Iterator[Problem]:
    kind = part.get("type")
    yield from too_long(part.get("custom_id"), CUSTOM_ID, *path, "custom_id")
    if kind == components.ROW:
        yield from _row(part.get("components") or [], *path, "components")
    elif kind == components.BUTTON:
        yield from _button(part, path)
    elif kind in components.SELECTS:
        yield from missing(part.get("custom_id"), *path, "custom_id")
        yield from too_long(part.get("placeholder"), PLACEHOLDER, *path, "placeholder")
        yield from _options(part, path)
    elif kind == components.TEXT_INPUT:
        yield from missing(part.get("custom_id"), *path, "custom_id")
        yield from too_long(part.get("label"), MODAL_LABEL, *path, "label")
        yield from too_long(part.get("placeholder"), OPTION_TEXT, *path, "placeholder")
    elif kind == components.LABEL:
        yield from too_long(part.get("label"), MODAL_LABEL, *path, "label")
        yield from too_long(part.get("description"), OPTION_TEXT, *path, "description")


def _row(inside: list[Json], *path: str | int) -> Iterator[Problem]:
    if not inside:
        yield Problem(
            path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        )
    yield from too_many(inside, BUTTONS, *path)
    kinds = {each.get("type") for each in inside}
    if len(inside) > 1 and kinds != {components.BUTTON}:
        message = "The specified component exceeds the maximum width"
        yield Problem(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)


def _button(part: Json, path: Path) -> Iterator[Problem]:
    yield from too_long(part.get("label"), LABEL, *path, "label")
    if not (part.get("label") or part.get("emoji") or part.get("sku_id")):
        message = "A button must have a label or an emoji"
        yield Problem(path, "BUTTON_COMPONENT_INVALID_EMPTY", message)
    if part.get("style") != components.LINK:
        wanted, unwanted = "custom_id", "url"
    else:
        wanted, unwanted = "url", "custom_id"
        yield from too_long(part.get("url"), 512, *path, "url")
        if not str(part.get("url") or "https:").startswith(("http", "discord:")):
            message = "Scheme must be one of ('http', 'https', 'discord')."
            yield Problem((*path, "url"), "URL_TYPE_INVALID_SCHEME", message)
    if part.get("style") != components.PREMIUM:
        yield from missing(part.get(wanted), *path, wanted)
    if part.get(unwanted):
        message = "A custom id and url cannot both be specified"
        yield Problem(
            path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message
        )


def _options(part: Json, path: Path) -> Iterator[Problem]:
    if part["type"] != components.STRING_SELECT:
        return
    options = part.get("options") or []
    if not options:
        yield from missing("", *path, "options")
    yield from too_many(options, OPTIONS, *path, "options")
    values = Counter(each.get("value") for each in options)
    for value in (each for each, count in values.items() if count > 1):
        message = f"The specified option value is already used: {value}"
        place = (*path, "options")
        yield Problem(place, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
    for number, option in enumerate(options):
        place = (*path, "options", number)
        for name in ("label", "value"):
            yield from missing(option.get(name), *place, name)
        for name in ("label", "value", "description"):
            yield from too_long(option.get(name), OPTION_TEXT, *place, name)


def of_modal(data: Json) -> Iterator[Problem]:
    """What is wrong with a modal."""
    parts = data.get("components") or []
    for name, most in (("title", MODAL_TITLE), ("custom_id", CUSTOM_ID)):
        yield from missing(data.get(name), name)
        yield from too_long(data.get(name), most, name)
    if not parts:
        yield from missing("", "components")
    yield from too_many(parts, MODAL_PARTS, "components")
    yield from of_components(parts)


def of_choices(data: Json) -> Iterator[Problem]:
    """What is wrong with the choices of autocomplete."""
    choices = data.get("choices") or []
    yield from too_many(choices, CHOICES, "choices")
    for number, choice in enumerate(choices):
        yield from of_choice(choice, "choices", number)


def of_choice(choice: Json, *path: str | int) -> Iterator[Problem]:
    """What is wrong with one choice."""
    yield from missing(choice.get("name"), *path, "name")
    yield from too_long(choice.get("name"), CHOICE, *path, "name")
    if isinstance(choice.get("value"), str):
        yield from missing(choice["value"], *path, "value")
        yield from too_long(choice["value"], CHOICE, *path, "value")
