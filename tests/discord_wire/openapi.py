"""Bodies against Discord's own description of its API, where there is a copy of it."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.discord_wire.errors import Problem

Json = dict[str, Any]

#: names the file
VARIABLE = "DISCORD_OPENAPI"
_ROOT = "urn:discord"
#: below an operation
_BODY = "requestBody/content/application~1json/schema"


def is_there() -> bool:
    """Whether bodies can be checked."""
    return bool(os.environ.get(VARIABLE))


def problems(method: str, template: str, body: Any) -> Iterator[Problem]:
    """What is wrong with a body; nothing where there is no description."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    validator = _validator(path, method.lower(), template)
    if validator is None:
        return
    yield from _found(validator, body)


def answer_problems(
    method: str, template: str, status: int, body: Any
) -> Iterator[Problem]:
    """What is wrong with an answer of this server's own."""
    path = os.environ.get(VARIABLE, "")
    place = f"responses/{status}/content/application~1json/schema"
    validator = _validator(path, method.lower(), template, place)
    if validator is not None:
        yield from _found(validator, body)


def _found(validator: Draft202012Validator, body: Any) -> Iterator[Problem]:
    for error in validator.iter_errors(body):
        inner = _innermost(error)
        yield Problem(tuple(inner.absolute_path), "OPENAPI", _reason(inner))


@cache
def _document(path: str) -> Json:
    """The description; read once."""
    document: Json = json.loads(Path(path).read_text("utf-8"))
    schemas = document["components"]["schemas"]
    # Discord takes numbers for ids too, and discord.py sends some so
    schemas["SnowflakeType"]["type"] = ["string", "integer"]
    for name, schema in schemas.items():
        # a misspelt key would be ignored without a word
        if name.endswith(_SENT) and "properties" in schema:
            schema["unevaluatedProperties"] = False
            schema["properties"] |= dict.fromkeys(_UNDESCRIBED, True)
    return document


#: what discord.py sends all the same: of commands, and of edits
_UNDESCRIBED = ("nsfw", "tts")
#: how the names end of what a bot sends
_SENT = ("Request", "RequestPartial")


@cache
def _registry(path: str) -> Registry[Any]:
    resource = Resource.from_contents(_document(path), DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_ROOT, resource)
    return registry


@cache
def _validator(
    path: str, method: str, template: str, place: str = _BODY
) -> Draft202012Validator | None:
    """For a place below an operation; None where nothing is described."""
    found = _document(path)["paths"].get(template, {}).get(method, {})
    for step in place.split("/"):
        found = found.get(step.replace("~1", "/"), {})
    if not found:
        return None
    escaped = template.replace("/", "~1")
    schema = {"$ref": f"{_ROOT}#/paths/{escaped}/{method}/{place}"}
    return Draft202012Validator(schema, registry=_registry(path))


def _innermost(error: ValidationError) -> ValidationError:
    """What is wrong inside the branch of a union that was meant."""
    while error.context:
        branches: dict[object, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        meant = min(branches.values(), key=lambda b: (any(map(_is_other, b)), len(b)))
        error = meant[0]
    return error


def _is_other(error: ValidationError) -> bool:
    """Whether the branch is for another type of thing, or for null."""
    if not error.path:
        return error.validator == "type"
    return error.path[0] == "type"


def _reason(error: ValidationError) -> str:
    """Its message, without the whole of a long body."""
    text = error.message
    return text if len(text) < _LONG else f"{text[:200]} ... {text[-200:]}"


_LONG = 500
