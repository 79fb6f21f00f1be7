"""Fifty times kill -9 under load: nothing is lost, and nothing happens twice.

`KILLS_SEED` sets the seed, which is printed; `KILLS` how often it is killed.
"""

import asyncio
import os
import random
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.acceptance.server import POLL_S, Server, free_port
from tests.acceptance.under_load import PLOTS, Book, Clients, Sent, Storyteller
from tests.acceptance.with_discord import Home, at_home

SEED = int(os.environ.get("KILLS_SEED") or random.SystemRandom().randrange(10**6))
KILLS = int(os.environ.get("KILLS") or 50)
CLIENTS = 32
BUSY = ("busy-1", "busy-2", "busy-3", "busy-4")
TELLERS = 4
#: how long it lives after a start, and how long one lives that is killed while starting
LONGEST_LIFE_S = 3.0
LONGEST_START_S = 1.0
#: for the last sounds, edits and stories after the last start
PATIENCE_S = 120.0

SHORT = (
    "bot.engine.notifications:FIRST_WAIT=0.1",
    "bot.engine.notifications:LONGEST_WAIT=0.5",
    # older than that, Discord would not know a nonce again: the channel is searched
    "bot.engine.card_sends:RECOGNISED_FOR=1",
    # or nothing would be judged until a minute after the last kill
    "bot.core.blind_times:AFTER=0",
    "bot.core.blind_times:JOINED_WITHIN=0",
    "bot.engine.pulse:EVERY=0.1",
)
#: of a card, of a sound, of a blind time
_MARK = re.compile(r"\b[0-9a-f]{8}\.(?:c(\d+)\.\d+|n(\d+)|b\d+\.\d+)\b")


