"""Keys over the API: who may make them, and what they open."""

from tests.web import api
from tests.web.api import Api
from tests.web.wires import Site, get


async def test_a_key_that_was_made_opens_the_api(unix: Api) -> None:
    made = await unix.call("POST", "/v1/keys", {"name": "deploy"})
    assert made.status == 201
    secret = made.json["key"]
    async with api.over_tcp(unix.home, unix.site, secret) as client:
        await client.ok("POST", "/v1/jobs", {"slug": "backup", "every": "1h"})
    (entry, *_) = (await unix.ok("GET", "/v1/audit"))["audit"]
    assert entry["actor"] == "deploy (api)"
    (listed,) = (await unix.ok("GET", "/v1/keys"))["keys"]
    assert listed["last_used_at"] is not None
    assert "key" not in listed
    await unix.ok("DELETE", "/v1/keys/deploy")
    async with api.over_tcp(unix.home, unix.site, secret) as client:
        assert (await client.get("/v1/status")).status == 401


async def test_one_that_only_reads_changes_and_shows_nothing(unix: Api) -> None:
    await unix.ok("POST", "/v1/jobs", {"slug": "backup", "every": "1h"})
    body = {"name": "grafana", "read_only": True, "expires": "90d"}
    made = await unix.ok("POST", "/v1/keys", body)
    async with api.over_tcp(unix.home, unix.site, made["key"]) as client:
        said = await client.get("/v1/jobs/backup")
        assert said.status == 200
        assert "ping_url" not in said.json
        assert (await client.post("/v1/jobs/backup/pause")).status == 403


async def test_keys_are_made_on_the_server_only(tcp: Api, reader: Api) -> None:
    for client in (tcp, reader):
        for method, path in (
            ("GET", "/v1/keys"),
            ("POST", "/v1/keys"),
            ("DELETE", "/v1/keys/a"),
        ):
            assert (await client.call(method, path)).status == 403


async def test_a_wrong_field_is_named(unix: Api) -> None:
    said = await unix.post("/v1/keys", {"name": "a b", "expires": "soon"})
    assert said.fields == ["expires"]
    assert (await unix.post("/v1/keys", {"name": "a b"})).fields == ["name"]


async def test_rotation_takes_an_overlap(unix: Api, real_site: Site) -> None:
    await unix.ok("POST", "/v1/jobs", {"slug": "backup", "every": "1h"})
    before = await unix.ok("GET", "/v1/jobs/backup")
    after = await unix.ok("POST", "/v1/jobs/backup/rotate", {"overlap": "1h"})
    assert after["uuid"] != before["uuid"]
    for uuid in (before["uuid"], after["uuid"]):
        assert (await real_site.ask(get(f"/ping/{uuid}"))).status == 200
    await unix.ok("POST", "/v1/jobs/backup/rotate")
    assert (await real_site.ask(get(f"/ping/{before['uuid']}"))).status == 404
    said = await unix.post("/v1/jobs/backup/rotate", {"overlap": "31d"})
    assert said.fields == ["overlap"]


async def test_a_server_with_a_fixed_ping_key_keeps_it(tcp: Api) -> None:
    said = await tcp.post("/v1/ping-key/rotate", {"overlap": "1h"})
    assert said.status == 409
