import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import pings
from bot.core.kinds import PingKind
from bot.core.models import Definition, Filters
from bot.core.pings import BodyKeeper, Bucket

RID = "04603d8b-edf4-4e85-8f61-24bedbcaab59"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
FILTERED = Definition(
    slug="a", filters=Filters(success=("done",), failure=("ERROR",), start=("begin",))
)
STRICT = Definition(slug="a", filters=Filters(success=("done",), default_ignored=True))
HELD = Definition(slug="a", manual_resume=True)
POSTED = Definition(slug="a", methods="POST")

#: what a URL may say
SUFFIXES = [kind for kind in PingKind if kind is not PingKind.IGNORED]


def taken(
    said: PingKind = PingKind.SUCCESS,
    definition: Definition = FILTERED,
    *,
    exit_status: int | None = None,
    method: str = "POST",
    agent: str = "curl/8.5.0",
    body: bytes = b"",
    paused: bool = False,
) -> tuple[PingKind, str]:
    """What a ping is taken as."""
    return pings.classify(
        said,
        exit_status=exit_status,
        method=method,
        agent=agent,
        body=body,
        definition=definition,
        paused=paused,
    )


def left_out(kept: bytes) -> int:
    """What the mark in a body says."""
    return int(kept.partition(b"[... ")[2].split()[0])


@pytest.mark.parametrize("said", SUFFIXES)
def test_a_plain_ping_is_what_its_suffix_says(said: PingKind) -> None:
    assert taken(said, Definition(slug="a")) == (said, "")


@pytest.mark.parametrize(
    ("exit_status", "kind"),
    [
        (None, PingKind.SUCCESS),
        (0, PingKind.SUCCESS),
        (1, PingKind.FAIL),
        (255, PingKind.FAIL),
    ],
)
def test_an_exit_status_above_zero_is_a_failure(
    exit_status: int | None, kind: PingKind
) -> None:
    assert taken(exit_status=exit_status) == (kind, "")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "Discordbot",
        ),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot"),
        ("TWITTERBOT/1.0", "Twitterbot"),
        ("TelegramBot (like TwitterBot)", "Twitterbot"),
        ("WhatsApp/2.23.20.0", "WhatsApp"),
        ("Synapse (bot; +https://github.com/matrix-org/synapse)", "Synapse"),
    ],
)
def test_a_link_preview_is_ignored(agent: str, name: str) -> None:
    for said in SUFFIXES:
        ignored = (PingKind.IGNORED, f"a link preview by {name}")
        assert taken(said, exit_status=1, agent=agent, body=b"ERROR") == ignored


@pytest.mark.parametrize(
    "agent",
    ["", "curl/8.5.0", "Wget/1.21", "python-requests/2.32", "my-backup-bot/1", FIREFOX],
)
def test_any_other_agent_counts(agent: str) -> None:
    assert taken(agent=agent) == (PingKind.SUCCESS, "")


def test_a_preview_is_known_by_the_front_of_its_name() -> None:
    assert taken(agent="x" * 300 + "Discordbot") == (PingKind.SUCCESS, "")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_where_only_post_counts_other_methods_are_ignored(method: str) -> None:
    ignored = (PingKind.IGNORED, f"{method}; only POST counts")
    assert taken(PingKind.FAIL, POSTED, exit_status=1, method=method) == ignored
    assert taken(PingKind.FAIL, POSTED) == (PingKind.FAIL, "")
    assert taken(method=method) == (PingKind.SUCCESS, "")


@pytest.mark.parametrize("said", SUFFIXES)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"begin, done, ERROR", PingKind.FAIL),
        (b"begin, done", PingKind.SUCCESS),
        (b"begin", PingKind.START),
        (b"\xff\xfe ERROR \x00", PingKind.FAIL),
    ],
)
def test_a_keyword_in_the_body_overrides_every_suffix(
    said: PingKind, body: bytes, kind: PingKind
) -> None:
    assert taken(said, exit_status=1, body=body) == (kind, "")


@pytest.mark.parametrize("body", [b"", b"error", b"Done", b"\xff"])
def test_without_a_keyword_the_suffix_counts_unless_it_is_to_be_ignored(
    body: bytes,
) -> None:
    assert taken(PingKind.LOG, body=body) == (PingKind.LOG, "")
    assert taken(exit_status=3, body=body) == (PingKind.FAIL, "")
    ignored = (PingKind.IGNORED, "none of the keywords is in the body")
    assert taken(PingKind.FAIL, STRICT, body=body) == ignored
    assert taken(PingKind.FAIL, STRICT, body=b"done") == (PingKind.SUCCESS, "")


