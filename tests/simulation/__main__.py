"""Simulate jobs and print every difference between the rules and the oracle.

`python -m tests.simulation [--seed N] [--jobs 200] [--days 365] [--engine]`
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from bot.clock import SystemClock
from tests.simulation import survey, through_engine

AT_MOST = 1_000_000


def main() -> int:
    """0: the two agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(AT_MOST))
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    parser.add_argument("--engine", action="store_true", help="on real SQLite")
    given = parser.parse_args()
    clock = SystemClock()
    began = clock.monotonic()
    print(f"seed {given.seed}", flush=True)
    if given.engine:
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(
                through_engine.survey(given.seed, given.jobs, given.days, Path(folder))
            )
    else:
        found = survey.through_rules(given.seed, given.jobs, given.days)
    print(found.report(given.show))
    print(f"{clock.monotonic() - began:.0f} s in all, by the clock")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
