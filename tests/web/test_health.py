"""Health, for whoever watches the watcher; it needs no key and shows none."""

import json
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.web.auth import Keys
from tests.engine.house import House, house
from tests.web import doubles
from tests.web.doubles import BrokenStore, RecordingPings
from tests.web.wires import UUID, Site, get, serving


async def test_the_process_answers(real_site: Site) -> None:
    answered = await real_site.ask(get("/healthz"))
    assert answered.status == 200
    assert '"status": "ok"' in answered.text


async def test_what_is_not_well_although_it_goes_on_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as home, serving(home.engine) as site:
        home.engine.health.report("discord_setup", "the bot lacks Send Messages")
        home.engine.health.report("discord", "the gateway is away")
        answered = await site.ask(get("/healthz"))
        assert answered.status == 200
        assert json.loads(answered.text) == {
            "status": "degraded",
            "faults": ["discord", "discord_setup"],
        }
        assert (await site.ask(get("/readyz"))).status == 200
        home.engine.health.clear("discord")
        home.engine.health.clear("discord_setup")
        answered = await site.ask(get("/healthz"))
        assert json.loads(answered.text) == {"status": "ok"}


async def test_it_is_ready_when_a_write_reaches_the_disk(real_site: Site) -> None:
    answered = await real_site.ask(get("/readyz"))
    assert (answered.status, '"status": "ready"' in answered.text) == (200, True)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/"])
async def test_head_is_answered_without_a_body(real_site: Site, path: str) -> None:
    async with real_site.tcp() as client:
        client.send(get(path, method="HEAD"))
        assert (await client.answer(to_head=True)).status == 200
        assert (await client.exchange(get(path))).status == 200


async def test_it_is_not_ready_when_nothing_can_be_stored(tmp_path: Path) -> None:
    async with house(tmp_path) as home, serving(home.engine) as site:
        await home.db.close()
        answered = await site.ask(get("/readyz"))
        assert answered.status == 503
        assert int(answered.headers["retry-after"]) > 0
        assert '"reason": "' in answered.text
        assert (await site.ask(get("/healthz"))).status == 200
        assert (await site.ask(get(f"/ping/{UUID}"))).status == 503


async def test_the_reason_is_told(pings: RecordingPings) -> None:
    store = BrokenStore(Unavailable("stuck: deadlines"))
    async with serving(doubles.services(pings, store)) as site:
        answered = await site.ask(get("/readyz"))
    assert (answered.status, "stuck: deadlines" in answered.text) == (503, True)


async def test_what_is_wrong_in_words_is_for_the_owner_alone(
    home: House, real_site: Site
) -> None:
    home.engine.health.report("discord", "the channel #ops is gone")
    answered = await real_site.ask(get("/healthz"))
    said = {"status": "degraded", "faults": ["discord"]}
    assert json.loads(answered.text) == said
    async with real_site.unix() as client:
        near = await client.exchange(get("/healthz"))
    details = {"discord": "the channel #ops is gone"}
    assert json.loads(near.text) == {**said, "details": details}


async def test_the_front_page_says_what_this_is(real_site: Site) -> None:
    answered = await real_site.ask(get("/"))
    assert answered.status == 200
    assert answered.headers["content-type"].startswith("text/plain")
    assert "/ping/" in answered.text


async def test_it_shows_no_secret(tmp_path: Path) -> None:
    keys = Keys(ping="secret-1", full="secret-2", readonly="secret-3")
    async with house(tmp_path) as home, serving(home.engine, keys=keys) as site:
        await home.add("a")
        for path in ("/healthz", "/readyz", "/", "/v1/status", "/nothing"):
            text = (await site.ask(get(path))).text
            assert "secret" not in text
            assert home.uuids["a"] not in text
