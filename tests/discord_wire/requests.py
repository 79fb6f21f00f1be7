"""What the bot has asked for, in order, and what it was answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, overload

from tests.discord_wire.waiting import Changes


@dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """One request; the answer is filled in when it is given."""

    method: str
    #: without the base, such as /channels/1/messages
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: the JSON, also where it came as one part of a form
    body: Any = None
    raw: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: the ids that the parts of a form give to its files, in their order
    file_ids: Sequence[str] = ()
    #: seconds of the monotonic clock
    at: float
    answered_at: float | None = None
    #: None while there is none, and for an answer that was never sent
    status: int | None = None
    answer: Any = None
    #: what the test had done to it
    fault: str | None = None
    #: the path with names for its ids; None for one that Discord does not know
    template: str | None = None

    def matches(self, method: str = "*", path: str = "*") -> bool:
        """Whether it is of this method and path; `*` stands for anything."""
        return fnmatchcase(self.method, method) and fnmatchcase(self.path, path)

    def __str__(self) -> str:
        """On one line."""
        fault = f" [{self.fault}]" if self.fault else ""
        return f"{self.method} {self.path} -> {self.status}{fault}"


class Requests:
    """All requests, oldest first."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._all: list[Request] = []

    def __iter__(self) -> Iterator[Request]:
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> list[Request]: ...
    def __getitem__(self, index: int | slice) -> Request | list[Request]:
        return self._all[index]

    def __str__(self) -> str:
        """A line for each of the last ones."""
        return "\n".join(map(str, self._all[-30:]))

    def add(self, request: Request) -> None:
        """Keep one that has arrived."""
        self._all.append(request)
        self._changes.notify()

    def of(self, method: str = "*", path: str = "*") -> list[Request]:
        """Those of this method and path; `*` stands for anything."""
        return [each for each in self._all if each.matches(method, path)]

    async def until(
        self,
        method: str = "*",
        path: str = "*",
        *,
        count: int = 1,
        where: Callable[[Request], bool] = lambda _: True,
    ) -> list[Request]:
        """Wait until so many of them have been answered or were let down."""

        def found() -> list[Request]:
            done = [each for each in self.of(method, path) if _is_over(each)]
            chosen = [each for each in done if where(each)]
            return chosen if len(chosen) >= count else []

        what = f"{count} x {method} {path}"
        return await self._changes.until(found, lambda: f"{what}; there were:\n{self}")

    def mentioning(self, secret: str) -> list[Request]:
        """Those whose URL, body or files hold a text."""
        return [each for each in self._all if _holds(each, secret)]


def _is_over(request: Request) -> bool:
    return request.answered_at is not None


def _holds(request: Request, secret: str) -> bool:
    texts = [request.path, *request.query.values(), repr(request.body)]
    contents = [request.raw, *request.files.values()]
    wanted = secret.encode()
    return any(secret in text for text in texts) or any(wanted in c for c in contents)
