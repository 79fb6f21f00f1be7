"""`cronitor demo` shows it all on the real server, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli import demo_jobs, demo_screen
from bot.cli.client import Client, Near
from bot.cli.demo_jobs import PLAYS, Cast, Step
from bot.cli.demo_scene import Event, Scene
from bot.cli.demo_server import DemoServer
from bot.errors import CronitorError
from tests import tree
from tests.cli.factories import event, incident, job
from tests.cli.screens import printed
from tests.cli.server import until
from tests.cli.stand_in import on_socket, on_tcp


@contextmanager
def showing(place: Path, *options: str) -> "Iterator[subprocess.Popen[str]]":
    """A demo in a process of its own, whose throw-away directories are in `place`."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--plain", *options],
        cwd=tree.ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_person_sees_misses_failures_and_a_recovery(short: Path) -> None:
    wanted = {
        "goes-quiet: opened: missed",
        "fails: opened: failed",
        "overruns: opened: has run too long",
        "flaps: flapping",
        "goes-quiet: resolved",
    }
    with showing(short) as process:
        assert process.stdout is not None
        for line in process.stdout:
            wanted = {each for each in wanted if each not in line}
            if not wanted:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert wanted == set()
    assert process.returncode == 0
    assert errors == ""
    assert "all of it is removed" in rest
    assert "  cronitor up\n" in rest
    assert list(short.iterdir()) == []


def test_a_service_manager_ends_it_as_well_as_a_person(short: Path) -> None:
    with showing(short) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("A real server in ")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert list(short.iterdir()) == []


def test_it_ends_by_itself_after_the_seconds_that_it_was_given(short: Path) -> None:
    with showing(short, "--seconds", "1") as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""
    assert all(play.about in out for play in PLAYS)
    assert list(short.iterdir()) == []


def test_a_server_that_ends_ends_the_demo_with_its_last_words() -> None:
    with DemoServer() as server:
        server.check()
        assert server._child is not None
        # it answers a moment before it says so
        while "listens on" not in server._log.read_text("utf-8"):
            time.sleep(0.02)
        server._child.kill()
        server._child.wait()
        with pytest.raises(CronitorError, match=r"has ended: .*listens on"):
            server.check()
    assert not server.path.exists()


def test_a_server_that_cannot_start_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.cli.demo_server._free_port", lambda: 99999)
    server = DemoServer()
    with pytest.raises(CronitorError, match=r"config\.toml:2: "), server:
        raise AssertionError("it has started")
    assert not server.path.exists()


def test_settings_of_another_server_do_not_reach_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRONITOR_STORAGE__PATH", "/nowhere/real.db")
    monkeypatch.setenv("CRONITOR_URL", "http://127.0.0.1:1")
    with DemoServer() as server:
        assert server.client.get("/v1/status")["version"]


def test_a_play_pings_as_it_is_written() -> None:
    steps = (Step(0, "/start"), Step(0), Step(0, "/3", b"output"))
    with on_tcp() as (script, url):
        demo_jobs.play(iter(steps), f"{url}/ping/x", threading.Event())
        asked = [(method, path) for method, path, *_ in script.asked]
    assert asked == [
        ("POST", "/ping/x/start"),
        ("POST", "/ping/x"),
        ("POST", "/ping/x/3"),
    ]


def test_a_play_goes_on_when_nobody_answers() -> None:
    stop = threading.Event()
    demo_jobs.play(iter([Step(0), Step(0)]), "http://127.0.0.1:1/ping/x", stop)
    stop.set()
    demo_jobs.play(iter([Step(1000)]), "http://127.0.0.1:1/ping/x", stop)


def test_a_cast_plays_every_job_until_its_end() -> None:
    with on_tcp() as (script, url):
        urls = {play.slug: f"{url}/{play.slug}" for play in PLAYS}
        with Cast(urls):
            until(lambda: len({path for _, path, *_ in script.asked}) >= len(PLAYS))
        threads = {thread.name for thread in threading.enumerate()}
    assert threads.isdisjoint(urls)


def test_a_scene_tells_each_line_of_a_story_once(short: Path) -> None:
    place = short / "s"
    with on_socket(place) as script:
        scene = Scene(Client(Near(place)))
        # one answer that is a job, a list and an incident alike
        script.answer(200, {"incidents": [incident()], **incident()})
        assert [each.view["text"] for each in scene.look()] == ["opened: missed"]
        assert scene.look() == []
        later = event(kind="resolved", text="recovered")
        grown = incident(revision=2, story=[event(), later])
        script.answer(200, {"incidents": [grown], **grown})
        assert [each.view["kind"] for each in scene.look()] == ["resolved"]
    assert len(scene.events) == 2


def test_the_screen_fits_into_a_terminal_of_80_by_24(tmp_path: Path) -> None:
    scene = Scene(Client(Near(tmp_path)))
    scene.jobs = [
        job(
            slug=play.slug,
            status="down",
            incident=12,
            running=True,
            slots=[{"outcome": "ok"}] * 50,
        )
        for play in PLAYS
    ]
    for number in range(40):
        view = event(text=f"line {number}")
        scene.events.append(Event(view["at"], 1, "flaps", view))
    shown = printed(
        demo_screen.screen(scene, elapsed_s=12.3, height=24, ascii_only=True)
    )
    lines = shown.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert "x down #12, running" in shown
    assert re.search(r"line 39$", lines[lines.index("incidents, newest first") + 1])
    assert "line 0\n" not in shown


def test_the_screen_says_that_it_takes_a_moment(tmp_path: Path) -> None:
    scene = Scene(Client(Near(tmp_path)))
    shown = printed(demo_screen.screen(scene, elapsed_s=0, height=24, ascii_only=True))
    assert "none yet: wait a few seconds" in shown
