"""What can go wrong, as far as somebody catches it.

CronitorError
├── NotFound            no such job, incident, mute ...          HTTP 404, exit 1
├── Invalid             a value breaks a rule; names the field    HTTP 400, exit 1
├── Conflict            it contradicts what is there              HTTP 409, exit 1
│   ├── Unreadable      what is stored of a job breaks a rule
│   └── Overtaken       somebody else has changed the same meanwhile
├── Forbidden           this caller may not                       HTTP 403, exit 1
├── Unavailable         cannot be stored now, try again           HTTP 503, exit 1
├── ConfigError         settings are wrong                        exit 78
├── StorageError        the database cannot be used               exit 78
├── NoServer            nobody answers                            exit 69
└── NotifyError         a notification was not taken
    ├── Gone            the message that was to be changed is not there any more
    └── ChannelLost     nothing can be said in that channel
"""

from dataclasses import dataclass


class CronitorError(Exception):
    """Something that a person should read, not a traceback."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NotFound(CronitorError):
    """There is no such thing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field of what came in."""

    field: str
    reason: str
    #: what to write instead; empty where nothing useful can be said
    hint: str = ""

    def __str__(self) -> str:
        """The problem in one line: `field: reason (hint)`."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.field}: {self.reason}{tail}"


class Invalid(CronitorError):
    """One or more values break a rule."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


class Conflict(CronitorError):
    """It contradicts what is there."""


class Unreadable(Conflict):
    """What is stored of a job cannot be read."""


class Overtaken(Conflict):
    """Somebody else has changed the same meanwhile: look again."""


class Forbidden(CronitorError):
    """This caller may not do that."""


class Unavailable(CronitorError):
    """It cannot be stored at the moment; try again."""

    def __init__(self, message: str | None = None, retry_after_s: int = 5) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ConfigError(CronitorError):
    """The settings are wrong."""


class StorageError(CronitorError):
    """The database cannot be used."""


class NoServer(CronitorError):
    """No server answers."""


class NotifyError(CronitorError):
    """A notification was not taken."""

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
        unsure: bool = False,
    ) -> None:
        #: trying again cannot help until a person changes something
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        #: it may have been taken all the same: the answer was lost
        self.unsure = unsure
        super().__init__(message)


class Gone(NotifyError):
    """The message that was to be changed is not there any more."""


class ChannelLost(NotifyError):
    """Nothing can be said in a channel: it is gone, or we may not."""

    def __init__(self, message: str, *, deleted: bool = False) -> None:
        #: the channel is gone for good, and its messages with it
        self.deleted = deleted
        super().__init__(message, permanent=True)
