"""One row stands for what was refused after it, and the next one says how many."""

from datetime import timedelta
from pathlib import Path

from bot.engine.pings import Answer
from tests.engine.house import House, house


async def reasons(h: House, slug: str) -> list[str]:
    """Of the job's pings, oldest first."""
    job = await h.job(slug)
    return [each["reason"] for each in job["pings"][::-1]]


async def test_what_was_refused_is_told_on_the_next_ping(tmp_path: Path) -> None:
    async with house(tmp_path, rate_limit=1) as h:
        await h.add("busy", every="1d")
        await h.add("quiet", every="1d")
        answers = [(await h.ping("busy")).answer for _ in range(6)]
        h.clock.advance(timedelta(seconds=0.5))
        answers.append((await h.ping("busy")).answer)
        assert answers == [Answer.OK] * 4 + [Answer.LIMITED] * 3
        await h.ping("quiet")
        # another kind is never refused, and has the count
        await h.ping("busy", "fail")
        await h.ping("busy", "success")
        begun = f"{h.clock.now():%H:%M:%S}"
        told = f"3 more like the one before were answered 429 at {begun} UTC"
        assert await reasons(h, "busy") == ["", "", "", "", told, ""]
        assert await reasons(h, "quiet") == [""]


async def test_a_long_flood_says_from_when_to_when(tmp_path: Path) -> None:
    async with house(tmp_path, rate_limit=0.1) as h:
        await h.add("busy", every="1d")
        for _ in range(9):
            await h.ping("busy")
            h.clock.advance(timedelta(seconds=1))
        h.clock.advance(timedelta(seconds=20))
        await h.ping("busy")
        (*_, told) = await reasons(h, "busy")
        assert told.startswith("8 more like the one before were answered 429 from ")
        assert " to " in told
