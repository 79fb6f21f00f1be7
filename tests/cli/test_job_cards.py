"""What a person is told of one job."""

import pytest

from bot.cli import job_cards
from tests.cli.factories import NOW, View, at, incident, interval_job, job, ping
from tests.cli.screens import printed

URL = "http://127.0.0.1:8787/ping/00000000-0000-4000-8000-000000000001"


def card(view: View, *, ascii_only: bool = False) -> str:
    return printed(*job_cards.card(view, NOW, ascii_only=ascii_only))


def test_a_new_job_is_told_with_schedule_dues_grace_and_lines_to_paste() -> None:
    assert job_cards.created(job(), show_url=True) == [
        "created backup: at 03:00 every day (0 3 * * * Europe/Berlin)",
        "next dues  Sun 2026-02-01 02:00:00 UTC  =  Sun 2026-02-01 03:00:00 CET",
        "           Mon 2026-02-02 02:00:00 UTC  =  Mon 2026-02-02 03:00:00 CET",
        "           Tue 2026-02-03 02:00:00 UTC  =  Tue 2026-02-03 03:00:00 CET",
        "           Wed 2026-02-04 02:00:00 UTC  =  Wed 2026-02-04 03:00:00 CET",
        "           Thu 2026-02-05 02:00:00 UTC  =  Thu 2026-02-05 03:00:00 CET",
        "grace      30m",
        f"ping URL   {URL}",
        "by slug    http://127.0.0.1:8787/ping/the-ping-key-of-a-test/backup",
        "",
        "At the end of the job, or to try it now:",
        f"  curl -fsS -m 10 --retry 5 {URL}",
        "In a crontab of a machine in Europe/Berlin, where $? is how it went:",
        f"  0 3 * * * COMMAND; curl -fsS -m 10 --retry 5 -o /dev/null {URL}/$?",
    ]


def test_a_ping_url_is_not_printed_into_a_log() -> None:
    lines = job_cards.created(job(), show_url=False)
    assert "00000000-0000" not in "\n".join(lines)
    assert lines[-1].endswith("add --show-url or --json")


def test_a_read_only_key_sees_no_ping_url() -> None:
    view = job()
    del view["ping_url"]
    assert job_cards.reporting(view, show_url=True) == [
        "ping URL   not for a read-only key"
    ]


def test_an_interval_has_no_crontab_line() -> None:
    assert not any(
        "crontab" in x for x in job_cards.reporting(interval_job(), show_url=True)
    )


@pytest.mark.parametrize(
    ("expression", "pasted"), [("H 3 * * *", False), ("0 3 * * THU", True)]
)
def test_an_expression_that_a_crontab_does_not_know_is_not_pasted(
    expression: str, pasted: bool
) -> None:
    view = job()
    view["schedule"]["expression"] = expression
    assert (
        any("COMMAND" in x for x in job_cards.reporting(view, show_url=True)) is pasted
    )


def test_a_job_without_dues_says_why() -> None:
    schedule = {"kind": "none", "expression": None, "every": None}
    view = job(next_dues=[], schedule=schedule, timezone="UTC")
    assert "it has no schedule" in job_cards.dues(view)[0]
    assert job_cards.dues(interval_job(next_dues=[])) == [
        "next due   5m after its first ping"
    ]


def test_a_zone_that_this_machine_does_not_know_leaves_utc() -> None:
    lines = job_cards.dues(job(timezone="Mars/Olympus", next_dues=[at()]))
    assert lines[0].startswith("next dues  Sat 2026-01-31 12:00:00 UTC")


