"""Answers that are errors, in Discord's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a body."""

    #: from the outside in, such as ("embeds", 0, "title")
    path: tuple[str | int, ...]
    code: str
    message: str

    def __str__(self) -> str:
        """On one line."""
        return (
            f"{'.'.join(map(str, self.path)) or 'body'}: {self.message} ({self.code})"
        )


class ApiError(Exception):
    """An error to be answered; a violation is one that the bot may never cause."""

    def __init__(
        self, status: int, code: int, message: str, *, is_violation: bool = False
    ) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.is_violation = is_violation

    def payload(self) -> Json:
        """The body of the answer."""
        return {"message": self.message, "code": self.code}


class InvalidForm(ApiError):
    """The body breaks a limit or the description of the API."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__(400, 50035, "Invalid Form Body", is_violation=True)
        self.problems = list(problems)

    def payload(self) -> Json:
        """The body of the answer, with the errors in the shape of the form."""
        errors: Json = {}
        for problem in self.problems:
            place = errors
            for step in problem.path:
                place = place.setdefault(str(step), {})
            found = {"code": problem.code, "message": problem.message}
            place.setdefault("_errors", []).append(found)
        return {**super().payload(), "errors": errors}


def unauthorized() -> ApiError:
    """The token is not the bot's."""
    return ApiError(401, 0, "401: Unauthorized")


def missing_access() -> ApiError:
    """The bot does not see the thing."""
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """The bot sees it, but may not do that."""
    return ApiError(403, 50013, "Missing Permissions")


def unknown(what: str) -> ApiError:
    """There is no such thing."""
    return ApiError(404, _UNKNOWN[what], f"Unknown {what}")


_UNKNOWN = {
    "Channel": 10003,
    "Guild": 10004,
    "Message": 10008,
    "User": 10013,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}
