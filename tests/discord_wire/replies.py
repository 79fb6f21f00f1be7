"""Answers as they go over the wire."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

VIA = {"Via": "1.1 google"}


@dataclass(slots=True)
class Reply:
    """What is answered; no body with 204."""

    status: int = 204
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """For aiohttp; discord.py compares the content type exactly."""
        headers = {**VIA, **self.headers}
        if self.status == 204:
            return web.Response(status=204, headers=headers)
        headers["Content-Type"] = "application/json"
        raw = json.dumps(self.body).encode()
        return web.Response(status=self.status, headers=headers, body=raw)


def limits(remaining: int, reset_after_s: float, reset_at_s: float) -> dict[str, str]:
    """The headers of a limit of five."""
    return {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{reset_at_s:.3f}",
        "X-RateLimit-Reset-After": f"{reset_after_s:.3f}",
        "X-RateLimit-Bucket": "80c17d2f203122d936070c88c8d10f33",
    }


def too_many(retry_after_s: float, now_s: float, scope: str = "user") -> Reply:
    """Discord's own 429; of scope user, shared or global."""
    is_global = scope == "global"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after_s, 3),
        "global": is_global,
        "code": 0,
    }
    headers = {
        "Retry-After": str(math.ceil(retry_after_s)),
        "X-RateLimit-Scope": scope,
        **limits(0, retry_after_s, now_s + retry_after_s),
    }
    if is_global:
        headers = {name: headers[name] for name in ("Retry-After", "X-RateLimit-Scope")}
        headers["X-RateLimit-Global"] = "true"
    return Reply(429, body, headers)


def banned(retry_after_s: float) -> web.Response:
    """The 429 of Cloudflare, before Discord."""
    headers = {"Retry-After": str(math.ceil(retry_after_s))}
    return web.Response(status=429, headers=headers, text="error code: 1015")


def failure(status: int) -> web.Response:
    """A page of a proxy before Discord."""
    page = f"<html><head><title>{status}</title></head><body>cloudflare</body></html>"
    return web.Response(status=status, text=page, content_type="text/html")
