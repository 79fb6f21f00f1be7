"""What a failed call of Discord means for whoever wanted it done."""

import aiohttp
import discord

from bot.errors import ChannelLost, Gone, NotifyError

#: what Cloudflare asks for when it refuses us without saying so
BANNED_S = 60.0

#: Discord's codes: unknown channel, unknown guild, unknown message
_NO_CHANNEL, _NO_GUILD, _NO_MESSAGE = 10003, 10004, 10008
#: missing access; missing permissions; no reply without Read Message History
_NO_ACCESS, _NO_PERMISSION, NO_REPLY = 50001, 50013, 160002

_LOST = {
    _NO_CHANNEL: "it does not exist any more (set the id of another channel)",
    _NO_GUILD: "the bot is not in that server (invite it again)",
    _NO_ACCESS: "the bot cannot see it (give its role View Channel there, or invite "
    "it again)",
    _NO_PERMISSION: "the bot may not write there (give its role Send Messages and "
    "Embed Links in that channel)",
}

#: a client that is closed in mid-send raises RuntimeError
FAILURES = (
    discord.DiscordException,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    RuntimeError,
)


def translated(exc: BaseException) -> NotifyError:
    """What a failed call means for whoever wanted it done."""
    match exc:
        case discord.RateLimited():
            return NotifyError("rate limited", retry_after_s=exc.retry_after)
        case discord.HTTPException():
            return _of_answer(exc)
        case aiohttp.ClientConnectorError():
            return NotifyError("cannot be reached")
        case TimeoutError():
            return NotifyError("no answer in time", unsure=True)
        case _:
            # the text of such an error may hold a URL, and so a token
            name = type(exc).__name__
            return NotifyError(f"the connection was lost ({name})", unsure=True)


def _of_answer(exc: discord.HTTPException) -> NotifyError:
    if exc.code == _NO_MESSAGE:
        return Gone("the message was deleted")
    if exc.code in _LOST:
        return ChannelLost(_LOST[exc.code], deleted=exc.code == _NO_CHANNEL)
    said = f"answered {exc.status}"
    if exc.code:
        said = f"{said}, code {exc.code}"
    if exc.status == 401:
        return NotifyError(f"{said}: the token is refused", retry_after_s=BANNED_S)
    if exc.status == 429:
        asked = exc.response.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdecimal() else BANNED_S
        return NotifyError(said, retry_after_s=wait)
    return NotifyError(said, unsure=exc.status >= 500)