def test_keywords_of_any_script_are_found() -> None:
    definition = Definition(slug="a", filters=Filters(failure=("größer",)))
    assert taken(definition=definition, body="größer".encode())[0] is PingKind.FAIL


def test_the_mark_of_a_cut_body_is_no_keyword() -> None:
    definition = Definition(slug="a", filters=Filters(failure=("bytes left",)))
    body = pings.keep(b"x" * 1000, 200)
    assert b"bytes left" in body
    assert taken(definition=definition, body=body) == (PingKind.SUCCESS, "")


@pytest.mark.parametrize("said", SUFFIXES)
def test_a_paused_job_that_is_resumed_by_hand_ignores_all(said: PingKind) -> None:
    ignored = (PingKind.IGNORED, "the job is paused and resumed by hand only")
    assert taken(said, HELD, paused=True) == ignored
    assert taken(said, HELD) == (said, "")
    assert taken(said, paused=True) == (said, "")


def test_methods_come_before_keywords_and_those_before_a_pause() -> None:
    strict = Definition(
        slug="a", methods="POST", filters=STRICT.filters, manual_resume=True
    )
    assert taken(definition=strict, method="GET", paused=True)[1].startswith("GET")
    assert taken(definition=strict, paused=True)[1].startswith("none of the keywords")
    assert taken(definition=strict, paused=True, body=b"done")[1].startswith("the job")


@pytest.mark.parametrize("text", [RID, RID.upper(), RID.title(), "0" * 8 + RID[8:]])
def test_a_rid_is_taken_in_any_case(text: str) -> None:
    assert pings.parse_rid(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        RID + "0",
        RID + "\n",
        "\n" + RID,
        " " + RID,
        RID.replace("-", ""),
        "{" + RID + "}",
        "urn:uuid:" + RID,
        RID.replace("0", "g"),
        RID.replace("0", "\u0660"),
        RID.replace("-", "\u2010"),
    ],
)
def test_anything_else_is_no_rid(text: str) -> None:
    assert pings.parse_rid(text) is None


@given(st.uuids())
def test_every_uuid_is_a_rid(uuid: object) -> None:
    assert pings.parse_rid(str(uuid)) == str(uuid)


def test_a_long_body_keeps_its_head_and_its_tail() -> None:
    body = b"a" * 60 + b"b" * 60
    kept = pings.keep(body, 60)
    assert kept == b"a" * 16 + b"\n[... 89 bytes left out ...]\n" + b"b" * 15


@pytest.mark.parametrize("limit", [99, 100, 101, 1000])
def test_the_mark_is_right_where_its_number_gets_longer(limit: int) -> None:
    for size in (limit + 1, 2 * limit, 10 * limit + 7, 1_000_000):
        kept = pings.keep(bytes(size), limit)
        assert len(kept) == limit
        assert kept.count(0) + left_out(kept) == size


@given(st.integers(0, 400), st.integers(0, 300))
def test_a_body_never_exceeds_the_limit(size: int, limit: int) -> None:
    kept = pings.keep(b"x" * size, limit)
    if size > limit and b"[" in kept:
        assert len(kept) == limit
    elif size > limit:
        assert limit < len(b"\n[... 400 bytes left out ...]\n")
        assert kept == b"x" * math.ceil(limit / 2)
    else:
        assert kept == b"x" * size


@given(st.integers(1, 10**12), st.integers(50, 10**5))
def test_what_is_left_out_is_counted_exactly(excess: int, limit: int) -> None:
    half = (limit + 1) // 2
    kept = pings.keep_parts(b"h" * half, b"t" * half, limit + excess, limit)
    assert len(kept) == limit
    mark = kept.strip(b"ht")
    assert limit - len(mark) + left_out(kept) == limit + excess
    assert -1 <= kept.index(mark) - (limit - kept.index(mark) - len(mark)) <= 1


@given(st.lists(st.binary(max_size=60), max_size=20), st.integers(0, 200))
def test_a_body_in_pieces_is_kept_like_the_whole(
    pieces: list[bytes], limit: int
) -> None:
    keeper = BodyKeeper(limit)
    for piece in pieces:
        keeper.feed(piece)
        assert keeper.held <= limit
    whole = b"".join(pieces)
    assert keeper.size == len(whole)
    assert keeper.body() == pings.keep(whole, limit)


