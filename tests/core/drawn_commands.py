"""Any command that a definition may have."""

import string
from datetime import timedelta

from hypothesis import strategies as st

from bot.core.commands import (
    WATCH_SETTLE,
    Command,
    Expect,
    Follows,
    Limits,
    Param,
    Webhook,
)
from bot.core.kinds import After, CatchUp, Overlap
from bot.core.roles import Grade

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
LOUD = WORDS.filter(lambda word: word.strip())
PATHS = st.text(string.ascii_letters + "/_. ", max_size=20).map(
    lambda tail: ("/x" + tail).strip()
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: not name.startswith("CRONITOR_")
)
CODES = st.lists(st.integers(0, 255), max_size=4, unique=True).map(
    lambda codes: tuple(sorted(codes))
)
SLUGS = st.from_regex(r"[a-z][a-z_-]{0,20}", fullmatch=True).filter(
    lambda slug: slug not in ("start", "fail", "log")
)
CHOICES = st.lists(
    st.text(string.printable.strip(), min_size=1, max_size=10),
    min_size=1,
    max_size=4,
    unique=True,
)


def _param(name: str, choices: list[str]) -> Param:
    return Param(name=name, choices=tuple(choices), default=choices[0])


def _distinct(params: list[Param]) -> tuple[Param, ...]:
    return tuple({param.name: param for param in params}.values())


PARAMS = st.lists(
    st.builds(_param, st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True), CHOICES),
    max_size=3,
).map(_distinct)
EXPECTS = st.one_of(
    st.just(Expect()),
    st.builds(Expect, file=PATHS, pattern=st.sampled_from(["", "done", "^ok$"])),
    st.builds(Expect, count=st.just(r"(\d+) rows"), at_least=st.integers(0, 100)),
)
LIMITS = st.builds(
    Limits,
    umask=st.none() | st.integers(0, 0o777),
    nice=st.none() | st.integers(-20, 19),
    memory=st.none() | st.integers(1_000_000, 2**50),
    cpu=st.none() | st.timedeltas(SECOND, YEAR),
)

#: paths as they are once they were read
WATCHED = st.lists(
    st.sampled_from(["/etc/app.conf", "/srv/in box", "/srv/inbox", "/x"]), unique=True
)
EVENTS = st.lists(st.sampled_from(["push", "Push Hook", "release"]), unique=True)
WEBHOOKS = st.one_of(
    st.builds(Webhook, events=EVENTS.map(tuple)),
    st.builds(Webhook, secret_file=PATHS, events=EVENTS.map(tuple)),
    st.builds(Webhook, token_file=PATHS),
)


@st.composite
def commands(draw: st.DrawFn, slug: str, least: timedelta = SECOND) -> Command:
    """A command of the job with this slug, whose timeout is not below `least`."""
    shell = draw(st.booleans())
    overlap = draw(st.sampled_from(Overlap))
    watch = tuple(draw(WATCHED))
    settles = st.timedeltas(SECOND, timedelta(hours=1))
    rest = () if shell else tuple(draw(st.lists(WORDS, max_size=3)))
    follows = st.builds(
        Follows,
        slug=SLUGS.filter(lambda each: each != slug),
        after=st.sampled_from(After),
    )
    return Command(
        argv=(draw(LOUD), *rest),
        shell=shell,
        cwd=draw(st.just("") | PATHS),
        user=draw(st.sampled_from(["", "backup", "www-data"])),
        env=tuple(draw(st.dictionaries(NAMES, WORDS, max_size=3)).items()),
        env_from_file=draw(st.just("") | PATHS),
        secrets=tuple(draw(st.dictionaries(NAMES, PATHS, max_size=2)).items()),
        limits=draw(LIMITS),
        timeout=draw(st.timedeltas(least, max(least, YEAR))),
        retries=draw(st.integers(0, 20)),
        retry_base=draw(st.timedeltas(timedelta(), DAY)),
        retry_cap=draw(st.timedeltas(timedelta(), DAY)),
        retry_exit_codes=draw(CODES),
        success_exit_codes=draw(CODES) or (0,),
        idempotent=draw(st.booleans()),
        overlap=overlap,
        max_parallel=draw(st.integers(1, 100)) if overlap is Overlap.ALLOW else 1,
        catch_up=draw(st.sampled_from(CatchUp)),
        catch_up_window=draw(st.none() | st.timedeltas(timedelta(), YEAR)),
        priority=draw(st.integers(-100, 100)),
        params=draw(PARAMS),
        allow_trigger=draw(st.none() | st.sampled_from(Grade)),
        expect=draw(EXPECTS),
        after=tuple(draw(st.lists(follows, max_size=3, unique=True))),
        on_start=draw(st.booleans()),
        watch=watch,
        watch_settle=draw(settles) if watch else WATCH_SETTLE,
        webhook=draw(st.none() | WEBHOOKS),
    )
