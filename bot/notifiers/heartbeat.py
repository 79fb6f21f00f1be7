"""Posts the outward heartbeat to a URL: all is well, or `/fail` and what is not."""

from urllib.parse import urlsplit

import aiohttp

from bot.errors import NotifyError
from bot.notifiers import dialling

#: from the first byte sent to the answer
TIMEOUT_S = 10.0
#: Healthchecks answers an unknown check with status 200 and this
_UNKNOWN = b"(not found)"
_LONGEST_ANSWER = 200


class HeartbeatUrl:
    """One URL; each post is a connection of its own, since they are rare."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._fail_url = fail_url(url)

    async def send(self, problem: str | None) -> None:
        """Post once; redirects are not followed.

        Raises NotifyError, which is `unsure` if nobody has answered.
        """
        url = self._url if problem is None else self._fail_url
        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(
                        socket_factory=dialling.dial, force_close=True
                    ),
                    timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers={"User-Agent": "cronitor-bot"},
                ) as session,
                session.post(
                    url, data=(problem or "").encode(), allow_redirects=False
                ) as response,
            ):
                answer = await response.content.read(_LONGEST_ANSWER)
        except TimeoutError as exc:
            raise NotifyError(f"no answer within {TIMEOUT_S:g} s", unsure=True) from exc
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            # the text of such an error may hold the URL, and so its secrets
            raise NotifyError(
                f"cannot be reached ({type(exc).__name__})", unsure=True
            ) from None
        if not 200 <= response.status < 300:
            raise NotifyError(f"answered {response.status}")
        if _UNKNOWN in answer:
            raise NotifyError("answered that it does not know this URL")


def fail_url(url: str) -> str:
    """The URL that says fail: `/fail` after the path, before the query."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/fail").geturl()
