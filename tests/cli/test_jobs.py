"""`cronitor job` against the real server."""

import json
from typing import Any

import pytest

from tests.cli.server import API_KEY, READONLY_KEY, Cronitor, run


def test_a_job_is_made_and_told(cronitor: Cronitor) -> None:
    said = cronitor.says(
        *("job", "add", "made", "--cron", "0 3 * * *", "--timezone", "Europe/Berlin")
    )
    lines = said.splitlines()
    assert lines[0] == "created made: at 03:00 every day (0 3 * * * Europe/Berlin)"
    assert sum(" UTC" in line for line in lines) == 5
    assert "grace      30m" in lines
    assert lines[-1].startswith("ping URL   not shown, as this is no terminal")
    assert cronitor.url not in said


def test_the_ping_url_is_there_for_who_asks_for_it(cronitor: Cronitor) -> None:
    said = cronitor.says("job", "add", "asked", "--every", "5m", "--show-url")
    url = cronitor.json("job", "show", "asked")["ping_url"]
    assert url.startswith(f"{cronitor.url}/ping/")
    assert f"  curl -fsS -m 10 --retry 5 {url}\n" in said


def test_everything_that_defines_a_job_reaches_the_server(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "disk", "--no-schedule")
    made = cronitor.json(
        *("job", "add", "full", "--on-calendar", "Mon..Fri 07:00"),
        *("--timezone", "America/New_York", "--flavour", "systemd"),
        *("--grace", "1h30m", "--max-runtime", "20m", "--min-runtime", "5s"),
        *("--failure-tolerance", "3", "--recovery-threshold", "2"),
        *("--realert-every", "2h", "--severity", "critical", "--node", "db1"),
        *("--name", "Full", "--tags", "db, nightly", "--tags", "x"),
        *("--depends-on", "disk", "--description", "call Ada"),
        "--alert-on-drift",
    )
    expected: dict[str, Any] = {
        "slug": "full",
        "schedule_text": made["schedule_text"],
        "timezone": "America/New_York",
        "grace": 5400,
        "max_runtime": 1200,
        "min_runtime": 5,
        "failure_tolerance": 3,
        "recovery_threshold": 2,
        "realert_every": 7200,
        "severity": "critical",
        "node": "db1",
        "name": "Full",
        "tags": ["db", "nightly", "x"],
        "depends_on": ["disk"],
        "description": "call Ada",
        "alert_on_drift": True,
    }
    assert {key: made[key] for key in expected} == expected
    assert made["schedule"]["kind"] == "on_calendar"
    assert made["schedule"]["flavour"] == "systemd"


def test_the_json_of_a_job_has_what_scripts_go_by(cronitor: Cronitor) -> None:
    made = cronitor.json("job", "add", "fields", "--every", "30s")
    expected = {
        *("slug", "uuid", "status", "late", "running", "failing", "unknown"),
        *("schedule", "timezone", "grace", "deadline_at", "last_ping_at", "ping_url"),
    }
    assert expected <= set(made)
    (listed,) = [j for j in cronitor.json("job", "list") if j["slug"] == "fields"]
    assert expected <= set(listed)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--every", "0s"), "cronitor: --every: "),
        (("--cron", "61 * * * *"), "cronitor: --cron: 61 "),
        (("--every", "1d", "--grace", "900d"), "cronitor: --grace: "),
        (("--every", "1d", "--timezone", "Mars"), "cronitor: --timezone: "),
        (("--every", "1d", "--depends-on", "nobody"), "cronitor: --depends-on"),
    ],
)
def test_a_refusal_names_the_option(
    cronitor: Cronitor, args: tuple[str, ...], said: str
) -> None:
    assert cronitor.refuses("job", "add", "refused", *args).startswith(said)


def test_a_slug_that_is_none_is_refused_by_its_name(cronitor: Cronitor) -> None:
    line = cronitor.refuses("job", "add", "Capital", "--every", "1d")
    assert line.startswith("cronitor: SLUG: ")


def test_a_slug_that_is_taken_is_refused(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "taken", "--every", "1d")
    assert "taken" in cronitor.refuses("job", "add", "taken", "--every", "1d")


def test_jobs_are_listed_and_filtered(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "seen", "--every", "1d", "--tags", "t1", "--node", "n1")
    cronitor.says("job", "add", "other", "--every", "1d", "--tags", "t2")
    assert [j["slug"] for j in cronitor.json("job", "list", "--tag", "t1")] == ["seen"]
    assert [j["slug"] for j in cronitor.json("job", "list", "--node", "n1")] == ["seen"]
    assert cronitor.json("job", "list", "--tag", "t1", "--status", "down") == []
    said = cronitor.says("job", "list", "--tag", "t1")
    assert said.splitlines()[1].split()[:3] == ["seen", "○", "new"]
    assert "all of them" in cronitor.says("job", "list", "--tag", "nobody")


