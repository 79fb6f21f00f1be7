"""A key of the HTTP API as it is stored: whoever has only that cannot use it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of the HTTP API, as far as anybody but its owner knows it."""

    id: int
    name: str
    #: SHA-256 of the key, in hexadecimal
    hash: str
    reads_only: bool
    created_at: datetime
    created_by: str
    #: None: never
    expires_at: datetime | None = None
    #: to the hour
    last_used_at: datetime | None = None
