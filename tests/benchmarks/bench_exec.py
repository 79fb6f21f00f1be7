"""What `cronitor exec` adds to a command, beside a ping by curl.

`python -m tests.benchmarks.bench_exec [--rounds 40]`, with a real server on the same
machine. The cases take turns, so that a machine that is busy for a while is unfair to
all of them alike. The wrapper tells of a start and of an end with its output; curl
tells one.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests import tree
from tests.acceptance.server import running

KEY = "a-ping-key-of-the-benchmark"
#: what pip writes for a console script
SCRIPT = "import sys\nfrom bot.cli.entry import main\nsys.exit(main())\n"
BASE = "the bare command"


def cases(url: str, script: Path) -> dict[str, list[str]]:
    """What is compared, each around `true`."""
    curl = f"curl -fsS -m 10 -o /dev/null {url}/ping/{KEY}/job"
    wrapped = [sys.executable, str(script), "exec"]
    true = shutil.which("true") or "/bin/true"
    return {
        BASE: [true],
        "sh, one curl": ["sh", "-c", f"true; {curl}"],
        "sh, curl for start and end": ["sh", "-c", f"{curl}/start; true; {curl}/0"],
        "python that does nothing": [sys.executable, "-c", "pass"],
        "cronitor exec": [*wrapped, "job", "--", true],
        "cronitor exec --no-output": [*wrapped, "--no-output", "job", "--", true],
    }


def once(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Milliseconds until it has ended, and of processors in it and below it."""
    before = os.times()
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, environ)
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter() - began
    after = os.times()
    assert os.waitstatus_to_exitcode(status) == 0, command
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return took * 1_000, used * 1_000


def measure(url: str, folder: Path, rounds: int) -> None:
    """Take turns, and print."""
    script = folder / "cronitor"
    script.write_text(SCRIPT)
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tree.ROOT),
        "HOME": str(folder),
        "CRONITOR_URL": url,
        "CRONITOR_PING_KEY": KEY,
        "CRONITOR_SPOOL": str(folder / "spool"),
    }
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, command in cases(url, script).items():
            found.setdefault(name, []).append(once(command, environ))
    base = statistics.median(took for took, _ in found[BASE])
    curl = statistics.median(took for took, _ in found["sh, one curl"]) - base
    print(f"{'':28} {'best':>7} {'median':>7} {'added':>7} {'x curl':>7} {'cpu':>7}")
    for name, pairs in found.items():
        median = statistics.median(took for took, _ in pairs)
        added = median - base
        cpu = statistics.mean(used for _, used in pairs)
        best = min(took for took, _ in pairs)
        ratio = added / curl
        print(
            f"{name:28} {best:7.1f} {median:7.1f} {added:7.1f} {ratio:7.2f} {cpu:7.1f}"
        )
    assert not (folder / "spool").exists(), "something was not taken"


async def main(rounds: int) -> None:
    """Start a server and measure beside it."""
    limits = {"CRONITOR_SERVER__RATE_LIMIT": "0", "CRONITOR_API__PING_KEY": KEY}
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), **limits) as server:
            await server.add("job", "--every", "1h")
            await asyncio.to_thread(measure, server.url, Path(folder), rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    asyncio.run(main(parser.parse_args().rounds))
