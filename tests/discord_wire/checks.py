"""Every body against Discord's limits and its description of the API."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.discord_wire import command_limits, limits, openapi
from tests.discord_wire.errors import ApiError, InvalidForm, Problem
from tests.discord_wire.interactions import CallbackType
from tests.discord_wire.requests import Request
from tests.discord_wire.routes import channels, commands, interactions

Json = dict[str, Any]


def _callback(body: Json) -> Iterator[Problem]:
    """The data of a callback, by its type."""
    data, kind = body.get("data") or {}, body.get("type")
    found: Iterator[Problem] = iter(())
    if kind == CallbackType.CHOICES:
        found = limits.of_choices(data)
    elif kind == CallbackType.MODAL:
        found = limits.of_modal(data)
    elif kind in {CallbackType.MESSAGE, CallbackType.UPDATE}:
        found = limits.of_message(data)
    for problem in found:
        yield Problem(("data", *problem.path), problem.code, problem.message)


_LIMITS: dict[tuple[str, str], Callable[[Any], Iterator[Problem]]] = {
    ("POST", channels.MESSAGES): limits.of_message,
    ("PATCH", channels.MESSAGE): limits.of_message,
    ("POST", interactions.WEBHOOK): limits.of_message,
    ("PATCH", interactions.ORIGINAL): limits.of_message,
    ("PATCH", interactions.MESSAGE): limits.of_message,
    ("POST", interactions.CALLBACK): _callback,
    ("PUT", commands.GLOBAL): command_limits.of_commands,
    ("PUT", commands.GUILD): command_limits.of_commands,
    ("POST", commands.GLOBAL): command_limits.of_command,
    ("POST", commands.GUILD): command_limits.of_command,
}


def check(request: Request, template: str) -> None:
    """Raise InvalidForm for a body that Discord would refuse, or should."""
    key = request.method, template
    if key not in _LIMITS and request.body is None:
        return
    problems = list(openapi.problems(*key, request.body))
    if not problems:
        # what has another shape than described cannot be measured
        problems = list(_LIMITS.get(key, _none)(request.body))
    if problems:
        raise InvalidForm(problems)


def _none(_: Any) -> Iterator[Problem]:
    return iter(())


def check_files(request: Request, most_bytes: int) -> None:
    """Raise for files that are too large, or that the body gives another number."""
    listed = [str(each.get("id")) for each in _attachments(request.body)]
    unknown = [each for each in request.file_ids if listed and each not in listed]
    if unknown:
        problem = Problem(("attachments",), "ATTACHMENT_NOT_FOUND", f"{unknown}")
        raise InvalidForm([problem])
    if sum(map(len, request.files.values())) > most_bytes:
        raise ApiError(413, 40005, "Request entity too large", is_violation=True)


def _attachments(body: Any) -> list[Any]:
    """What is said of files, whichever call it is."""
    if not isinstance(body, dict):
        return []
    inner = body["data"] if isinstance(body.get("data"), dict) else body
    return list(inner.get("attachments") or [])
