"""Notifications as signed JSON to a URL (standardwebhooks.com, version 1)."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

import aiohttp

from bot.clock import Clock
from bot.core.kinds import NOTICES, NotificationKind
from bot.core.models import Outgoing
from bot.core.views import moment
from bot.errors import NotifyError
from bot.notifiers import dialling, text

#: from the first byte sent to the answer
TIMEOUT_S = 10.0
SECRET_PREFIX = "whsec_"  # noqa: S105  # the prefix, not a secret


class WebhookNotifier:
    """Posts each notification until the receiver answers 2xx."""

    name = "webhook"
    at_once = 16

    def __init__(self, url: str, secret: str, *, clock: Clock) -> None:
        self._url = url
        self._key = key_of(secret)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, outgoing: Outgoing) -> None:
        """Post it once; redirects are not followed."""
        body = json.dumps(payload(outgoing), separators=(",", ":")).encode()
        headers = self._headers(outgoing, body)
        try:
            async with self._open().post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                _judge(response.status, response.headers)
        except TimeoutError as exc:
            raise NotifyError(f"no answer within {TIMEOUT_S:g} s") from exc
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            # the text of such an error may hold the URL, and so its secrets
            raise NotifyError(f"cannot be reached ({type(exc).__name__})") from None

    def _headers(self, outgoing: Outgoing, body: bytes) -> dict[str, str]:
        message_id = f"notification-{outgoing.notification_id}"
        sent_at = str(int(self._clock.now().timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "cronitor-bot",
            "webhook-id": message_id,
            "webhook-timestamp": sent_at,
            "webhook-signature": sign(self._key, message_id, sent_at, body),
        }

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(socket_factory=dialling.dial),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def key_of(secret: str) -> bytes:
    """The bytes to sign with: base64 behind `whsec_`, any other text as it is."""
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def sign(key: bytes, message_id: str, sent_at: str, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def payload(outgoing: Outgoing) -> dict[str, object]:
    """What is posted: the event, a line for people, the incident and the job."""
    about = "incident" if outgoing.snapshot["incident"] else "job"
    if outgoing.kind in NOTICES:
        about = "cronitor"
    if outgoing.kind is NotificationKind.STORM:
        about = "incident"
    names = ("storm", "report")
    snapshot = outgoing.snapshot
    more = {name: snapshot[name] for name in names if name in snapshot}
    return more | {
        "type": f"{about}.{outgoing.kind}",
        "timestamp": moment(outgoing.at),
        "id": outgoing.notification_id,
        "sounds": outgoing.sounds,
        "text": text.line(outgoing),
        "incident": outgoing.snapshot["incident"],
        "job": outgoing.snapshot["job"],
    }


def _judge(status: int, headers: Mapping[str, str]) -> None:
    if 200 <= status < 300:
        return
    after = headers.get("Retry-After", "")
    retry_after_s = float(after) if after.isdecimal() else None
    raise NotifyError(f"answered {status}", retry_after_s=retry_after_s)
