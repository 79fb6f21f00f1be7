"""What a ping means, how much of its body is kept, and how often it may come."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.core.kinds import PingKind
from bot.core.models import Definition, Filters

#: programs that fetch a link which somebody posted, or that collect links; each name is
#: looked for in the agent without regard to case
PREVIEW_AGENTS = (
    *("Discordbot", "Slackbot", "Slack-ImgProxy", "Twitterbot", "TelegramBot"),
    *("facebookexternalhit", "Facebot", "meta-externalagent", "meta-externalfetcher"),
    *("LinkedInBot", "WhatsApp/", "SkypeUriPreview", "MicrosoftPreview"),
    *("Mattermost-Bot", "Synapse (bot", "UrlPreviewBot", "ZulipURLPreview"),
    *("redditbot", "Pinterestbot", "vkShare", "Viber/", "Snap URL Preview", "Cardyb"),
    *("Embedly", "Iframely", "Google-PageRenderer", "BingPreview"),
    *("Googlebot", "bingbot", "Applebot", "DuckDuckBot", "YandexBot", "Baiduspider"),
)

#: these names stand at the front or soon after it
_AGENT_SEEN = 300
_PREVIEW_NAMES = {each.lower(): re.split(" \\(|/", each)[0] for each in PREVIEW_AGENTS}

_RID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_MARK = re.compile(rb"\n\[\.\.\. [0-9]+ bytes left out \.\.\.\]\n")

#: how many seconds' worth of pings may come at once
BURST = 4
#: what is lost when a waiting time is added to a clock's reading
_ROUNDING = 1e-6


def classify(
    said: PingKind,
    *,
    exit_status: int | None,
    method: str,
    agent: str,
    body: bytes,
    definition: Definition,
    paused: bool,
) -> tuple[PingKind, str]:
    """What a ping is taken as, and why if it is ignored.

    `said` is the URL's suffix. As in Healthchecks, keywords override every suffix,
    `log` too. They are looked for in `body` as it is kept, case and all.
    """
    if agent and (preview := _preview(agent[:_AGENT_SEEN])):
        return PingKind.IGNORED, f"a link preview by {preview}"
    if definition.methods and method != definition.methods:
        return PingKind.IGNORED, f"{method}; only {definition.methods} counts"
    kind = PingKind.FAIL if exit_status else said
    if definition.filters:
        kind = _filtered(kind, body, definition.filters)
        if kind is PingKind.IGNORED:
            return kind, "none of the keywords is in the body"
    if paused and definition.manual_resume:
        return PingKind.IGNORED, "the job is paused and resumed by hand only"
    return kind, ""


def parse_rid(text: str) -> str | None:
    """A run's id in lower case; None if it is no UUID in its form with dashes."""
    return text.lower() if _RID.fullmatch(text) else None


def keep(body: bytes, limit: int) -> bytes:
    """The body, or its head and tail with a mark between them, in `limit` bytes."""
    if len(body) <= limit:
        return body
    head, tail = _halves(limit)
    return keep_parts(body[:head], body[len(body) - tail :], len(body), limit)


def keep_parts(head: bytes, tail: bytes, total: int, limit: int) -> bytes:
    """What `keep` makes of a body of `total` bytes, from its two ends.

    A body that is not longer than the limit is in the two ends; of a longer one they
    have half the limit each, the head one byte more of an odd one. A limit that is too
    small for the mark keeps the head alone.
    """
    if total <= limit:
        return head + tail
    mark = _mark(total, limit)
    room = limit - len(mark)
    if room < 0:
        return head
    front, back = _halves(room)
    return head[:front] + mark + tail[len(tail) - back :]


class BodyKeeper:
    """Keeps head and tail of a body that comes in pieces, in bounded memory."""

    def __init__(self, limit: int) -> None:
        #: bytes that came in
        self.size = 0
        self._limit = limit
        self._head_limit, self._tail_limit = _halves(limit)
        self._head = bytearray()
        self._tail = bytearray()

    def feed(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        self.size += len(piece)
        wanted = self._head_limit - len(self._head)
        self._head += piece[:wanted]
        rest = piece[wanted:][-self._tail_limit :] if self._tail_limit else b""
        spare = len(self._tail) + len(rest) - self._tail_limit
        if spare > 0:
            del self._tail[:spare]
        self._tail += rest

    def shrink(self, limit: int) -> None:
        """Keep no more than so many bytes, of what came and of what will."""
        if self.held > limit:
            came = self._head + self._tail
            self._limit = limit
            self._head_limit, self._tail_limit = _halves(limit)
            self._head = came[: self._head_limit]
            self._tail = came[len(came) - self._tail_limit :]

    @property
    def held(self) -> int:
        """Bytes in memory: never more than the limit."""
        return len(self._head) + len(self._tail)

    def body(self) -> bytes:
        """What is kept: the same as `keep` makes of the whole."""
        return keep_parts(bytes(self._head), bytes(self._tail), self.size, self._limit)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many pings of a job may come at once, at a moment of a monotonic clock."""

    tokens: float
    at: float


def admit(bucket: Bucket | None, now_s: float, rate: float) -> tuple[Bucket, float]:
    """Take one ping in: the bucket afterwards, and 0.0 or the seconds to wait.

    `rate` is in pings a second; 0 admits everything. A job without a bucket has a full
    one. A refused ping takes nothing away.
    """
    if rate <= 0:
        return bucket or Bucket(0.0, now_s), 0.0
    most = max(1.0, rate * BURST)
    tokens = most
    if bucket is not None:
        gained = max(0.0, now_s - bucket.at) * rate
        tokens = min(most, bucket.tokens + gained)
    if tokens >= 1.0 - _ROUNDING:
        return Bucket(max(0.0, tokens - 1.0), now_s), 0.0
    return Bucket(tokens, now_s), (1.0 - tokens) / rate


@lru_cache(maxsize=1024)
def _preview(agent: str) -> str:
    """The link-preview program that an agent names; empty for every other agent."""
    plain = agent.lower()
    return next((shown for key, shown in _PREVIEW_NAMES.items() if key in plain), "")


def _filtered(kind: PingKind, body: bytes, filters: Filters) -> PingKind:
    body = _MARK.sub(b"\n", body)
    if _has(body, filters.failure):
        return PingKind.FAIL
    if _has(body, filters.success):
        return PingKind.SUCCESS
    if _has(body, filters.start):
        return PingKind.START
    return PingKind.IGNORED if filters.default_ignored else kind


def _has(body: bytes, keywords: tuple[str, ...]) -> bool:
    return any(keyword.encode() in body for keyword in keywords)


def _halves(size: int) -> tuple[int, int]:
    return size - size // 2, size // 2


def _mark(total: int, limit: int) -> bytes:
    """The mark that says exactly how many bytes are missing once it is put in."""
    mark = b""
    while True:
        left_out = total - (limit - len(mark))
        longer = b"\n[... %d bytes left out ...]\n" % left_out
        if len(longer) == len(mark):
            return longer
        mark = longer