def test_a_card_fits_into_eighty_columns_and_has_everything() -> None:
    view = job(
        name="Nightly backup",
        description="Look at the disk.\nThen call Ada.",
        status="down",
        incident=12,
        node="db1",
        tags=["db", "nightly"],
        depends_on=["disk"],
        max_runtime=3600,
        min_runtime=5,
        realert_every=7200,
        last_duration=90,
        muted_until=at(3600),
        slots=[{"outcome": "missed"}, {"outcome": "ok"}],
        pings=[ping(kind="fail", exit_status=3, body="no space left\n")],
        incidents=[incident()],
    )
    screen = card(view)
    assert max(map(len, screen.splitlines())) <= 80
    for expected in (
        "backup  ✗ down #12, muted  Nightly backup",
        "Look at the disk.\n           Then call Ada.",
        "runs at most 1h, at least 5s, told\n           again every 2h",
        "success, Sat 2026-01-31 11:55:00 UTC (5 min ago), ran 1m30s",
        "✓_  newest last: ✓ ok  _ missed",
        "5 min ago   fail exit status 3 from 192.0.2.7\n    | no space left",
        "#12  ✗ open  1 min ago  backup missed its deadline",
        "db, nightly",
        "until Sat 2026-01-31 13:00:00 UTC (in 1 h)",
    ):
        assert expected in screen


def test_a_job_that_never_pinged_has_short_history() -> None:
    view = job(status="new", last_ping_at=None, due_at=None, deadline_at=None)
    screen = card(view)
    assert "last ping  -" in screen
    assert "slots      none yet" in screen
    assert "recent pings" not in screen


def test_a_long_output_shows_its_end_and_does_nothing_to_the_terminal() -> None:
    body = "".join(f"line {n}\n" for n in range(20)) + "\x1b[2Jlast\n"
    screen = card(job(pings=[ping(body=body, reason="")]))
    assert "(16 more lines)" in screen
    assert "line 15" not in screen
    assert "| line 16" in screen
    assert "\\x1b[2Jlast" in screen


def test_an_ignored_ping_says_why() -> None:
    view = ping(kind="ignored", reason="a link preview by Slackbot", address="")
    assert "ignored (a link preview by Slackbot)\n" in card(job(pings=[view])) + "\n"


def test_a_card_for_a_poor_terminal_is_ascii() -> None:
    view = job(status="down", slots=[{"outcome": "ok"}], incidents=[incident()])
    assert card(view, ascii_only=True).isascii()


def test_changes_are_told_with_before_and_after() -> None:
    after = job(grace=3600, tags=["db"], max_runtime=60, name="x")
    assert job_cards.changes(job(), after) == [
        "  name: none -> x",
        "  tags: none -> db",
        "  grace: 30m -> 1h",
        "  max runtime: none -> 1m",
    ]
    assert job_cards.changes(after, job())[1] == "  tags: db -> none"
    assert job_cards.changes(job(), job(status="down")) == []


def test_what_else_starts_a_job_is_told_and_its_webhook_to_a_terminal_only() -> None:
    url = "http://127.0.0.1:8787/hook/backup/0123"
    causes = {"after": ["extract", "load:end"], "on_start": True, "watch": ["/srv/in"]}
    view = job(**causes, webhook=True, webhook_url=url)
    said = "after extract, after load:end, with Cronitor, when /srv/in changes, by its"
    assert said in " ".join(card(view).split())
    assert "starts" not in card(job())
    assert f"webhook    {url}" in job_cards.reporting(view, show_url=True)
    assert url not in "\n".join(job_cards.reporting(view, show_url=False))


def test_what_is_usual_stands_beside_the_last_run() -> None:
    habit = {"text": "normally 4 to 6 min", "last_text": "took 5 min", "drift": None}
    late = {
        "text": "normally within 20 s of its due",
        "last_text": "came 1 h after its due",
        "drift": "came 1 h after its due, normally within 20 s of its due",
    }
    shown = card(job(habits={"duration": habit, "lateness": late}))
    assert "runs take normally 4 to 6 min; the last one took 5 min" in shown
    assert "they come normally within 20 s of its due; came 1 h after" in shown
    assert "usually" not in card(job())


def test_that_drift_is_told_stands_among_the_rules() -> None:
    assert "told when it drifts" in card(job(alert_on_drift=True))
    before, after = job(), job(alert_on_drift=True)
    assert job_cards.changes(before, after) == ["  alert on drift: no -> yes"]