def test_a_job_is_shown_with_its_history(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "shown", "--every", "1h")
    cronitor.says("ping", "shown", "--exit-status", "3")
    said = cronitor.says("job", "show", "shown")
    assert "shown  ✗ down #" in said
    assert "fail exit status 3" in said
    assert f"{cronitor.url}/ping/" not in said


def test_an_edit_says_what_has_changed(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "edited", "--every", "1h", "--tags", "a")
    said = cronitor.says("job", "edit", "edited", "--grace", "10m", "--reset", "tags")
    assert said.splitlines() == [
        "edited: changed",
        "  tags: a -> none",
        "  grace: 6m -> 10m",
    ]
    said = cronitor.says("job", "edit", "edited", "--grace", "10m")
    assert said == "edited: was like that already\n"
    view = cronitor.json("job", "edit", "edited", "--no-schedule")
    assert view["schedule"]["kind"] == "none"
    view = cronitor.json("job", "edit", "edited", "--cron", "@daily")
    assert view["schedule"]["kind"] == "cron"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "nothing to change"),
        (("--reset", "grace", "--grace", "1h"), "exclude each other"),
        (("--cron", "@daily", "--every", "1h"), "--cron and --every exclude"),
        (("--reset", "slug"), "--reset"),
        (("--grace", "soon"), "'--grace': `soon` is no duration"),
    ],
)
def test_an_edit_that_makes_no_sense_is_a_wrong_command_line(
    args: tuple[str, ...], said: str
) -> None:
    result = run("job", "edit", "x", *args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_pausing_and_resuming_say_how_it_goes_on(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "paused", "--every", "1d")
    assert "or its next ping" in cronitor.says("job", "pause", "paused")
    assert cronitor.json("job", "show", "paused")["status"] == "paused"
    assert cronitor.says("job", "resume", "paused") == "paused is watched again: new\n"
    assert cronitor.json("job", "pause", "paused")["status"] == "paused"
    assert cronitor.json("job", "resume", "paused")["status"] == "new"


def test_a_rotated_job_has_another_url(cronitor: Cronitor) -> None:
    before = cronitor.json("job", "add", "rotated", "--every", "1d")["ping_url"]
    after = cronitor.json("job", "rotate", "rotated", "--yes")["ping_url"]
    assert after != before
    said = cronitor.says("job", "rotate", "rotated", "--yes", "--show-url")
    assert said.splitlines()[0] == "rotated has a new ping URL"


@pytest.mark.parametrize("verb", ["remove", "rotate"])
def test_nobody_at_the_terminal_is_not_a_yes(cronitor: Cronitor, verb: str) -> None:
    slug = f"kept-{verb}"
    uuid = cronitor.json("job", "add", slug, "--every", "1d")["uuid"]
    assert "add --yes" in cronitor.refuses("job", verb, slug)
    assert cronitor.json("job", "show", slug)["uuid"] == uuid


def test_a_removed_job_is_gone(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "gone", "--every", "1d")
    assert cronitor.says("job", "remove", "gone", "--yes") == "removed gone\n"
    assert "there is no job" in cronitor.refuses("job", "show", "gone")


def test_from_afar_with_a_key(cronitor: Cronitor) -> None:
    far = {"CRONITOR_URL": cronitor.url, "CRONITOR_KEY": API_KEY}
    env = {"CRONITOR_DATA_DIR": "/nowhere", **far}
    made = json.loads(
        run("job", "add", "far", "--every", "1d", "--json", env=env).stdout
    )
    assert made["ping_url"].startswith(cronitor.url)
    args = ("--url", cronitor.url, "--key", API_KEY)
    assert run("job", "show", "far", *args).exit_code == 0
    assert run(*args, "job", "show", "far").exit_code == 0


def test_a_key_that_only_reads_sees_no_ping_url(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "read", "--every", "1d")
    args = ("--url", cronitor.url, "--key", READONLY_KEY)
    shown = run("job", "show", "read", "--show-url", *args)
    assert shown.exit_code == 0
    assert "not for a read-only key" in shown.stdout
    refused = run("job", "pause", "read", *args)
    assert refused.exit_code == 1
    assert "this key only reads" in refused.stderr


def test_a_wrong_key_is_refused(cronitor: Cronitor) -> None:
    result = run("job", "list", "--url", cronitor.url, "--key", "wrong")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
