"""`cronitor healthcheck` in one line and an exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.cli.healthcheck import address
from tests import tree
from tests.cli.server import Cronitor, run
from tests.cli.stand_in import on_socket


def test_a_server_that_is_well(cronitor: Cronitor) -> None:
    said = cronitor.says("healthcheck")
    assert said == f"well: {cronitor.place}/cronitor.sock answers\n"


def test_without_its_socket_the_address_of_the_settings_is_asked(
    cronitor: Cronitor, tmp_path: Path
) -> None:
    port = str(urlsplit(cronitor.url).port)
    env = {"CRONITOR_SERVER__PORT": port, "CRONITOR_SERVER__HOST": "0.0.0.0"}
    result = run("healthcheck", "--data-dir", str(tmp_path), env=env)
    assert result.exit_code == 0
    assert result.stdout == f"well: http://127.0.0.1:{port} answers\n"


def test_a_server_that_is_not_well(short: Path) -> None:
    with on_socket(short / "cronitor.sock") as script:
        script.answer(503, {"status": "unavailable"})
        result = run("healthcheck", "--data-dir", str(short))
    assert result.exit_code == 1
    assert "answers 503; its log says why" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_server_that_is_well_but_for_a_part_of_it(short: Path) -> None:
    details = {"discord": "the gateway is away", "backup": "no room\x1b[0m"}
    said = {"status": "degraded", "faults": sorted(details), "details": details}
    with on_socket(short / "cronitor.sock") as script:
        script.answer(200, said)
        result = run("healthcheck", "--data-dir", str(short))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"degraded: {short}/cronitor.sock answers, and its log says more",
        "  discord: the gateway is away",
        r"  backup: no room\x1b[0m",
    ]


def test_reasons_that_are_not_told_here_leave_the_names(short: Path) -> None:
    faults = ["discord", "discord_setup"]
    with on_socket(short / "cronitor.sock") as script:
        script.answer(200, {"status": "degraded", "faults": faults})
        result = run("healthcheck", "--data-dir", str(short))
    assert result.stdout.splitlines()[1:] == ["  discord", "  discord_setup"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"status": "unavailable", "reason": "stuck: sounds"}', "stuck: sounds"),
        (b"<html>", "/readyz answers 503"),
    ],
)
def test_a_server_that_takes_no_pings(short: Path, body: bytes, why: str) -> None:
    with on_socket(short / "cronitor.sock") as script:
        script.answer(200, {"status": "degraded", "faults": ["loops"]})
        script.others["/readyz"] = (503, body)
        result = run("healthcheck", "--data-dir", str(short))
    assert result.exit_code == 1
    assert f"not well: {short}/cronitor.sock takes no pings: {why}" in result.stderr


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"<html>", b"\xff", b'{"faults": 1}', b'{"status": "ok"}']
)
def test_what_is_no_answer_of_cronitor_counts_by_its_status(
    short: Path, body: bytes
) -> None:
    with on_socket(short / "cronitor.sock") as script:
        script.body = body
        result = run("healthcheck", "--data-dir", str(short))
    assert result.exit_code == 0
    assert result.stdout.startswith("well: ")


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    env = {"CRONITOR_SERVER__PORT": port}
    result = run("healthcheck", "--data-dir", str(tmp_path), env=env)
    assert result.exit_code == 69
    assert f"no server answers at {tmp_path}/cronitor.sock" in result.stderr


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ("", "http://127.0.0.1:8787"),
        ("[server]\nport = 9000\n", "http://127.0.0.1:9000"),
        ('[server]\nhost = "0.0.0.0"\n', "http://127.0.0.1:8787"),
        ('[server]\nhost = "::"\n', "http://[::1]:8787"),
        ('[server]\nhost = "cron.example.com"\n', "http://cron.example.com:8787"),
        ("[server\n", "http://127.0.0.1:8787"),
        ('server = "x"\n', "http://127.0.0.1:8787"),
    ],
)
def test_the_address_comes_from_the_settings(
    tmp_path: Path, settings: str, url: str
) -> None:
    (tmp_path / "config.toml").write_text(settings)
    assert address(tmp_path, None) == url
    (tmp_path / "config.toml").rename(tmp_path / "other.toml")
    assert address(Path("/nowhere"), tmp_path / "other.toml") == url


def test_it_needs_nothing_but_the_standard_library_and_click(
    cronitor: Cronitor,
) -> None:
    code = (
        "import sys; from bot.cli.main import main\n"
        "try: main(['healthcheck'])\n"
        "finally: print(sorted({m.partition('.')[0] for m in sys.modules}"
        " & {'rich', 'pydantic', 'aiohttp', 'platformdirs', 'asyncio'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.ROOT,
        env={**os.environ, "CRONITOR_DATA_DIR": str(cronitor.place)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1] == "[]"
