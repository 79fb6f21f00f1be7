"""A job whose row somebody has spoilt: everything else goes on, and it is said."""

import sqlite3
from pathlib import Path

from tests.acceptance.server import Server, running
from tests.acceptance.test_damage import status_of


def _spoil(server: Server, slug: str) -> None:
    (path,) = server.data_dir.glob("*.db")
    with sqlite3.connect(path, timeout=30) as db:
        db.execute(
            """UPDATE jobs SET definition = '{"kind": 7}', revision = revision + 1
               WHERE slug = ?""",
            (slug,),
        )
    db.close()


async def test_a_spoilt_job_is_named_everywhere_and_can_be_removed(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as server:
        for slug in ("first", "spoilt", "third"):
            await server.add(slug, "--every", "1h")
        url = (await server.get("/v1/jobs/spoilt"))["ping_url"]
        _spoil(server, "spoilt")
        code, out, err = await server.cli("job", "list")
        assert code == 0
        assert "first" in out
        assert "third" in out
        assert "spoilt cannot be read and is not watched" in err
        for args in (("show", "spoilt"), ("pause", "spoilt")):
            code, _, err = await server.cli("job", *args)
            assert code == 1
            assert "the definition of spoilt cannot be read" in err
        assert await status_of(url) == 503
        assert await server.stop() == 0
    async with running(tmp_path) as server:
        code, _, _ = await server.cli("job", "remove", "spoilt", "--yes")
        assert code == 0
        jobs = (await server.get("/v1/jobs"))["jobs"]
        assert [job["slug"] for job in jobs] == ["first", "third"]
        assert "Traceback" not in server.output()