class Receiver:
    """A webhook receiver that is slow, fails now and then, and remembers."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed} receiver")
        self.port = free_port()
        #: how often the server has been started
        self.life = 0
        #: notifications and what they said, by the life in which they were taken
        self.taken: list[tuple[int, int, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        """Take it, or answer 503; while it is slow, its sender may be killed."""
        said, life = await request.json(), self.life
        await asyncio.sleep(self._rng.uniform(0, 0.05))
        if self._rng.random() < 0.05:
            return web.Response(status=503)
        number = int(request.headers["webhook-id"].removeprefix("notification-"))
        assert number == said["id"]
        self.taken.append((life, number, said["type"]))
        return web.Response()


@asynccontextmanager
async def receiving(seed: int) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(seed)
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def kill_again_and_again(server: Server, receiver: Receiver) -> None:
    """Kill it at random moments of its life, some of them before it is ready."""
    rng = random.Random(f"{SEED} kills")
    for _ in range(KILLS):
        is_young = rng.random() < 0.2
        life_s = rng.uniform(0, LONGEST_START_S if is_young else LONGEST_LIFE_S)
        if server.process is None or server.process.returncode is not None:
            receiver.life += 1
            await server.start(ready=not is_young)
        await asyncio.sleep(life_s)
        await server.kill()
    receiver.life += 1
    await server.start()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_by_killing_it_again_and_again(
    tmp_path: Path,
) -> None:
    print(f"KILLS_SEED={SEED} KILLS={KILLS}")
    async with receiving(SEED) as receiver:
        environ = {
            "CRONITOR_SERVER__RATE_LIMIT": "0",
            "CRONITOR_NOTIFY__WEBHOOK_URL": f"http://127.0.0.1:{receiver.port}/hook",
        }
        async with at_home(tmp_path, *SHORT, environ=environ) as home:
            book, tellers = await live(home, receiver)
            await home.server.stop()
            plots = {s: p for teller in tellers for s, p in teller.told.items()}
            report(book, plots, receiver, home)
            check_pings(home.server, book)
            check_runs(home.server)
            check_stories(home.server, plots)
            check_webhook(home.server, receiver)
            check_discord(home)
            check_file(home.server)


async def live(home: Home, receiver: Receiver) -> tuple[Book, list[Storyteller]]:
    """Everything at the same time, until all stories are told and nothing waits."""
    book = Book()
    clients = Clients(book, SEED)
    for slug in BUSY:
        await home.add(slug, "--no-schedule", "--failure-tolerance", "720")
    clients.urls = {slug: home.urls[slug] for slug in BUSY}
    socket = home.server.data_dir / "cronitor.sock"
    tellers = [Storyteller(f"t{n}", book, socket, SEED) for n in range(TELLERS)]
    async with asyncio.TaskGroup() as group:
        group.create_task(clients.run(CLIENTS))
        for teller in tellers:
            group.create_task(teller.run())
        await kill_again_and_again(home.server, receiver)
        clients.stopping = True
        for teller in tellers:
            teller.stopping = True
    async with asyncio.timeout(PATIENCE_S):
        while await is_restless(home):
            await asyncio.sleep(5 * POLL_S)
    return book, tellers


async def is_restless(home: Home) -> bool:
    """Whether a run has still to overrun, or something to be told."""
    if home.server.rows(
        "SELECT 1 FROM runs r JOIN jobs j ON j.id = job_id WHERE slug LIKE '%-overran'"
        " AND ended_at IS NULL AND outcome IS NULL AND NOT overran LIMIT 1"
    ):
        return True
    status = await home.server.get("/v1/status")
    return bool(status["backlog"]) or home.stale() > 0


def report(book: Book, plots: dict[str, str], receiver: Receiver, home: Home) -> None:
    """What it was all about, in figures."""
    (incidents,) = home.server.rows("SELECT count(*) FROM incidents")[0]
    slots = home.server.rows("SELECT outcome, count(*) FROM slots GROUP BY outcome")
    print(
        f"{receiver.life} lives; {len(book.answered)} pings acknowledged of "
        f"{len(book.sent)} sent; {len(plots)} stories {dict(Counter(plots.values()))}; "
        f"slots {dict(slots)}; {incidents} incidents; "
        f"{len(receiver.taken)} notifications taken by the webhook, "
        f"{len({n for _, n, _ in receiver.taken})} different; "
        f"{len(home.messages())} messages in Discord"
    )


def check_pings(server: Server, book: Book) -> None:
    """No acknowledged ping is lost, none is stored twice, each as it was meant."""
    rows = server.rows(
        "SELECT p.body, j.slug, p.kind, p.rid FROM pings p JOIN jobs j ON j.id = job_id"
    )
    stored = {body.decode(): Sent(*row) for body, *row in rows}
    assert len(stored) == len(rows), "a ping is stored twice"
    assert set(book.answered) - set(stored) == set(), "an acknowledged ping is lost"
    assert {b: s for b, s in stored.items() if book.sent.get(b) != s} == {}
    counts = server.rows(
        "SELECT j.slug, s.ping_count, count(p.id) FROM jobs j "
        "JOIN job_states s ON s.job_id = j.id LEFT JOIN pings p ON p.job_id = j.id "
        "GROUP BY j.id HAVING s.ping_count <> count(p.id)"
    )
    assert counts == [], "a ping was stored apart from what follows from it"


def check_runs(server: Server) -> None:
    """Each start with an id of its own is one run, and its end has ended that."""
    wrong = server.rows(
        """SELECT p.rid, count(DISTINCT r.id) FROM pings p
           LEFT JOIN runs r ON r.job_id = p.job_id AND r.rid = p.rid
           WHERE p.kind = 'start' AND p.rid IS NOT NULL
           GROUP BY p.rid HAVING count(DISTINCT r.id) <> 1"""
    )
    assert wrong == []
    wrong = server.rows(
        """SELECT e.rid, e.kind, r.outcome FROM pings e
           JOIN pings s ON s.rid = e.rid AND s.kind = 'start' AND s.id < e.id
           JOIN runs r ON r.job_id = e.job_id AND r.rid = e.rid
           WHERE r.ended_at IS NULL
              OR r.outcome <> CASE e.kind WHEN 'fail' THEN 'failed' ELSE 'ok' END"""
    )
    assert wrong == []


def check_stories(server: Server, plots: dict[str, str]) -> None:
    """One incident for each story that has one, told in the right order."""
    incidents: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for slug, *incident in server.rows(
        "SELECT slug, i.id, i.kind, i.count FROM incidents i "
        "JOIN jobs j ON j.id = job_id"
    ):
        incidents[slug].append((incident[0], incident[1], incident[2]))
    assert set(incidents) <= set(plots)
    told: dict[int, list[str]] = defaultdict(list)
    for number, kind in server.rows(
        "SELECT incident_id, kind FROM notifications WHERE incident_id IS NOT NULL "
        "ORDER BY id"
    ):
        told[number].append(kind)
    failures = dict(
        server.rows(
            "SELECT slug, count(*) FROM pings p JOIN jobs j ON j.id = job_id "
            "WHERE p.kind = 'fail' GROUP BY slug"
        )
    )
    unknown = dict(
        server.rows(
            "SELECT slug, count(*) FROM runs r JOIN jobs j ON j.id = job_id "
            "WHERE outcome = 'unknown' GROUP BY slug"
        )
    )
    for slug, name in plots.items():
        plot, found = PLOTS[name], incidents[slug]
        # a run whose end may have come while it was down is not said to have overrun
        wanted = plot.told != "" and (name != "overran" or slug not in unknown)
        assert len(found) == wanted, f"{slug}: {found}"
        for number, kind, count in found:
            said = " ".join(told[number])
            assert kind == plot.kind, slug
            assert re.fullmatch(plot.told, said), f"{slug}: {said}"
            assert not plot.is_counted or count == failures[slug], slug


def check_webhook(server: Server, receiver: Receiver) -> None:
    """Each notification was taken; again only by a life that did not know of it."""
    kinds = dict(server.rows("SELECT id, kind FROM notifications"))
    types = {(n, said.partition(".")[2]) for _, n, said in receiver.taken}
    assert types == set(kinds.items())
    in_one_life = Counter((life, n) for life, n, _ in receiver.taken)
    assert [each for each, times in in_one_life.items() if times > 1] == []
    about = "SELECT id, incident_id FROM notifications WHERE incident_id IS NOT NULL"
    incidents = dict(server.rows(about))
    newest: dict[int, int] = {}
    for _, number, _ in receiver.taken:
        if number in incidents:
            before = newest.get(incidents[number], 0)
            assert number >= before, "an end was told before its beginning"
            newest[incidents[number]] = number


def check_discord(home: Home) -> None:
    """One card for each incident; each sound once, and none for what is over."""
    cards: Counter[int] = Counter()
    sounds: Counter[int] = Counter()
    loud: Counter[int] = Counter()
    about = dict(home.server.rows("SELECT id, incident_id FROM notifications"))
    for message in home.messages():
        marks = _MARK.findall(message.text)
        assert len(marks) == 1, message.text
        card, sound = (int(each or 0) for each in marks[0])
        cards[card] += card > 0
        sounds[sound] += sound > 0
        loud[card or about.get(sound) or 0] += not message.is_silent
    rows = home.server.rows(
        "SELECT i.id, resolved_at IS NOT NULL, sum(n.sounds) FROM incidents i "
        "JOIN notifications n ON n.incident_id = i.id GROUP BY i.id"
    )
    assert +cards == {number: 1 for number, _, _ in rows}
    assert max(sounds.values()) <= 1
    for number, is_over, owed in rows:
        assert (0 if is_over else 1) <= loud[number] <= owed, f"incident {number}"
    waiting = (
        "SELECT * FROM deliveries WHERE delivered_at IS NULL OR try_at IS NOT NULL"
    )
    assert home.server.rows(waiting) == []
    places = "SELECT count(DISTINCT channel), count(*) FROM deliveries"
    notifications = home.server.rows("SELECT count(*) FROM notifications")[0][0]
    assert home.server.rows(places)[0][1] >= 2 * notifications


def check_file(server: Server) -> None:
    """The database is sound in itself."""
    assert server.rows("PRAGMA integrity_check") == [("ok",)]
    assert server.rows("PRAGMA foreign_key_check") == []
