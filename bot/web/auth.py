"""Who is calling, and what that opens."""

import hmac
import os
import socket
from dataclasses import dataclass

from aiohttp import web

from bot.core.api_keys import ApiKey
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.engine.keys import ApiKeys
from bot.engine.ping_keys import PingKeys
from bot.errors import Forbidden
from bot.web import peers
from bot.web.base import SERVICES
from bot.web.errors import Unauthorized

_ROOT = 0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Keys:
    """The secrets that open a door; what has none is shut."""

    #: stands in ping URLs by slug
    ping: str
    #: opens all of the API
    full: str | None = None
    #: opens what only reads
    readonly: str | None = None
    #: the ping key, where it can change while the server runs
    rotating: PingKeys | None = None

    @property
    def ping_now(self) -> str:
        """What stands in ping URLs by slug now."""
        return self.ping if self.rotating is None else self.rotating.current

    def opens_pings(self, given: str) -> bool:
        """Whether pings with this key are taken."""
        if self.rotating is not None:
            return self.rotating.opens(given)
        return _same(given, self.ping)


KEYS = web.AppKey("keys", Keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks the API for something."""

    actor: Actor
    #: may change things, and see ping URLs
    writes: bool
    #: comes over the Unix socket
    local: bool
    #: the stored key that it came with; None: another way
    key: ApiKey | None = None


def identify(request: web.Request) -> Caller:
    """The caller of a request; raises Unauthorized, or Forbidden with the way out."""
    connection = _unix_socket(request)
    if connection is not None:
        return _local(connection)
    stored = request.app[SERVICES].keys
    return _by_key(request.app[KEYS], stored, _given_key(request))


def is_local(request: web.Request) -> bool:
    """Whether it comes over the Unix socket, from the owner or root."""
    try:
        connection = _unix_socket(request)
        return connection is not None and _local(connection).local
    except Forbidden:
        return False


def check_may(caller: Caller, method: str) -> None:
    """Raise Forbidden unless the caller may use this method."""
    if not caller.writes and method not in ("GET", "HEAD"):
        raise Forbidden("this key only reads; use one that may change things")


def _unix_socket(request: web.Request) -> socket.socket | None:
    transport = request.transport
    if transport is None:
        raise Forbidden("the connection is gone")
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    return connection


def _local(connection: socket.socket) -> Caller:
    uid = peers.uid_of(connection)
    if uid not in (_ROOT, os.geteuid()):
        raise Forbidden(
            f"this socket is for the user {peers.name_of(os.geteuid())} and for root"
        )
    actor = Actor(kind=ActorKind.CLI, name=peers.name_of(uid))
    return Caller(actor=actor, writes=True, local=True)


def _given_key(request: web.Request) -> str:
    given = request.headers.get("X-Api-Key")
    if given is not None:
        return given.strip()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _by_key(keys: Keys, stored: ApiKeys, given: str) -> Caller:
    if not keys.full and not keys.readonly and stored.is_empty:
        raise Forbidden(
            "the HTTP API is off: make a key with `cronitor key add NAME` on the "
            "server, set api.key in the settings, or use the command line there, "
            "which needs no key"
        )
    if _same(given, keys.full):
        actor = Actor(kind=ActorKind.API, name="key")
        return Caller(actor=actor, writes=True, local=False)
    if _same(given, keys.readonly):
        actor = Actor(kind=ActorKind.API, name="readonly")
        return Caller(actor=actor, writes=False, local=False)
    key = stored.find(given)
    if key is not None:
        actor = Actor(kind=ActorKind.API, name=key.name)
        return Caller(actor=actor, writes=not key.reads_only, local=False, key=key)
    raise Unauthorized(
        "the key is missing or wrong: send `X-Api-Key: ...` or "
        "`Authorization: Bearer ...`"
    )


def _same(given: str, key: str | None) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    if not key:
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), key.encode("utf-8")
    )
