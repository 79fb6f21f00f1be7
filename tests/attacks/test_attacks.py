"""Whoever attacks the real server: the others are served, and nothing is lost.

What is asserted cannot be noise: everybody is answered, all that was answered is
stored, memory is bounded, and the log has no error. How long it took is for
`tests/benchmarks/bench_attacks.py`.
"""

from pathlib import Path

import pytest

from tests.attacks.attackers import ATTACKS
from tests.attacks.bystanders import field_of

#: with nobody about it has some 65 MB; the most is 64 MB of bodies that come in, twice
#: (as they came and as they are kept), and what 4,000 connections cost
MOST_MB = 400
_ATTACKED_S = 2.0


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - {"nobody"}))
async def test_others_are_served_and_nothing_is_lost(tmp_path: Path, name: str) -> None:
    async with field_of(tmp_path) as field:
        async with field.attacked(name):
            watched = await field.bystander.ping(_ATTACKED_S)
        assert watched.others == {}
        assert len(watched.answered) > 10
        assert field.memory_mb("VmHWM") < MOST_MB
        await field.until_quiet()
        after = await field.bystander.ping(0.1)
        assert after.others == {}
        stored = {
            row[0].decode()
            for row in field.server.rows(
                "SELECT body FROM pings WHERE CAST(body AS TEXT) LIKE 'bystander-%'"
            )
        }
        assert stored >= {*watched.answered, *after.answered}
        assert await field.server.stop() == 0
        output = field.server.output()
        assert "Traceback" not in output
        assert " ERROR " not in output
