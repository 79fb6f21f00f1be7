"""Reports over the API, on the real engine and with real pictures."""

import pytest

from bot.core import summary_views
from bot.reports import pictures
from tests.web.api import Api

PNG = b"\x89PNG\r\n\x1a\n"


async def busy(api: Api) -> None:
    """A job that has missed something today, which is 2026-11-23."""
    await api.home.add("backup", cron="*/10 * * * *", grace="1m")
    await api.home.ping("backup")
    await api.home.advance(minutes=15)


async def raw(api: Api, path: str) -> tuple[int, str, str, bytes]:
    """Status, content type, policy and body of what may be no JSON."""
    async with api._session.get(path) as response:
        policy = response.headers["Content-Security-Policy"]
        kind = response.headers["Content-Type"]
        return response.status, kind, policy, await response.read()


async def test_a_day_is_reported_as_of_now(tcp: Api) -> None:
    await busy(tcp)
    view = await tcp.ok("GET", "/v1/reports/day/today")
    assert view["headline"].startswith("1 job is down, 1 new today")
    assert view["is_stored"] is False
    assert view["period"]["label"] == "2026-11-23"
    assert [each["key"] for each in view["sections"]] == ["new", "totals"]
    report = summary_views.report_from(view)
    assert [row.slug for row in report.timelines.rows] == ["backup"]
    same = await tcp.ok("GET", "/v1/reports/day/2026-11-23")
    assert same["headline"] == view["headline"]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("day/yesterday", "2026-11-22"),
        ("day/last", "2026-11-22"),
        ("week/today", "2026-11-23"),
        ("week/last", "2026-11-16"),
        ("week/2026-11-19", "2026-11-16"),
    ],
)
async def test_days_and_weeks_have_names(tcp: Api, path: str, label: str) -> None:
    view = await tcp.ok("GET", f"/v1/reports/{path}")
    assert view["period"]["label"] == label


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("day/2026-13-01", "date"),
        ("day/tuesday", "date"),
        ("day/2026-11-24", "date"),
        ("day/today?format=pdf", "format"),
        ("day/today?theme=pink", "theme"),
        ("day/today?anew=maybe", "anew"),
        ("week/today?days=3", "days"),
    ],
)
async def test_what_makes_no_sense_is_refused(tcp: Api, path: str, field: str) -> None:
    said = await tcp.get(f"/v1/reports/{path}")
    assert said.status == 400
    assert said.fields == [field]


async def test_a_day_is_a_picture_and_a_page_too(reader: Api) -> None:
    home = reader.home
    await home.add("backup", every="1h", name="<b>Backup</b>")
    status, kind, policy, body = await raw(
        reader, "/v1/reports/day/today?format=png&theme=light"
    )
    assert (status, kind) == (200, "image/png")
    assert body.startswith(PNG)
    assert policy.startswith("default-src 'none'; frame-ancestors")
    status, kind, policy, body = await raw(reader, "/v1/reports/day/today?format=html")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert "img-src data:" in policy
    text = body.decode()
    assert "data:image/png;base64," in text
    assert "<b>Backup" not in text


async def test_a_page_does_without_a_picture_that_cannot_be_drawn(
    tcp: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tcp.home.add("backup", every="1h")
    pictures.forget()
    monkeypatch.setattr(pictures, "COMMAND", ("-c", "import nothing"))
    status, kind, _, body = await raw(tcp, "/v1/reports/day/today?format=html")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert b"<img" not in body
    status, kind, _, body = await raw(tcp, "/v1/reports/day/today?format=png")
    assert status == 503
    assert b"cannot be drawn" in body


async def test_one_job_over_its_last_days(tcp: Api) -> None:
    await busy(tcp)
    view = await tcp.ok("GET", "/v1/jobs/backup/report?days=7")
    assert len(view["days"]) == 7
    assert view["outcomes"] == {"missed": 1}
    assert view["sections"][0]["title"] == "In short"
    assert summary_views.job_from(view).slug == "backup"
    status, kind, _, body = await raw(tcp, "/v1/jobs/backup/report?format=png")
    assert (status, kind) == (200, "image/png")
    assert body.startswith(PNG)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/jobs/etl/report", 404),
        ("/v1/jobs/backup/report?days=0", 400),
        ("/v1/jobs/backup/report?days=400", 400),
        ("/v1/reports?kind=month", 400),
        ("/v1/reports?limit=0", 400),
    ],
)
async def test_what_is_not_there_is_said(tcp: Api, path: str, status: int) -> None:
    await tcp.home.add("backup", every="1h")
    assert (await tcp.get(path)).status == status


async def test_what_was_posted_is_listed(tcp: Api) -> None:
    assert await tcp.ok("GET", "/v1/reports") == {"reports": []}
    assert await tcp.ok("GET", "/v1/reports?kind=week&limit=1") == {"reports": []}
