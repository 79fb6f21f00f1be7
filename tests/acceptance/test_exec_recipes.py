"""The recipes of docs/exec.md, each run as far as it can be run here."""

import asyncio
import os
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tree
from tests.acceptance.machines import PING_KEY, Machine, pinged, until_pinged
from tests.acceptance.server import running

PAGE = (tree.ROOT / "docs" / "exec.md").read_text("utf-8")
PROGRAM = "/opt/cronitor/bin/cronitor"
BACKUP = "/usr/local/bin/backup"


def recipe(headline: str) -> str:
    """The code block below a headline."""
    section = PAGE.partition(f"### {headline}\n")[2]
    found = re.search(r"^```\w*\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def programs(folder: Path, machine: Machine) -> tuple[Path, Path]:
    """`cronitor`, with its settings in a file, and a backup that fails."""
    settings = folder / "client.toml"
    spool, url = machine.spool.folder, machine.environ["CRONITOR_URL"]
    settings.write_text(
        f'url = "{url}"\nping_key = "{PING_KEY}"\nspool_dir = "{spool}"\n'
    )
    settings.chmod(0o600)
    cronitor, backup = folder / "cronitor", folder / "backup"
    cronitor.write_text(
        "#!/bin/sh\n"
        f"export CRONITOR_CLIENT_CONFIG='{settings}' PYTHONPATH='{tree.ROOT}'\n"
        f"exec '{sys.executable}' -m bot \"$@\"\n"
    )
    backup.write_text("#!/bin/sh\necho no space left; exit 3\n")
    for path in (cronitor, backup):
        path.chmod(0o755)
    return cronitor, backup


@pytest.mark.slow
async def test_the_line_of_a_crontab(tmp_path: Path) -> None:
    """It takes up to a minute for cron to look at the clock."""
    busybox = shutil.which("busybox")
    if busybox is None or os.geteuid() != 0:
        pytest.skip("needs busybox, whose crond only root can start")
    async with running(tmp_path, CRONITOR_API__PING_KEY=PING_KEY) as server:
        await server.add("backup", "--every", "1h")
        cronitor, backup = programs(tmp_path, Machine(tmp_path, server.url))
        tabs = tmp_path / "tabs"
        tabs.mkdir()
        line = recipe("cron").replace("0 3 * * *", "* * * * *")
        line = line.replace(PROGRAM, str(cronitor)).replace(BACKUP, str(backup))
        (tabs / "root").write_text(line)
        command = (busybox, "crond", "-f", "-c", str(tabs), "-L", f"{tmp_path}/log")
        process = await asyncio.create_subprocess_exec(
            *command, env={"PATH": "/usr/bin:/bin"}
        )
        try:
            start, end = await until_pinged(server, "backup", 2, patience_s=100)
        finally:
            process.kill()
            await process.wait()
        assert (start.kind, end.kind, end.exit_status) == ("start", "fail", 3)
        assert end.body == b"no space left\n"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = recipe("systemd")
    assert f"ExecStart={PROGRAM} exec backup -- {BACKUP}\n" in unit
    file = tmp_path / "backup.service"
    file.write_text(unit.replace(PROGRAM, shutil.which("true") or "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def started(line: str) -> list[str]:
    """The arguments of a unit."""
    return line.partition("ExecStart=")[2].split("\n")[0].split()


async def test_what_unit_and_agent_start_reports(tmp_path: Path) -> None:
    agent = plistlib.loads(recipe("launchd").encode())
    assert agent["StartCalendarInterval"] == {"Hour": 3, "Minute": 0}
    assert agent["ProgramArguments"] == started(recipe("systemd"))
    async with running(tmp_path, CRONITOR_API__PING_KEY=PING_KEY) as server:
        await server.add("backup", "--every", "1h")
        cronitor, backup = programs(tmp_path, Machine(tmp_path, server.url))
        names = {PROGRAM: str(cronitor), BACKUP: str(backup)}
        line = [names.get(word, word) for word in agent["ProgramArguments"]]
        # an agent has next to no environment
        process = await asyncio.create_subprocess_exec(
            *line, env={"PATH": "/usr/bin:/bin"}
        )
        assert await process.wait() == 3
        start, end = pinged(server, "backup")
        assert (start.rid, end.body) == (end.rid, b"no space left\n")