@given(
    st.lists(st.binary(max_size=60), max_size=20),
    st.lists(st.binary(max_size=60), max_size=5),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_a_body_that_has_to_shrink_is_kept_like_the_whole(
    before: list[bytes], after: list[bytes], limit: int, smaller: int
) -> None:
    keeper = BodyKeeper(limit)
    for piece in before:
        keeper.feed(piece)
    held = keeper.held
    keeper.shrink(smaller)
    assert keeper.held == min(held, smaller)
    for piece in after:
        keeper.feed(piece)
    whole = b"".join(before + after)
    shrunk = smaller if held > smaller else limit
    assert keeper.size == len(whole)
    assert keeper.body() == pings.keep(whole, shrunk)


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_body_up_to_the_limit_is_kept_whole(size: int) -> None:
    keeper = BodyKeeper(100)
    keeper.feed(b"x" * size)
    assert keeper.body() == pings.keep(b"x" * size, 100) == b"x" * size


def test_a_limit_with_room_for_the_mark_alone_keeps_it_alone() -> None:
    mark = b"\n[... 101 bytes left out ...]\n"
    assert pings.keep(b"x" * 101, len(mark)) == mark
    assert pings.keep(b"x" * 100, len(mark)) == b"x" + mark.replace(b"101", b"99")


def test_a_huge_piece_is_not_held() -> None:
    keeper = BodyKeeper(1000)
    for _ in range(3):
        keeper.feed(bytes(10_000_000))
    assert keeper.size == 30_000_000
    assert keeper.held == 1000
    kept = keeper.body()
    assert kept.count(0) + left_out(kept) == 30_000_000


def test_bursts_of_four_seconds_worth_are_taken() -> None:
    bucket: Bucket | None = None
    for _ in range(20):
        bucket, wait_s = pings.admit(bucket, 100.0, 5.0)
        assert wait_s == 0.0
    bucket, wait_s = pings.admit(bucket, 100.0, 5.0)
    assert wait_s == pytest.approx(0.2)
    bucket, wait_s = pings.admit(bucket, 100.1, 5.0)
    assert wait_s == pytest.approx(0.1)
    assert pings.admit(bucket, 100.2, 5.0)[1] == 0.0


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_no_rate_takes_everything(rate: float) -> None:
    bucket: Bucket | None = None
    for _ in range(1000):
        bucket, wait_s = pings.admit(bucket, 0.0, rate)
        assert wait_s == 0.0


def test_a_slow_rate_takes_one_at_a_time() -> None:
    bucket, first = pings.admit(None, 0.0, 0.1)
    _, second = pings.admit(bucket, 0.0, 0.1)
    assert first == 0.0
    assert second == pytest.approx(10.0)


def test_a_clock_that_goes_back_gives_nothing_and_blocks_nothing() -> None:
    bucket, _ = pings.admit(Bucket(0.0, 1000.0), 10.0, 1.0)
    assert bucket == Bucket(0.0, 10.0)
    assert pings.admit(bucket, 11.0, 1.0)[1] == 0.0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0.01, 50))
def test_no_stretch_of_time_sees_more_than_its_rate_and_one_burst(
    gaps: list[float], rate: float
) -> None:
    bucket: Bucket | None = None
    now, taken_at = 1000.0, []
    for gap in gaps:
        now += gap
        bucket, wait_s = pings.admit(bucket, now, rate)
        if not wait_s:
            taken_at.append(now)
    most = max(1.0, rate * pings.BURST)
    for start, first in enumerate(taken_at):
        for count, last in enumerate(taken_at[start:], 1):
            assert count <= most + (last - first) * rate + 1e-3


@given(st.floats(0, 1e6), st.floats(0.01, 100), st.floats(0, 0.99))
def test_whoever_waits_as_told_is_taken(now: float, rate: float, tokens: float) -> None:
    bucket, wait_s = pings.admit(Bucket(tokens, now), now, rate)
    assert 0 < wait_s <= 1 / rate
    assert math.isclose(bucket.tokens, tokens)
    assert pings.admit(bucket, now + wait_s, rate)[1] == 0.0


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20).map(sorted))
def test_a_bucket_never_overflows(times: list[float]) -> None:
    bucket: Bucket | None = None
    for _, now in pairwise(times):
        bucket, _ = pings.admit(bucket, now, 5.0)
        assert 0.0 <= bucket.tokens <= 20.0
