"""At a terminal a person sees ping URLs, colours and questions, and what is next."""

import signal
from pathlib import Path

from tests.cli.server import Cronitor
from tests.cli.terminals import terminal


def test_a_new_job_shows_its_ping_url(cronitor: Cronitor) -> None:
    with terminal(cronitor.place, "job", "add", "tty-add", "--every", "1d") as screen:
        assert screen.end() == 0
    url = cronitor.json("job", "show", "tty-add")["ping_url"]
    # in one piece, whatever its length, so that it can be pasted
    assert f"  curl -fsS -m 10 --retry 5 {url}\n" in screen.seen


def test_a_card_shows_the_ping_url_below(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tty-show", "--cron", "0 3 * * *")
    with terminal(cronitor.place, "job", "show", "tty-show") as screen:
        assert screen.end() == 0
    url = cronitor.json("job", "show", "tty-show")["ping_url"]
    assert f"curl -fsS -m 10 --retry 5 -o /dev/null {url}/$?\n" in screen.seen


def test_a_list_has_colours_and_says_what_is_next(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tty-list", "--every", "1d", "--tags", "tty")
    cronitor.says("ping", "tty-list", "--fail")
    with terminal(cronitor.place, "job", "list", "--tag", "tty") as screen:
        assert screen.end() == 0
    assert "\x1b[1;31m✗ down #" in screen.seen
    assert "1 job: 1 down\nnext: cronitor incident list\n" in screen.seen
    with terminal(
        cronitor.place, "job", "list", "--tag", "tty", NO_COLOR="1"
    ) as screen:
        assert screen.end() == 0
    assert "\x1b[31" not in screen.seen
    assert "✗ down #" in screen.seen


def test_a_list_without_trouble_leads_to_a_job(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tty-well", "--every", "1d", "--tags", "well")
    with terminal(cronitor.place, "job", "list", "--tag", "well") as screen:
        screen.end()
    assert "next: cronitor job show tty-well\n" in screen.seen


def test_a_removal_is_asked_about(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tty-gone", "--every", "1d")
    for answer, code, said in (
        ("n\n", 1, "nothing was changed"),
        ("y\n", 0, "removed tty-gone"),
    ):
        with terminal(cronitor.place, "job", "remove", "tty-gone") as screen:
            screen.until("answer its pings with 404? [y/N]")
            screen.type(answer)
            assert screen.end() == code
        assert said in screen.seen
    assert "there is no job" in cronitor.refuses("job", "show", "tty-gone")


def test_a_plan_is_applied_after_a_yes(cronitor: Cronitor, tmp_path: Path) -> None:
    file = tmp_path / "jobs.toml"
    file.write_text('[[job]]\nslug = "tty-apply"\nevery = "1d"\n')
    with terminal(cronitor.place, "apply", str(file)) as screen:
        screen.until("Apply this? [y/N]")
        screen.type("y\n")
        assert screen.end() == 0
    assert screen.seen.index("+ tty-apply") < screen.seen.index("Apply this?")
    assert cronitor.json("job", "show", "tty-apply")["declared"] is True


def test_ctrl_c_at_a_question_is_quiet(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tty-kept", "--every", "1d")
    with terminal(cronitor.place, "job", "remove", "tty-kept") as screen:
        screen.until("[y/N]")
        screen.process.send_signal(signal.SIGINT)
        # a signal just before the read is seen when the read returns
        screen.type("\n")
        assert screen.end() == 130
    assert "Traceback" not in screen.seen
    assert cronitor.json("job", "show", "tty-kept")["slug"] == "tty-kept"


def test_the_demo_is_a_live_table(short: Path) -> None:
    with terminal(short, "demo", TMPDIR=str(short)) as screen:
        screen.until("✓")
        screen.until("flaps: opened: failed")
        screen.process.send_signal(signal.SIGINT)
        assert screen.end() == 0
    assert "incidents, newest first" in screen.seen
    assert "all of it is removed" in screen.seen
    assert "Traceback" not in screen.seen
    assert list(short.iterdir()) == []
