"""How pings fare under attack: `python -m tests.benchmarks.bench_attacks`.

A server of its own for each attack; its calm and its attacked median are compared, so
that the machine hardly matters. Names of attacks may be given.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.attacks.attackers import ATTACKS
from tests.attacks.bystanders import Watched, field_of

_SECONDS = 5.0
_SETTLES_S = 3.0


def _said(watched: Watched) -> str:
    took = sorted(watched.took) or [float("inf")]
    most = took[int(len(took) * 0.95)] * 1000
    return f"{watched.median_ms:6.1f} {most:7.1f} ms"


async def measure(name: str) -> str:
    """One line about one attack."""
    with tempfile.TemporaryDirectory() as folder:
        async with field_of(Path(folder)) as field:
            calm = await field.bystander.ping(_SECONDS)
            before = field.memory_mb("VmRSS")
            async with field.attacked(name):
                await asyncio.sleep(_SETTLES_S)
                attacked = await field.bystander.ping(_SECONDS)
            ratio = attacked.median_ms / calm.median_ms
            memory = f"{before:4.0f} -> {field.memory_mb('VmHWM'):4.0f} MB"
            refused = dict(attacked.others) or ""
            return (
                f"{name:16} {_said(calm)}  {_said(attacked)}  {ratio:5.2f}x  "
                f"{memory}  {refused}"
            )


async def main(names: list[str]) -> None:
    """All of them, or those that are named."""
    print(f"{'attack':16} {'calm: p50, p95':>17}  {'attacked: p50, p95':>17}  ratio")
    for name in names or ATTACKS:
        print(await measure(name), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
